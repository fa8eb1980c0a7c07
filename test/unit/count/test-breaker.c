#include "count/breaker.h"

#include "stream.h"
#include "unit.h"

#define SECOND USEC_PER_SEC
#define START  (1700000000 * SECOND)

static void is_full_while_so_many_bans_are_within(void **state)
{
	const struct rate rate = { .count = 2, .within = 60 };
	struct breaker breaker;

	assert_int_equal(breaker_init(&breaker, &rate), 0);
	assert_false(breaker_is_full(&breaker, 1000));
	breaker_note(&breaker, 1000);
	assert_false(breaker_is_full(&breaker, 1000));
	breaker_note(&breaker, 1010);
	assert_true(breaker_is_full(&breaker, 1010));
	assert_true(breaker_is_full(&breaker, 1059));
	assert_false(breaker_is_full(&breaker, 1060));
	breaker_note(&breaker, 1005); /* a clock that was set back */
	assert_true(breaker_is_full(&breaker, 1064));
	assert_false(breaker_is_full(&breaker, 1065));
	assert_true(breaker_is_full(&breaker, 5));
	breaker_reset(&breaker);
	assert_false(breaker_is_full(&breaker, 1010));
	breaker_done(&breaker);
}

static void no_limit_is_never_full(void **state)
{
	const struct rate rate = { .within = 60 };
	struct breaker breaker;

	assert_int_equal(breaker_init(&breaker, &rate), 0);
	breaker_note(&breaker, 1000);
	assert_false(breaker_is_full(&breaker, 1000));
	assert_int_equal(breaker_reach(&breaker), 0);
	breaker_done(&breaker);
}

static void tells_once_that_it_opens_and_closes(void **state)
{
	const struct rate rate = { .count = 1, .within = 60 };
	struct breaker breaker;
	uint64_t n;

	assert_int_equal(breaker_init(&breaker, &rate), 0);
	breaker_note(&breaker, 1000);
	assert_false(breaker_close(&breaker, 1001, &n));
	assert_true(breaker_hold(&breaker, 1002, true));
	assert_false(breaker_hold(&breaker, 1003, false));
	assert_false(breaker_hold(&breaker, 1004, true));
	assert_false(breaker_close(&breaker, 1059, &n));
	assert_true(breaker_close(&breaker, 1060, &n));
	assert_int_equal(n, 2);
	assert_false(breaker_close(&breaker, 1061, &n));
	/* too late to be worth telling, and counted anew */
	assert_true(breaker_hold(&breaker, 1002, false));
	assert_false(breaker_close(&breaker, 1002 + BREAKER_MEMORY, &n));
	assert_int_equal(n, 1);
	assert_false(breaker.open);
	breaker_done(&breaker);
}

static const char rule[] =
	"{\"name\":\"mail\",\"description\":\"of the test\",\"examples\":[],\"ports\":\"all\","
	"\"journal\":[{\"_SYSTEMD_UNIT\":\"mail.service\"}],"
	"\"events\":[{\"name\":\"wrong\",\"pattern\":\"^wrong (?<address>[^ ]+)$\"}]}";

struct step {
	usec_t time;
	const char *address;
	const char *decisions; /* one letter each, and a count */
};

static void assert_decisions(struct stream *stream, const struct step *step)
{
	struct decision decision;
	char text[64] = "", *end = text;

	while (engine_take(stream->engine, &decision)) {
		char letter = decision.type == DECISION_BAN       ? 'b'
			      : decision.type == DECISION_BREAKER ? 'o'
								  : 'c';

		must(decision.ban.since == START + step->time);
		must(strcmp(decision.ban.jail, "mail") == 0);
		end += sprintf(end, "%c%d", letter, (int)decision.count);
	}
	if (strcmp(text, step->decisions) != 0)
		fail_msg("%s at %llu: \"%s\", not \"%s\"", step->address,
			 (unsigned long long)step->time, text, step->decisions);
}

static const struct step burst[] = {
	{ 0, "192.0.2.1", "" },
	{ 1, "192.0.2.1", "b0" },
	{ 2, "192.0.2.2", "" },
	{ 3, "192.0.2.2", "b0" },
	{ 4, "192.0.2.3", "" },
	{ 5, "192.0.2.3", "o2" },
	{ 6, "192.0.2.4", "" },
	{ 7, "192.0.2.4", "" },
	{ 8, "192.0.2.4", "" }, /* held back again, but no further offender */
	{ 9, "192.0.2.1", "" }, /* prevented */
	{ 60 * SECOND, "192.0.2.5", "" },
	{ 60 * SECOND + 1, "192.0.2.3", "c2b0" }, /* the first of the two bans is a minute ago */
	{ 60 * SECOND + 2, "192.0.2.4", "o2" },
	{ 60 * SECOND + 3, "192.0.2.4", "c1b0" },
	/* nobody fails for more than an hour: that it closes is no news */
	{ 60 * SECOND + 4, "192.0.2.6", "" },
	{ 60 * SECOND + 5, "192.0.2.6", "o2" },
	{ 3720 * SECOND, "192.0.2.7", "" },
	{ 3720 * SECOND + 1, "192.0.2.7", "b0" },
};

static const char policy[] = "{\"jails\":{\"mail\":{\"maxretry\":2,\"bantime\":\"1d\","
			     "\"maxbans\":{\"count\":2,\"within\":\"1min\"}}}}";

static void play(size_t first_cut, size_t second_cut)
{
	const char *rules[] = { rule };
	struct stream stream = { 0 };
	char message[64];

	stream_init(&stream, policy, rules, 1);
	for (size_t i = 0; i < ARRAY_SIZE(burst); i++) {
		if (i == first_cut || i == second_cut)
			stream_restart(&stream);
		snprintf(message, sizeof(message), "wrong %s", burst[i].address);
		stream_feed(&stream, START + burst[i].time, "mail.service", message);
		assert_decisions(&stream, &burst[i]);
	}
	stream_done(&stream);
}

static void holds_bans_back_and_gives_them_later(void **state)
{
	play(SIZE_MAX, SIZE_MAX);
}

static void is_the_same_wherever_it_is_cut(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(burst); i++)
		for (size_t j = i; j < ARRAY_SIZE(burst); j++)
			play(i, j);
}

static void bans_that_were_lifted_count_for_the_rate(void **state)
{
	static const struct step after = { 5, "192.0.2.3", "o2" };
	const char *rules[] = { rule };
	struct stream stream;
	char message[64];

	for (int cut = 0; cut < 2; cut++) {
		stream = (struct stream){ 0 };
		stream_init(&stream, policy, rules, 1);
		for (size_t i = 0; i < 5; i++) {
			snprintf(message, sizeof(message), "wrong %s", burst[i].address);
			stream_feed(&stream, START + burst[i].time, "mail.service", message);
			assert_decisions(&stream, &burst[i]);
		}
		must(stream_unban(&stream, 0, "192.0.2.1/32", START + 4));
		must(stream_unban(&stream, 0, "192.0.2.2/32", START + 4));
		if (cut)
			stream_restart(&stream);
		stream_feed(&stream, START + after.time, "mail.service", "wrong 192.0.2.3");
		assert_decisions(&stream, &after);
		stream_done(&stream);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_full_while_so_many_bans_are_within),
		cmocka_unit_test(no_limit_is_never_full),
		cmocka_unit_test(tells_once_that_it_opens_and_closes),
		cmocka_unit_test(holds_bans_back_and_gives_them_later),
		cmocka_unit_test(is_the_same_wherever_it_is_cut),
		cmocka_unit_test(bans_that_were_lifted_count_for_the_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
