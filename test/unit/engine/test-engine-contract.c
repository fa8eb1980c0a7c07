/*
 * What counts, sentence by sentence as users were promised. Each table is played whole, and again
 * stopped and started at each of its lines: that must change nothing.
 */

#include "mail.h"

#define HOUR USEC_PER_HOUR

struct step {
	int64_t time; /* after START */
	const char *message;
	int why;
	unsigned weight; /* tenths */
	const char *ban; /* "PREFIX SECONDS": the line bans; NULL: it does not */
};

static void check_ban(struct stream *stream, const struct step *step, size_t i)
{
	char text[PREFIX_TEXT_MAX + 32] = "", prefix[PREFIX_TEXT_MAX];
	struct decision decision;

	if (engine_take(stream->engine, &decision)) {
		assert_int_equal(decision.ban.since, START + step->time);
		snprintf(text, sizeof(text), "%s %u", prefix_format(&decision.ban.prefix, prefix),
			 (unsigned)((decision.ban.until - decision.ban.since) / SECOND));
	}
	if (strcmp(text, step->ban ?: "") != 0)
		fail_msg("line %zu: %s: \"%s\"", i, step->message, text);
	assert_false(engine_take(stream->engine, &decision));
}

static void play(const char *ignored, const char *settings, const struct step *steps, size_t n)
{
	for (size_t cut = 0; cut < n; cut++) {
		struct stream stream;

		init(&stream, ignored, settings);
		for (size_t i = 0; i < n; i++) {
			const struct verdict_of_hit *verdict;

			if (i > 0 && i == cut)
				stream_restart(&stream);
			verdict = tell(&stream, START + (usec_t)steps[i].time, steps[i].message);
			if ((int)verdict->why != steps[i].why ||
			    (unsigned)verdict->weight != steps[i].weight)
				fail_msg("cut at %zu: line %zu: %s: why %d, weight %u", cut, i,
					 steps[i].message, (int)verdict->why,
					 (unsigned)verdict->weight);
			check_ban(&stream, &steps[i], i);
		}
		stream_done(&stream);
	}
}

#define PLAY(ignored, settings, ...)                                \
	do {                                                        \
		static const struct step steps[] = { __VA_ARGS__ }; \
		play(ignored, settings, steps, ARRAY_SIZE(steps));  \
	} while (0)

#define ONE "wrong from=192.0.2.1"

static void a_failure_weighs_until_findtime_has_passed(void **state)
{
	PLAY("", "\"maxretry\":2,\"findtime\":\"10min\"", { 0, ONE, WHY_COUNTED, 10, NULL },
	     { 600 * SECOND, ONE, WHY_COUNTED, 10, NULL }, /* s <= t - findtime */
	     { 1200 * SECOND - 1, ONE, WHY_COUNTED, 10, "192.0.2.1/32 3600" });
}

static void a_failure_does_not_weigh_before_its_time(void **state)
{
	PLAY("", "\"maxretry\":3", { 10, ONE, WHY_COUNTED, 10, NULL },
	     { 9, ONE, WHY_COUNTED, 10, NULL },
	     { 9, ONE, WHY_COUNTED, 10, NULL }, /* two of them, the first is still to come */
	     { 10, ONE, WHY_COUNTED, 10, "192.0.2.1/32 3600" });
}

static void weights_that_reach_maxretry_ban(void **state)
{
	PLAY("", "\"maxretry\":2", { 0, "wrong from=192.0.2.1 session=a", WHY_COUNTED, 10, NULL },
	     { 1, "half from=192.0.2.1 session=b", WHY_COUNTED, 5, NULL },
	     { 2, "half from=192.0.2.2", WHY_COUNTED, 5, NULL }, /* another offender */
	     { 3, "half from=192.0.2.1 session=c", WHY_COUNTED, 5, "192.0.2.1/32 3600" });
}

static void a_ban_empties_the_window(void **state)
{
	PLAY("", "\"maxretry\":2,\"bantime\":\"1s\"",
	     { 0, "wrong from=192.0.2.1 attempts=9", WHY_COUNTED, 90, "192.0.2.1/32 1" },
	     { SECOND, ONE, WHY_COUNTED, 10, NULL },
	     { SECOND, ONE, WHY_COUNTED, 10, "192.0.2.1/32 2" });
}

static void the_offender_is_the_address_widened_to_the_prefix(void **state)
{
	PLAY("", "\"maxretry\":2,\"prefix\":{\"ipv4\":24,\"ipv6\":56}",
	     { 0, "wrong from=192.0.2.1", WHY_COUNTED, 10, NULL },
	     { 1, "wrong from=192.0.3.1", WHY_COUNTED, 10, NULL },
	     { 2, "wrong from=2001:db8:0:ff::1", WHY_COUNTED, 10, NULL },
	     { 3, "wrong from=2001:db8:0:100::1", WHY_COUNTED, 10, NULL },
	     { 4, "wrong from=192.0.2.255", WHY_COUNTED, 10, "192.0.2.0/24 3600" },
	     { 5, "wrong from=[2001:db8::7]:25", WHY_COUNTED, 10, "2001:db8::/56 3600" });
}

static void an_ipv4_mapped_address_is_ipv4(void **state)
{
	PLAY("", "\"maxretry\":2", { 0, "wrong from=::ffff:192.0.2.1", WHY_COUNTED, 10, NULL },
	     { 1, "wrong from=[::ffff:c000:201]:993", WHY_COUNTED, 10, "192.0.2.1/32 3600" });
}

static void the_nth_ban_within_memory_lasts_bantime_by_factor_to_n_less_one(void **state)
{
	PLAY("",
	     "\"maxretry\":1,\"bantime\":\"10s\",\"increment\":{\"factor\":3,\"memory\":\"60s\"}",
	     { 0, ONE, WHY_COUNTED, 10, "192.0.2.1/32 10" },
	     { 60 * SECOND - 1, ONE, WHY_COUNTED, 10, "192.0.2.1/32 30" },
	     { 120 * SECOND - 2, ONE, WHY_COUNTED, 10,
	       "192.0.2.1/32 30" }, /* the first is forgotten */
	     { 180 * SECOND - 2, ONE, WHY_COUNTED, 10, "192.0.2.1/32 10" });
}

static void offences_in_the_future_do_not_count(void **state)
{
	PLAY("", "\"maxretry\":1,\"bantime\":\"10s\"",
	     { 60 * SECOND, ONE, WHY_COUNTED, 10, "192.0.2.1/32 10" },
	     { 0, ONE, WHY_COUNTED, 10, "192.0.2.1/32 10" },
	     { 70 * SECOND, ONE, WHY_COUNTED, 10, "192.0.2.1/32 40" });
}

static void one_attempt_told_by_several_lines_of_a_session_counts_once(void **state)
{
	PLAY("", "\"maxretry\":100", { 0, "wrong from=192.0.2.1 session=s", WHY_COUNTED, 10, NULL },
	     { 1, "line from=192.0.2.1 session=s", WHY_DUPLICATE, 0, NULL },
	     { 2, "half from=192.0.2.1 session=s", WHY_DUPLICATE, 0, NULL },
	     { 3, "wrong from=192.0.2.1 session=t", WHY_COUNTED, 10, NULL });
}

static void the_count_of_a_session_is_the_largest_total_of_its_events(void **state)
{
	PLAY("", "\"maxretry\":100", { 0, "wrong from=192.0.2.1 session=s", WHY_COUNTED, 10, NULL },
	     { 1, "wrong from=192.0.2.1 session=s", WHY_COUNTED, 10, NULL },
	     { 2, "line from=192.0.2.1 session=s attempts=2", WHY_DUPLICATE, 0, NULL },
	     { 3, "line from=192.0.2.1 session=s attempts=5", WHY_COUNTED, 30, NULL },
	     { 4, "line from=192.0.2.1 session=s attempts=4", WHY_DUPLICATE, 0, NULL },
	     { 5, "line from=192.0.2.1 session=s", WHY_COUNTED, 10, NULL },    /* one more: 6 */
	     { 6, "wrong from=192.0.2.1 session=s", WHY_DUPLICATE, 0, NULL }); /* 3 */
}

static void a_raise_by_d_is_a_failure_of_d_times_the_weight_of_that_event(void **state)
{
	PLAY("", "\"maxretry\":4",
	     { 1, "half from=192.0.2.1 session=s attempts=4", WHY_COUNTED, 20, NULL },
	     { 2, "wrong from=192.0.2.1 session=s attempts=5", WHY_COUNTED, 10, NULL },
	     { 3, "half from=192.0.2.1 session=s attempts=7", WHY_COUNTED, 10,
	       "192.0.2.1/32 3600" });
}

static void a_raise_is_a_failure_of_the_address_of_that_entry(void **state)
{
	PLAY("", "\"maxretry\":2", { 0, "connect from=192.0.2.9 session=s", WHY_NOTE, 0, NULL },
	     { 1, "wrong from=192.0.2.1 session=s", WHY_COUNTED, 10, NULL },
	     { 2, "wrong session=s", WHY_COUNTED, 10, NULL },
	     { 3, "wrong session=s attempts=3", WHY_COUNTED, 10, "192.0.2.9/32 3600" });
}

static void totals_rise_while_the_failure_is_prevented(void **state)
{
	PLAY("", "\"maxretry\":1,\"bantime\":\"10s\"",
	     { 0, ONE, WHY_COUNTED, 10, "192.0.2.1/32 10" },
	     { SECOND, "wrong from=192.0.2.1 session=s attempts=3", WHY_BANNED, 30, NULL },
	     { 11 * SECOND, "line from=192.0.2.1 session=s attempts=3", WHY_DUPLICATE, 0, NULL });
}

static void totals_rise_while_the_failure_is_ignored(void **state)
{
	PLAY("\"192.0.2.9\"", "",
	     { 0, "wrong from=192.0.2.9 session=s attempts=3", WHY_IGNORED, 0, NULL },
	     { 1, "wrong from=192.0.2.1 session=s attempts=4", WHY_COUNTED, 10, NULL });
}

static void totals_do_not_rise_by_events_that_the_mode_leaves_out(void **state)
{
	PLAY("", "", { 0, "probe from=192.0.2.1 session=s attempts=3", WHY_MODE_OFF, 0, NULL },
	     { 1, "wrong from=192.0.2.1 session=s", WHY_COUNTED, 10, NULL });
	PLAY("", "\"mode\":\"aggressive\"",
	     { 0, "probe from=192.0.2.1 session=s attempts=3", WHY_COUNTED, 30, NULL },
	     { 1, "wrong from=192.0.2.1 session=s", WHY_DUPLICATE, 0, NULL });
}

/* Without told_by one of weight 0 tells nothing, with it the fault of the server is told again. */
static void an_event_of_weight_0_tells_only_who_says_so(void **state)
{
	PLAY("", "", { 0, "free from=192.0.2.1 session=s", WHY_WEIGHTLESS, 0, NULL },
	     { 1, "line from=192.0.2.1 session=s attempts=1", WHY_COUNTED, 10, NULL },
	     { 2, "fault from=192.0.2.1 session=s", WHY_DUPLICATE, 0, NULL },
	     { 3, "fault from=192.0.2.1 session=s", WHY_WEIGHTLESS, 0, NULL },
	     { 4, "guess from=192.0.2.1 session=s", WHY_COUNTED, 10, NULL },
	     { 5, "line from=192.0.2.1 session=s attempts=3", WHY_DUPLICATE, 0, NULL },
	     { 6, "line from=192.0.2.1 session=s attempts=4", WHY_COUNTED, 10, NULL });
}

static void different_things_add_up(void **state)
{
	PLAY("", "\"maxretry\":4",
	     { 0, "wrong from=192.0.2.1 session=s attempts=2", WHY_COUNTED, 20, NULL },
	     { 1, "relay from=192.0.2.1 session=s", WHY_COUNTED, 10, NULL },
	     { 2, "line from=192.0.2.1 session=s attempts=2", WHY_DUPLICATE, 0, NULL },
	     { 3, "relay from=192.0.2.1", WHY_DUPLICATE, 0, NULL },
	     { 4, "relay from=192.0.2.1", WHY_COUNTED, 10, "192.0.2.1/32 3600" });
}

/* START is at 13 minutes and 20 seconds; the next hour begins 2800 s later. */
static void an_hour_begins_with_the_last_ten_minutes_of_the_one_before(void **state)
{
	PLAY("", "\"maxretry\":100",
	     { 0, "wrong from=192.0.2.1 session=s attempts=3", WHY_COUNTED, 30, NULL },
	     { 2200 * SECOND, "line from=192.0.2.1 session=s", WHY_DUPLICATE, 0, NULL },
	     { 2799 * SECOND, "line from=192.0.2.1 session=s", WHY_DUPLICATE, 0, NULL },
	     { 2800 * SECOND, "wrong from=192.0.2.1 session=s", WHY_DUPLICATE, 0, NULL },
	     { 2800 * SECOND, "wrong from=192.0.2.1", WHY_DUPLICATE, 0, NULL },
	     { 2801 * SECOND, "wrong from=192.0.2.1 session=s", WHY_DUPLICATE, 0, NULL },
	     { 2802 * SECOND, "wrong from=192.0.2.1 session=s", WHY_COUNTED, 10, NULL },
	     { 2803 * SECOND, "line from=192.0.2.1 session=s", WHY_DUPLICATE, 0, NULL },
	     { 10 * HOUR, "line from=192.0.2.1 session=s", WHY_COUNTED, 10, NULL });
}

static void a_note_is_forgotten_a_day_after_it_was_made(void **state)
{
	PLAY("", "\"maxretry\":100", { 0, "connect from=192.0.2.1 session=s", WHY_NOTE, 0, NULL },
	     { 24 * HOUR - 1, "wrong session=s", WHY_COUNTED, 10, NULL },
	     { 24 * HOUR, "wrong session=s", WHY_NO_ADDRESS, 0, NULL },
	     { 24 * HOUR, "agreed from=192.0.2.1 session=s", WHY_DISAGREES, 0, NULL },
	     { 24 * HOUR, "connect from=192.0.2.1 session=s", WHY_NOTE, 0, NULL },
	     { 47 * HOUR, "agreed from=192.0.2.1 session=s", WHY_COUNTED, 10, NULL });
}

static void lines_without_a_session_are_one_session_more(void **state)
{
	PLAY("", "\"maxretry\":6", { 0, ONE, WHY_COUNTED, 10, NULL },
	     { 1, "line from=192.0.2.1", WHY_DUPLICATE, 0, NULL },
	     { 2, ONE, WHY_COUNTED, 10, NULL },
	     { 3, "wrong from=192.0.2.1 attempts=5", WHY_COUNTED, 30, NULL },
	     { 4, "wrong from=192.0.2.1 attempts=5", WHY_DUPLICATE, 0, NULL },
	     { 5, ONE, WHY_COUNTED, 10, "192.0.2.1/32 3600" });
}

static void of_lines_with_and_without_a_session_the_larger_sum_counts(void **state)
{
	PLAY("", "\"maxretry\":100,\"findtime\":\"10min\"",
	     { 0, "wrong from=192.0.2.1 session=s attempts=2", WHY_COUNTED, 20, NULL },
	     { 1, ONE, WHY_DUPLICATE, 0, NULL },
	     { 2, "wrong from=192.0.2.2", WHY_COUNTED, 10, NULL }, /* of its own address only */
	     { 3, "wrong from=192.0.2.1 attempts=3", WHY_COUNTED, 10, NULL },
	     { 4, "wrong from=192.0.2.1 session=t", WHY_DUPLICATE, 0, NULL },
	     { 600 * SECOND + 3, "wrong from=192.0.2.1 session=u", WHY_COUNTED, 10, NULL });
}

static void a_ban_empties_both_sums_and_prevented_lines_add_to_neither(void **state)
{
	PLAY("", "\"maxretry\":2,\"bantime\":\"10s\"", { 0, ONE, WHY_COUNTED, 10, NULL },
	     { 1, ONE, WHY_COUNTED, 10, "192.0.2.1/32 10" }, { 2, ONE, WHY_BANNED, 10, NULL },
	     { 3, "wrong from=192.0.2.1 session=s", WHY_BANNED, 10, NULL },
	     { 4, "wrong from=192.0.2.1 session=s", WHY_BANNED, 10, NULL },
	     { 11 * SECOND, "wrong from=192.0.2.1 session=s", WHY_COUNTED, 10, NULL },
	     { 12 * SECOND, "line from=192.0.2.1 session=s attempts=3", WHY_DUPLICATE, 0, NULL },
	     { 13 * SECOND, ONE, WHY_DUPLICATE, 0, NULL },
	     { 14 * SECOND, ONE, WHY_COUNTED, 10, "192.0.2.1/32 20" });
}

static void from_since_to_until_failures_are_prevented(void **state)
{
	PLAY("", "\"maxretry\":1,\"bantime\":\"10s\"",
	     { 0, ONE, WHY_COUNTED, 10, "192.0.2.1/32 10" }, { 0, ONE, WHY_BANNED, 10, NULL },
	     { 10 * SECOND - 1, "half from=192.0.2.1", WHY_BANNED, 5, NULL },
	     { 5 * SECOND, "wrong from=192.0.2.2", WHY_COUNTED, 10, "192.0.2.2/32 10" },
	     { 10 * SECOND, ONE, WHY_COUNTED, 10, "192.0.2.1/32 20" },
	     { -1, ONE, WHY_COUNTED, 10, "192.0.2.1/32 10" }); /* before it all */
}

static void some_are_never_counted(void **state)
{
	PLAY("\"192.0.2.0/24\",\"2001:db8::/32\"", "\"maxretry\":1",
	     { 0, ONE, WHY_IGNORED, 0, NULL },
	     { 1, "wrong from=::ffff:192.0.2.255", WHY_IGNORED, 0, NULL },
	     { 2, "wrong from=[2001:db8:ffff::1]:5", WHY_IGNORED, 0, NULL },
	     { 3, "wrong from=127.9.9.9", WHY_IGNORED, 0, NULL },
	     { 4, "wrong from=::1", WHY_IGNORED, 0, NULL },
	     { 5, "wrong from=0.0.0.0", WHY_IGNORED, 0, NULL },
	     { 6, "wrong from=::", WHY_IGNORED, 0, NULL },
	     { 7, "wrong from=224.0.0.251", WHY_IGNORED, 0, NULL },
	     { 8, "wrong from=ff02::1", WHY_IGNORED, 0, NULL },
	     { 9, "wrong from=192.0.3.0", WHY_COUNTED, 10, "192.0.3.0/32 3600" });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_weighs_until_findtime_has_passed),
		cmocka_unit_test(a_failure_does_not_weigh_before_its_time),
		cmocka_unit_test(weights_that_reach_maxretry_ban),
		cmocka_unit_test(a_ban_empties_the_window),
		cmocka_unit_test(the_offender_is_the_address_widened_to_the_prefix),
		cmocka_unit_test(an_ipv4_mapped_address_is_ipv4),
		cmocka_unit_test(the_nth_ban_within_memory_lasts_bantime_by_factor_to_n_less_one),
		cmocka_unit_test(offences_in_the_future_do_not_count),
		cmocka_unit_test(one_attempt_told_by_several_lines_of_a_session_counts_once),
		cmocka_unit_test(the_count_of_a_session_is_the_largest_total_of_its_events),
		cmocka_unit_test(a_raise_by_d_is_a_failure_of_d_times_the_weight_of_that_event),
		cmocka_unit_test(a_raise_is_a_failure_of_the_address_of_that_entry),
		cmocka_unit_test(totals_rise_while_the_failure_is_prevented),
		cmocka_unit_test(totals_rise_while_the_failure_is_ignored),
		cmocka_unit_test(totals_do_not_rise_by_events_that_the_mode_leaves_out),
		cmocka_unit_test(an_event_of_weight_0_tells_only_who_says_so),
		cmocka_unit_test(different_things_add_up),
		cmocka_unit_test(an_hour_begins_with_the_last_ten_minutes_of_the_one_before),
		cmocka_unit_test(a_note_is_forgotten_a_day_after_it_was_made),
		cmocka_unit_test(lines_without_a_session_are_one_session_more),
		cmocka_unit_test(of_lines_with_and_without_a_session_the_larger_sum_counts),
		cmocka_unit_test(a_ban_empties_both_sums_and_prevented_lines_add_to_neither),
		cmocka_unit_test(from_since_to_until_failures_are_prevented),
		cmocka_unit_test(some_are_never_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
