#include "report/lockout.h"

#include <stdio.h>

#include "unit.h"

#define DAY (24 * USEC_PER_HOUR)

static const uint8_t seed[16] = "lockout";

static struct offender who(const char *jail, const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(span_of(text), &prefix), 0);
	return offender_of(jail, &prefix);
}

static void ban(struct lockout *lockout, const char *jail, const char *text, usec_t time)
{
	struct offender offender = who(jail, text);

	assert_int_equal(lockout_ban(lockout, &offender, time), 0);
}

static void login(struct lockout *lockout, const char *jail, const char *text, usec_t time,
		  const char *user)
{
	struct offender offender = who(jail, text);

	assert_int_equal(lockout_login(lockout, &offender, time, span_of(user)), 0);
}

static void the_nearest_login_within_a_week_is_told(void **state)
{
	static const struct {
		usec_t bans[2], logins[3]; /* days; 0: none */
		usec_t ban, login;         /* 0: not told */
	} cases[] = {
		{ { 10 }, { 0 }, 0, 0 },           { { 10 }, { 3 }, 10, 3 },
		{ { 10 }, { 2 }, 0, 0 },           { { 10 }, { 17 }, 10, 17 },
		{ { 10 }, { 18 }, 0, 0 },          { { 10 }, { 5, 8, 14 }, 10, 8 },
		{ { 10 }, { 5, 11, 12 }, 10, 11 }, { { 10, 20 }, { 19 }, 20, 19 },
		{ { 10, 30 }, { 4, 32 }, 30, 32 }, { { 0 }, { 3 }, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(lockout_done) struct lockout lockout;
		const struct lockout_item *item;

		lockout_init(&lockout, seed);
		for (usec_t day = 1; day < 40; day++) {
			for (size_t k = 0; k < 2; k++)
				if (cases[i].bans[k] == day)
					ban(&lockout, "a", "192.0.2.1", day * DAY);
			for (size_t k = 0; k < 3; k++)
				if (cases[i].logins[k] == day)
					login(&lockout, "a", "192.0.2.1", day * DAY, "alice");
		}
		item = lockout_next(&lockout, NULL);
		if (cases[i].login == 0) {
			assert_null(item);
			continue;
		}
		assert_non_null(item);
		assert_int_equal(item->ban, cases[i].ban * DAY);
		assert_int_equal(item->login.time, cases[i].login * DAY);
		assert_int_equal(item->login.size, 5);
		assert_memory_equal(item->login.user, "alice", 5);
		assert_null(lockout_next(&lockout, item));
	}
}

static void counts_by_jail_and_apart_from_another(void **state)
{
	cleanup(lockout_done) struct lockout a, b;
	uint64_t logged_in;

	lockout_init(&a, seed);
	lockout_init(&b, seed);
	ban(&a, "mail", "192.0.2.1", DAY);
	ban(&a, "web", "192.0.2.1", DAY);
	ban(&b, "mail", "192.0.2.1", DAY);
	ban(&b, "mail", "192.0.2.2", DAY);
	login(&b, "mail", "192.0.2.2", DAY + 1, "");
	login(&b, "web", "192.0.2.1", DAY + 1, "");
	assert_int_equal(lockout_count(&a, NULL, NULL, &logged_in), 2);
	assert_int_equal(lockout_count(&a, "web", NULL, &logged_in), 1);
	assert_int_equal(logged_in, 0);
	assert_int_equal(lockout_count(&a, NULL, &b, &logged_in), 1); /* web: b saw a login only */
	assert_int_equal(lockout_count(&b, NULL, &a, &logged_in), 1);
	assert_int_equal(logged_in, 1);
}

static void a_flood_of_bans_pushes_out_no_logins(void **state)
{
	cleanup(lockout_done) struct lockout lockout;
	uint64_t logged_in;
	char text[32];

	lockout_init(&lockout, seed);
	login(&lockout, "a", "192.0.2.1", DAY, "alice");
	for (unsigned i = 0; i <= LOCKOUT_MAX; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		ban(&lockout, "a", text, DAY + i);
	}
	ban(&lockout, "a", "192.0.2.1", 2 * DAY);
	assert_int_equal(lockout.n_folded, 1);
	assert_int_equal(lockout_count(&lockout, "a", NULL, &logged_in), LOCKOUT_MAX + 1);
	assert_int_equal(logged_in, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_login_within_a_week_is_told),
		cmocka_unit_test(counts_by_jail_and_apart_from_another),
		cmocka_unit_test(a_flood_of_bans_pushes_out_no_logins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
