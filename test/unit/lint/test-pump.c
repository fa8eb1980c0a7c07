#include "lint/pump.h"

#include "rules.h"

#include <errno.h>

static struct pump *pump_of(const char *pattern)
{
	struct rule *rule = make_rule("a", "_UID=0");
	struct pump *pump;

	make_event(rule, "e", "MESSAGE", pattern);
	assert_int_equal(pump_new(rule, rule->events, &pump), 0);
	return pump;
}

static void measures_by_repeating(void **state)
{
	static const struct {
		const char *pattern, *head, *piece, *tail;
		bool grows;
	} cases[] = {
		{ "^(?:a+)+(?<address>b)", "", "a", "", true },
		{ "^(?>a+)+(?<address>b)", "", "a", "", false },
		{ "^a+a+(?<address>b)", "", "a", "", true },
		{ "^a+a+(?<address>b)", "", "a", "b", false },
		{ "^a++a++(?<address>b)", "", "a", "", false },
		/* All of "[^<]*+" is one step of PCRE2's own. */
		{ "^.*x[^<]*+(?<address><)", "y", "x", "", true },
		{ "^.*, [^;]*(?<address>;)", "y", ", ", "x", true },
		{ "^.*this is a long text [^;]*(?<address>;)", "",
		  "this is a long text this is a long text this is a long text ", "x", true },
		{ "^(?<user>.*) this is a long text (?<address>[^;t]*);", "",
		  "this is a long text this is a long text this is a long text ", "x", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(pump_freep) struct pump *pump = pump_of(cases[i].pattern);
		const struct ruletest ruletest = { span_of(cases[i].head), span_of(cases[i].piece),
						   span_of(cases[i].tail) };
		struct growth growth = { 0 };
		int r = pump_try(pump, &ruletest, &growth);

		if (r != cases[i].grows)
			fail_msg("%s: %d", cases[i].pattern, r);
		if (r == 0)
			continue;
		assert_string_equal(growth.piece, cases[i].piece);
		assert_true(growth.repeats[0] < growth.repeats[1] &&
			    growth.repeats[1] < growth.repeats[2]);
		assert_true(growth.steps[0] <= growth.steps[1] &&
			    growth.steps[1] <= growth.steps[2]);
	}
	pool_done();
}

static void leaves_what_is_too_long(void **state)
{
	static char head[PUMP_ENDS_MAX];
	cleanup(pump_freep) struct pump *pump = pump_of("^(?:a+)+(?<address>b)");
	struct ruletest ruletest = { { head, sizeof(head) }, SPAN_LITERAL("a"), PUMP_ODD };
	struct growth growth;

	memset(head, 'a', sizeof(head));
	assert_int_equal(pump_try(pump, &ruletest, &growth), 0);
	ruletest.head.size--;
	assert_int_equal(pump_try(pump, &ruletest, &growth), 1);
	assert_int_equal(pump_reach(pump, span_of("aaxb")), 2);
	pool_done();
}

static void needs_a_pattern(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	struct pump *pump;

	make_event(rule, "e", "MESSAGE", "^x(?<address>");
	assert_int_equal(pump_new(rule, rule->events, &pump), -EINVAL);
	/* Two that PCRE2 takes as they are, but not with a group for each byte. */
	pump = pump_of("^[a-z]{0,60000}[a-z]{0,60000}(?<address>:)");
	pump_free(pump);
	pump = pump_of("^(?:(?:(?:(?:[a-z]{0,16}b){10}c){10}d){3})(?<address>:)");
	pump_free(pump);
	rule->events->format = FORMAT_LOGFMT;
	assert_int_equal(pump_new(rule, rule->events, &pump), -EINVAL);
	pool_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_by_repeating),
		cmocka_unit_test(leaves_what_is_too_long),
		cmocka_unit_test(needs_a_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
