#include "count/totals.h"

#include "unit.h"

#define MINUTE (60 * USEC_PER_SEC)

/* events 0 and 1 have one teller, 2 and 3 one of their own; 4 counts another thing */
static const struct counting counting[] = {
	{ 0, 0, true, false }, { 0, 0, true, false }, { 0, 2, true, false },
	{ 0, 3, true, false }, { 4, 4, true, false },
};

struct step {
	unsigned event;
	int attempts; /* -1: one more */
	unsigned minute;
	uint32_t count, tail; /* of what the event counts, afterwards */
};

static void check_steps(const struct step *steps, size_t n)
{
	struct totals totals;
	struct pool pool;

	totals_pool_init(&pool);
	totals_init(&totals);
	for (size_t i = 0; i < n; i++) {
		const struct step *step = &steps[i];
		usec_t now = step->minute * MINUTE;
		struct raise count;

		totals_turn(&pool, &totals, now);
		assert_int_equal(totals_tell(&pool, &totals, step->event, now, step->attempts >= 0,
					     (uint64_t)step->attempts),
				 0);
		count = totals_count(&pool, &totals, counting, counting[step->event].thing);
		if (count.count != step->count || count.tail != step->tail)
			fail_msg("step %zu: %u, %u", i, count.count, count.tail);
	}
	totals_done(&pool, &totals);
	pool_done(&pool);
}

static void the_largest_sum_of_a_teller_counts(void **state)
{
	static const struct step steps[] = {
		{ 0, -1, 60, 1, 0 }, { 2, -1, 60, 1, 0 }, { 1, -1, 61, 2, 0 }, { 2, 5, 61, 5, 0 },
		{ 2, 3, 61, 5, 0 },  { 1, 4, 62, 5, 0 },  { 0, -1, 62, 6, 0 }, { 3, -1, 63, 6, 0 },
		{ 4, -1, 63, 1, 0 }, { 2, -1, 64, 6, 0 }, { 3, 7, 64, 7, 0 },
	};

	check_steps(steps, ARRAY_SIZE(steps));
}

static void an_hour_begins_with_the_last_ten_minutes_of_the_one_before(void **state)
{
	static const struct step steps[] = {
		{ 0, -1, 61, 1, 0 },  { 0, -1, 109, 2, 0 }, { 0, -1, 110, 3, 1 },
		{ 2, 5, 119, 5, 5 },  { 0, -1, 120, 5, 0 }, { 0, -1, 121, 5, 0 },
		{ 2, 6, 122, 6, 0 },  { 0, -1, 175, 6, 1 }, { 0, -1, 240, 1, 0 },
		{ 0, -1, 299, 2, 1 }, { 0, -1, 239, 1, 1 }, { 0, -1, 300, 1, 0 },
		{ 0, -1, 301, 2, 0 }, { 0, -1, 240, 1, 0 },
	};

	check_steps(steps, ARRAY_SIZE(steps));
}

static void an_absurd_total_is_cut(void **state)
{
	struct totals totals;
	struct pool pool;

	totals_pool_init(&pool);
	totals_init(&totals);
	assert_int_equal(totals_tell(&pool, &totals, 0, 0, true, UINT64_MAX), 0);
	assert_int_equal(totals_tell(&pool, &totals, 0, 0, false, 0), 0);
	assert_int_equal(totals_tell(&pool, &totals, 1, 0, true, UINT64_MAX), 0);
	assert_int_equal(totals_count(&pool, &totals, counting, 0).count, TOTALS_MAX);
	pool_done(&pool);
}

/* More than fit in one place. */
static void many_events_tell(void **state)
{
	struct counting many[40];
	struct totals totals;
	struct pool pool;

	totals_pool_init(&pool);
	totals_init(&totals);
	for (unsigned i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct counting){ .teller = (uint16_t)(i % 2) };
	for (unsigned i = 0; i < ARRAY_SIZE(many); i++) {
		assert_int_equal(totals_tell(&pool, &totals, i, 0, true, i), 0);
		assert_int_equal(totals_of(&pool, &totals, i).count, i);
	}
	assert_int_equal(totals_count(&pool, &totals, many, 0).count, 20 * 20);
	totals_done(&pool, &totals);
	assert_int_equal(totals.more, POOL_NONE);
	pool_done(&pool);
}

static void lives_as_long_as_it_can_count(void **state)
{
	struct totals totals;
	struct pool pool;

	totals_pool_init(&pool);
	totals_init(&totals);
	assert_false(totals_live(&pool, &totals, 500 * MINUTE));
	totals_turn(&pool, &totals, 61 * MINUTE);
	assert_int_equal(totals_tell(&pool, &totals, 0, 61 * MINUTE, false, 0), 0);
	assert_true(totals_live(&pool, &totals, 119 * MINUTE));
	assert_false(totals_live(&pool, &totals, 120 * MINUTE));
	assert_int_equal(totals_tell(&pool, &totals, 0, 119 * MINUTE, false, 0), 0);
	assert_true(totals_live(&pool, &totals, 179 * MINUTE));
	assert_false(totals_live(&pool, &totals, 180 * MINUTE));
	pool_done(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_sum_of_a_teller_counts),
		cmocka_unit_test(an_hour_begins_with_the_last_ten_minutes_of_the_one_before),
		cmocka_unit_test(an_absurd_total_is_cut),
		cmocka_unit_test(many_events_tell),
		cmocka_unit_test(lives_as_long_as_it_can_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
