#include "lint/guess.h"

#include "rules.h"

#include <errno.h>

static int guess(const char *pattern, const char *message)
{
	struct rule *rule = make_rule("a", "_UID=0");
	struct growth growth = { 0 };
	struct pump *pump;
	int r;

	make_event(rule, "e", "MESSAGE", pattern);
	if (message) {
		rule->examples = pooled(1, sizeof(*rule->examples));
		rule->n_examples = 1;
		rule->examples->message = pooled_text(message, strlen(message));
		rule->examples->event = rule->events->name;
	}
	assert_int_equal(pump_new(rule, rule->events, &pump), 0);
	r = guess_growth(pump, rule, rule->events, &growth);
	assert_int_equal(growth.piece[0] != '\0', r > 0);
	pump_free(pump);
	return r;
}

static void repeats_pieces_of_examples(void **state)
{
	static const struct {
		const char *pattern, *message;
		bool grows;
	} cases[] = {
		{ "^(a)?x.*, .*; (?(1)y|(?<address>z))", "x1, 2; z", true },
		{ "^(a)?x[^,]*, [^;]*; (?(1)y|(?<address>z))", "x1, 2; z", false },
		{ "^(?<user>\\((?:[^()]|(?1))*\\)) from (?<address>\\S+)$", "(a(b)) from 192.0.2.1",
		  false },
		{ "^(?<user>\\((?:[^()]+|(?1))*\\)) from (?<address>\\S+)$",
		  "(a(b)) from 192.0.2.1", true },
		{ "^\\Qfailed\\E .* for .* from (?<address>\\S+)$", "failed x for y from 192.0.2.1",
		  true },
		{ "^\\Qfailed\\E for (?<user>.*) from (?<address>\\S+)$",
		  "failed for y from 192.0.2.1", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = guess(cases[i].pattern, cases[i].message);

		if (r != cases[i].grows)
			fail_msg("%s: %d", cases[i].pattern, r);
	}
	pool_done();
}

static void needs_an_example(void **state)
{
	assert_int_equal(guess("^\\Qfailed\\E for (?<address>.*)", NULL), -ENODATA);
	pool_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repeats_pieces_of_examples),
		cmocka_unit_test(needs_an_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
