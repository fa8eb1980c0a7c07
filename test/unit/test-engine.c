#include "unit.h"

#include "stream.h"

#define SECOND USEC_PER_SEC
#define MINUTE (60 * SECOND)
#define START  (1700000000 * SECOND)

/* from=, session=, attempts=, user= in this order, each may be missing. */
#define TAIL                                                                                            \
	"(?: from=(?<address>[^ ]+))?(?: session=(?<session>[^ ]+))?(?: attempts=(?<attempts>[0-9]+))?" \
	"(?: user=(?<user>[^ ]+))?(?: secret=(?<secret>[^ ]+))?$"
#define EVENT(name, more) "{\"name\":\"" name "\"," more "\"pattern\":\"^" name TAIL "\"}"

static const char rule[] =
	"{\"name\":\"mail\",\"description\":\"of the test\",\"journal\":[{\"_SYSTEMD_UNIT\":\"mail.service\"}],"
	"\"ports\":\"all\",\"examples\":[],\"events\":[" EVENT("wrong", "") "," EVENT("line", "") "," EVENT("half", "\"weight\":0.5,") "," EVENT(
		"free",
		"\"weight\":0,") "," EVENT("probe",
					   "\"mode\":\"aggressive\",") "," EVENT("agreed",
										 "\"agree\":\"session\",") "," EVENT("connect",
														     "\"outcome\":\"note\",") "," EVENT("login",
																			"\"outcome\":\"success\",") "]}";

static void init(struct stream *stream, const char *ignored, const char *settings)
{
	const char *rules[] = { rule };
	char policy[1024];

	*stream = (struct stream){ 0 };
	snprintf(policy, sizeof(policy), "{\"ignoreip\":[%s],\"jails\":{\"mail\":{%s}}}", ignored,
		 settings);
	stream_init(stream, policy, rules, 1);
}

static const struct verdict_of_hit *tell(struct stream *stream, usec_t time, const char *message)
{
	stream_feed(stream, time, "mail.service", message);
	assert_int_equal(engine_n_verdicts(stream->engine), 1);
	return engine_verdict(stream->engine, 0);
}

static usec_t take_ban(struct stream *stream)
{
	struct decision decision;

	if (!engine_take(stream->engine, &decision))
		return 0;
	assert_int_equal(decision.type, DECISION_BAN);
	return decision.until - decision.time;
}

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
	assert_int_equal(decision.time, START + 9);
	assert_int_equal(decision.until, START + 9 + USEC_PER_HOUR);
	assert_int_equal(decision.jail, 0);
	assert_int_equal(decision.event, 1);
	assert_string_equal(decision.jail_name, "mail");
	assert_string_equal(decision.event_name, "line");
	assert_string_equal(prefix_format(&decision.prefix, text), "2001:db8:1:2::/64");
	assert_string_equal(address_format(&decision.address, text), "2001:db8:1:2::9");
	assert_int_equal(decision.failures, 35);
	assert_int_equal(decision.offence, 1);
	assert_string_equal(decision.cursor, "s=test;i=3");
	assert_false(engine_take(stream.engine, &decision));
	ban = ledger_get(engine_ledger(stream.engine), decision.id);
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
		{ "wrong from=192.0.2.1 session=s", WHY_TOLD_BEFORE, 0, "192.0.2.1",
		  NULL }, /* the nameless told it */
		{ "line from=192.0.2.1 session=s", WHY_TOLD_BEFORE, 0, "192.0.2.1", NULL },
		{ "line from=192.0.2.1 session=s", WHY_COUNTED, 10, "192.0.2.1", NULL },
		{ "half from=192.0.2.1 session=s attempts=4", WHY_COUNTED, 10, "192.0.2.1", NULL },
		{ "wrong from=192.0.2.1 attempts=3", WHY_TOLD_BEFORE, 0, "192.0.2.1",
		  NULL }, /* the session told it */
		{ "wrong from=192.0.2.1 attempts=2", WHY_COUNTED, 20, "192.0.2.1",
		  NULL }, /* by then it bans */
		{ "wrong from=192.0.2.1", WHY_PREVENTED, 10, "192.0.2.1", NULL },
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
		{ "agreed from=192.0.2.4 session=c", WHY_TOLD_BEFORE, 0, "192.0.2.4", "carol" },
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

static void a_ban_for_good_stays_so(void **state)
{
	struct stream stream;
	struct decision decision;

	init(&stream, "", "\"maxretry\":1,\"bantime\":\"infinity\"");
	tell(&stream, START, "wrong from=192.0.2.1");
	assert_true(engine_take(stream.engine, &decision));
	assert_int_equal(decision.until, USEC_INFINITY);
	assert_int_equal(tell(&stream, START + 999999 * USEC_PER_HOUR, "wrong from=192.0.2.1")->why,
			 WHY_PREVENTED);
	stream_done(&stream);
}

static usec_t last_ban(struct stream *stream)
{
	usec_t span, last = 0;

	while ((span = take_ban(stream)) > 0)
		last = span;
	return last;
}

/* Lines a second apart; the last one, and no other, bans (or none does), whole and cut in between.
 */
static void check_lines(const char *settings, const char *const *messages, bool bans)
{
	for (size_t cut = 0; messages[cut]; cut++) {
		struct stream stream;

		init(&stream, "", settings);
		for (size_t i = 0; messages[i]; i++) {
			bool banned;

			if (cut > 0 && i == cut)
				stream_restart(&stream);
			stream_feed(&stream, START + i * SECOND, "mail.service", messages[i]);
			banned = last_ban(&stream) > 0;
			if (banned != (bans && !messages[i + 1]))
				fail_msg("%s: cut at %zu: line %zu, %s: %s", settings, cut, i,
					 messages[i], banned ? "bans" : "does not ban");
		}
		stream_done(&stream);
	}
}

#define LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void a_success_forgives_its_user_only(void **state)
{
	static const char forgive[] = "\"maxretry\":3,\"on_success\":\"forgive\"";
	static const char *const own[] = {
		"wrong from=192.0.2.1 user=alice", "wrong from=192.0.2.1 user=alice",
		"login from=192.0.2.1 user=alice", "wrong from=192.0.2.1 attempts=2 user=alice",
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
	tell(&stream, START + 300 * SECOND, "wrong from=192.0.2.1 attempts=2 user=alice");
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
	check_lines(half, LINES(ALICE, "line from=192.0.2.1 user=alice", ALICE), true);
	check_lines(half, LINES(ALICE " secret=1", ALICE " secret=2"), true);
	check_lines(half, LINES(ALICE " secret=1", ALICE " secret=1", ALICE " secret=1"), true);
	/* without a digest the user alone decides; one who tells it is not known without */
	check_lines(half, LINES(ALICE " secret=1", ALICE, ALICE), true);
	check_lines(half, LINES(ALICE, ALICE " secret=1"), true);
	/* no user: never a repeat; several attempts in a line: the first may be none */
	check_lines(half, LINES("wrong from=192.0.2.1", "wrong from=192.0.2.1"), true);
	check_lines(half, LINES("wrong from=192.0.2.1 attempts=3 user=alice"), true);
	check_lines(half, LINES("wrong from=192.0.2.1 attempts=2 user=alice", ALICE), true);
	check_lines(half, LINES(ALICE, "wrong from=192.0.2.1 attempts=2 user=alice"), true);
	/* an event that weighs no more keeps its weight */
	check_lines("\"maxretry\":2,\"repeat_weight\":0.6",
		    LINES(ALICE, "half from=192.0.2.1 user=alice",
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
		tell(&stream, START + 58 * tenth, "half from=192.0.2.1");
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
		       "wrong from=192.0.2.1 attempts=3 user=alice");
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
	assert_int_equal(decision.users, 3);
	assert_int_equal(decision.failures, 15);
	stream_restart(&stream);
	assert_int_equal(ledger_get(engine_ledger(stream.engine), decision.id)->users, 3);
	tell(&stream, START, "wrong from=192.0.2.2 attempts=5 user=bob");
	assert_true(engine_take(stream.engine, &decision));
	assert_int_equal(decision.users, 0);
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
	assert_int_equal(engine_unban(stream.engine, 0, &prefix, START + 99, &position), 1);
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
		assert_int_equal(tell(&stream, START + 3, "wrong from=192.0.2.1")->why,
				 WHY_PREVENTED);
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
			 WHY_PREVENTED);
	stream_done(&stream);
}

/* Each of its sessions began where it did because the one before began where that did: a warm-up
 * that began in the middle of one would find other beginnings, and other failures. */
static void a_session_name_that_goes_on_survives_restarts(void **state)
{
	static const char *const lines[] = { "wrong from=192.0.2.1 session=s",
					     "line from=192.0.2.1 session=s" };

	for (unsigned cut = 1; cut < 24; cut++) {
		struct stream stream;

		init(&stream, "", "\"maxretry\":1000,\"findtime\":\"2h\"");
		for (unsigned i = 0; i < 24; i++) {
			usec_t time = START + (i / 2) * 60 * MINUTE + (i % 2) * 50 * MINUTE;

			if (i == cut)
				stream_restart(&stream);
			if (tell(&stream, time, lines[i % 2])->why !=
			    (i % 2 ? WHY_TOLD_BEFORE : WHY_COUNTED))
				fail_msg("cut at %u: line %u", cut, i);
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
	assert_int_equal(decision.failures, 50);
	stream_done(&stream);
}

static void reload(struct stream *stream, const char *policy)
{
	struct ledger *ledger = engine_take_ledger(stream->engine);
	struct position position = stream_position(stream);

	must(ledger_set_position(ledger, &position) == 0);
	engine_free(stream->engine);
	ruleset_free(stream->ruleset);
	policy_free(stream->policy);
	stream_parse(stream, policy, (const char *[]){ rule }, 1);
	must(engine_new(stream->ruleset, stream->policy, stream->seed, NULL, &stream->engine) == 0);
	must(engine_adopt_ledger(stream->engine, ledger) == 0);
}

static void a_reload_ends_what_may_not_be(void **state)
{
	struct stream stream;
	struct decision decision;

	init(&stream, "", "\"maxretry\":1,\"prefix\":{\"ipv6\":48}");
	tell(&stream, START, "wrong from=192.0.2.1");
	tell(&stream, START, "wrong from=192.0.2.2");
	tell(&stream, START, "wrong from=2001:db8::1");
	while (engine_take(stream.engine, &decision))
		;
	reload(&stream,
	       "{\"ignoreip\":[\"192.0.2.1\"],\"jails\":{\"mail\":{\"maxretry\":1,\"prefix\":{\"ipv6\":64}}}}");
	assert_int_equal(engine_end_bans(stream.engine, START + 5), 0);
	assert_true(engine_take(stream.engine, &decision));
	assert_int_equal(decision.type, DECISION_END);
	assert_int_equal(decision.ended, ENDED_IGNORED);
	assert_int_equal(decision.address.bytes[3], 1);
	assert_false(engine_take(stream.engine, &decision));
	stream_warm(&stream);
	assert_int_equal(tell(&stream, START + 9, "wrong from=192.0.2.2")->why, WHY_PREVENTED);
	assert_int_equal(tell(&stream, START + 9, "wrong from=2001:db8::2")->why, WHY_PREVENTED);
	assert_int_equal(tell(&stream, START + 9, "wrong from=2001:db8:0:1::1")->why, WHY_COUNTED);
	while (engine_take(stream.engine, &decision))
		;
	reload(&stream, "{\"jails\":{}}");
	assert_int_equal(engine_end_bans(stream.engine, START + 10), 0);
	for (int i = 0; i < 3; i++) {
		assert_true(engine_take(stream.engine, &decision));
		assert_int_equal(decision.type, DECISION_END);
		assert_int_equal(decision.ended, ENDED_JAIL_GONE);
		assert_int_equal(decision.jail, ENGINE_NO_JAIL);
		assert_string_equal(decision.jail_name, "mail");
	}
	assert_false(engine_take(stream.engine, &decision));
	stream_done(&stream);
}

static void own_addresses_are_ignored(void **state)
{
	struct stream stream;
	struct decision decision;
	struct prefix own;

	init(&stream, "", "\"maxretry\":1");
	tell(&stream, START, "wrong from=192.0.2.1");
	assert_int_equal(take_ban(&stream), USEC_PER_HOUR);
	must(prefix_parse(SPAN_LITERAL("192.0.2.0/28"), &own) == 0);
	assert_int_equal(engine_set_ignored(stream.engine, &own, 1), 0);
	assert_int_equal(engine_end_bans(stream.engine, START + 1), 0);
	assert_true(engine_take(stream.engine, &decision));
	assert_int_equal(decision.type, DECISION_END);
	assert_int_equal(tell(&stream, START + 2, "wrong from=192.0.2.9")->why, WHY_IGNORED);
	assert_int_equal(engine_set_ignored(stream.engine, NULL, 0), 0);
	assert_int_equal(tell(&stream, START + 3, "wrong from=192.0.2.9")->why, WHY_COUNTED);
	stream_done(&stream);
}

static void a_forced_ban_does_not_end_for_being_of_an_ignored_address(void **state)
{
	static const struct {
		const char *banned, *forced;
		bool ends;
	} cases[] = {
		{ "192.0.2.1/32", "192.0.2.1/32", false },
		{ "192.0.2.1/32", "192.0.2.2/32", true },
		{ "192.0.2.1/32", NULL, true },
		{ "2001:db8::/64", "2001:db8::5/128", false },
		{ "2001:db8::/64", "2001:db8:0:1::5/128", true },
		{ "203.0.113.1/32", NULL, false }, /* not ignored at all */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct stream stream;
		struct decision decision;
		struct prefix banned;

		init(&stream, "\"192.0.2.0/24\",\"2001:db8::/32\"", "\"maxretry\":1");
		must(prefix_parse(span_of(cases[i].banned), &banned) == 0);
		stream_ban(&stream, ENGINE_MANUAL, cases[i].banned, START, START + 100);
		if (cases[i].forced)
			stream_ban(&stream, ENGINE_FORCED, cases[i].forced, START, START + 50);
		assert_int_equal(engine_forces(stream.engine, &banned, START + 1),
				 cases[i].forced && !cases[i].ends);
		assert_int_equal(engine_end_bans(stream.engine, START + 1), 0);
		assert_int_equal(engine_take(stream.engine, &decision), cases[i].ends);
		/* a mark lasts as long as it was given */
		assert_false(engine_forces(stream.engine, &banned, START + 50));
		assert_int_equal(engine_end_bans(stream.engine, START + 50), 0);
		assert_int_equal(engine_take(stream.engine, &decision),
				 !cases[i].ends && i != ARRAY_SIZE(cases) - 1);
		stream_done(&stream);
	}
}

static void private_addresses_are_spared_where_asked(void **state)
{
	static const struct {
		usec_t time;
		const char *message;
		int why;
		const char *warned;
	} steps[] = {
		{ 0, "wrong from=10.1.2.3 session=a", WHY_PRIVATE, "10.1.2.3/32" },
		{ 1, "wrong from=10.1.2.3 session=a", WHY_PRIVATE, NULL },
		{ 2, "wrong from=10.1.2.4 attempts=9", WHY_PRIVATE, "10.1.2.4/32" },
		{ 3, "wrong from=[fe80::7]:25", WHY_PRIVATE, "fe80::/64" },
		{ 4, "free from=10.1.2.5", WHY_PRIVATE, NULL }, /* nobody would be banned */
		{ USEC_PER_HOUR - 1, "wrong from=10.1.2.3", WHY_PRIVATE, NULL },
		{ USEC_PER_HOUR, "wrong from=10.1.2.3", WHY_PRIVATE, "10.1.2.3/32" },
		{ USEC_PER_HOUR + 1, "wrong from=172.32.0.1", WHY_COUNTED, NULL },
	};
	struct stream stream;
	struct decision decision;
	char text[PREFIX_TEXT_MAX];

	init(&stream, "", "\"maxretry\":2");
	engine_spare_private(stream.engine, true);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct verdict_of_hit *verdict =
			tell(&stream, START + steps[i].time, steps[i].message);

		assert_int_equal(verdict->why, steps[i].why);
		assert_int_equal(engine_take(stream.engine, &decision), steps[i].warned != NULL);
		if (!steps[i].warned)
			continue;
		assert_int_equal(decision.type, DECISION_PRIVATE);
		assert_int_equal(decision.time, START + steps[i].time);
		assert_string_equal(prefix_format(&decision.prefix, text), steps[i].warned);
		assert_string_equal(decision.jail_name, "mail");
	}
	assert_int_equal(engine_statistics(stream.engine)->failures, 10);
	/* totals rise as with those who are ignored: nothing new is told here */
	engine_spare_private(stream.engine, false);
	assert_int_equal(tell(&stream, START, "line from=10.1.2.3 session=a")->why,
			 WHY_TOLD_BEFORE);
	stream_done(&stream);
}

static void banprivate_bans_and_a_reload_without_it_ends_that(void **state)
{
	struct stream stream;
	struct decision decision;

	init(&stream, "", "\"maxretry\":1,\"banprivate\":true");
	engine_spare_private(stream.engine, true);
	assert_int_equal(tell(&stream, START, "wrong from=192.168.1.1")->why, WHY_COUNTED);
	assert_int_equal(take_ban(&stream), USEC_PER_HOUR);
	assert_int_equal(engine_end_bans(stream.engine, START + 1), 0);
	assert_false(engine_take(stream.engine, &decision));
	stream_done(&stream);

	init(&stream, "", "\"maxretry\":1");
	assert_int_equal(tell(&stream, START, "wrong from=192.168.1.1")->why, WHY_COUNTED);
	assert_int_equal(take_ban(&stream), USEC_PER_HOUR);
	engine_spare_private(stream.engine, true);
	assert_int_equal(engine_end_bans(stream.engine, START + 1), 0);
	assert_true(engine_take(stream.engine, &decision));
	assert_int_equal(decision.type, DECISION_END);
	assert_int_equal(decision.ended, ENDED_IGNORED);
	stream_done(&stream);
}

static void bounds_hold(void **state)
{
	const char *rules[] = { rule };
	struct stream stream = {
		.limits = { .max_sources = 50, .max_sessions = 20, .max_balances = 10 }
	};
	char message[64];

	stream_init(&stream, "{\"jails\":{\"mail\":{}}}", rules, 1);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(message, sizeof(message), "wrong from=10.0.%u.%u session=%u", i / 250,
			 i % 250, i);
		assert_int_equal(tell(&stream, START + i, message)->why, WHY_COUNTED);
	}
	assert_int_equal(engine_statistics(stream.engine)->evicted_sources, 950);
	assert_int_equal(engine_statistics(stream.engine)->evicted_sessions, 980);
	stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ban_tells_all_of_itself),
		cmocka_unit_test(every_line_says_why),
		cmocka_unit_test(bans_grow_up_to_a_limit),
		cmocka_unit_test(offences_are_forgotten_after_memory),
		cmocka_unit_test(a_ban_for_good_stays_so),
		cmocka_unit_test(a_success_forgives_its_user_only),
		cmocka_unit_test(a_forgiving_success_says_how_much),
		cmocka_unit_test(half_a_failure_is_half),
		cmocka_unit_test(the_same_user_again_weighs_less),
		cmocka_unit_test(an_old_password_may_be_tried_for_ever),
		cmocka_unit_test(a_restart_finds_what_repeats_repeat),
		cmocka_unit_test(a_repeat_says_so),
		cmocka_unit_test(many_users_ban),
		cmocka_unit_test(a_ban_for_its_users_says_so),
		cmocka_unit_test(an_unban_takes_the_offence_back_and_empties_the_window),
		cmocka_unit_test(an_unban_before_the_warm_up_is_one_at_its_end),
		cmocka_unit_test(a_ban_by_hand_prevents_and_does_not_count),
		cmocka_unit_test(a_ban_from_before_the_stretch_prevents),
		cmocka_unit_test(a_session_name_that_goes_on_survives_restarts),
		cmocka_unit_test(a_warm_up_never_bans),
		cmocka_unit_test(a_reload_ends_what_may_not_be),
		cmocka_unit_test(own_addresses_are_ignored),
		cmocka_unit_test(a_forced_ban_does_not_end_for_being_of_an_ignored_address),
		cmocka_unit_test(private_addresses_are_spared_where_asked),
		cmocka_unit_test(banprivate_bans_and_a_reload_without_it_ends_that),
		cmocka_unit_test(bounds_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
