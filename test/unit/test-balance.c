#include "balance.h"

#include "random.h"
#include "unit.h"

#define MINUTE (60 * USEC_PER_SEC)

static const uint8_t hash_seed[16] = "balances";
static const usec_t lifetimes[] = { 10 * MINUTE, 90 * MINUTE };
static const size_t depths[] = { 1000, 0 };
static uint64_t random_state;

static struct balances *new_balances(size_t max_sources)
{
	struct balances *balances;

	assert_int_equal(balances_new(hash_seed, lifetimes, depths, ARRAY_SIZE(lifetimes),
				      max_sources, &balances),
			 0);
	return balances;
}

static struct address make_host(uint32_t i)
{
	return (struct address){ AF_INET6,
				 { 0x20, 1, 0xd, 0xb8, (uint8_t)(i >> 24), (uint8_t)(i >> 16),
				   (uint8_t)(i >> 8), (uint8_t)i } };
}

/* What is left of the attempts. */
static uint32_t tell(struct balances *balances, unsigned jail, uint32_t host, bool has_session,
		     usec_t now, uint32_t attempts)
{
	struct address address = make_host(host);

	balances_fetch(balances, jail, &address, false);
	balances_fetch(balances, jail, &address, true);
	assert_int_equal(balances_settle(balances, jail, &address, has_session, now, &attempts), 0);
	balances_expire(balances, now);
	return attempts;
}

static void the_larger_sum_counts(void **state)
{
	static const struct {
		unsigned jail;
		uint32_t host;
		bool has_session;
		usec_t minute;
		uint32_t attempts, left;
	} steps[] = {
		{ 0, 1, true, 100, 2, 2 },  { 0, 1, false, 100, 1, 0 },
		{ 0, 2, false, 101, 1, 1 }, /* another address */
		{ 1, 1, false, 101, 1, 1 }, /* another jail */
		{ 0, 1, false, 102, 3, 2 }, { 0, 1, true, 103, 1, 0 },
		{ 0, 1, true, 103, 1, 0 },  { 0, 1, true, 103, 1, 1 },
		{ 0, 1, false, 113, 1, 1 }, /* that has just run out */
		{ 1, 1, true, 190, 1, 0 },  /* here it has not */
		{ 0, 1, true, 112, 5, 5 },  /* a clock that was set back: that lies ahead */
		{ 0, 1, false, 113, 9, 4 },
	};
	struct balances *balances = new_balances(100);

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (tell(balances, steps[i].jail, steps[i].host, steps[i].has_session,
			 steps[i].minute * MINUTE, steps[i].attempts) != steps[i].left)
			fail_msg("step %zu", i);
	balances_free(balances);
}

/* The same in the plainest way: a list of all that was told. */
struct told {
	unsigned jail;
	uint32_t host;
	bool has_session;
	usec_t time;
	uint32_t attempts;
};

static struct told *oldest_of_the_others(struct told *list, size_t n, const struct told *line)
{
	struct told *oldest = NULL;

	for (struct told *told = list; told < list + n; told++)
		if (told->jail == line->jail && told->host == line->host &&
		    told->has_session != line->has_session && told->attempts > 0 &&
		    told->time <= line->time && line->time - told->time < lifetimes[line->jail] &&
		    (!oldest || told->time < oldest->time))
			oldest = told;
	return oldest;
}

static void set_off(struct told *list, size_t n, struct told *line)
{
	struct told *other;

	while (line->attempts > 0 && (other = oldest_of_the_others(list, n, line))) {
		uint32_t both = MIN(line->attempts, other->attempts);

		line->attempts -= both;
		other->attempts -= both;
	}
}

/* Sometimes hardly anybody leaves out the session, sometimes hardly anybody names it. */
static void random_lines_are_set_off_as_a_plain_list_does(void **state)
{
	enum { LINES = 400 };

	for (unsigned round = 0; round < 200; round++) {
		struct balances *balances = new_balances(1000);
		struct told *list = calloc(LINES, sizeof(*list));
		uint64_t nameless_of_8 = random_below(&random_state, 9);
		usec_t now = 1000 * MINUTE;

		assert_non_null(list);
		for (size_t i = 0; i < LINES; i++) {
			struct told *line = &list[i];
			uint32_t left;

			now += random_below(&random_state, 2 * MINUTE);
			if (random_below(&random_state, 20) == 0)
				now -= random_below(&random_state, 30 * MINUTE);
			*line = (struct told){
				.jail = (unsigned)random_below(&random_state, 2),
				.host = (uint32_t)random_below(&random_state, 8),
				.has_session = random_below(&random_state, 8) >= nameless_of_8,
				.time = now,
				.attempts = (uint32_t)random_below(&random_state, 4) + 1,
			};
			left = tell(balances, line->jail, line->host, line->has_session, now,
				    line->attempts);
			set_off(list, i, line);
			if (left != line->attempts)
				fail_msg("round %u, line %zu: %u are left, not %u", round, i, left,
					 line->attempts);
		}
		free(list);
		balances_free(balances);
	}
}

static void as_many_wait_as_the_jail_says(void **state)
{
	struct balances *balances = new_balances(100);

	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(tell(balances, 0, 1, true, 1000 * MINUTE, 1), 1);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(tell(balances, 0, 1, false, 1000 * MINUTE, 1), 0);
	assert_int_equal(tell(balances, 0, 1, false, 1000 * MINUTE, 1), 1);
	balances_free(balances);
}

static void it_tells_where_nothing_was_set_off_over(void **state)
{
	struct balances *balances = new_balances(100);
	usec_t begin = 1000 * MINUTE;

	tell(balances, 0, 1, true, begin, 1);
	tell(balances, 0, 2, true, begin + MINUTE, 1);
	assert_int_equal(balances_since(balances, begin + MINUTE), begin + MINUTE);
	tell(balances, 0, 1, false, begin + 2 * MINUTE, 1);
	tell(balances, 0, 2, false, begin + 4 * MINUTE, 1);
	tell(balances, 0, 3, false, begin + 5 * MINUTE, 1);
	tell(balances, 0, 3, true, begin + 7 * MINUTE, 1);
	assert_int_equal(balances_since(balances, begin), begin);
	assert_int_equal(balances_since(balances, begin + MINUTE / 2), begin);
	assert_int_equal(balances_since(balances, begin + 4 * MINUTE), begin);
	assert_int_equal(balances_since(balances, begin + 5 * MINUTE), begin + 5 * MINUTE);
	assert_int_equal(balances_since(balances, begin + 6 * MINUTE), begin + 5 * MINUTE);
	assert_int_equal(balances_since(balances, begin + 8 * MINUTE), begin + 8 * MINUTE);
	/* hours without a pause: not worth it */
	for (uint32_t i = 0; i < 60; i++)
		tell(balances, 0, 4, i % 2, begin + (10 + 9 * i) * MINUTE, 2 - (i == 0));
	assert_int_equal(balances_since(balances, begin + (9 * 60) * MINUTE),
			 begin + (9 * 60) * MINUTE);
	balances_free(balances);
}

static void as_many_notes_as_there_may_be_are_found(void **state)
{
	struct balances *balances = new_balances(2 * BALANCE_MAX_NOTES);
	const uint32_t n = BALANCE_MAX_NOTES + BALANCE_MAX_NOTES / 2;
	usec_t now = 1000 * MINUTE;

	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(tell(balances, 0, i, true, now, 1), 1);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(tell(balances, 0, i, false, now, 2), 1);
	balances_free(balances);
}

/* An hour of an attack, and then a nameless line: what has run out is gone, the rest is there. */
static void notes_run_out(void **state)
{
	struct balances *balances = new_balances(1000);
	const uint32_t n = 3 * BALANCE_MAX_NOTES;
	usec_t begin = 1000 * MINUTE, step = USEC_PER_SEC / 50;

	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(tell(balances, 0, i, true, begin + i * step, 1), 1);
	assert_int_equal(tell(balances, 0, 0, false, begin + n * step, 1), 1);
	assert_int_equal(tell(balances, 0, n - 1, false, begin + n * step, 1), 0);
	assert_int_equal(tell(balances, 0, n - 500, false, begin + n * step, 1), 0);
	balances_free(balances);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_larger_sum_counts),
		cmocka_unit_test(random_lines_are_set_off_as_a_plain_list_does),
		cmocka_unit_test(as_many_wait_as_the_jail_says),
		cmocka_unit_test(it_tells_where_nothing_was_set_off_over),
		cmocka_unit_test(as_many_notes_as_there_may_be_are_found),
		cmocka_unit_test(notes_run_out),
	};

	random_state = random_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
