#include "report/series.h"

#include "unit.h"

#define DAY  (24 * USEC_PER_HOUR)
#define NOON (1700000000 / 86400 * DAY + DAY / 2) /* 2023-11-14 12:00 UTC, a Tuesday */

static void longer_spans_have_longer_slots(void **state)
{
	static const struct {
		usec_t span, step;
		size_t n_slots;
	} cases[] = {
		{ 0, USEC_PER_HOUR, 1 },        { DAY, USEC_PER_HOUR, 25 },
		{ 3 * DAY, USEC_PER_HOUR, 73 }, { 7 * DAY, 6 * USEC_PER_HOUR, 29 },
		{ 31 * DAY, DAY, 32 },          { 365 * DAY, 7 * DAY, 53 },
		{ 19675 * DAY, 210 * DAY, 94 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct series series;

		series_init(&series, NOON - MIN(cases[i].span, NOON), NOON, 0);
		assert_int_equal(series.step, cases[i].step);
		assert_int_equal(series.n_slots, cases[i].n_slots);
		assert_true(series.since <= NOON - MIN(cases[i].span, NOON));
		assert_true(series.since + series.n_slots * series.step > NOON);
		series_done(&series);
	}
}

static void days_begin_at_local_midnight(void **state)
{
	struct series series;

	series_init(&series, NOON - 30 * DAY, NOON, 3600);
	assert_int_equal(series.since % DAY, 23 * USEC_PER_HOUR);
	series_init(&series, NOON - 30 * DAY, NOON, -5 * 3600);
	assert_int_equal(series.since % DAY, 5 * USEC_PER_HOUR);
	series_init(&series, NOON - 365 * DAY, NOON, 0);
	assert_int_equal((series.since / DAY + 3) % 7, 0); /* a Monday */
	series_init(&series, 0, DAY, -5 * 3600);
	assert_true(series.since <= 5 * USEC_PER_HOUR);
}

static void counts_by_jail_and_slot(void **state)
{
	struct series series;

	series_init(&series, NOON, NOON + 5 * USEC_PER_HOUR, 0);
	assert_int_equal(series_add(&series, SERIES_BANS, "dovecot", NOON, 1), 0);
	assert_int_equal(series_add(&series, SERIES_BANS, "mox", NOON + 1, 2), 0);
	assert_int_equal(series_add(&series, SERIES_BANS, "dovecot", NOON + USEC_PER_HOUR, 4), 0);
	assert_int_equal(series_add(&series, SERIES_FAILURES, "dovecot", NOON, 100), 0);
	/* a clock that was set lies outside */
	assert_int_equal(series_add(&series, SERIES_BANS, "mox", 0, 8), 0);
	assert_int_equal(series_add(&series, SERIES_BANS, "mox", USEC_INFINITY, 16), 0);
	assert_int_equal(series.n_rows, 2);
	assert_string_equal(series.rows[1].name, "mox");
	assert_int_equal(series_sum_row(&series, SERIES_BANS, 0), 5);
	assert_int_equal(series_sum_row(&series, SERIES_BANS, 1), 26);
	assert_int_equal(series_sum_slot(&series, SERIES_BANS, 0), 11);
	assert_int_equal(series_sum_slot(&series, SERIES_BANS, series.n_slots - 1), 16);
	assert_int_equal(series_sum_slot(&series, SERIES_FAILURES, 0), 100);
	assert_int_equal(series_sum_slot(&series, SERIES_PREVENTED, 0), 0);
	series_done(&series);
}

static void without_a_span_it_takes_nothing(void **state)
{
	struct series series = { 0 };

	assert_int_equal(series_add(&series, SERIES_BANS, "mox", NOON, 1), 0);
	series_mark_blind(&series, 0, NOON);
	assert_int_equal(series.n_rows, 0);
	assert_false(series.blind[0]);
	series_done(&series);
}

static void what_was_not_seen_is_marked(void **state)
{
	struct series series;

	series_init(&series, NOON, NOON + 5 * USEC_PER_HOUR, 0);
	series_mark_blind(&series, 0, NOON - 1);
	assert_false(series.blind[0]);
	series_mark_blind(&series, NOON + USEC_PER_HOUR, NOON + 2 * USEC_PER_HOUR);
	series_mark_blind(&series, NOON + 4 * USEC_PER_HOUR, NOON); /* a clock that was set */
	for (size_t i = 0; i < series.n_slots; i++)
		assert_int_equal(series.blind[i], i == 1 || i == 2 || i == 4);
	series_mark_blind(&series, 0, USEC_INFINITY);
	for (size_t i = 0; i < series.n_slots; i++)
		assert_true(series.blind[i]);
}

static void an_axis_ends_at_a_round_number(void **state)
{
	static const struct {
		uint64_t peak, unit, top;
	} cases[] = {
		{ 0, 1, 1 },   { 1, 1, 1 },       { 3, 1, 5 },        { 5, 1, 5 },  { 6, 1, 10 },
		{ 11, 10, 2 }, { 1234, 1, 2000 }, { 5001, 1, 10000 }, { 1, 10, 1 },
	};
	struct series series;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		series_init(&series, NOON, NOON, 0);
		assert_int_equal(series_add(&series, SERIES_BANS, "mox", NOON, cases[i].peak), 0);
		assert_int_equal(series_ceiling(&series, SERIES_BANS, cases[i].unit), cases[i].top);
		series_done(&series);
	}
	series_init(&series, NOON, NOON, 0);
	assert_int_equal(series_add(&series, SERIES_BANS, "mox", NOON, UINT64_MAX), 0);
	assert_true(series_ceiling(&series, SERIES_BANS, 1) > 0);
	series_done(&series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longer_spans_have_longer_slots),
		cmocka_unit_test(days_begin_at_local_midnight),
		cmocka_unit_test(counts_by_jail_and_slot),
		cmocka_unit_test(without_a_span_it_takes_nothing),
		cmocka_unit_test(what_was_not_seen_is_marked),
		cmocka_unit_test(an_axis_ends_at_a_round_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
