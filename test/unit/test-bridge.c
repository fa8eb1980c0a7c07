#include "bridge.h"

#include "random.h"
#include "unit.h"

static uint64_t random_state;

static void a_time_on_a_bridge_goes_back_to_its_begin(void **state)
{
	static const struct {
		usec_t time, before;
	} cases[] = {
		{ 5, 5 },   { 10, 10 }, { 11, 10 }, { 20, 10 }, { 21, 21 }, { 30, 30 },
		{ 31, 30 }, { 45, 30 }, { 50, 30 }, { 51, 51 }, { 99, 99 },
	};
	struct bridges bridges = { 0 };

	bridges_note(&bridges, 10, 20);
	bridges_note(&bridges, 25, 25); /* at one time: nothing in between */
	bridges_note(&bridges, 30, 40);
	bridges_note(&bridges, 40, 50);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(bridges_before(&bridges, cases[i].time), cases[i].before);
	bridges_forget(&bridges, 21);
	assert_int_equal(bridges_before(&bridges, 15), 15);
	assert_int_equal(bridges_before(&bridges, 45), 30);
}

/* Far fewer than there may be: each answer is the best one. */
static void random_bridges_are_never_begun_on(void **state)
{
	for (unsigned round = 0; round < 500; round++) {
		struct bridges bridges = { 0 };
		struct bridge plain[60];
		usec_t now = 100;

		for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
			now += random_below(&random_state, 20);
			plain[i].begin = now - random_below(&random_state, 30);
			plain[i].end = now;
			bridges_note(&bridges, plain[i].begin, plain[i].end);
		}
		for (usec_t time = 50; time < now + 10; time++) {
			usec_t best = time;

			for (size_t i = ARRAY_SIZE(plain); i-- > 0;)
				if (plain[i].begin < best && best <= plain[i].end) {
					best = plain[i].begin;
					i = ARRAY_SIZE(plain);
				}
			assert_int_equal(bridges_before(&bridges, time), best);
		}
	}
}

static void too_many_become_one(void **state)
{
	struct bridges bridges = { 0 };

	for (usec_t i = 1; i <= BRIDGES_MAX + 10; i++)
		bridges_note(&bridges, 10 * i, 10 * i + 5);
	assert_int_equal(bridges.n, BRIDGES_MAX);
	assert_int_equal(bridges_before(&bridges, 67), 10);
	assert_int_equal(bridges_before(&bridges, 10 * BRIDGES_MAX + 7), 10 * BRIDGES_MAX + 7);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_on_a_bridge_goes_back_to_its_begin),
		cmocka_unit_test(random_bridges_are_never_begun_on),
		cmocka_unit_test(too_many_become_one),
	};

	random_state = random_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
