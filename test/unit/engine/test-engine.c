#include "mail.h"

static void a_ban_tells_all_of_itself(void **state)
{
	struct stream stream;
	struct decision decision;
	char text[PREFIX_TEXT_MAX];
	const struct ban *ban;

	init(&stream, "", "\"maxretry\":3");
	tell(&stream, START, "wrong from=2001:db8:1:2::7 user=alice");
	tell(&stream, START + 5, "half from=[2001:db8:1:2::8]:25");
	assert_false(engine_take(stream.engine, &decision));
	tell(&stream, START + 9, "line from=2001:db8:1:2::9 attempts=2");
	assert_true(engine_take(stream.engine, &decision));
	assert_int_equal(decision.type, DECISION_BAN);
	assert_int_equal(decision.ban.since, START + 9);
	assert_int_equal(decision.ban.until, START + 9 + USEC_PER_HOUR);
	assert_string_equal(decision.ban.jail, "mail");
	assert_string_equal(decision.ban.event, "line");
	assert_string_equal(prefix_format(&decision.ban.prefix, text), "2001:db8:1:2::/64");
	assert_string_equal(address_format(&decision.ban.address, text), "2001:db8:1:2::9");
	assert_int_equal(decision.ban.failures, 35);
	assert_int_equal(decision.ban.offence, 1);
	assert_string_equal(decision.ban.cursor, "s=test;i=3");
	assert_false(engine_take(stream.engine, &decision));
	ban = ledger_get(engine_ledger(stream.engine), decision.ban.id);
	assert_false(ban->placed);
	assert_string_equal(ban->cursor, "s=test;i=3");
	assert_int_equal(engine_statistics(stream.engine)->failures, 35);
	assert_int_equal(engine_statistics(stream.engine)->bans, 1);
	stream_done(&stream);
}

static void every_line_says_why(void **state)
{
	static const struct {
		const char *message;
		int why;
		uint64_t weight;
		const char *address, *user;
	} steps[] = {
		{ "wrong from=192.0.2.1 user=bob", WHY_COUNTED, 10, "192.0.2.1", "bob" },
		{ "wrong from=192.0.2.1 session=s", WHY_DUPLICATE, 0, "192.0.2.1",
		  NULL }, /* the nameless told it */
		{ "line from=192.0.2.1 session=s", WHY_DUPLICATE, 0, "192.0.2.1", NULL },
		{ "line from=192.0.2.1 session=s", WHY_COUNTED, 10, "192.0.2.1", NULL },
		{ "half from=192.0.2.1 session=s attempts=4", WHY_COUNTED, 10, "192.0.2.1", NULL },
		{ "wrong from=192.0.2.1 attempts=3", WHY_DUPLICATE, 0, "192.0.2.1",
		  NULL }, /* the session told it */
		{ "wrong from=192.0.2.1 attempts=6", WHY_COUNTED, 20, "192.0.2.1",
		  NULL }, /* by then it bans */
		{ "wrong from=192.0.2.1", WHY_BANNED, 10, "192.0.2.1", NULL },
		{ "probe from=192.0.2.2", WHY_MODE_OFF, 0, "192.0.2.2", NULL },
		{ "wrong from=198.51.100.9", WHY_IGNORED, 0, "198.51.100.9", NULL },
		{ "wrong from=127.0.0.1", WHY_IGNORED, 0, "127.0.0.1", NULL },
		{ "wrong", WHY_NO_ADDRESS, 0, NULL, NULL },
		{ "wrong session=unheard", WHY_NO_ADDRESS, 0, NULL, NULL },
		{ "wrong from=1.2.3", WHY_BAD_ADDRESS, 0, NULL, NULL },
		{ "free from=192.0.2.3", WHY_WEIGHTLESS, 0, "192.0.2.3", NULL },
		{ "wrong from=192.0.2.3 attempts=0", WHY_WEIGHTLESS, 0, "192.0.2.3", NULL },
		{ "login from=192.0.2.3 user=eve", WHY_SUCCESS, 0, "192.0.2.3", "eve" },
		{ "connect from=192.0.2.4 session=c user=carol", WHY_NOTE, 0, "192.0.2.4",
		  "carol" },
		{ "wrong session=c", WHY_COUNTED, 10, "192.0.2.4", "carol" },
		{ "line session=c attempts=2 user=dave", WHY_COUNTED, 10, "192.0.2.4", "dave" },
		{ "agreed from=192.0.2.4 session=c", WHY_DUPLICATE, 0, "192.0.2.4", "carol" },
		{ "agreed from=192.0.2.5 session=c", WHY_DISAGREES, 0, "192.0.2.5", NULL },
		{ "agreed from=192.0.2.5 session=d", WHY_DISAGREES, 0, "192.0.2.5", NULL },
		{ "agreed from=192.0.2.5", WHY_DISAGREES, 0, "192.0.2.5", NULL },
		{ "connect session=c from=192.0.2.6", -1, 0, NULL, NULL },
	};
	struct stream stream;
	char text[ADDRESS_TEXT_MAX];

	init(&stream, "\"198.51.100.0/24\"", "");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct verdict_of_hit *verdict;

		stream_feed(&stream, START + i, "mail.service", steps[i].message);
		if (steps[i].why < 0) {
			assert_int_equal(engine_n_verdicts(stream.engine), 0);
			continue;
		}
		verdict = engine_verdict(stream.engine, 0);
		if ((int)verdict->why != steps[i].why || verdict->weight != steps[i].weight)
			fail_msg("%zu %s: why %d, weight %d", i, steps[i].message,
				 (int)verdict->why, (int)verdict->weight);
		assert_int_equal(verdict->has_address, steps[i].address != NULL);
		if (steps[i].address)
			assert_string_equal(address_format(&verdict->address, text),
					    steps[i].address);
		if (steps[i].user)
			assert_true(span_equal(verdict->user, span_of(steps[i].user)));
	}
	/* "unheard" and "d": of their sessions nobody is known */
	assert_int_equal(engine_n_lost(stream.engine, 0), 2);
	assert_int_equal(engine_statistics(stream.engine)->lost, 2);
	stream_done(&stream);
}

static void bans_grow_up_to_a_limit(void **state)
{
	static const struct {
		const char *settings;
		usec_t bans[6];
	} cases[] = {
		{ "\"bantime\":\"10min\"",
		  { 10 * MINUTE, 20 * MINUTE, 40 * MINUTE, 80 * MINUTE, 160 * MINUTE,
		    320 * MINUTE } },
		{ "\"bantime\":\"10min\",\"increment\":{\"factor\":1.7,\"maxtime\":\"1h\"}",
		  { 600 * SECOND, 1020 * SECOND, 1734 * SECOND, 2947 * SECOND, 3600 * SECOND,
		    3600 * SECOND } },
		{ "\"bantime\":\"2h\",\"increment\":{\"maxtime\":\"1h\"}",
		  { 3600 * SECOND, 3600 * SECOND, 3600 * SECOND, 3600 * SECOND, 3600 * SECOND,
		    3600 * SECOND } },
		{ "\"bantime\":\"2h\",\"increment\":{\"factor\":1,\"maxtime\":\"1h\"}",
		  { 7200 * SECOND, 7200 * SECOND, 7200 * SECOND, 7200 * SECOND, 7200 * SECOND,
		    7200 * SECOND } },
		{ "\"bantime\":\"1500ms\",\"increment\":{\"factor\":1}",
		  { SECOND, SECOND, SECOND, SECOND, SECOND, SECOND } },
		{ "\"bantime\":\"1500ms\"",
		  { SECOND, 3 * SECOND, 6 * SECOND, 12 * SECOND, 24 * SECOND, 48 * SECOND } },
		{ "\"bantime\":\"1s\",\"increment\":{\"factor\":100}",
		  { SECOND, 100 * SECOND, 10000 * SECOND, 1000000 * SECOND, 2419200 * SECOND,
		    2419200 * SECOND } },
		{ "\"bantime\":\"1min\",\"increment\":{\"factor\":1.5}",
		  { 60 * SECOND, 90 * SECOND, 135 * SECOND, 202 * SECOND, 303 * SECOND,
		    455 * SECOND } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct stream stream;
		char settings[256];
		usec_t now = START;

		snprintf(settings, sizeof(settings), "\"maxretry\":1,%s", cases[i].settings);
		init(&stream, "", settings);
		for (size_t n = 0; n < ARRAY_SIZE(cases[i].bans); n++) {
			usec_t span;

			tell(&stream, now, "wrong from=192.0.2.1");
			span = take_ban(&stream);
			if (span != cases[i].bans[n])
				fail_msg("%s: ban %zu lasts %d s", settings, n,
					 (int)(span / SECOND));
			tell(&stream, now + span - 1, "wrong from=192.0.2.1");
			assert_int_equal(take_ban(&stream), 0);
			now += span;
		}
		stream_done(&stream);
	}
}

static void offences_are_forgotten_after_memory(void **state)
{
	struct stream stream;

	init(&stream, "", "\"maxretry\":1,\"bantime\":\"1min\",\"increment\":{\"memory\":\"1h\"}");
	tell(&stream, START, "wrong from=192.0.2.1");
	assert_int_equal(take_ban(&stream), MINUTE);
	tell(&stream, START + USEC_PER_HOUR - 1, "wrong from=192.0.2.1");
	assert_int_equal(take_ban(&stream), 2 * MINUTE);
	tell(&stream, START + USEC_PER_HOUR + 3 * MINUTE, "wrong from=192.0.2.1");
	assert_int_equal(take_ban(&stream), 2 * MINUTE);
	tell(&stream, START + 9 * USEC_PER_HOUR, "wrong from=192.0.2.1");
	assert_int_equal(take_ban(&stream), MINUTE);
	stream_done(&stream);
}

static void what_comes_late_weighs_with_what_came_after_it(void **state)
{
	struct stream stream;
	struct decision decision;

	init(&stream, "", "\"maxretry\":3");
	/* of one machine: its clock was set back */
	tell(&stream, START + 4 * MINUTE, "wrong from=192.0.2.1");
	tell(&stream, START + 5 * MINUTE, "wrong from=192.0.2.1");
	tell(&stream, START + 3 * MINUTE, "wrong from=192.0.2.1");
	assert_false(engine_take(stream.engine, &decision));
	/* of another one, later than it was written: it is banned from then on */
	stream.unordered = true;
	tell(&stream, START + 6 * MINUTE, "wrong from=192.0.2.2");
	tell(&stream, START + 14 * MINUTE, "wrong from=192.0.2.2");
	tell(&stream, START + 3 * MINUTE, "wrong from=192.0.2.2");
	assert_false(engine_take(stream.engine, &decision));
	tell(&stream, START + 13 * MINUTE, "wrong from=192.0.2.2");
	assert_true(engine_take(stream.engine, &decision));
	assert_int_equal(decision.ban.since, START + 13 * MINUTE);
	assert_int_equal(decision.ban.failures, 30);
	/* what came before the ban was, but is over, and bans no shorter */
	assert_int_equal(tell(&stream, START + 3 * MINUTE, "wrong from=192.0.2.2 attempts=9")->why,
			 WHY_BANNED);
	assert_false(engine_take(stream.engine, &decision));
	assert_int_equal(engine_statistics(stream.engine)->prevented, 90);
	stream_done(&stream);
}

/* As if all had come in order: what lies behind its ban was not prevented by it. */
static void a_ban_that_comes_late_leaves_what_came_behind_it(void **state)
{
	struct stream stream;
	struct decision decision;

	init(&stream, "", "\"maxretry\":3,\"findtime\":600,\"bantime\":60");
	stream.unordered = true;
	tell(&stream, START + 30 * MINUTE, "wrong from=192.0.2.1");
	tell(&stream, START + 31 * MINUTE, "wrong from=192.0.2.1");
	/* a minute holds no more than two of these, and behind its ban it does not look */
	tell(&stream, START + 22 * MINUTE, "wrong from=192.0.2.1");
	assert_false(engine_take(stream.engine, &decision));
	for (usec_t i = 0; i < 3; i++)
		tell(&stream, START + 5 * MINUTE - i * USEC_PER_SEC, "wrong from=192.0.2.1");
	assert_true(engine_take(stream.engine, &decision));
	assert_int_equal(decision.ban.until, START + 6 * MINUTE - 2 * USEC_PER_SEC);
	tell(&stream, START + 32 * MINUTE, "wrong from=192.0.2.1");
	assert_true(engine_take(stream.engine, &decision));
	assert_int_equal(decision.ban.since, START + 32 * MINUTE);
	assert_int_equal(decision.ban.failures, 30);
	stream_done(&stream);
}

static void a_ban_for_good_stays_so(void **state)
{
	struct stream stream;
	struct decision decision;

	init(&stream, "", "\"maxretry\":1,\"bantime\":\"infinity\"");
	tell(&stream, START, "wrong from=192.0.2.1");
	assert_true(engine_take(stream.engine, &decision));
	assert_int_equal(decision.ban.until, USEC_INFINITY);
	assert_int_equal(tell(&stream, START + 999999 * USEC_PER_HOUR, "wrong from=192.0.2.1")->why,
			 WHY_BANNED);
	stream_done(&stream);
}

static void half_a_failure_is_half(void **state)
{
	static const char *const halves[] = { "half from=192.0.2.1", "half from=192.0.2.1",
					      "half from=192.0.2.1", "half from=192.0.2.1", NULL };

	check_lines("\"maxretry\":2", halves, true);
	check_lines("\"maxretry\":2", LINES("half from=192.0.2.1 attempts=3", halves[0]), true);
	check_lines("\"maxretry\":3", halves, false);
}

static void bounds_hold(void **state)
{
	const char *rules[] = { rule };
	struct stream stream = {
		.limits = { .max_sources = 50, .max_sessions = 20, .max_nameless = 10 }
	};
	char message[64];

	stream_init(&stream, "{\"jails\":{\"mail\":{}}}", rules, 1);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(message, sizeof(message), "wrong from=10.0.%u.%u session=%u", i / 250,
			 i % 250, i);
		assert_int_equal(tell(&stream, START + i, message)->why, WHY_COUNTED);
	}
	assert_int_equal(engine_statistics(stream.engine)->evicted_sources, 950);
	assert_int_equal(engine_statistics(stream.engine)->evicted_sessions,
			 980 + 990); /* names, and addresses */
	stream_done(&stream);
}

/* The slow one takes fewer events, and all that it counts and remembers is its own. */
static void two_jails_stand_on_one_rule(void **state)
{
	static const char policy[] =
		"{\"jails\":{\"mail\":{\"maxretry\":3},\"slow\":{\"rule\":\"mail\",\"maxretry\":5,"
		"\"findtime\":\"1d\",\"events\":[\"wrong\",\"login\"]}}}";
	const char *rules[] = { rule };
	struct stream stream = { 0 };
	const struct verdict_of_hit *verdict;
	struct decision decision;
	static const struct {
		const char *message;
		int mail, slow;
	} steps[] = {
		{ "connect from=192.0.2.1 session=s", WHY_NOTE, WHY_NOTE },
		{ "wrong session=s", WHY_COUNTED, WHY_COUNTED },
		{ "line from=192.0.2.1", WHY_DUPLICATE, WHY_LEFT_OUT },
		{ "line from=192.0.2.1", WHY_COUNTED, WHY_LEFT_OUT },
		{ "probe from=192.0.2.1", WHY_MODE_OFF, WHY_MODE_OFF },
		{ "login from=192.0.2.1 user=a", WHY_SUCCESS, WHY_SUCCESS },
		{ "wrong session=s attempts=3", WHY_COUNTED, WHY_COUNTED },
		{ "wrong session=s attempts=4", WHY_BANNED, WHY_COUNTED },
	};

	stream_init(&stream, policy, rules, 1);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		stream_feed(&stream, START + i * SECOND, "mail.service", steps[i].message);
		assert_int_equal(engine_n_verdicts(stream.engine), 2);
		for (unsigned jail = 0; jail < 2; jail++) {
			verdict = engine_verdict(stream.engine, jail);
			assert_int_equal(verdict->jail, jail);
			if ((int)verdict->why != (jail == 0 ? steps[i].mail : steps[i].slow))
				fail_msg("%s: jail %u: %d", steps[i].message, jail, verdict->why);
		}
	}
	assert_true(engine_take(stream.engine, &decision));
	assert_string_equal(decision.ban.jail, "mail");
	assert_false(engine_take(stream.engine, &decision));
	stream_feed(&stream, START + MINUTE, "mail.service", "wrong session=s attempts=5");
	assert_true(engine_take(stream.engine, &decision));
	assert_string_equal(decision.ban.jail, "slow");
	assert_int_equal(decision.ban.failures, 50);
	stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_jails_stand_on_one_rule),
		cmocka_unit_test(a_ban_tells_all_of_itself),
		cmocka_unit_test(every_line_says_why),
		cmocka_unit_test(bans_grow_up_to_a_limit),
		cmocka_unit_test(offences_are_forgotten_after_memory),
		cmocka_unit_test(what_comes_late_weighs_with_what_came_after_it),
		cmocka_unit_test(a_ban_that_comes_late_leaves_what_came_behind_it),
		cmocka_unit_test(a_ban_for_good_stays_so),
		cmocka_unit_test(half_a_failure_is_half),
		cmocka_unit_test(bounds_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
