#include "count/reach.h"

#include "unit.h"

#define BEGUN (1700000000 * USEC_PER_SEC)
#define LATER (BEGUN + REACH_GRACE)

static struct prefix host_of(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(span_of(text), &prefix), 0);
	return prefix;
}

/* How often it was told in so many failures, a second apart, from then on. */
static unsigned told(struct reach *reach, usec_t time, unsigned n)
{
	const struct prefix host = host_of("192.0.2.1/32");
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++)
		count += reach_note(reach, &host, BEGUN, time + i * USEC_PER_SEC);
	return count;
}

static void what_is_on_its_way_is_no_wonder(void **state)
{
	struct reach reach = { 0 };

	assert_int_equal(told(&reach, BEGUN, 500), 0);
	assert_int_equal(told(&reach, LATER - USEC_PER_SEC, 1), 0);
	assert_int_equal(reach.n, 0);
	/* the clock was set back */
	assert_int_equal(told(&reach, BEGUN - USEC_PER_HOUR, 100), 0);
}

static void many_are_told_once_an_hour(void **state)
{
	struct reach reach = { 0 };

	assert_int_equal(told(&reach, LATER, REACH_ENOUGH - 1), 0);
	assert_int_equal(told(&reach, LATER + 60 * USEC_PER_SEC, 1), 1);
	assert_int_equal(told(&reach, LATER + 120 * USEC_PER_SEC, 1000), 0);
	assert_int_equal(told(&reach, LATER + REACH_WITHIN, REACH_ENOUGH - 1), 0);
	assert_int_equal(told(&reach, LATER + REACH_WITHIN + 60 * USEC_PER_SEC, 1), 1);
}

static void a_few_each_hour_are_never_told(void **state)
{
	struct reach reach = { 0 };

	for (unsigned hour = 0; hour < 50; hour++)
		assert_int_equal(told(&reach, LATER + hour * REACH_WITHIN, REACH_ENOUGH - 1), 0);
}

static void hosts_are_counted_up_to_a_bound(void **state)
{
	struct prefix host = host_of("192.0.2.0/32");
	struct reach reach = { 0 };

	for (unsigned i = 0; i < 3 * REACH_HOSTS; i++) {
		host.address.bytes[3] = (uint8_t)(i / 3);
		(void)reach_note(&reach, &host, BEGUN, LATER);
		assert_int_equal(reach.n_hosts, i / 3 + 1);
	}
	host = host_of("2001:db8::/64");
	(void)reach_note(&reach, &host, BEGUN, LATER);
	assert_int_equal(reach.n_hosts, REACH_HOSTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_on_its_way_is_no_wonder),
		cmocka_unit_test(many_are_told_once_an_hour),
		cmocka_unit_test(a_few_each_hour_are_never_told),
		cmocka_unit_test(hosts_are_counted_up_to_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
