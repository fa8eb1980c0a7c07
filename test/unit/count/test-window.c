#include "count/window.h"

#include "count/window-slots.h"
#include "unit.h"

static const uint8_t seed[16] = "windows";
static const usec_t lifetimes[] = { 100, 1000 };

static struct address source(unsigned i)
{
	return (struct address){ AF_INET6,
				 { 0x20, 1, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } };
}

static void push(struct windows *windows, unsigned list, unsigned i, usec_t time, unsigned weight)
{
	struct address address = source(i);
	struct window *window;

	assert_int_equal(windows_open(windows, list, &address, &window), 0);
	assert_int_equal(windows_push(windows, window,
				      (struct failure){ .time = time, .weight = weight }, 1000),
			 0);
}

static uint64_t weigh(struct windows *windows, unsigned list, unsigned i, usec_t now)
{
	struct address address = source(i);
	struct window *window = windows_find(windows, list, &address);

	return window ? windows_weigh(windows, window, now) : 0;
}

static struct windows *make(size_t max_sources)
{
	struct windows *windows;

	assert_int_equal(windows_new(seed, lifetimes, ARRAY_SIZE(lifetimes), max_sources, &windows),
			 0);
	return windows;
}

static void weighs_within_findtime_only(void **state)
{
	cleanup(windows_freep) struct windows *windows = make(10);
	static const struct {
		usec_t now;
		uint64_t weight;
	} cases[] = {
		{ 999, 0 },   { 1000, 1 },  { 1049, 1 },  { 1050, 11 },
		{ 1099, 11 }, { 1100, 10 }, { 1149, 10 }, { 1150, 0 },
	};

	push(windows, 0, 1, 1050, 10);
	push(windows, 0, 1, 1000, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (weigh(windows, 0, 1, cases[i].now) != cases[i].weight)
			fail_msg("at %d", (int)cases[i].now);
	assert_int_equal(weigh(windows, 1, 1, 1060), 0);
	assert_int_equal(weigh(windows, 0, 2, 1060), 0);
}

/* Against all stretches that hold the time and end at it, or at a failure. */
static void the_heaviest_stretch_is_that_of_a_slow_search(void **state)
{
	unsigned dice = 11;

	for (int round = 0; round < 200; round++) {
		cleanup(windows_freep) struct windows *windows = make(10);
		struct address address = source(1);
		usec_t times[20], time = 1200, end, ahead = round % 2 ? 60 : USEC_INFINITY;
		struct window *window;
		uint64_t most;

		for (size_t n = 0; n < ARRAY_SIZE(times); n++) {
			dice = dice * 1103515245 + 12345;
			times[n] = 1000 + dice / 65536 % 400;
			push(windows, 0, 1, times[n], 1 + dice / 7 % 3);
		}
		most = weigh(windows, 0, 1, time);
		for (size_t n = 0; n < ARRAY_SIZE(times); n++)
			if (times[n] > time && times[n] - time < MIN(lifetimes[0], ahead))
				most = MAX(most, weigh(windows, 0, 1, times[n]));
		window = windows_find(windows, 0, &address);
		end = windows_heaviest(windows, window, time, ahead);
		assert_true(end >= time && end - time < MIN(lifetimes[0], ahead));
		assert_int_equal(weigh(windows, 0, 1, end), most);
	}
}

static void lists_have_their_own_findtime(void **state)
{
	cleanup(windows_freep) struct windows *windows = make(10);

	push(windows, 0, 1, 1, 1);
	push(windows, 1, 1, 1, 2);
	assert_int_equal(weigh(windows, 0, 1, 500), 0);
	assert_int_equal(weigh(windows, 1, 1, 500), 2);
}

/* Against a list that keeps everything, with times in any order. */
static void agrees_with_a_slow_sum(void **state)
{
	unsigned dice = 7;

	for (int round = 0; round < 50; round++) {
		cleanup(windows_freep) struct windows *windows = make(10);
		usec_t times[60], now = 1000;

		for (size_t n = 0; n < ARRAY_SIZE(times); n++) {
			uint64_t sum = 0;

			now = now + (usec_t)(rand_r(&dice) % 60) - 20;
			for (size_t i = 0; i < n; i++)
				if (times[i] <= now && now < times[i] + lifetimes[0])
					sum += i + 1;
			assert_int_equal(weigh(windows, 0, 1, now), sum);
			times[n] = now;
			push(windows, 0, 1, now, (unsigned)n + 1);
		}
	}
}

static void at_the_bound_the_oldest_time_goes(void **state)
{
	cleanup(windows_freep) struct windows *windows = make(10);

	for (usec_t i = 0; i < 3000; i++)
		push(windows, 1, 1, 200 + i / 10, 1); /* 200 .. 499, ten each */
	assert_int_equal(weigh(windows, 1, 1, 499), 1000);
	assert_int_equal(weigh(windows, 1, 1, 399), 0);
	assert_int_equal(weigh(windows, 1, 1, 400), 10);
}

/* The clock was set back: what lies ahead of it must not keep new failures out. */
static void at_the_bound_what_lies_ahead_goes_first(void **state)
{
	cleanup(windows_freep) struct windows *windows = make(10);

	for (usec_t i = 0; i < 1000; i++)
		push(windows, 1, 1, 1000000 + i, 1);
	for (usec_t i = 0; i < 900; i++)
		push(windows, 1, 1, 200 + i, 1);
	assert_int_equal(weigh(windows, 1, 1, 1099), 900);
	assert_int_equal(weigh(windows, 1, 1, 1000500), 100);
}

static void forgets_up_to_a_time(void **state)
{
	cleanup(windows_freep) struct windows *windows = make(10);
	struct address address = source(1);
	struct window *window;

	for (usec_t i = 10; i <= 20; i++)
		push(windows, 0, 1, i, 1);
	window = windows_find(windows, 0, &address);
	windows_forget_until(windows, window, 17);
	assert_int_equal(weigh(windows, 0, 1, 20), 3);
	windows_drop(windows, window);
	assert_int_equal(windows->table.n, 0);
	assert_int_equal(weigh(windows, 0, 1, 20), 0);
}

static void a_flooded_list_loses_its_own_sources(void **state)
{
	cleanup(windows_freep) struct windows *windows = make(100);

	push(windows, 1, 9999, 1, 1);
	for (unsigned i = 0; i < 1000; i++)
		push(windows, 0, i, 1, 1);
	assert_int_equal(windows->table.n, 100);
	assert_int_equal(windows_n_evicted(windows), 901);
	assert_int_equal(weigh(windows, 1, 9999, 1), 1);
	assert_int_equal(weigh(windows, 0, 999, 1), 1);
	assert_int_equal(weigh(windows, 0, 901, 1), 1);
	assert_int_equal(weigh(windows, 0, 900, 1), 0);
	push(windows, 1, 5, 1, 1);
	assert_int_equal(weigh(windows, 1, 9999, 1), 0);
}

static void a_source_that_goes_on_is_kept(void **state)
{
	cleanup(windows_freep) struct windows *windows = make(100);

	for (unsigned i = 0; i < 1000; i++) {
		push(windows, 0, i, 1, 1);
		push(windows, 0, 0, 1, 1);
	}
	assert_int_equal(weigh(windows, 0, 0, 1), 1000);
	assert_int_equal(windows->table.n, 100);
}

static void run_out_sources_are_let_go(void **state)
{
	cleanup(windows_freep) struct windows *windows = make(1000000);

	for (unsigned i = 0; i < 50000; i++) {
		push(windows, i % 2, i, i, 1);
		windows_expire(windows, i);
	}
	assert_true(windows->table.n < 6000);
	assert_int_equal(weigh(windows, 1, 49001, 49999), 1);
	assert_int_equal(windows_n_evicted(windows), 0);
}

static void push_user(struct windows *windows, usec_t time, unsigned weight, uint64_t user,
		      uint64_t secret)
{
	struct address address = source(1);
	struct window *window;

	assert_int_equal(windows_open(windows, 0, &address, &window), 0);
	assert_int_equal(windows_push(windows, window,
				      (struct failure){ time, weight, user, secret }, 50),
			 0);
}

static struct windows *make_with_users(void)
{
	struct windows *windows = make(10);

	windows_remember_users(windows, 0);
	return windows;
}

static void forgives_one_user(void **state)
{
	cleanup(windows_freep) struct windows *windows = make_with_users();
	struct address address = source(1);
	struct window *window;

	for (unsigned i = 0; i < 30; i++)
		push_user(windows, 100 + i, i, 1 + i % 3, 0);
	push(windows, 1, 1, 100, 7);
	window = windows_find(windows, 0, &address);
	assert_int_equal(windows_forgive(windows, window, 2, 210), 13 + 16 + 19 + 22 + 25 + 28);
	assert_int_equal(windows_forgive(windows, window, 2, 129), 0);
	assert_int_equal(weigh(windows, 0, 1, 129), 3 * 9 * 10 / 2 + 3 * 9 * 10 / 2 + 2 * 10);
	windows_forgive(windows, window, 1, 129);
	assert_ptr_equal(windows_find(windows, 0, &address), window);
	windows_forgive(windows, window, 3, 129);
	assert_null(windows_find(windows, 0, &address));
	assert_int_equal(weigh(windows, 1, 1, 129), 7);
}

static struct window *only_window(struct windows *windows)
{
	struct address address = source(1);

	return windows_find(windows, 0, &address);
}

static void knows_users_and_their_secrets(void **state)
{
	cleanup(windows_freep) struct windows *windows = make_with_users();
	static const struct {
		usec_t now;
		uint64_t user, secret;
		bool known;
	} cases[] = {
		{ 1000, 7, SECRET_NONE, true }, { 1099, 7, SECRET_NONE, true },
		{ 1100, 7, 70, false },         { 999, 7, SECRET_NONE, false },
		{ 1000, 7, 70, true },          { 1000, 7, 71, false },
		{ 1010, 7, 71, true },          { 1010, 8, SECRET_NONE, true },
		{ 1010, 8, 70, false },         { 1010, 9, SECRET_NONE, false },
	};

	push_user(windows, 1000, 0, 7, 70);
	push_user(windows, 1010, 3, 7, 71);
	push_user(windows, 1010, 3, 8, SECRET_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (windows_knows(windows, only_window(windows), cases[i].now, cases[i].user,
				  cases[i].secret) != cases[i].known)
			fail_msg("case %zu", i);
}

static void counts_users_that_weigh(void **state)
{
	cleanup(windows_freep) struct windows *windows = make_with_users();
	struct window *window;

	for (unsigned i = 0; i < 40; i++)
		push_user(windows, 1000 + i, i % 2, 1 + i % 20 * (2 * WINDOW_MAX_USERS), 0);
	push_user(windows, 1039, 1, USER_NONE, 0);
	window = only_window(windows);
	assert_int_equal(windows_n_users(windows, window, 1039, USER_NONE, 64), 20);
	assert_int_equal(windows_n_users(windows, window, 1039, 1, 64), 20);
	assert_int_equal(windows_n_users(windows, window, 1039, 2, 64), 21);
	assert_int_equal(windows_n_users(windows, window, 1039, 2, 5), 5);
	assert_int_equal(windows_n_users(windows, window, 1004, USER_NONE, 64), 5);
	assert_int_equal(windows_n_users(windows, window, 1134, USER_NONE, 64), 5);
	assert_int_equal(windows_n_users(windows, window, 2000, 2, 64), 1);
}

/* An old password, tried for ever: what weighs nothing takes no more room than it needs. */
static void repeats_without_weight_replace_each_other(void **state)
{
	cleanup(windows_freep) struct windows *windows = make_with_users();
	struct window *window;

	push_user(windows, 1000, 10, 5, 0);
	for (unsigned i = 0; i < 40; i++)
		push_user(windows, 1001, 0, 100 + i, 0);
	for (unsigned i = 0; i < 5000; i++)
		push_user(windows, 1002 + i / 100, 0, 5, 0);
	window = only_window(windows);
	assert_int_equal(windows_weigh(windows, window, 1052), 10);
	assert_int_equal(windows_n_users(windows, window, 1052, USER_NONE, 64), 41);
	/* beyond the bound the idlest goes, never what weighs */
	for (unsigned i = 0; i < 60; i++)
		push_user(windows, 1053, 0, 200 + i, 0);
	assert_int_equal(windows_weigh(windows, only_window(windows), 1053), 10);
	assert_true(windows_knows(windows, only_window(windows), 1053, 5, 0));
	assert_false(windows_knows(windows, only_window(windows), 1053, 100, 0));
	assert_true(windows_knows(windows, only_window(windows), 1053, 200, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weighs_within_findtime_only),
		cmocka_unit_test(the_heaviest_stretch_is_that_of_a_slow_search),
		cmocka_unit_test(lists_have_their_own_findtime),
		cmocka_unit_test(agrees_with_a_slow_sum),
		cmocka_unit_test(at_the_bound_the_oldest_time_goes),
		cmocka_unit_test(at_the_bound_what_lies_ahead_goes_first),
		cmocka_unit_test(forgets_up_to_a_time),
		cmocka_unit_test(a_flooded_list_loses_its_own_sources),
		cmocka_unit_test(a_source_that_goes_on_is_kept),
		cmocka_unit_test(run_out_sources_are_let_go),
		cmocka_unit_test(forgives_one_user),
		cmocka_unit_test(knows_users_and_their_secrets),
		cmocka_unit_test(counts_users_that_weigh),
		cmocka_unit_test(repeats_without_weight_replace_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
