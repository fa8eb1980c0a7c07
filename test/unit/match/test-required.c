#include "match/required.h"

#include "meets.h"
#include "patterns.h"
#include "random.h"
#include "unit.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <pcre2.h>
#include <stdio.h>

/* "a|b & c": sets joined by " & ", their texts by "|". */
static const char *shown(const struct required *required)
{
	static char buffer[4096];
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < required->n_sets; i++) {
		const struct any_of *set = &required->sets[i];

		for (size_t j = 0; j < set->n_texts; j++)
			used += (size_t)snprintf(buffer + used, sizeof(buffer) - used, "%s%.*s",
						 j > 0   ? "|"
						 : i > 0 ? " & "
							 : "",
						 (int)set->texts[j].size, set->texts[j].data);
	}
	return buffer;
}

static void reads_off_what_a_pattern_requires(void **state)
{
	static const struct {
		const char *pattern, *required;
	} cases[] = {
		{ "^abc", "abc" },
		{ "^abc.def$", "abc & def" },
		{ "^(?:imap|pop3)-login: (?<user>.*) \\(auth failed, \\d+",
		  "imap-login: |pop3-login:  &  (auth failed, " },
		{ "^(?s)(?:dovecot: )?[a-z0-9]+-login: (?:Info: )?(?:Login|Logged in): ",
		  "-login: Info: Login: |-login: Info: Logged in: |"
		  "-login: Login: |-login: Logged in: " },
		{ "^(?:x(?:abc|def)+y|abcd)", "abc|def" },
		{ "^(?:failed|[a-z]+)x", "" },
		{ "^(?:failed|broken|)x+yyy", "yyy" },
		{ "^abc?def", "abcdef|abdef" },
		{ "^abcd*efg", "abc & efg" },
		{ "^abcd+efg", "abc & efg" },
		{ "^abc{0,1}def", "abcdef|abdef" },
		{ "^abcd{2}efg", "abc & efg" },
		{ "^ab{x}cd", "ab{x}cd" },
		{ "^ab\\.c\\x41\\td", "ab.cA\td" },
		{ "^[Pp]assword", "Password|password" },
		{ "^[^a]bcd[a-z]efg[]x]hij", "bcd & efg]hij|efgxhij" },
		{ "^abc(?=def)ghi(?!x(?:y|z))jkl(?<=x)m", "abcghijklm" },
		{ "^(?>abc|abcd)++(?<n>efg)(?'m'hij)(?P<o>k)(?|lm)", "abc & efghijklm" },
		{ "abc|defg", "abc|defg" },
		{ "^(abc)\\1def", "abc & def" },
		{ "^abc[[:alpha:]]d[[:blank:]]e", "abc & d\te|d e" },
		{ "^\\Aabc\\b\\Kdef\\z", "abcdef" },
		/* What is not understood demands nothing. */
		{ "^(?i)abc", "" },
		{ "^abc(?i:x)", "" },
		{ "^abc(?(1)x|y)", "" },
		{ "^abc\\Q.*\\E", "" },
		{ "(*ANYCRLF)^abc", "" },
		{ "^abc(?#x)", "" },
		{ "^abc(?R)?", "" },
		{ "^abc\\x{41}", "" },
		{ "^(?x) a b c", "" },
		{ "^abc(", "" },
		{ "^abc)", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct required required;

		assert_int_equal(required_of_pattern(cases[i].pattern, &required), 0);
		if (strcmp(shown(&required), cases[i].required) != 0)
			fail_msg("%s requires \"%s\", not \"%s\"", cases[i].pattern,
				 shown(&required), cases[i].required);
		required_done(&required);
	}
}

static void a_logfmt_event_requires_its_values(void **state)
{
	static char m[] = "m", cmd[] = "cmd", a[] = "login attempt", b[] = "new connection",
		    quoted[] = "a \"b\"", empty[] = "";
	static char *both[] = { a, b }, *odd[] = { a, quoted }, *none[] = { empty };
	struct where where[] = {
		{ .key = m, .values = both, .n_values = 2 },
		{ .key = cmd, .values = odd, .n_values = 2 },
		{ .key = cmd, .values = both, .n_values = 2, .negated = true },
		{ .key = cmd, .values = none, .n_values = 1 },
	};
	struct event event = { .format = FORMAT_LOGFMT, .where = where, .n_where = 4 };
	struct required required;

	assert_int_equal(required_of_event(&event, &required), 0);
	assert_string_equal(shown(&required), "login attempt|new connection");
	required_done(&required);
}

static uint64_t seed;

/* Whatever PCRE2 matches must meet it. */
static void no_match_lacks_what_is_required(void **state)
{
	uint64_t random = seed;
	pcre2_match_data *data = pcre2_match_data_create(64, NULL);
	pcre2_match_context *limited = pcre2_match_context_create(NULL);
	unsigned n_matches = 0, n_refused = 0;

	pcre2_set_match_limit(limited, 20000);
	for (int i = 0; i < 1500; i++) {
		char pattern[1024] = "";
		struct required required;
		PCRE2_SIZE offset;
		pcre2_code *code;
		int error;

		put_pattern(&random, pattern, sizeof(pattern), 3);
		code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_DUPNAMES,
				     &error, &offset, NULL);
		if (!code)
			continue;
		assert_int_equal(required_of_pattern(pattern, &required), 0);
		for (int j = 0; j < 40; j++) {
			char text[16];
			size_t size = put_text(&random, text, sizeof(text));

			if (pcre2_match(code, (PCRE2_SPTR)text, size, 0, 0, data, limited) < 0) {
				n_refused += !meets((struct span){ text, size }, &required);
				continue;
			}
			n_matches++;
			if (!meets((struct span){ text, size }, &required))
				fail_msg("%s matches \"%.*s\" without \"%s\"", pattern, (int)size,
					 text, shown(&required));
		}
		required_done(&required);
		pcre2_code_free(code);
	}
	/* The test itself must not run empty. */
	assert_true(n_matches > 1000 && n_refused > 1000);
	pcre2_match_context_free(limited);
	pcre2_match_data_free(data);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_off_what_a_pattern_requires),
		cmocka_unit_test(a_logfmt_event_requires_its_values),
		cmocka_unit_test(no_match_lacks_what_is_required),
	};

	seed = random_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
