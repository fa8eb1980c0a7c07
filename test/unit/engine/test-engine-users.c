/* Who failed, and with which password: repeats, many users, and logins that forgive. */

#include "mail.h"

static void a_success_forgives_its_user_only(void **state)
{
	static const char forgive[] = "\"maxretry\":3,\"on_success\":\"forgive\"";
	static const char *const own[] = {
		"wrong from=192.0.2.1 user=alice", "wrong from=192.0.2.1 user=alice",
		"login from=192.0.2.1 user=alice", "wrong from=192.0.2.1 attempts=4 user=alice",
		"wrong from=192.0.2.1 user=alice", NULL
	};

	check_lines(forgive, own, true);
	check_lines("\"maxretry\":4,\"on_success\":\"ignore\"",
		    LINES(own[0], own[1], own[2], own[3]), true);
	/* another user, no user, another address, an empty name: all stay */
	check_lines(forgive,
		    LINES("wrong from=192.0.2.1 user=bob", "wrong from=192.0.2.1",
			  "login from=192.0.2.1 user=alice", "login from=192.0.2.2 user=bob",
			  "login from=192.0.2.1", "login user=bob",
			  "wrong from=192.0.2.1 user=alice"),
		    true);
	/* bob's failure stays, alice's two are gone */
	check_lines(forgive,
		    LINES("wrong from=192.0.2.1 user=alice", "wrong from=192.0.2.1 user=bob",
			  "login from=192.0.2.1 user=alice", "wrong from=192.0.2.1 user=alice",
			  "wrong from=192.0.2.1 user=alice"),
		    true);
	/* one offender is a network; the address and the user may be told by the session */
	check_lines(forgive,
		    LINES("wrong from=2001:db8::1 attempts=2 user=alice",
			  "connect from=2001:db8::2 session=s user=alice", "login session=s",
			  "wrong from=2001:db8::3 attempts=2 user=alice"),
		    false);
}

static void a_forgiving_success_says_how_much(void **state)
{
	struct stream stream;

	init(&stream, "", "\"on_success\":\"forgive\"");
	tell(&stream, START, "half from=192.0.2.1 user=alice");
	tell(&stream, START + 300 * SECOND, "wrong from=192.0.2.1 attempts=3 user=alice");
	tell(&stream, START + 300 * SECOND, "wrong from=192.0.2.1 user=bob");
	assert_int_equal(
		tell(&stream, START + 301 * SECOND, "login from=192.0.2.1 user=bob")->forgiven, 10);
	assert_int_equal(
		tell(&stream, START + 600 * SECOND, "login from=192.0.2.1 user=alice")->forgiven,
		20); /* the first has run out */
	assert_int_equal(
		tell(&stream, START + 601 * SECOND, "login from=192.0.2.1 user=alice")->forgiven,
		0);
	stream_done(&stream);
}

#define ALICE "wrong from=192.0.2.1 user=alice"
#define BOB   "wrong from=192.0.2.1 user=bob"

static void the_same_user_again_weighs_less(void **state)
{
	static const char half[] = "\"maxretry\":2,\"repeat_weight\":0.5";

	check_lines(half, LINES(ALICE, ALICE, ALICE), true);
	check_lines(half, LINES(ALICE, BOB), true);
	check_lines(half,
		    LINES(ALICE, "line from=192.0.2.1 attempts=2 user=alice",
			  "line from=192.0.2.1 user=alice"),
		    true);
	check_lines(half, LINES(ALICE " secret=1", ALICE " secret=2"), true);
	check_lines(half, LINES(ALICE " secret=1", ALICE " secret=1", ALICE " secret=1"), true);
	/* without a digest the user alone decides; one who tells it is not known without */
	check_lines(half, LINES(ALICE " secret=1", ALICE, ALICE), true);
	check_lines(half, LINES(ALICE, ALICE " secret=1"), true);
	/* no user: never a repeat; several attempts in a line: the first may be none */
	check_lines(half, LINES("wrong from=192.0.2.1", "wrong from=192.0.2.1"), true);
	check_lines(half, LINES("wrong from=192.0.2.1 attempts=3 user=alice"), true);
	check_lines(half, LINES("wrong from=192.0.2.1 attempts=2 user=alice", ALICE), true);
	check_lines(half, LINES(ALICE, "wrong from=192.0.2.1 attempts=3 user=alice"), true);
	/* an event that weighs no more keeps its weight */
	check_lines("\"maxretry\":2,\"repeat_weight\":0.6",
		    LINES(ALICE, "half from=192.0.2.1 attempts=2 user=alice",
			  "half from=192.0.2.1 user=alice"),
		    true);
	/* the weight of a login that was forgiven is full again */
	check_lines("\"maxretry\":2,\"repeat_weight\":0.5,\"on_success\":\"forgive\"",
		    LINES(ALICE, ALICE, "login from=192.0.2.1 user=alice", ALICE, ALICE, ALICE),
		    true);
}

/* Once a minute for two hours: the first failure of a stretch is the only one that weighs. */
static void an_old_password_may_be_tried_for_ever(void **state)
{
	static const struct {
		const char *settings;
		unsigned bans_at; /* 0: never */
	} cases[] = {
		{ "\"maxretry\":2,\"repeat_weight\":0", 0 },
		{ "\"maxretry\":2,\"repeat_weight\":0,\"findtime\":\"61s\"", 0 },
		{ "\"maxretry\":2,\"repeat_weight\":0,\"findtime\":\"1min\"", 0 },
		{ "\"maxretry\":5,\"repeat_weight\":0.1,\"findtime\":\"40min\"", 0 },
		{ "\"maxretry\":5,\"repeat_weight\":0.1,\"findtime\":\"1h\"", 41 },
		{ "\"maxretry\":5,\"repeat_weight\":1,\"findtime\":\"1h\"", 5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (unsigned cut = 0; cut < 2; cut++) {
			struct stream stream;
			unsigned banned = 0;

			init(&stream, "", cases[i].settings);
			for (unsigned n = 1; n <= 120 && !banned; n++) {
				tell(&stream, START + n * MINUTE, ALICE);
				if (take_ban(&stream))
					banned = n;
				if (cut && n % 7 == 0)
					stream_restart(&stream);
			}
			if (banned != cases[i].bans_at)
				fail_msg("%s: bans at %u", cases[i].settings, banned);
			stream_done(&stream);
		}
}

/* What is a repeat hangs on what is older than findtime when the engine starts again. */
static void a_restart_finds_what_repeats_repeat(void **state)
{
	const usec_t tenth = USEC_PER_HOUR / 10;

	for (int restarts = 0; restarts < 2; restarts++) {
		struct stream stream;

		init(&stream, "", "\"maxretry\":2,\"repeat_weight\":0.5,\"findtime\":\"3h\"");
		tell(&stream, START, ALICE);
		tell(&stream, START + 29 * tenth, ALICE);
		tell(&stream, START + 57 * tenth, "wrong from=192.0.2.2");
		if (restarts)
			stream_restart(&stream);
		assert_int_equal(tell(&stream, START + 58 * tenth, ALICE)->weight, 5);
		tell(&stream, START + 58 * tenth, "half from=192.0.2.1 attempts=2");
		assert_int_equal(take_ban(&stream), 0);
		tell(&stream, START + 58 * tenth, "half from=192.0.2.1");
		assert_int_equal(take_ban(&stream), USEC_PER_HOUR);
		stream_done(&stream);
	}
}

static void a_repeat_says_so(void **state)
{
	struct stream stream;
	const struct verdict_of_hit *verdict;

	init(&stream, "", "\"repeat_weight\":0.2");
	verdict = tell(&stream, START, ALICE);
	assert_int_equal(verdict->why, WHY_COUNTED);
	assert_int_equal(verdict->weight, 10);
	verdict = tell(&stream, START + 600 * SECOND - 1,
		       "wrong from=192.0.2.1 attempts=4 user=alice");
	assert_int_equal(verdict->why, WHY_REPEATED);
	assert_int_equal(verdict->weight, 6);
	verdict = tell(&stream, START + 1200 * SECOND - 1, ALICE);
	assert_int_equal(verdict->why, WHY_COUNTED);
	assert_int_equal(engine_statistics(stream.engine)->failures, 26);
	stream_done(&stream);
}

static void many_users_ban(void **state)
{
	static const char three[] = "\"maxretry\":1000,\"maxusers\":3";
	static const char *const users[] = { ALICE, BOB, "wrong from=192.0.2.1 user=carol", NULL };

	check_lines(three, users, true);
	check_lines(three, LINES(ALICE, ALICE, BOB, ALICE, BOB, "wrong from=192.0.2.1", users[2]),
		    true);
	check_lines(three,
		    LINES(ALICE, BOB, "free from=192.0.2.1 user=carol",
			  "probe from=192.0.2.1 user=dave", "wrong from=192.0.2.2 user=eve"),
		    false);
	check_lines("\"maxretry\":1000,\"maxusers\":3,\"on_success\":\"forgive\"",
		    LINES(ALICE, BOB, "login from=192.0.2.1 user=bob", users[2], BOB), true);
	check_lines("\"maxretry\":1000,\"maxusers\":3,\"repeat_weight\":0", users, true);
	check_lines("\"maxretry\":1000,\"maxusers\":3,\"findtime\":\"2s\"", users, false);
	check_lines("\"maxretry\":1000,\"maxusers\":3,\"findtime\":\"2001ms\"", users, true);
	check_lines("\"maxretry\":1000,\"maxusers\":1", LINES("wrong from=192.0.2.1", ALICE), true);
}

static void a_ban_for_its_users_says_so(void **state)
{
	struct stream stream;
	struct decision decision;

	init(&stream, "", "\"maxusers\":3");
	tell(&stream, START, "half from=192.0.2.1 user=alice");
	tell(&stream, START, "half from=192.0.2.1 user=bob");
	tell(&stream, START, "half from=192.0.2.1 user=carol");
	assert_true(engine_take(stream.engine, &decision));
	assert_int_equal(decision.ban.users, 3);
	assert_int_equal(decision.ban.failures, 15);
	stream_restart(&stream);
	assert_int_equal(ledger_get(engine_ledger(stream.engine), decision.ban.id)->users, 3);
	tell(&stream, START, "wrong from=192.0.2.2 attempts=5 user=bob");
	assert_true(engine_take(stream.engine, &decision));
	assert_int_equal(decision.ban.users, 0);
	stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_success_forgives_its_user_only),
		cmocka_unit_test(a_forgiving_success_says_how_much),
		cmocka_unit_test(the_same_user_again_weighs_less),
		cmocka_unit_test(an_old_password_may_be_tried_for_ever),
		cmocka_unit_test(a_restart_finds_what_repeats_repeat),
		cmocka_unit_test(a_repeat_says_so),
		cmocka_unit_test(many_users_ban),
		cmocka_unit_test(a_ban_for_its_users_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
