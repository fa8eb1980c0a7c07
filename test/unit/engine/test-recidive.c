/* Two jails, and one that counts their bans. */
#include "unit.h"

#include "engine/home.h"
#include "stream.h"

#define SECOND USEC_PER_SEC
#define MINUTE (60 * SECOND)
#define HOUR   USEC_PER_HOUR
#define START  (1700000000 * SECOND)

#define RULE(name)                                                                               \
	"{\"name\":\"" name "\",\"description\":\"of the test\",\"ports\":[25],\"examples\":[]," \
	"\"journal\":[{\"_SYSTEMD_UNIT\":\"" name                                                \
	".service\"}],\"events\":[{\"name\":\"wrong\",\"pattern\":\"^wrong (?<address>[^ "       \
	"]+)$\"}]}"
#define POLICY(jails)                                                                              \
	"{\"defaults\":{\"maxretry\":1,\"bantime\":60,\"increment\":{\"factor\":1,\"memory\":1}}," \
	"\"jails\":{\"mail\":{},\"web\":{}" jails "}}"
#define RECIDIVE \
	",\"recidive\":{\"maxretry\":3,\"findtime\":\"1d\",\"bantime\":\"1w\",\"networks\":{}}"

static const char *const rules[] = { RULE("mail"), RULE("web") };

static void init(struct stream *stream, const char *policy)
{
	*stream = (struct stream){ 0 };
	stream_init(stream, policy, rules, ARRAY_SIZE(rules));
}

static void fail_at(struct stream *stream, usec_t time, const char *jail, const char *address)
{
	char message[128], unit[64];

	snprintf(message, sizeof(message), "wrong %s", address);
	snprintf(unit, sizeof(unit), "%s.service", jail);
	stream_feed(stream, time, unit, message);
}

/* The decisions since the last call, as "JAIL PREFIX FAILURES" each. */
static void expect(struct stream *stream, const char *wanted)
{
	char text[512] = "", prefix[PREFIX_TEXT_MAX];
	struct decision decision;
	size_t size = 0;

	while (engine_take(stream->engine, &decision)) {
		assert_int_equal(decision.type, DECISION_BAN);
		size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%s %s %u",
					 size > 0 ? ", " : "", decision.ban.jail,
					 prefix_format(&decision.ban.prefix, prefix),
					 (unsigned)(decision.ban.failures / WEIGHT_ONE));
	}
	assert_string_equal(text, wanted);
}

static void restart_if(struct stream *stream, bool restarts)
{
	if (restarts)
		stream_restart(stream);
}

static void who_comes_back_to_any_jail_is_banned_by_it(void **state)
{
	for (int restarts = 0; restarts < 2; restarts++) {
		struct stream stream;

		init(&stream, POLICY(RECIDIVE));
		fail_at(&stream, START, "mail", "192.0.2.1");
		expect(&stream, "mail 192.0.2.1/32 1");
		restart_if(&stream, restarts);
		fail_at(&stream, START + 10 * HOUR, "web", "192.0.2.1");
		fail_at(&stream, START + 11 * HOUR, "web", "192.0.2.2"); /* somebody else */
		expect(&stream, "web 192.0.2.1/32 1, web 192.0.2.2/32 1");
		restart_if(&stream, restarts);
		/* a day after the first that one is none */
		fail_at(&stream, START + 24 * HOUR, "mail", "192.0.2.1");
		expect(&stream, "mail 192.0.2.1/32 1");
		restart_if(&stream, restarts);
		fail_at(&stream, START + 24 * HOUR + 2 * MINUTE, "mail", "192.0.2.1");
		expect(&stream, "mail 192.0.2.1/32 1, recidive 192.0.2.1/32 3");
		restart_if(&stream, restarts);
		/* now they count nothing, nor later */
		for (unsigned i = 1; i < 6; i++)
			fail_at(&stream, START + (24 + i) * HOUR, "mail", "192.0.2.1");
		expect(&stream, "mail 192.0.2.1/32 1, mail 192.0.2.1/32 1, mail 192.0.2.1/32 1, "
				"mail 192.0.2.1/32 1, mail 192.0.2.1/32 1");
		stream_done(&stream);
	}
}

static void an_unban_takes_its_failure_back(void **state)
{
	for (int restarts = 0; restarts < 2; restarts++) {
		struct stream stream;

		init(&stream, POLICY(RECIDIVE));
		fail_at(&stream, START, "mail", "192.0.2.1");
		fail_at(&stream, START + 1, "web", "192.0.2.1");
		assert_true(stream_unban(&stream, 1, "192.0.2.1/32", START + 2));
		expect(&stream, "mail 192.0.2.1/32 1, web 192.0.2.1/32 1");
		restart_if(&stream, restarts);
		fail_at(&stream, START + 3, "web", "192.0.2.1");
		expect(&stream, "web 192.0.2.1/32 1");
		fail_at(&stream, START + 2 * MINUTE, "mail", "192.0.2.1");
		expect(&stream, "mail 192.0.2.1/32 1, recidive 192.0.2.1/32 3");
		/* and one of its own leaves nothing */
		assert_true(stream_unban(&stream, 2, "192.0.2.1/32", START + 3 * MINUTE));
		restart_if(&stream, restarts);
		for (unsigned i = 1; i < 3; i++)
			fail_at(&stream, START + i * HOUR, "mail", "192.0.2.1");
		expect(&stream, "mail 192.0.2.1/32 1, mail 192.0.2.1/32 1");
		stream_done(&stream);
	}
}

static void one_by_hand_prevents_and_its_end_empties(void **state)
{
	struct stream stream;

	init(&stream, POLICY(RECIDIVE));
	fail_at(&stream, START, "mail", "192.0.2.1");
	fail_at(&stream, START + 1, "web", "192.0.2.1");
	stream_ban(&stream, 2, "192.0.2.1/32", START + 2, START + HOUR);
	expect(&stream, "mail 192.0.2.1/32 1, web 192.0.2.1/32 1");
	fail_at(&stream, START + 2 * MINUTE, "web", "192.0.2.1");
	expect(&stream, "web 192.0.2.1/32 1");
	assert_int_equal(engine_statistics(stream.engine)->prevented, WEIGHT_ONE);
	assert_true(stream_unban(&stream, 2, "192.0.2.1/32", START + 3 * MINUTE));
	stream_restart(&stream);
	fail_at(&stream, START + 4 * MINUTE, "web", "192.0.2.1");
	fail_at(&stream, START + 6 * MINUTE, "web", "192.0.2.1");
	expect(&stream, "web 192.0.2.1/32 1, web 192.0.2.1/32 1");
	fail_at(&stream, START + 8 * MINUTE, "web", "192.0.2.1");
	expect(&stream, "web 192.0.2.1/32 1, recidive 192.0.2.1/32 3");
	stream_done(&stream);
}

static void what_was_banned_is_banned_whatever_its_length(void **state)
{
	static const char policy[] =
		"{\"defaults\":{\"maxretry\":1,\"bantime\":60,\"prefix\":{\"ipv4\":32},"
		"\"networks\":{\"hosts\":2,\"ipv4\":24}},\"jails\":{\"mail\":{\"prefix\":{\"ipv6\":56}},"
		"\"recidive\":{\"maxretry\":1,\"bantime\":\"1w\",\"networks\":{\"hosts\":1}}}}";
	struct stream stream;
	char name[NFT_JAIL_SIZE];
	const struct ban *ban;

	init(&stream, policy);
	fail_at(&stream, START, "mail", "2001:db8:0:12ab::1");
	expect(&stream, "mail 2001:db8:0:1200::/56 1, recidive 2001:db8:0:1200::/56 1");
	fail_at(&stream, START + 1, "mail", "192.0.2.1");
	fail_at(&stream, START + 2, "mail", "192.0.2.2");
	expect(&stream, "mail 192.0.2.1/32 1, recidive 192.0.2.1/32 1, mail 192.0.2.2/32 1, "
			"recidive 192.0.2.2/32 1, mail 192.0.2.0/24 2, recidive 192.0.2.0/24 1");
	stream_restart(&stream);
	ban = ledger_get(engine_ledger(stream.engine), 2);
	assert_string_equal(ban->jail, "recidive");
	assert_string_equal(home_name(stream.engine, ban, name), "recidive.56v");
	ban = ledger_get(engine_ledger(stream.engine), 8);
	assert_string_equal(ban->jail, "recidive");
	assert_false(ban->network);
	assert_string_equal(home_name(stream.engine, ban, name), "recidive.24v");
	stream_done(&stream);
}

static void reload(struct stream *stream, const char *policy)
{
	struct position position = stream_position(stream);
	struct stream old = *stream;
	struct ledger *ledger;

	stream_commit(stream);
	stream_parse(stream, policy, rules, ARRAY_SIZE(rules));
	stream_begin(stream);
	engine_judge_anew(stream->engine, old.engine);
	ledger = engine_take_ledger(old.engine);
	must(ledger_set_position(ledger, &position) == 0);
	must(engine_adopt_ledger(stream->engine, ledger) == 0);
	engine_free(old.engine);
	ruleset_free(old.ruleset);
	policy_free(old.policy);
	must(engine_judge_bans(stream->engine) == 0);
	stream_warm(stream);
}

static void a_reload_with_it_judges_the_bans_of_before(void **state)
{
	struct stream stream;

	init(&stream, POLICY(""));
	for (unsigned i = 0; i < 4; i++)
		fail_at(&stream, START + i * HOUR, i % 2 ? "mail" : "web", "192.0.2.1");
	fail_at(&stream, START + 4 * HOUR, "mail", "192.0.2.2");
	expect(&stream, "web 192.0.2.1/32 1, mail 192.0.2.1/32 1, web 192.0.2.1/32 1, "
			"mail 192.0.2.1/32 1, mail 192.0.2.2/32 1");
	reload(&stream, POLICY(RECIDIVE));
	expect(&stream, "recidive 192.0.2.1/32 3");
	reload(&stream, POLICY(RECIDIVE));
	expect(&stream, "");
	stream_restart(&stream);
	fail_at(&stream, START + 5 * HOUR, "mail", "192.0.2.1");
	expect(&stream, "mail 192.0.2.1/32 1");
	stream_done(&stream);
}

/* As if the jail had been so all the time. */
static void a_stricter_jail_judges_the_failures_of_before(void **state)
{
	static const char *const before =
		"{\"jails\":{\"mail\":{\"maxretry\":5,\"bantime\":\"1h\"}}}";
	static const char *const after =
		"{\"jails\":{\"mail\":{\"maxretry\":3,\"bantime\":\"1h\"},\"web\":{\"maxretry\":1}}}";
	struct stream stream;
	struct decision decision;

	init(&stream, before);
	fail_at(&stream, START, "web", "192.0.2.9"); /* of no jail yet */
	for (unsigned i = 0; i < 4; i++)
		fail_at(&stream, START + i * SECOND, "mail", "192.0.2.1");
	fail_at(&stream, START, "mail", "192.0.2.2");
	expect(&stream, "");
	reload(&stream, after);
	assert_true(engine_take(stream.engine, &decision));
	assert_string_equal(decision.ban.jail, "web");
	assert_true(engine_take(stream.engine, &decision));
	assert_string_equal(decision.ban.jail, "mail");
	assert_true(decision.ban.since == START + 2 * SECOND);
	assert_int_equal(decision.ban.failures, 3 * WEIGHT_ONE);
	expect(&stream, "");
	/* a reload that makes nothing stricter decides nothing */
	reload(&stream, after);
	expect(&stream, "");
	stream_restart(&stream);
	expect(&stream, "");
	fail_at(&stream, START + 4 * SECOND, "mail", "192.0.2.2");
	expect(&stream, "");
	stream_done(&stream);
}

static void it_reads_no_further_back(void **state)
{
	struct stream stream, without;

	init(&stream, POLICY(RECIDIVE));
	init(&without, POLICY(""));
	assert_int_equal(engine_reach(stream.engine), engine_reach(without.engine));
	assert_int_equal(engine_findtime(stream.engine), engine_findtime(without.engine));
	stream_done(&stream);
	stream_done(&without);
}

/* What is read for one jail's lines is no more for another's memory, or another's notes. */
static void each_jail_has_a_reach_of_its_own(void **state)
{
	const char *const with_notes[] = {
		RULE("mail"),
		"{\"name\":\"web\",\"description\":\"of the test\",\"ports\":[25],\"examples\":[],"
		"\"journal\":[{\"_SYSTEMD_UNIT\":\"web.service\"}],\"events\":[{\"name\":\"begin\","
		"\"outcome\":\"note\",\"pattern\":\"^(?<session>a) (?<address>b)$\"},"
		"{\"name\":\"wrong\",\"pattern\":\"^(?<session>a)$\"}]}",
	};
	struct stream stream, alone;

	stream = alone = (struct stream){ 0 };
	stream_init(&stream, "{\"jails\":{\"mail\":{},\"web\":{\"findtime\":\"1w\"}}}", with_notes,
		    2);
	stream_init(&alone, "{\"jails\":{\"mail\":{}}}", rules, 1);
	assert_int_equal(engine_jail_reach(stream.engine, 0), engine_reach(alone.engine));
	assert_int_equal(engine_jail_note_reach(stream.engine, 0), 0);
	assert_int_equal(engine_jail_reach(stream.engine, 1), engine_reach(stream.engine));
	assert_int_equal(engine_jail_note_reach(stream.engine, 1),
			 engine_note_reach(stream.engine));
	assert_int_equal(engine_note_reach(stream.engine), engine_reach(stream.engine) + 24 * HOUR);
	assert_true(engine_reach(stream.engine) >= 7 * 24 * HOUR);
	stream_done(&stream);
	stream_done(&alone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_comes_back_to_any_jail_is_banned_by_it),
		cmocka_unit_test(an_unban_takes_its_failure_back),
		cmocka_unit_test(one_by_hand_prevents_and_its_end_empties),
		cmocka_unit_test(what_was_banned_is_banned_whatever_its_length),
		cmocka_unit_test(a_reload_with_it_judges_the_bans_of_before),
		cmocka_unit_test(a_stricter_jail_judges_the_failures_of_before),
		cmocka_unit_test(it_reads_no_further_back),
		cmocka_unit_test(each_jail_has_a_reach_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
