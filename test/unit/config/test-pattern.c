#include "config/pattern.h"

#include "unit.h"

#include <errno.h>

static struct define list[] = {
	{ .name = (char[]){ "tail" }, .text = (char[]){ "rip=(?<address>[^,]+)" } },
	{ .name = (char[]){ "x-1" }, .text = (char[]){ "%{tail}" } },
};
static const struct defines defines = { list, ARRAY_SIZE(list) };

static void puts_defines_in_once(void **state)
{
	static const struct {
		const char *text, *expanded;
	} cases[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "^a %{tail}, %{tail}$", "^a rip=(?<address>[^,]+), rip=(?<address>[^,]+)$" },
		{ "%{x-1}", "%{tail}" }, /* what was put in is not read again */
		{ "100% %{2} %{,3} %{", "100% %{2} %{,3} %{" },
		{ "%%{tail}", "%rip=(?<address>[^,]+)" },
	};
	struct span name;
	char *expanded;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(defines_expand(&defines, cases[i].text, &expanded, &name), 0);
		assert_string_equal(expanded, cases[i].expanded);
		free(expanded);
	}
}

static void names_what_is_not_defined(void **state)
{
	char *expanded = NULL;
	struct span name;

	assert_int_equal(defines_expand(&defines, "^%{tail}%{tial}", &expanded, &name), -ENOENT);
	assert_true(span_equal(name, SPAN_LITERAL("tial")));
	assert_int_equal(defines_expand(&defines, "^%{}", &expanded, &name), -ENOENT);
	assert_int_equal(name.size, 0);
	assert_null(expanded);
}

static void is_bounded_in_size(void **state)
{
	char *text = malloc(PATTERN_MAX_SIZE + 2), *expanded = NULL;
	struct span name;

	assert_non_null(text);
	memset(text, 'a', PATTERN_MAX_SIZE + 1);
	text[PATTERN_MAX_SIZE + 1] = '\0';
	assert_int_equal(defines_expand(&defines, text, &expanded, &name), -E2BIG);
	text[PATTERN_MAX_SIZE] = '\0';
	assert_int_equal(defines_expand(&defines, text, &expanded, &name), 0);
	free(expanded);
	free(text);
}

static void knows_an_anchor(void **state)
{
	static const char *const anchored[] = {
		"^a",
		"\\Aa",
		"(?i)^a",
		"(?-i)^a",
		"(?is)\\A(?:a|b)",
		"^(?:a|b)(?<user>x|y)$",
		"^[|]",
		"^[]|]",
		"^[^]|]",
		"^[[:alpha:]|]",
		"^[\\]|]",
		"^\\|",
		"^\\Qa|b\\E",
		"^\\Qa|b",
		"^(?#a|b)c",
		"^(*MARK:a|b)c",
		"^a\\",
		"^[a",
		"^(?:a(?=b|c))",
		"^\\(a\\)",
	};
	static const char *const loose[] = {
		"",
		"a",
		"a^",
		".*^",
		"(?m)^a",
		"(?im)^a",
		"(^a)",
		"(?:^a|^b)",
		"[^a]",
		"\\^a",
		"^a|b",
		"^a|^b",
		"^(a)|b",
		"^[a]|b",
		"^[[:alpha:]]|b",
		"^[[:a]|b]|c",
		"^\\\\|b",
		"^\\Qa\\E|b",
		"^[\\Q](\\E]|b",
		"^[\\Q\\E](x]|b",
		"^[\\E](x]|b",
		"^(?#(c)|b",
		"^(*MARK:()|b",
		"^a)|b",
		"^(?x)a # [\n|b",
		"(?x)^a # (\n|b",
		"(?^x)^a # (\n|b",
		"^(?ix:a # (\n)|b",
	};

	for (size_t i = 0; i < ARRAY_SIZE(anchored); i++)
		if (pattern_anchor_fault(anchored[i]))
			fail_msg("%s: %s", anchored[i], pattern_anchor_fault(anchored[i]));
	for (size_t i = 0; i < ARRAY_SIZE(loose); i++)
		if (!pattern_anchor_fault(loose[i]))
			fail_msg("%s", loose[i]);
}

static void guesses_the_names_of_groups(void **state)
{
	assert_true(pattern_names_group("^(?<address>x)", "address"));
	assert_true(pattern_names_group("^address (?P<address>x)", "address"));
	assert_true(pattern_names_group("^(?'session'x)", "session"));
	assert_false(pattern_names_group("^address", "address"));
	assert_false(pattern_names_group("address", "address"));
	assert_false(pattern_names_group("^(?<my_address>x)", "address"));
	assert_false(pattern_names_group("^(?<addresses>x)", "address"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_defines_in_once),
		cmocka_unit_test(names_what_is_not_defined),
		cmocka_unit_test(is_bounded_in_size),
		cmocka_unit_test(knows_an_anchor),
		cmocka_unit_test(guesses_the_names_of_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
