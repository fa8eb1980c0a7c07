/* The jail that follows other hosts: who reports, in which order, and what it may bring about. */
#include "unit.h"

#include "engine/settings.h"
#include "stream.h"

#define SECOND USEC_PER_SEC
#define MINUTE (60 * SECOND)
#define HOUR   USEC_PER_HOUR
#define START  (1700000000 * SECOND)

#define RULE                                                                                  \
	"{\"name\":\"mail\",\"description\":\"of the test\",\"ports\":[25],\"examples\":[],"  \
	"\"journal\":[{\"_SYSTEMD_UNIT\":\"mail.service\"}],\"events\":[{\"name\":\"wrong\"," \
	"\"pattern\":\"^wrong (?<address>[^ ]+)$\"}]}"
#define POLICY(fleet)                                                                         \
	"{\"ignoreip\":[\"192.0.2.99\"],\"defaults\":{\"maxretry\":1,\"bantime\":\"1h\","     \
	"\"increment\":{\"factor\":2}},\"jails\":{\"mail\":{},\"recidive\":{\"maxretry\":1}," \
	"\"fleet\":{" fleet "}}}"

static const char *const rules[] = { RULE };

static void init(struct stream *stream, const char *policy)
{
	*stream = (struct stream){ .spares_private = true };
	stream_init(stream, policy, rules, ARRAY_SIZE(rules));
}

static int ban_at(struct stream *stream, const char *member, const char *address, usec_t time)
{
	return stream_hear(stream, member, address, false, time, START + 24 * HOUR, time);
}

static int unban_at(struct stream *stream, const char *member, const char *address, usec_t time)
{
	return stream_hear(stream, member, address, true, time, time, 0);
}

/* The decisions since the last call: "PREFIX SECONDS +HOURS xOFFENCE" each, or "-PREFIX". */
static void expect(struct stream *stream, const char *wanted)
{
	char text[1024] = "", prefix[PREFIX_TEXT_MAX];
	struct decision decision;
	size_t size = 0;

	while (engine_take(stream->engine, &decision)) {
		const struct ban *ban = &decision.ban;

		prefix_format(&ban->prefix, prefix);
		size += (size_t)snprintf(text + size, sizeof(text) - size, "%s",
					 size > 0 ? ", " : "");
		if (decision.type == DECISION_END)
			size += (size_t)snprintf(text + size, sizeof(text) - size, "-%s", prefix);
		else if (decision.type == DECISION_BREAKER)
			size += (size_t)snprintf(text + size, sizeof(text) - size, "held %s",
						 prefix);
		else
			size += (size_t)snprintf(text + size, sizeof(text) - size,
						 "%s %s %u +%u x%u by %s", ban->jail, prefix,
						 (unsigned)((ban->since - START) / SECOND),
						 (unsigned)((ban->until - ban->since) / HOUR),
						 ban->offence, ban->reason ? ban->reason : "");
	}
	assert_string_equal(text, wanted);
}

static void restart_if(struct stream *stream, int restarts)
{
	if (restarts)
		stream_restart(stream);
}

static void one_is_enough_where_the_policy_says_so(void **state)
{
	for (int restarts = 0; restarts < 2; restarts++) {
		struct stream stream;

		init(&stream, POLICY("\"maxretry\":1"));
		assert_int_equal(ban_at(&stream, "a", "192.0.2.1", START), 1);
		expect(&stream, "fleet 192.0.2.1/32 0 +1 x1 by a");
		restart_if(&stream, restarts);
		/* the same again, another host, and late: nothing more */
		assert_int_equal(ban_at(&stream, "a", "192.0.2.1", START), 0);
		assert_int_equal(ban_at(&stream, "b", "192.0.2.1", START + MINUTE), 1);
		assert_int_equal(ban_at(&stream, "c", "192.0.2.1", START - HOUR), 1);
		expect(&stream, "");
		restart_if(&stream, restarts);
		/* it grows by our own policy */
		assert_int_equal(ban_at(&stream, "c", "192.0.2.1", START + 2 * HOUR), 1);
		expect(&stream, "fleet 192.0.2.1/32 7200 +2 x2 by c");
		restart_if(&stream, restarts);
		/* an offender is what it is here */
		assert_int_equal(ban_at(&stream, "c", "2001:db8::1", START), 1);
		expect(&stream, "fleet 2001:db8::/64 0 +1 x1 by c");
		stream_done(&stream);
	}
}

static void a_quorum_asks_for_hosts_in_any_order(void **state)
{
	for (int order = 0; order < 4; order++) {
		struct stream stream;
		usec_t first = order % 2 ? START + MINUTE : START;
		usec_t second = order % 2 ? START : START + MINUTE;

		init(&stream, POLICY("\"maxretry\":9,\"maxusers\":2"));
		assert_int_equal(ban_at(&stream, "a", "192.0.2.1", first), 1);
		assert_int_equal(ban_at(&stream, "a", "192.0.2.1", first + 1), 1);
		expect(&stream, "");
		restart_if(&stream, order / 2);
		/* too long before */
		assert_int_equal(ban_at(&stream, "c", "192.0.2.1", START - HOUR), 1);
		expect(&stream, "");
		assert_int_equal(ban_at(&stream, "b", "192.0.2.1", second), 1);
		expect(&stream, "fleet 192.0.2.1/32 60 +1 x1 by b");
		stream_done(&stream);
	}
}

static void an_unban_ends_what_this_jail_decided_and_nothing_else(void **state)
{
	for (int restarts = 0; restarts < 2; restarts++) {
		struct stream stream;

		init(&stream, POLICY("\"maxretry\":1"));
		stream_feed(&stream, START, "mail.service", "wrong 192.0.2.1");
		expect(&stream, "mail 192.0.2.1/32 0 +1 x1 by , recidive 192.0.2.1/32 0 +1 x1 by ");
		assert_int_equal(ban_at(&stream, "a", "192.0.2.1", START), 1);
		assert_int_equal(ban_at(&stream, "a", "192.0.2.2", START), 1);
		expect(&stream, "fleet 192.0.2.1/32 0 +1 x1 by a, fleet 192.0.2.2/32 0 +1 x1 by a");
		restart_if(&stream, restarts);
		assert_int_equal(unban_at(&stream, "b", "192.0.2.1", START + MINUTE), 1);
		assert_int_equal(unban_at(&stream, "b", "192.0.2.1", START + MINUTE), 0);
		expect(&stream, "-192.0.2.1/32");
		for (const struct ban *ban = NULL;
		     (ban = ledger_next(engine_ledger(stream.engine), ban));)
			assert_int_equal(ban_runs(ban, START + 2 * MINUTE),
					 strcmp(ban->jail, "fleet") != 0 ||
						 ban->prefix.address.bytes[3] == 2);
		restart_if(&stream, restarts);
		/* what is told late was let go of, too; what comes later is the first offence */
		assert_int_equal(ban_at(&stream, "c", "192.0.2.1", START + 30 * SECOND), 1);
		expect(&stream, "");
		assert_int_equal(ban_at(&stream, "c", "192.0.2.1", START + 2 * MINUTE), 1);
		expect(&stream, "fleet 192.0.2.1/32 120 +1 x1 by c");
		/* an unban of long ago ends no later ban */
		assert_int_equal(unban_at(&stream, "d", "192.0.2.1", START - HOUR), 1);
		expect(&stream, "");
		stream_done(&stream);
	}
}

static void one_by_hand_here_leaves_nothing_behind(void **state)
{
	struct stream stream;

	init(&stream, POLICY("\"maxretry\":2"));
	assert_int_equal(ban_at(&stream, "a", "192.0.2.1", START), 1);
	assert_int_equal(ban_at(&stream, "b", "192.0.2.1", START + 1), 1);
	expect(&stream, "fleet 192.0.2.1/32 0 +1 x1 by b");
	assert_true(stream_unban(&stream, 2, "192.0.2.1/32", START + MINUTE));
	stream_restart(&stream);
	assert_int_equal(ban_at(&stream, "c", "192.0.2.1", START + 30 * SECOND), 1);
	assert_int_equal(ban_at(&stream, "c", "192.0.2.1", START + 2 * MINUTE), 1);
	expect(&stream, "");
	assert_int_equal(ban_at(&stream, "a", "192.0.2.1", START + 2 * MINUTE + 1), 1);
	expect(&stream, "fleet 192.0.2.1/32 120 +1 x1 by a");
	stream_done(&stream);
}

static void nobody_who_never_offends_here_is_banned(void **state)
{
	static const char *const addresses[] = { "192.0.2.99", "192.168.0.1", "127.0.0.1", "::1",
						 "0.0.0.0",    "224.0.0.1",   "fe80::1" };
	struct address own = { AF_INET, { 203, 0, 113, 1 } };
	struct prefix prefix = { own, 32 };
	struct stream stream;

	init(&stream, POLICY("\"maxretry\":1"));
	assert_int_equal(engine_set_ignored(stream.engine, &prefix, 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		assert_int_equal(ban_at(&stream, "a", addresses[i], START), 1);
	assert_int_equal(ban_at(&stream, "a", "203.0.113.1", START), 1);
	expect(&stream, "");
	stream_done(&stream);
}

static void no_more_than_maxbans(void **state)
{
	struct stream stream;

	init(&stream, POLICY("\"maxretry\":1,\"maxbans\":{\"count\":2,\"within\":\"1min\"}"));
	assert_int_equal(ban_at(&stream, "a", "192.0.2.1", START), 1);
	assert_int_equal(ban_at(&stream, "a", "192.0.2.2", START), 1);
	assert_int_equal(ban_at(&stream, "a", "192.0.2.3", START), 1);
	assert_int_equal(ban_at(&stream, "a", "192.0.2.4", START), 1);
	expect(&stream, "fleet 192.0.2.1/32 0 +1 x1 by a, fleet 192.0.2.2/32 0 +1 x1 by a, "
			"held 192.0.2.3/32");
	stream_restart(&stream);
	assert_int_equal(ban_at(&stream, "a", "192.0.2.5", START), 1);
	expect(&stream, "held 192.0.2.5/32");
	stream_done(&stream);
}

static void a_network_of_them_is_banned_by_our_policy(void **state)
{
	struct stream stream;

	init(&stream, POLICY("\"maxretry\":1,\"networks\":{\"hosts\":2}"));
	assert_int_equal(ban_at(&stream, "a", "198.51.100.1", START), 1);
	assert_int_equal(ban_at(&stream, "b", "198.51.100.2", START), 1);
	expect(&stream, "fleet 198.51.100.1/32 0 +1 x1 by a, fleet 198.51.100.2/32 0 +1 x1 by b, "
			"fleet 198.51.100.0/24 0 +1 x1 by b");
	stream_done(&stream);
}

/* A stop and a start, long after: other jails need nothing any more. */
static void restart_at(struct stream *stream, usec_t time)
{
	stream_feed(stream, time, "mail.service", "nothing");
	stream_restart(stream);
}

static void a_network_is_known_over_a_restart_as_long_as_its_jail_counts(void **state)
{
	static const char *const policies[] = {
		POLICY("\"findtime\":\"1d\",\"networks\":{\"hosts\":2}"),
		POLICY("\"findtime\":\"1d\",\"networks\":{\"hosts\":2},"
		       "\"increment\":{\"memory\":\"1min\"}"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		struct stream stream;

		init(&stream, policies[i]);
		assert_int_equal(ban_at(&stream, "a", "198.51.100.1", START), 1);
		expect(&stream, "fleet 198.51.100.1/32 0 +1 x1 by a");
		restart_at(&stream, START + 20 * HOUR);
		assert_int_equal(ban_at(&stream, "b", "198.51.100.2", START + 20 * HOUR), 1);
		expect(&stream, "fleet 198.51.100.2/32 72000 +1 x1 by b, "
				"fleet 198.51.100.0/24 72000 +1 x1 by b");
		stream_done(&stream);
	}
}

static void who_let_go_of_a_network_did_it_for_good(void **state)
{
	struct stream stream;

	init(&stream, POLICY("\"findtime\":\"1d\",\"networks\":{\"hosts\":2}"));
	assert_int_equal(ban_at(&stream, "a", "198.51.100.1", START), 1);
	assert_int_equal(ban_at(&stream, "a", "198.51.100.2", START), 1);
	expect(&stream, "fleet 198.51.100.1/32 0 +1 x1 by a, fleet 198.51.100.2/32 0 +1 x1 by a, "
			"fleet 198.51.100.0/24 0 +1 x1 by a");
	assert_true(stream_unban(&stream, 2, "198.51.100.0/24", START + MINUTE));
	restart_at(&stream, START + 20 * HOUR);
	assert_int_equal(ban_at(&stream, "a", "198.51.100.3", START + 20 * HOUR), 1);
	expect(&stream, "fleet 198.51.100.3/32 72000 +1 x1 by a");
	stream_done(&stream);
}

static void what_is_told_late_is_an_offence_of_its_own_time(void **state)
{
	struct stream stream;

	init(&stream, POLICY("\"increment\":{\"factor\":2,\"memory\":\"6h\"}"));
	assert_int_equal(ban_at(&stream, "a", "198.51.100.1", START), 1);
	expect(&stream, "fleet 198.51.100.1/32 0 +1 x1 by a");
	restart_at(&stream, START + 20 * HOUR);
	assert_int_equal(ban_at(&stream, "b", "198.51.100.1", START + 5 * HOUR), 1);
	expect(&stream, "fleet 198.51.100.1/32 18000 +2 x2 by b");
	stream_done(&stream);
}

static void without_the_jail_nothing_is_taken(void **state)
{
	struct stream stream;

	init(&stream, "{\"jails\":{\"mail\":{}}}");
	assert_int_equal(ban_at(&stream, "a", "192.0.2.1", START), 0);
	expect(&stream, "");
	stream_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_is_enough_where_the_policy_says_so),
		cmocka_unit_test(a_quorum_asks_for_hosts_in_any_order),
		cmocka_unit_test(an_unban_ends_what_this_jail_decided_and_nothing_else),
		cmocka_unit_test(one_by_hand_here_leaves_nothing_behind),
		cmocka_unit_test(nobody_who_never_offends_here_is_banned),
		cmocka_unit_test(no_more_than_maxbans),
		cmocka_unit_test(a_network_of_them_is_banned_by_our_policy),
		cmocka_unit_test(a_network_is_known_over_a_restart_as_long_as_its_jail_counts),
		cmocka_unit_test(who_let_go_of_a_network_did_it_for_good),
		cmocka_unit_test(what_is_told_late_is_an_offence_of_its_own_time),
		cmocka_unit_test(without_the_jail_nothing_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
