#include "base/weight.h"

#include "unit.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_have_a_decimal_if_need_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
