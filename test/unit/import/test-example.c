#include "import/example.h"

#include "match/match.h"
#include "unit.h"

/* How many of the variants the pattern matches. */
static unsigned count_matches(char *pattern)
{
	char name[] = "e";
	struct event event = { .name = name, .pattern = pattern, .outcome = OUTCOME_SUCCESS };
	cleanup(matcher_freep) struct matcher *matcher = NULL;
	cleanup(match_freep) struct match *match = NULL;
	struct faults faults = { 0 };
	unsigned n = 0;

	assert_int_equal(matcher_new(&matcher), 0);
	assert_int_equal(match_new("", &event, 0, &faults, &match), 0);
	for (unsigned i = 0; i < EXAMPLE_VARIANTS; i++) {
		char line[EXAMPLE_MAX];
		size_t size = example_write(pattern, i, line);

		n += size > 0 &&
		     match_try(match, matcher, (struct span){ line, size }, false, 1000000) > 0;
	}
	return n;
}

static void patterns_match_what_is_written_off_them(void **state)
{
	char patterns[][100] = {
		"^a(?:b|c)\\d{2,3}x*$",
		"^login (?<user>[^ ]+) from (?<address>(?:\\d{1,3}\\.){3}\\d{1,3})(?::\\d+)?$",
		"^(?!x)[A-Z][a-z]+: \"[^\"]*\" (?=\\S+)(?i)over\\s+\\[\\]$",
		"^(?:(?:one|two|three) ){2}end",
	};

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (count_matches(patterns[i]) < 20)
			fail_msg("%s", patterns[i]);
}

static void what_is_not_understood_gives_nothing(void **state)
{
	static const char *const patterns[] = { "^(?(1)a|b)", "^\\Qa\\E", "^(?:a{1999}b{1999})$",
						"^[^\\x00-\\xff]$" };
	char line[EXAMPLE_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		assert_int_equal(example_write(patterns[i], 0, line), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_what_is_written_off_them),
		cmocka_unit_test(what_is_not_understood_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
