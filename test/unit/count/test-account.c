#include "count/account.h"

#include "stream.h"
#include "unit.h"

#define SECOND USEC_PER_SEC
#define HOUR   USEC_PER_HOUR
#define START  (472222 * HOUR) /* a full hour */

static const uint8_t seed[16] = "targets";

static int note(struct accounts *accounts, const struct rate *rate, const char *user,
		const char *host, usec_t now)
{
	struct address address;
	int r;

	assert_int_equal(address_parse(span_of(host), &address), 0);
	r = accounts_note(accounts, rate, 0, span_of(user), &address, now);
	assert_true(r >= 0);
	return r;
}

static void tells_once_a_stretch_of_so_many_hosts(void **state)
{
	static const struct rate rate = { .count = 3, .within = USEC_PER_HOUR };
	static const struct {
		usec_t time;
		const char *user, *host;
		int told;
	} steps[] = {
		{ 0, "alice", "192.0.2.1", 0 },
		{ 1, "alice", "192.0.2.1", 0 },
		{ 2, "alice", "192.0.2.2", 0 },
		{ 3, "bob", "192.0.2.3", 0 },
		{ 4, "Alice", "192.0.2.3", 0 },
		{ 5, "alice", "2001:db8::", 1 },
		{ 6, "alice", "192.0.2.4", 0 },
		{ HOUR - 1, "alice", "192.0.2.5", 0 },
		{ HOUR, "alice", "192.0.2.5", 1 }, /* another hour; .4, .5 and 2001:db8:: */
		{ HOUR + 1, "alice", "192.0.2.6", 0 },
		{ HOUR - 2, "alice", "192.0.2.7", 0 }, /* a clock that was set back */
		{ 3 * HOUR, "alice", "192.0.2.1", 0 },
		{ 3 * HOUR + 1, "alice", "192.0.2.2", 0 },
		{ 4 * HOUR, "alice", "192.0.2.3", 0 }, /* .1 has run out by now */
		{ 4 * HOUR, "alice", "192.0.2.1", 1 },
	};
	struct accounts *accounts;

	assert_int_equal(accounts_new(seed, &accounts), 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (note(accounts, &rate, steps[i].user, steps[i].host, START + steps[i].time) !=
		    steps[i].told)
			fail_msg("step %zu", i);
	assert_int_equal(accounts_n_accounts(accounts), 3);
	accounts_free(accounts);
}

static void jails_do_not_mix(void **state)
{
	static const struct rate rate = { .count = 2, .within = USEC_PER_HOUR };
	struct address address;
	struct accounts *accounts;

	assert_int_equal(accounts_new(seed, &accounts), 0);
	assert_int_equal(note(accounts, &rate, "alice", "192.0.2.1", START), 0);
	assert_int_equal(address_parse(SPAN_LITERAL("192.0.2.2"), &address), 0);
	assert_int_equal(accounts_note(accounts, &rate, 1, SPAN_LITERAL("alice"), &address, START),
			 0);
	assert_int_equal(note(accounts, &rate, "alice", "192.0.2.2", START), 1);
	accounts_free(accounts);
}

static void bounds_hold(void **state)
{
	static const struct rate few = { .count = 2, .within = USEC_PER_HOUR };
	static const struct rate many = { .count = 1000, .within = USEC_PER_HOUR };
	struct accounts *accounts;
	char user[16], host[32];

	assert_int_equal(accounts_new(seed, &accounts), 0);
	assert_int_equal(note(accounts, &few, "alice", "192.0.2.1", START), 0);
	for (unsigned i = 0; i < TARGETS_MAX_ACCOUNTS + 10; i++) {
		snprintf(user, sizeof(user), "u%u", i);
		assert_int_equal(note(accounts, &few, user, "192.0.2.1", START), 0);
	}
	assert_int_equal(accounts_n_accounts(accounts), TARGETS_MAX_ACCOUNTS);
	assert_int_equal(note(accounts, &few, "alice", "192.0.2.2", START), 0); /* forgotten */
	/* hosts are bounded all together */
	for (unsigned i = 0; i < 300; i++)
		for (unsigned j = 0; j < 999; j++) {
			snprintf(user, sizeof(user), "v%u", i);
			snprintf(host, sizeof(host), "10.0.%u.%u", j / 250, j % 250);
			assert_int_equal(note(accounts, &many, user, host, START), 0);
		}
	assert_in_range(accounts_n_accounts(accounts), 200, TARGETS_MAX_HOSTS / 1000 + 1);
	assert_int_equal(note(accounts, &many, "v299", "192.0.2.1", START), 1);
	accounts_free(accounts);
}

static const char rule[] =
	"{\"name\":\"mail\",\"description\":\"of the test\",\"examples\":[],\"ports\":\"all\","
	"\"journal\":[{\"_SYSTEMD_UNIT\":\"mail.service\"}],"
	"\"events\":[{\"name\":\"wrong\","
	"\"pattern\":\"^wrong (?<address>[^ ]+)(?: (?<user>.+))?$\"}]}";

static const struct {
	usec_t time;
	const char *message;
	const char *decisions; /* b: ban, t: target */
} lines[] = {
	{ 0, "wrong 192.0.2.1 alice", "" },
	{ 1, "wrong 2001:db8::1 alice", "" },
	{ 2, "wrong 2001:db8::2 alice", "b" }, /* one offender */
	{ 3, "wrong 192.0.2.3", "" },          /* no user */
	{ 4, "wrong 192.0.2.4 a\tb", "" },
	{ 5, "wrong 192.0.2.4 alice", "bt" },
	{ 6, "wrong 192.0.2.5 alice", "" },
	{ HOUR, "wrong 192.0.2.4 alice", "t" }, /* prevented, and still at it */
};

static void play(size_t cut)
{
	const char *rules[] = { rule };
	struct stream stream = { 0 };

	stream_init(&stream,
		    "{\"jails\":{\"mail\":{\"maxretry\":2,\"bantime\":\"1d\","
		    "\"targets\":{\"hosts\":3}}}}",
		    rules, 1);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct decision decision;
		char text[8] = "", *end = text;

		if (i == cut)
			stream_restart(&stream);
		stream_feed(&stream, START + lines[i].time, "mail.service", lines[i].message);
		while (engine_take(stream.engine, &decision)) {
			*end++ = decision.type == DECISION_TARGET ? 't' : 'b';
			if (decision.type != DECISION_TARGET)
				continue;
			must(decision.count == 3 && decision.ban.since == START + lines[i].time);
			must(span_equal(decision.user, SPAN_LITERAL("alice")));
			must(strcmp(decision.ban.cursor, stream.now->cursor) == 0);
		}
		if (strcmp(text, lines[i].decisions) != 0)
			fail_msg("cut %zu, line %zu: \"%s\"", cut, i, text);
	}
	stream_done(&stream);
}

static void the_engine_names_the_account_wherever_it_is_cut(void **state)
{
	for (size_t i = 0; i <= ARRAY_SIZE(lines); i++)
		play(i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_once_a_stretch_of_so_many_hosts),
		cmocka_unit_test(jails_do_not_mix),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(the_engine_names_the_account_wherever_it_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
