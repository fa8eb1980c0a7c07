#include "count/quota.h"

#include "unit.h"

#define INTERVAL 500 /* us */
#define AT_ONCE  20

static unsigned take_all(struct quota *quota, usec_t now)
{
	unsigned n = 0;

	while (n < 10 * AT_ONCE && quota_take(quota, INTERVAL, AT_ONCE, now))
		n++;
	return n;
}

static void so_many_may_come_at_once(void **state)
{
	struct quota quota = { 0 };

	assert_int_equal(take_all(&quota, 1000000), AT_ONCE);
	assert_false(quota_take(&quota, INTERVAL, AT_ONCE, 1000000 + INTERVAL - 1));
	assert_int_equal(take_all(&quota, 1000000 + INTERVAL), 1);
	assert_int_equal(take_all(&quota, 1000000 + 6 * INTERVAL), 5);
	/* rest does not add up to more */
	assert_int_equal(take_all(&quota, 1000000 + 1000 * INTERVAL), AT_ONCE);
}

static void in_the_long_run_one_an_interval(void **state)
{
	struct quota quota = { 0 };
	unsigned n = 0;

	for (usec_t now = 1000000; now < 1000000 + 1000 * INTERVAL; now += INTERVAL / 7)
		n += quota_take(&quota, INTERVAL, AT_ONCE, now);
	assert_in_range(n, 1000 + AT_ONCE - 1, 1000 + AT_ONCE);
	/* who stays below it is never held back */
	quota = (struct quota){ 0 };
	for (usec_t now = 0; now < 1000 * INTERVAL; now += INTERVAL)
		assert_true(quota_take(&quota, INTERVAL, AT_ONCE, now));
}

static void a_clock_that_was_set_back_blocks_nobody(void **state)
{
	struct quota quota = { 0 };

	assert_int_equal(take_all(&quota, 1000000000), AT_ONCE);
	assert_int_equal(take_all(&quota, 5), 0);
	assert_int_equal(take_all(&quota, 5 + AT_ONCE * INTERVAL), AT_ONCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(so_many_may_come_at_once),
		cmocka_unit_test(in_the_long_run_one_an_interval),
		cmocka_unit_test(a_clock_that_was_set_back_blocks_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
