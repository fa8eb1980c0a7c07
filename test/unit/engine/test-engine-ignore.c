/* Who is never banned, and whose ban ends. */

#include "mail.h"

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
	assert_int_equal(decision.ban.ended, END_IGNORED);
	assert_int_equal(decision.ban.address.bytes[3], 1);
	assert_false(engine_take(stream.engine, &decision));
	stream_warm(&stream);
	assert_int_equal(tell(&stream, START + 9, "wrong from=192.0.2.2")->why, WHY_BANNED);
	assert_int_equal(tell(&stream, START + 9, "wrong from=2001:db8::2")->why, WHY_BANNED);
	assert_int_equal(tell(&stream, START + 9, "wrong from=2001:db8:0:1::1")->why, WHY_COUNTED);
	while (engine_take(stream.engine, &decision))
		;
	reload(&stream, "{\"jails\":{}}");
	assert_int_equal(engine_end_bans(stream.engine, START + 10), 0);
	for (int i = 0; i < 3; i++) {
		assert_true(engine_take(stream.engine, &decision));
		assert_int_equal(decision.type, DECISION_END);
		assert_int_equal(decision.ban.ended, END_JAIL_GONE);
		assert_string_equal(decision.ban.jail, "mail");
	}
	assert_false(engine_take(stream.engine, &decision));
	stream_done(&stream);
}

static void a_ban_by_hand_follows_its_prefix_as_far_as_it_can(void **state)
{
	static const struct {
		const char *by_hand, *before, *after, *becomes; /* NULL: it ends */
	} cases[] = {
		{ "203.0.113.7/32", "\"ipv4\":32", "\"ipv4\":24", "203.0.113.0/24" },
		{ "203.0.113.0/24", "\"ipv4\":24", "\"ipv4\":24", "203.0.113.0/24" },
		/* A range stays what was banned. */
		{ "203.0.113.0/24", "\"ipv4\":24", "\"ipv4\":16", "203.0.113.0/24" },
		{ "203.0.113.0/24", "\"ipv4\":24", "\"ipv4\":32", "203.0.113.0/24" },
		{ "2001:db8::/64", "\"ipv6\":64", "\"ipv6\":128", "2001:db8::/64" },
		/* Of a length that nobody has there: it was meant. */
		{ "203.0.112.0/20", "\"ipv4\":32", "\"ipv4\":24", "203.0.112.0/20" },
		{ "203.0.112.0/20", "\"ipv4\":32", "\"ipv4\":20", "203.0.112.0/20" },
		{ "203.0.113.7/32", "\"ipv4\":24", "\"ipv4\":16", "203.0.113.7/32" },
		{ "2001:db8::5/128", "\"ipv6\":64", "\"ipv6\":48", "2001:db8::5/128" },
		/* Hosts with an IPv4 address stay what they are, even all of them by hand. */
		{ "64:ff9b::c000:201/128", "\"ipv6\":64", "\"ipv6\":48", "64:ff9b::c000:201/128" },
		{ "64:ff9b::c000:201/128", "\"ipv6\":128", "\"ipv6\":64", "64:ff9b::c000:201/128" },
		{ "2002:c000:201::/48", "\"ipv6\":64", "\"ipv6\":56", "2002:c000:201::/48" },
		{ "2002:c000:201::/48", "\"ipv6\":64", "\"ipv6\":32", "2002:c000:201::/48" },
		{ "64:ff9b::/64", "\"ipv6\":64", "\"ipv6\":64", "64:ff9b::/64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct stream stream;
		struct decision decision;
		char settings[128], policy[256], text[PREFIX_TEXT_MAX];

		snprintf(settings, sizeof(settings), "\"prefix\":{%s}", cases[i].before);
		init(&stream, "", settings);
		stream_ban(&stream, 0, cases[i].by_hand, START, START + 1000);
		snprintf(policy, sizeof(policy), "{\"jails\":{\"mail\":{\"prefix\":{%s}}}}",
			 cases[i].after);
		stream_commit(&stream);
		reload(&stream, policy);
		stream_restart(&stream); /* and the state file says so too */
		assert_int_equal(engine_end_bans(stream.engine, START + 1), 0);
		assert_false(engine_take(stream.engine, &decision));
		assert_string_equal(
			prefix_format(&ledger_get(engine_ledger(stream.engine), 1)->prefix, text),
			cases[i].becomes);
		stream_done(&stream);
	}
}

/* And back again: the address is not forgotten. */
static void a_ban_by_hand_that_was_widened_narrows_again(void **state)
{
	static const char *const becomes[] = { "203.0.113.7/32", "203.0.113.0/32",
					       "198.51.100.0/24" };
	struct stream stream;
	struct decision decision;
	char text[PREFIX_TEXT_MAX];

	init(&stream, "", "\"maxretry\":1");
	stream_ban(&stream, 0, becomes[0], START, START + 1000);
	stream_ban(&stream, 0, becomes[1], START, START + 1000);
	reload(&stream, "{\"jails\":{\"mail\":{\"prefix\":{\"ipv4\":24}}}}");
	stream_ban(&stream, 0, "198.51.100.0/24", START, START + 1000);
	reload(&stream, "{\"jails\":{\"mail\":{\"prefix\":{\"ipv4\":20}}}}");
	stream_compact(&stream);
	assert_non_null(strstr(stream.state, "\"prefix\":\"198.51.100.0/24\""));
	assert_non_null(strstr(stream.state, "\"prefix\":\"203.0.113.7/32\""));
	reload(&stream, "{\"jails\":{\"mail\":{}}}");
	assert_int_equal(engine_end_bans(stream.engine, START + 1), 0);
	assert_false(engine_take(stream.engine, &decision));
	for (uint64_t i = 0; i < ARRAY_SIZE(becomes); i++) {
		const struct ban *ban = ledger_get(engine_ledger(stream.engine), i + 1);

		assert_string_equal(prefix_format(&ban->prefix, text), becomes[i]);
	}
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

static void a_ban_in_forced_does_not_end_for_being_of_an_ignored_address(void **state)
{
	static const struct {
		unsigned jail;
		const char *banned;
		bool ends;
	} cases[] = {
		{ ENGINE_FORCED, "192.0.2.1/32", false },
		{ ENGINE_FORCED, "2001:db8::5/128", false },
		{ ENGINE_FORCED, "2002:c000:201::5/128", false },
		{ ENGINE_FORCED, "203.0.113.1/32", false },
		{ ENGINE_MANUAL, "192.0.2.1/32", true },
		{ ENGINE_MANUAL, "2001:db8::/64", true },
		{ ENGINE_MANUAL, "203.0.113.1/32", false }, /* not ignored at all */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct stream stream;
		struct decision decision;

		init(&stream, "\"192.0.2.0/24\",\"2001:db8::/32\"", "\"maxretry\":1");
		stream_ban(&stream, ENGINE_FORCED, "192.0.2.1/32", START, START + 100);
		stream_ban(&stream, cases[i].jail, cases[i].banned, START, START + 100);
		assert_int_equal(engine_end_bans(stream.engine, START + 1), 0);
		assert_int_equal(engine_take(stream.engine, &decision), cases[i].ends);
		assert_false(engine_take(stream.engine, &decision));
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
		assert_int_equal(decision.ban.since, START + steps[i].time);
		assert_string_equal(prefix_format(&decision.ban.prefix, text), steps[i].warned);
		assert_string_equal(decision.ban.jail, "mail");
	}
	assert_int_equal(engine_statistics(stream.engine)->failures, 10);
	/* totals rise as with those who are ignored: nothing new is told here */
	engine_spare_private(stream.engine, false);
	assert_int_equal(tell(&stream, START, "line from=10.1.2.3 session=a")->why, WHY_DUPLICATE);
	stream_done(&stream);
}

/* Also where the address is our own: a gateway of the engine. */
static void an_engine_hides_clients(void **state)
{
	static const char policy[] =
		"{\"ignoreip\":[\"10.5.0.0/16\"],\"jails\":{\"mail\":{\"journal\":[{\"_SYSTEMD_UNIT\":"
		"\"mail.service\"}],\"strip\":\"syslog\",\"maxretry\":1}}}";
	static const struct {
		usec_t time;
		const char *message;
		int why;
		const char *warned;
	} steps[] = {
		{ 0, "wrong from=10.0.2.100", WHY_PRIVATE, "10.0.2.100/32" },
		{ 1, "wrong from=172.17.0.1", WHY_IGNORED, "172.17.0.1/32" },
		{ 2, "wrong from=172.17.0.1", WHY_IGNORED, NULL },
		{ 3, "wrong from=203.0.113.1", WHY_IGNORED, NULL },
		{ 4, "wrong from=10.5.0.1", WHY_IGNORED, NULL }, /* somebody wants it so */
		{ 5, "free from=172.17.0.1", WHY_IGNORED, NULL },
		{ USEC_PER_HOUR + 1, "wrong from=172.17.0.1", WHY_IGNORED, "172.17.0.1/32" },
	};
	const char *rules[] = { rule };
	struct stream stream = { 0 };
	struct decision decision;
	struct prefix own[2];
	char text[PREFIX_TEXT_MAX];

	stream_init(&stream, policy, rules, 1);
	assert_int_equal(prefix_parse(span_of("172.17.0.1"), &own[0]), 0);
	assert_int_equal(prefix_parse(span_of("203.0.113.1"), &own[1]), 0);
	assert_int_equal(engine_set_ignored(stream.engine, own, 2), 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		assert_int_equal(tell(&stream, START + steps[i].time, steps[i].message)->why,
				 steps[i].why);
		assert_int_equal(engine_take(stream.engine, &decision), steps[i].warned != NULL);
		if (!steps[i].warned)
			continue;
		assert_int_equal(decision.type, DECISION_HIDDEN);
		assert_string_equal(prefix_format(&decision.ban.prefix, text), steps[i].warned);
	}
	assert_int_equal(engine_statistics(stream.engine)->failures, 0);
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
	assert_int_equal(decision.ban.ended, END_IGNORED);
	stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_engine_hides_clients),
		cmocka_unit_test(a_reload_ends_what_may_not_be),
		cmocka_unit_test(a_ban_by_hand_follows_its_prefix_as_far_as_it_can),
		cmocka_unit_test(a_ban_by_hand_that_was_widened_narrows_again),
		cmocka_unit_test(own_addresses_are_ignored),
		cmocka_unit_test(a_ban_in_forced_does_not_end_for_being_of_an_ignored_address),
		cmocka_unit_test(private_addresses_are_spared_where_asked),
		cmocka_unit_test(banprivate_bans_and_a_reload_without_it_ends_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
