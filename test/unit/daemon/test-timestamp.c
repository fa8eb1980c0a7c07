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
		{ "2025-11-22 12:00:45.25", NOW + 250000 },
		{ "2025-11-22T12:00:45Z", NOW },
		{ "2025-11-22 12:00:45 UTC", NOW },
		{ "Sat 2025-11-22 12:00", 1763812800 * USEC_PER_SEC },
		{ "Sat 2025-11-22", 1763769600 * USEC_PER_SEC },
		{ "12:00", 1763812800 * USEC_PER_SEC },
		{ "12:00:45", NOW },
		{ "00:00:01 UTC", 1763769601 * USEC_PER_SEC },
		{ "tomorrow", 1763856000 * USEC_PER_SEC },
		{ "yesterday UTC", 1763683200 * USEC_PER_SEC },
		{ "-1h", NOW - 3600 * USEC_PER_SEC },
		{ "-1h30min", NOW - 5400 * USEC_PER_SEC },
		{ "-90", NOW - 90 * USEC_PER_SEC },
		{ "+2min", NOW + 120 * USEC_PER_SEC },
		{ "2min left", NOW + 120 * USEC_PER_SEC },
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
					     "-",
					     "+",
					     "-x",
					     "-1h ago",
					     "+infinity",
					     "Sun 2025-11-22",
					     "Sat 12:00",
					     "25:00",
					     "12:00:",
					     "Z",
					     "UTC",
					     "todayZ",
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

/* Ten hours behind, where it is still the night of the 22nd. */
static void zones_are_heeded(void **state)
{
	usec_t local, utc;

	setenv("TZ", "FAR+10", 1);
	tzset();
	assert_int_equal(timestamp_parse("2025-11-22 02:00:45", NOW, &local), 0);
	assert_int_equal(timestamp_parse("12:00:45 UTC", NOW, &utc), 0);
	assert_int_equal(local, NOW);
	assert_int_equal(utc, NOW);
	assert_int_equal(timestamp_parse("today", NOW, &local), 0);
	assert_int_equal(local, NOW - 7245 * USEC_PER_SEC);
	setenv("TZ", "UTC", 1);
	tzset();
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
		cmocka_unit_test(zones_are_heeded),
		cmocka_unit_test(writes_local_time),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
