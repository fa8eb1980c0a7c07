#include "base/name.h"

#include "unit.h"

static void begins_with_a_letter(void **state)
{
	static const struct {
		struct span name;
		bool valid;
	} cases[] = {
		{ SPAN_LITERAL("a"), true },     { SPAN_LITERAL("z9_-"), true },
		{ SPAN_LITERAL("abcd5"), true }, { SPAN_LITERAL("abcde6"), false },
		{ SPAN_LITERAL(""), false },     { { 0 }, false },
		{ SPAN_LITERAL("A"), false },    { SPAN_LITERAL("aB"), false },
		{ SPAN_LITERAL("9a"), false },   { SPAN_LITERAL("_a"), false },
		{ SPAN_LITERAL("-a"), false },   { SPAN_LITERAL("a.b"), false },
		{ SPAN_LITERAL("a b"), false },  { SPAN_LITERAL("a\0b"), false },
		{ SPAN_LITERAL("`"), false },    { SPAN_LITERAL("{"), false },
		{ SPAN_LITERAL("a/"), false },   { SPAN_LITERAL("a:"), false },
		{ SPAN_LITERAL("\xe9"), false }, { SPAN_LITERAL("a\xe9"), false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (name_is_valid(cases[i].name, 5) != cases[i].valid)
			fail_msg("\"%.*s\"", (int)cases[i].name.size, cases[i].name.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_with_a_letter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
