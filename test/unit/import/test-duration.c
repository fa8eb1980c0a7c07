#include "import/duration.h"

#include "unit.h"

static void times_of_fail2ban_are_seconds(void **state)
{
	static const struct {
		const char *text;
		long seconds;
	} cases[] = {
		{ "600", 600 },          { "-1", -1 },
		{ "10m", 600 },          { " 1h ", 3600 },
		{ "1d12h", 129600 },     { "1d 12h", 129600 },
		{ "24*60*60", 86400 },   { "2 weeks", 1209600 },
		{ "1hour+30min", 5400 }, { "1year-6mo", 15778800 },
		{ "1mo", 2629800 },      { "0.5h", 1800 },
		{ "5MM", 300 },          { "3 days 2 hou", 266400 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double seconds;

		if (!duration_parse(cases[i].text, &seconds))
			fail_msg("%s", cases[i].text);
		assert_int_equal((long)seconds, cases[i].seconds);
	}
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const texts[] = {
		"",      " ", "x",    "10q",         "10 minutess",
		"1h+",   "-", "10m*", "1 fortnight", "__import__('os')",
		"1e999", ".", "5 . 5"
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		double seconds;

		if (duration_parse(texts[i], &seconds))
			fail_msg("%s", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_of_fail2ban_are_seconds),
		cmocka_unit_test(what_is_no_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
