/* Bans and unbans by hand, and what a daemon that starts again finds. */

#include "mail.h"

static void an_unban_takes_the_offence_back_and_empties_the_window(void **state)
{
	for (int restarts = 0; restarts < 2; restarts++) {
		struct stream stream;

		init(&stream, "", "\"maxretry\":2,\"bantime\":\"1min\"");
		assert_false(stream_unban(&stream, 0, "192.0.2.1", START));
		tell(&stream, START, "wrong from=192.0.2.1 attempts=2");
		assert_int_equal(take_ban(&stream), MINUTE);
		assert_true(stream_unban(&stream, 0, "192.0.2.1", START + 5));
		assert_false(stream_unban(&stream, 0, "192.0.2.1", START + 5));
		if (restarts)
			stream_restart(&stream);
		assert_int_equal(tell(&stream, START + 6, "wrong from=192.0.2.1")->why,
				 WHY_COUNTED);
		assert_int_equal(take_ban(&stream), 0);
		if (restarts)
			stream_restart(&stream);
		tell(&stream, START + 7, "wrong from=192.0.2.1");
		assert_int_equal(take_ban(&stream), MINUTE);
		stream_done(&stream);
	}
}

/* At the start the kernel lacks an element that was placed: lifted while nobody looked, before the
 * warm-up. */
static void an_unban_before_the_warm_up_is_one_at_its_end(void **state)
{
	struct stream stream;
	struct position position;
	struct prefix prefix;

	init(&stream, "", "\"maxretry\":2,\"bantime\":\"1h\"");
	tell(&stream, START, "wrong from=192.0.2.1 attempts=2");
	assert_int_equal(take_ban(&stream), USEC_PER_HOUR);
	tell(&stream, START + 1, "wrong from=192.0.2.1");
	tell(&stream, START + 2, "wrong from=192.0.2.9");
	stream_commit(&stream);
	engine_free(stream.engine);
	must(engine_new(stream.ruleset, stream.policy, stream.seed, NULL, &stream.engine) == 0);
	must(engine_adopt_ledger(stream.engine, stream_read_state(&stream)) == 0);
	position = ledger_position(engine_ledger(stream.engine));
	must(prefix_parse(SPAN_LITERAL("192.0.2.1"), &prefix) == 0);
	assert_int_equal(engine_unban(stream.engine, 0, &prefix, false, START + 99, &position), 1);
	assert_false(ban_runs(ledger_get(engine_ledger(stream.engine), 1), START + 99));
	stream_warm(&stream);
	assert_int_equal(tell(&stream, START + 100, "wrong from=192.0.2.1")->why, WHY_COUNTED);
	assert_int_equal(take_ban(&stream), 0);
	tell(&stream, START + 101, "wrong from=192.0.2.1");
	assert_int_equal(take_ban(&stream), USEC_PER_HOUR);
	stream_done(&stream);
}

static void a_ban_by_hand_prevents_and_does_not_count(void **state)
{
	for (int restarts = 0; restarts < 2; restarts++) {
		struct stream stream;

		init(&stream, "", "\"maxretry\":2,\"bantime\":\"1min\"");
		tell(&stream, START, "wrong from=192.0.2.1");
		stream_ban(&stream, 0, "192.0.2.1", START + 2, START + 100);
		stream_ban(&stream, ENGINE_MANUAL, "192.0.2.2", START + 2, START + 100);
		if (restarts)
			stream_restart(&stream);
		assert_int_equal(tell(&stream, START + 3, "wrong from=192.0.2.1")->why, WHY_BANNED);
		assert_int_equal(tell(&stream, START + 3, "wrong from=192.0.2.2")->why,
				 WHY_COUNTED);
		tell(&stream, START + 100, "wrong from=192.0.2.1");
		assert_int_equal(take_ban(&stream), MINUTE);
		stream_done(&stream);
	}
}

static void a_ban_from_before_the_stretch_prevents(void **state)
{
	struct stream stream;

	init(&stream, "", "\"maxretry\":1,\"bantime\":\"1w\"");
	tell(&stream, START, "wrong from=192.0.2.1");
	assert_int_equal(take_ban(&stream), 7 * 24 * USEC_PER_HOUR);
	tell(&stream, START + 72 * USEC_PER_HOUR, "wrong from=192.0.2.2");
	stream_restart(&stream);
	assert_int_equal(tell(&stream, START + 72 * USEC_PER_HOUR, "wrong from=192.0.2.1")->why,
			 WHY_BANNED);
	stream_done(&stream);
}

/* Nothing hangs on more than an hour and ten minutes before: wherever it is cut, each line weighs
 * the same. */
static void what_a_session_told_survives_restarts(void **state)
{
	static const char *const lines[] = {
		"wrong from=192.0.2.1 session=s",
		"line from=192.0.2.1 session=s",
		"wrong from=192.0.2.1",
		"wrong session=n attempts=3",
		"line from=192.0.2.1",
		"wrong session=n",
	};
	int whys[96] = { 0 };

	for (unsigned cut = 0; cut < ARRAY_SIZE(whys); cut++) {
		struct stream stream;

		init(&stream, "", "\"maxretry\":1000,\"findtime\":\"2min\"");
		tell(&stream, START, "connect from=192.0.2.1 session=n");
		for (unsigned i = 0; i < ARRAY_SIZE(whys); i++) {
			int why;

			if (i > 0 && i == cut)
				stream_restart(&stream);
			why = tell(&stream, START + (1 + i) * 7 * MINUTE, lines[i * i % 11 % 6])
				      ->why;
			if (cut == 0)
				whys[i] = why;
			if (why != whys[i])
				fail_msg("cut at %u: line %u: %d", cut, i, why);
		}
		stream_done(&stream);
	}
}

/* A failure that the configuration of that time did not count must not ban in the past. */
static void a_warm_up_never_bans(void **state)
{
	struct stream stream;
	struct decision decision;

	init(&stream, "", "\"maxretry\":5");
	for (unsigned i = 0; i < 4; i++)
		tell(&stream, START + i, "wrong from=192.0.2.1");
	stream_commit(&stream);
	free(stream.state);
	stream.state = strdup(
		"{\"v\":1,\"cursor\":\"s=test;i=4\",\"time\":1700000000000003,\"changes\":[]}\n");
	engine_free(stream.engine);
	ruleset_free(stream.ruleset);
	policy_free(stream.policy);
	stream_parse(&stream, "{\"jails\":{\"mail\":{\"maxretry\":2}}}", (const char *[]){ rule },
		     1);
	must(engine_new(stream.ruleset, stream.policy, stream.seed, NULL, &stream.engine) == 0);
	must(engine_adopt_ledger(stream.engine, stream_read_state(&stream)) == 0);
	stream_warm(&stream);
	assert_false(engine_take(stream.engine, &decision));
	tell(&stream, START + 9, "wrong from=192.0.2.1");
	assert_true(engine_take(stream.engine, &decision));
	assert_int_equal(decision.ban.failures, 50);
	stream_done(&stream);
}

/* What the entry of a ban is summed with may lie before the stretch: it is that entry all the same,
 * and what the ban prevents adds to no sum. */
static void a_ban_is_met_though_its_entry_weighs_nothing(void **state)
{
	static const struct {
		usec_t time;
		const char *message;
	} lines[] = {
		{ SECOND, "wrong from=192.0.2.1 session=a" },
		{ 21 * SECOND, "wrong from=192.0.2.1 session=a" }, /* so far not read again */
		{ 30 * MINUTE, "line from=192.0.2.1" },
		{ 31 * MINUTE, "line from=192.0.2.1" },
		{ 32 * MINUTE, "line from=192.0.2.1" },
		{ 45 * MINUTE, "wrong from=192.0.2.1 session=b attempts=3" }, /* the ban */
		{ 72 * MINUTE, "line from=192.0.2.1" },
		{ 73 * MINUTE, "line from=192.0.2.1" },
	};
	const usec_t hour = START - START % USEC_PER_HOUR;

	for (int restarts = 0; restarts < 2; restarts++) {
		struct stream stream;

		init(&stream, "", "\"findtime\":10,\"maxretry\":2,\"bantime\":\"40min\"");
		for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
			tell(&stream, hour + lines[i].time, lines[i].message);
			assert_int_equal(take_ban(&stream) > 0, i == 5);
		}
		if (restarts)
			stream_restart(&stream);
		tell(&stream, hour + 90 * MINUTE, "wrong from=192.0.2.1 session=c attempts=2");
		assert_true(take_ban(&stream) > 0);
		stream_done(&stream);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ban_is_met_though_its_entry_weighs_nothing),
		cmocka_unit_test(an_unban_takes_the_offence_back_and_empties_the_window),
		cmocka_unit_test(an_unban_before_the_warm_up_is_one_at_its_end),
		cmocka_unit_test(a_ban_by_hand_prevents_and_does_not_count),
		cmocka_unit_test(a_ban_from_before_the_stretch_prevents),
		cmocka_unit_test(what_a_session_told_survives_restarts),
		cmocka_unit_test(a_warm_up_never_bans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
