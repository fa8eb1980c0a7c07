#include "lint/counted.h"

#include "patterns.h"
#include "unit.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <errno.h>
#include <pcre2.h>

/* Anchored, as all of ours are: for others PCRE2 10.42 takes the ".*" of "(.*){0}" for an anchor.
 * Without its guesses of what gives nothing back: it makes one too many in "b*(?>(?>\.)?\.*+)[ab]".
 */
#define OPTIONS (PCRE2_DUPNAMES | PCRE2_ANCHORED | PCRE2_NO_AUTO_POSSESS)

static uint64_t seed;

static void counted_patterns_match_the_same(void **state)
{
	static const char *const lost[] = { "^a*(?R)?", "^\\Qa\\E*" };
	uint64_t random = seed;
	pcre2_match_data *data = pcre2_match_data_create(64, NULL);
	pcre2_match_context *limited = pcre2_match_context_create(NULL);
	unsigned n_matches = 0;
	char *text;

	assert_int_equal(counted_pattern("^(?i)[a-c]*+b{2}c{0,17}.?(\\d+)(?:xy)*\\1+", &text), 0);
	assert_string_equal(text, "^(?i)(?:[a-c])*+(?:b){2}c{0,17}(?:.)?((?:\\d)+)(?:xy)*(?:\\1)+");
	free(text);
	for (size_t i = 0; i < ARRAY_SIZE(lost); i++)
		assert_int_equal(counted_pattern(lost[i], &text), -ENODATA);

	pcre2_set_match_limit(limited, 20000);
	for (int i = 0; i < 1000; i++) {
		char pattern[1024] = "", line[16];
		pcre2_code *code, *counted;
		PCRE2_SIZE offset;
		int error;

		put_pattern(&random, pattern, sizeof(pattern), 3);
		code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, OPTIONS, &error,
				     &offset, NULL);
		if (!code)
			continue;
		assert_int_equal(counted_pattern(pattern, &text), 0);
		counted = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, OPTIONS, &error,
					&offset, NULL);
		assert_non_null(counted);
		for (int j = 0; j < 30; j++) {
			size_t size = put_text(&random, line, sizeof(line));
			int r, same;

			r = pcre2_match(code, (PCRE2_SPTR)line, size, 0, 0, data, limited);
			same = pcre2_match(counted, (PCRE2_SPTR)line, size, 0, 0, data, limited);
			n_matches += r >= 0;
			/* Some of these patterns never come to an end. */
			if (r != same && r != PCRE2_ERROR_MATCHLIMIT &&
			    same != PCRE2_ERROR_MATCHLIMIT)
				fail_msg("%s: %d, %s: %d for \"%.*s\"", pattern, r, text, same,
					 (int)size, line);
		}
		free(text);
		pcre2_code_free(code);
		pcre2_code_free(counted);
	}
	assert_true(n_matches > 1000);
	pcre2_match_context_free(limited);
	pcre2_match_data_free(data);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counted_patterns_match_the_same),
	};

	seed = random_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
