#include "unit.h"

#include "stream.h"

#define SECOND USEC_PER_SEC
#define MINUTE (60 * SECOND)
#define START  (1700000000 * SECOND)

static const char rule[] =
	"{\"name\":\"mail\",\"description\":\"of the test\",\"ports\":\"all\",\"examples\":[],"
	"\"journal\":[{\"_SYSTEMD_UNIT\":\"mail.service\"}],\"events\":["
	"{\"name\":\"wrong\",\"pattern\":\"^wrong from=(?<address>[^ ]+)$\"}]}";

static void init(struct stream *stream, const char *networks)
{
	const char *rules[] = { rule };
	char policy[512];

	*stream = (struct stream){ 0 };
	snprintf(policy, sizeof(policy),
		 "{\"jails\":{\"mail\":{\"maxretry\":1,\"findtime\":\"10min\",\"bantime\":\"1h\","
		 "\"networks\":{%s}}}}",
		 networks);
	stream_init(stream, policy, rules, 1);
}

static void fail_from(struct stream *stream, usec_t time, const char *address)
{
	char message[128];

	snprintf(message, sizeof(message), "wrong from=%s", address);
	stream_feed(stream, time, "mail.service", message);
}

/* The decisions since the last call, as "PREFIX OFFENCE SPAN_IN_SECONDS" each. */
static void expect(struct stream *stream, const char *wanted)
{
	char text[512] = "", prefix[PREFIX_TEXT_MAX];
	struct decision decision;
	size_t size = 0;

	while (engine_take(stream->engine, &decision))
		size += (size_t)snprintf(
			text + size, sizeof(text) - size, "%s%s %u %u%s", size > 0 ? ", " : "",
			prefix_format(&decision.ban.prefix, prefix), decision.ban.offence,
			(unsigned)((decision.ban.until - decision.ban.since) / SECOND),
			decision.ban.network ? " network" : "");
	assert_string_equal(text, wanted);
}

static void the_last_of_them_brings_the_ban_of_the_network(void **state)
{
	struct stream stream;

	init(&stream, "\"hosts\":3");
	fail_from(&stream, START, "203.0.113.1");
	fail_from(&stream, START + MINUTE, "203.0.114.2"); /* of another */
	fail_from(&stream, START + MINUTE, "203.0.113.2");
	expect(&stream, "203.0.113.1/32 1 3600, 203.0.114.2/32 1 3600, 203.0.113.2/32 1 3600");
	fail_from(&stream, START + 10 * MINUTE - 1, "203.0.113.3");
	expect(&stream, "203.0.113.3/32 1 3600, 203.0.113.0/24 1 3600 network");
	fail_from(&stream, START + 10 * MINUTE - 1, "203.0.113.4");
	assert_int_equal(engine_verdict(stream.engine, 0)->why, WHY_BANNED);
	fail_from(&stream, START + 70 * MINUTE - 2, "203.0.113.5");
	assert_int_equal(engine_verdict(stream.engine, 0)->why, WHY_BANNED);
	fail_from(&stream, START + 70 * MINUTE - 1, "203.0.113.5");
	expect(&stream, "203.0.113.5/32 1 3600");
	stream_done(&stream);
}

static void a_ban_is_too_old_after_findtime(void **state)
{
	struct stream stream;

	init(&stream, "\"hosts\":2");
	fail_from(&stream, START, "2001:db8:5:1::1");
	fail_from(&stream, START + 10 * MINUTE, "2001:db8:5:2::1");
	expect(&stream, "2001:db8:5:1::/64 1 3600, 2001:db8:5:2::/64 1 3600");
	fail_from(&stream, START + 20 * MINUTE - 1, "2001:db8:5:3::1");
	expect(&stream, "2001:db8:5:3::/64 1 3600, 2001:db8:5::/48 1 3600 network");
	stream_done(&stream);
}

static void its_bans_grow_and_each_host_counts_once(void **state)
{
	struct stream stream;

	init(&stream, "\"hosts\":2");
	fail_from(&stream, START, "203.0.113.1");
	fail_from(&stream, START, "203.0.113.2");
	expect(&stream,
	       "203.0.113.1/32 1 3600, 203.0.113.2/32 1 3600, 203.0.113.0/24 1 3600 network");
	fail_from(&stream, START + 61 * MINUTE, "203.0.113.1");
	expect(&stream, "203.0.113.1/32 2 7200");
	fail_from(&stream, START + 62 * MINUTE, "203.0.113.2");
	expect(&stream, "203.0.113.2/32 2 7200, 203.0.113.0/24 2 7200 network");
	stream_done(&stream);
}

static void an_unban_takes_it_back(void **state)
{
	struct stream stream;

	init(&stream, "\"hosts\":2");
	fail_from(&stream, START, "203.0.113.1");
	assert_true(stream_unban(&stream, 0, "203.0.113.1/32", START));
	fail_from(&stream, START + 1, "203.0.113.2"); /* one that was lifted counts nowhere */
	expect(&stream, "203.0.113.1/32 1 3600, 203.0.113.2/32 1 3600");
	fail_from(&stream, START + 2, "203.0.113.3");
	expect(&stream, "203.0.113.3/32 1 3600, 203.0.113.0/24 1 3600 network");
	assert_true(stream_unban(&stream, 0, "203.0.113.0/24", START + 3));
	assert_false(stream_unban(&stream, 0, "203.0.113.0/24", START + 3));
	fail_from(&stream, START + 4, "203.0.113.3");
	assert_int_equal(engine_verdict(stream.engine, 0)->why, WHY_BANNED); /* its own ban */
	fail_from(&stream, START + 5, "203.0.113.4");
	expect(&stream, "203.0.113.4/32 1 3600");
	fail_from(&stream, START + 6, "203.0.113.5");
	expect(&stream, "203.0.113.5/32 1 3600, 203.0.113.0/24 1 3600 network");
	stream_done(&stream);
}

static void one_by_hand_prevents_like_any_other(void **state)
{
	struct stream stream;

	init(&stream, "\"hosts\":2");
	stream_ban(&stream, 0, "203.0.113.0/24", START, START + MINUTE);
	fail_from(&stream, START + 1, "203.0.113.7");
	assert_int_equal(engine_verdict(stream.engine, 0)->why, WHY_BANNED);
	stream_restart(&stream);
	fail_from(&stream, START + 2, "203.0.113.7");
	assert_int_equal(engine_verdict(stream.engine, 0)->why, WHY_BANNED);
	fail_from(&stream, START + MINUTE, "203.0.113.7");
	expect(&stream, "203.0.113.7/32 1 3600");
	stream_done(&stream);
}

static void strangers_that_share_a_carrier_are_no_network(void **state)
{
	struct stream stream;

	init(&stream, "\"hosts\":2");
	fail_from(&stream, START, "64:ff9b::c633:6401");
	fail_from(&stream, START, "64:ff9b::c633:6402");
	fail_from(&stream, START, "64:ff9b::c633:6403");
	fail_from(&stream, START, "2002:c633:6401:1::1");
	assert_int_equal(engine_n_verdicts(stream.engine), 1);
	fail_from(&stream, START + 1, "2002:c633:6401:2::1"); /* the same host */
	assert_int_equal(engine_verdict(stream.engine, 0)->why, WHY_BANNED);
	fail_from(&stream, START + 1, "2002:c633:6402:1::1");
	expect(&stream, "64:ff9b::c633:6401/128 1 3600, 64:ff9b::c633:6402/128 1 3600, "
			"64:ff9b::c633:6403/128 1 3600, 2002:c633:6401::/48 1 3600, "
			"2002:c633:6402::/48 1 3600");
	stream_restart(&stream);
	fail_from(&stream, START + 2, "64:ff9b::c633:6401");
	assert_int_equal(engine_verdict(stream.engine, 0)->why, WHY_BANNED);
	assert_true(stream_unban(&stream, 0, "64:ff9b::c633:6401/128", START + 3));
	assert_true(stream_unban(&stream, 0, "2002:c633:6401::/48", START + 3));
	fail_from(&stream, START + 4, "2002:c633:6401:2::1");
	expect(&stream, "2002:c633:6401::/48 1 3600");
	stream_done(&stream);
}

static void a_restart_neither_forgets_nor_doubles(void **state)
{
	struct stream stream;

	init(&stream, "\"hosts\":3");
	for (unsigned i = 1; i <= 3; i++) {
		char address[32];

		snprintf(address, sizeof(address), "203.0.113.%u", i);
		stream_restart(&stream);
		fail_from(&stream, START + i, address);
	}
	expect(&stream, "203.0.113.3/32 1 3600, 203.0.113.0/24 1 3600 network");
	stream_restart(&stream);
	fail_from(&stream, START + 4, "203.0.113.4");
	assert_int_equal(engine_verdict(stream.engine, 0)->why, WHY_BANNED);
	expect(&stream, "");
	stream_done(&stream);
}

/* Another policy over the same ledger, as a reload has it. */
static void move(struct stream *from, struct stream *to)
{
	struct ledger *ledger = engine_take_ledger(from->engine);

	assert_int_equal(engine_adopt_ledger(to->engine, ledger), 0);
	engine_warm_done(to->engine);
	assert_int_equal(engine_end_bans(to->engine, START + MINUTE), 0);
	stream_done(from);
}

static void a_ban_follows_the_policy(void **state)
{
	struct stream first, second, third;
	struct decision decision;
	char text[PREFIX_TEXT_MAX];

	init(&first, "\"hosts\":1");
	fail_from(&first, START, "203.0.113.1");
	expect(&first, "203.0.113.1/32 1 3600, 203.0.113.0/24 1 3600 network");
	init(&second, "\"hosts\":2,\"ipv4\":20");
	move(&first, &second);
	assert_false(engine_take(second.engine, &decision));
	fail_from(&second, START + 2 * MINUTE, "203.0.112.9");
	assert_int_equal(engine_verdict(second.engine, 0)->why, WHY_BANNED);
	init(&third, "\"hosts\":0");
	move(&second, &third);
	assert_true(engine_take(third.engine, &decision));
	assert_int_equal(decision.type, DECISION_END);
	assert_int_equal(decision.ban.ended, END_NO_NETWORKS);
	assert_string_equal(prefix_format(&decision.ban.prefix, text), "203.0.112.0/20");
	assert_false(engine_take(third.engine, &decision));
	stream_done(&third);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_of_them_brings_the_ban_of_the_network),
		cmocka_unit_test(a_ban_is_too_old_after_findtime),
		cmocka_unit_test(its_bans_grow_and_each_host_counts_once),
		cmocka_unit_test(an_unban_takes_it_back),
		cmocka_unit_test(one_by_hand_prevents_like_any_other),
		cmocka_unit_test(strangers_that_share_a_carrier_are_no_network),
		cmocka_unit_test(a_restart_neither_forgets_nor_doubles),
		cmocka_unit_test(a_ban_follows_the_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
