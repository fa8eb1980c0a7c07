#include "cli/timestamp.h"

#include "unit.h"

#include <errno.h>
#include <time.h>

#define NOW (1763812845 * USEC_PER_SEC) /* 2025-11-22 12:00:45 UTC */

static void reads_what_journalctl_reads(void **state)
{
	static const struct {
		const char *text;
		usec_t time;
	} cases[] = {
		{ "@1763770000", 1763770000 * USEC_PER_SEC },
		{ "@1763770000.25", 1763770000 * USEC_PER_SEC + 250000 },
		{ "@0", 0 },
		{ "now", NOW },
		{ "today", 1763769600 * USEC_PER_SEC },
		{ "yesterday", 1763683200 * USEC_PER_SEC },
		{ "2h ago", NOW - 7200 * USEC_PER_SEC },
		{ "1h 30min ago", NOW - 5400 * USEC_PER_SEC },
		{ "2025-11-22", 1763769600 * USEC_PER_SEC },
		{ "2025-11-22 12:00", 1763812800 * USEC_PER_SEC },
		{ "2025-11-22 12:00:45", NOW },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		usec_t time = 1;

		assert_int_equal(timestamp_parse(cases[i].text, NOW, &time), 0);
		assert_int_equal(time, cases[i].time);
	}
}

static void refuses_the_rest(void **state)
{
	static const char *const cases[] = { "",
					     "@",
					     "@-1",
					     "@1x",
					     "2025-11",
					     "tomorrow?",
					     "2025-11-22 12",
					     "2025-11-22x",
					     " ago",
					     "x ago",
					     "@99999999999999999999" };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		usec_t time = 77;

		assert_true(timestamp_parse(cases[i], NOW, &time) < 0);
		assert_int_equal(time, 77);
	}
}

static void writes_local_time(void **state)
{
	char buffer[TIMESTAMP_TEXT_MAX];

	assert_string_equal(timestamp_format(NOW, buffer), "2025-11-22 12:00:45");
	assert_string_equal(timestamp_format(USEC_INFINITY, buffer), "never");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_journalctl_reads),
		cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(writes_local_time),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
