#include "base/types.h"

#include "unit.h"

#include <errno.h>

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

static void weights_have_a_decimal_if_need_be(void **state)
{
	static const struct {
		uint64_t tenths;
		const char *text;
	} cases[] = {
		{ 0, "0" },      { 1, "0.1" },        { 9, "0.9" },
		{ 10, "1" },     { 45, "4.5" },       { 50, "5" },
		{ 99, "9.9" },   { 100, "10" },       { 101, "10.1" },
		{ 1000, "100" }, { 12345, "1234.5" }, { UINT64_MAX, "1844674407370955161.5" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buffer[WEIGHT_TEXT_MAX];

		assert_ptr_equal(weight_format(cases[i].tenths, buffer), buffer);
		assert_string_equal(buffer, cases[i].text);
	}
}

static void numbers_have_no_other_form(void **state)
{
	static const char *const bad[] = { "", "01", "00", "-1", "+1", "1 ", "1a", "129", "65664" };
	uint16_t number = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(number_parse(span_of(bad[i]), 128, &number), -EINVAL);
	assert_int_equal(number, 7);
	assert_int_equal(number_parse(SPAN_LITERAL("0"), 128, &number), 0);
	assert_int_equal(number, 0);
	assert_int_equal(number_parse(SPAN_LITERAL("128"), 128, &number), 0);
	assert_int_equal(number, 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_with_a_letter),
		cmocka_unit_test(weights_have_a_decimal_if_need_be),
		cmocka_unit_test(numbers_have_no_other_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
