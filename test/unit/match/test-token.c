#include "match/token.h"

#include "unit.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <limits.h>
#include <pcre2.h>
#include <stdio.h>

/* One letter a token; a class shows how many bytes it has, a repeat its bounds. */
static const char *shown(const char *pattern)
{
	static char buffer[1024];
	size_t used = 0;

	buffer[0] = '\0';
	for (;;) {
		struct token token = token_next(&pattern);
		unsigned n = 0;

		for (size_t i = 0; i < 32; i++)
			n += (unsigned)__builtin_popcount(token.set[i]);
		switch (token.kind) {
		case TOKEN_END:
			return buffer;
		case TOKEN_LOST:
			(void)snprintf(buffer + used, sizeof(buffer) - used, "!");
			return buffer;
		case TOKEN_BYTE:
			used += (size_t)snprintf(buffer + used, sizeof(buffer) - used, "%c",
						 token.byte < ' ' ? '#' : token.byte);
			break;
		case TOKEN_CLASS:
			used += (size_t)snprintf(buffer + used, sizeof(buffer) - used, "<%u>", n);
			break;
		case TOKEN_NOTHING:
			used += (size_t)snprintf(buffer + used, sizeof(buffer) - used, "%s",
						 token.caseless ? "~i" : "~");
			break;
		case TOKEN_REFERENCE:
			used += (size_t)snprintf(buffer + used, sizeof(buffer) - used, "=");
			break;
		case TOKEN_OPEN:
			used += (size_t)snprintf(buffer + used, sizeof(buffer) - used, "%s",
						 token.caseless ? "i(" : "(");
			break;
		case TOKEN_LOOK:
			used += (size_t)snprintf(buffer + used, sizeof(buffer) - used, "%s",
						 token.behind ? "<(" : "?(");
			break;
		case TOKEN_CLOSE:
			used += (size_t)snprintf(buffer + used, sizeof(buffer) - used, ")");
			break;
		case TOKEN_OR:
			used += (size_t)snprintf(buffer + used, sizeof(buffer) - used, "|");
			break;
		case TOKEN_REPEAT:
			used += (size_t)snprintf(buffer + used, sizeof(buffer) - used, "{%u,%d}",
						 token.min, (int)token.max);
			break;
		}
	}
}

static void reads_patterns(void **state)
{
	static const struct {
		const char *pattern, *tokens;
	} cases[] = {
		{ "^a.b$", "~a<256>b~" },
		{ "(?:a|b)(c)(?<d>e)(?P<f>g)(?'h'i)(?>j)(?|k)", "(a|b)(c)(e)(g)(i)(j)(k)" },
		{ "(?=a)(?!b)(?<=c)(?<!d)", "?(a)?(b)<(c)<(d)" },
		{ "a?b*c+d??e*+f{2}g{2,}h{2,3}?i{x}j{,}k{", "a{0,1}b{0,-1}c{1,-1}d{0,1}e{0,-1}"
							    "f{2,2}g{2,-1}h{2,3}i{x}j{,}k{" },
		{ "a{,3}", "a!" },
		{ "a{ 1, 2 }", "a!" },
		{ "(?s)(?m-s:a)", "~(a)" },
		{ "\\.\\(\\n\\x41\\\\", ".(#A\\" },
		{ "\\d\\D\\w\\s\\h\\v\\N", "<10><246><63><6><3><5><255>" },
		{ "\\b\\A\\z\\K", "~~~~" },
		{ "[abc][^abc][]a][^]a][a-z][\\d.][\\]\\x41-\\x43][a-][-a][\\b][a\\-z]",
		  "<3><253><2><254><26><11><4><2><2><1><3>" },
		{ "a]b}c", "a]b}c" },
		{ "a(?i)b(?s-i:c)", "a~ibi(c)" },
		{ "(a)\\1\\k<x>\\k{x}\\k'x'\\g{-1}(?P=x)", "(a)======" },
		{ "a\\g<1>", "a!" },
		{ "a\\12", "a!" },
		{ "a\\g{1", "a!" },
		{ "[[:digit:]x][^[:alpha:]]", "<11><204>" },
		{ "[[:none:]]", "!" },
		{ "a(?x:b)", "a!" },
		{ "(*UTF)", "!" },
		{ "a(?#b)", "a!" },
		{ "(?(1)a)", "!" },
		{ "(?R)", "!" },
		{ "(?&x)", "!" },
		{ "(?P>x)", "!" },
		{ "(?<x", "!" },
		{ "a\\Qb\\E", "a!" },
		{ "\\x{41}", "!" },
		{ "\\p{L}", "!" },
		{ "[\\d-z]", "!" },
		{ "[a", "!" },
		{ "[\\Qa]", "!" },
		{ "[\\c]]", "!" },
		{ "\\", "!" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (strcmp(shown(cases[i].pattern), cases[i].tokens) != 0)
			fail_msg("%s is \"%s\", not \"%s\"", cases[i].pattern,
				 shown(cases[i].pattern), cases[i].tokens);
}

static void tokens_cover_the_pattern(void **state)
{
	const char pattern[] = "^(?<a>[^,]*+)\\d{1,3}(?!x)|y\\.z?$", *p = pattern;
	size_t size = 0;

	for (struct token token = token_next(&p); token.kind != TOKEN_END; token = token_next(&p)) {
		assert_ptr_equal(token.text.data, pattern + size);
		size += token.text.size;
	}
	assert_int_equal(size, strlen(pattern));
}

static void classes_are_those_of_pcre2(void **state)
{
	static const char *const classes[] = {
		"\\d",         "\\D",          "\\w",           "\\s",         "\\h",
		"\\v",         "\\N",          "[^a-z\\s]",     "[[:alnum:]]", "[[:alpha:]]",
		"[[:ascii:]]", "[[:blank:]]",  "[[:cntrl:]]",   "[[:digit:]]", "[[:graph:]]",
		"[[:lower:]]", "[[:print:]]",  "[[:punct:]]",   "[[:space:]]", "[[:upper:]]",
		"[[:word:]]",  "[[:xdigit:]]", "[^[:digit:]_]",
	};
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		const char *p = classes[i];
		struct token token = token_next(&p);
		PCRE2_SIZE offset;
		pcre2_code *code;
		int error;

		assert_int_equal(token.kind, TOKEN_CLASS);
		assert_int_equal(*p, '\0');
		code = pcre2_compile((PCRE2_SPTR)classes[i], PCRE2_ZERO_TERMINATED, 0, &error,
				     &offset, NULL);
		assert_non_null(code);
		for (unsigned k = 0; k < 256; k++) {
			char byte = (char)k;
			int n = pcre2_match(code, (PCRE2_SPTR)&byte, 1, 0, 0, data, NULL);

			if ((n > 0) != token_has(&token, byte))
				fail_msg("%s: %u", classes[i], k);
		}
		pcre2_code_free(code);
	}
	pcre2_match_data_free(data);
}

static void counts_the_branches_of_a_group(void **state)
{
	static const struct {
		const char *behind;
		unsigned n;
	} cases[] = {
		{ "a)", 1 },          { "a|b|c)|d", 3 }, { "a(?:b|c)|d)", 2 }, { "[|)]|x)", 2 },
		{ "(?=a|b)c|d)", 2 }, { "a|b", 2 },      { "\\||\\))", 2 },    { ")", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (token_count_branches(cases[i].behind) != cases[i].n)
			fail_msg("%s: %u", cases[i].behind, token_count_branches(cases[i].behind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_patterns),
		cmocka_unit_test(tokens_cover_the_pattern),
		cmocka_unit_test(classes_are_those_of_pcre2),
		cmocka_unit_test(counts_the_branches_of_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
