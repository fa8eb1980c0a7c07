#include "report/human.h"

#include "unit.h"

static void counts_are_short(void **state)
{
	static const struct {
		uint64_t count;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 1234, "1234" },
		{ 99999, "99999" },
		{ 100000, "100k" },
		{ 999999, "999k" },
		{ 1000000, "1.0M" },
		{ 1990000, "1.9M" },
		{ 12345678, "12M" },
		{ 9999999999, "9.9G" },
		{ UINT64_MAX, "18E" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[FIGURE_TEXT_MAX];

		assert_string_equal(human_count(cases[i].count, text), cases[i].text);
	}
}

static void ages_have_two_units(void **state)
{
	static const struct {
		usec_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "0s" },
		{ 59, "59s" },
		{ 60, "1min" },
		{ 61, "1min 1s" },
		{ 599, "9min 59s" },
		{ 601, "10min" },
		{ 3599, "59min" },
		{ 3600, "1h" },
		{ 3660, "1h 1min" },
		{ 86399, "23h 59min" },
		{ 86400, "1d" },
		{ 3 * 86400 + 7201, "3d 2h" },
		{ 400 * 86400, "400d" },
	};
	char text[FIGURE_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(human_age(cases[i].seconds * USEC_PER_SEC + 999999, text),
				    cases[i].text);
	assert_string_equal(human_age(USEC_INFINITY, text), "for ever");
	assert_true(strlen(human_age(USEC_INFINITY - 1, text)) < FIGURE_TEXT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_short),
		cmocka_unit_test(ages_have_two_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
