#include "count/nameless.h"

#include "unit.h"

#include <stdio.h>

#define MINUTE (60 * USEC_PER_SEC)

static const uint8_t seed[16] = "nameless";
static const struct counting counting[] = { { 0, 0, true, false },
					    { 0, 1, true, false },
					    { 2, 2, true, false } };

struct line {
	const char *address;
	unsigned event;
	unsigned named; /* raised by so much; 0: nameless, one more */
	unsigned minute;
	uint32_t rise;
};

static bool unordered; /* lines may come late */

static uint32_t tell_line(struct nameless *nameless, const struct line *line)
{
	const struct raise raise = { line->named, line->minute % 60 >= 50 ? line->named : 0 };
	struct address address;
	struct prefix offender;
	struct nameless_line told = { .address = &address,
				      .offender = &offender,
				      .counting = counting,
				      .event = line->event,
				      .time = line->minute * MINUTE,
				      .unordered = unordered };
	uint32_t rise;

	assert_int_equal(address_parse(span_of(line->address), &address), 0);
	offender = address_widen(&address, address.family == AF_INET ? 32 : 64);
	nameless_prefetch(nameless, 0, &offender, false);
	nameless_prefetch(nameless, 0, &offender, true);
	assert_int_equal(nameless_tell(nameless, &told, line->named > 0 ? &raise : NULL, &rise), 0);
	nameless_expire(nameless, told.time);
	return rise;
}

static void check_lines(struct nameless *nameless, const struct line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t rise = tell_line(nameless, &lines[i]);

		if (rise != lines[i].rise)
			fail_msg("line %zu: %u", i, rise);
	}
}

static void the_larger_sum_counts(void **state)
{
	static const struct line lines[] = {
		{ "192.0.2.1", 0, 0, 61, 1 }, { "192.0.2.1", 0, 1, 62, 0 },
		{ "192.0.2.1", 0, 2, 63, 2 }, { "192.0.2.1", 0, 0, 64, 0 },
		{ "192.0.2.2", 0, 0, 64, 1 }, { "192.0.2.1", 1, 0, 64, 0 },
		{ "192.0.2.1", 2, 0, 64, 1 }, { "192.0.2.1", 2, 3, 64, 2 },
		{ "192.0.2.1", 0, 0, 65, 0 }, { "192.0.2.1", 0, 0, 65, 1 },
	};
	cleanup(nameless_freep) struct nameless *nameless = NULL;

	assert_int_equal(nameless_new(seed, 100, &nameless), 0);
	check_lines(nameless, lines, ARRAY_SIZE(lines));
}

/* Another machine tells of an hour ago: that takes nothing from what was told since. */
static void what_comes_late_begins_no_hour_anew(void **state)
{
	static const struct line lines[] = {
		{ "192.0.2.1", 0, 0, 181, 1 }, { "192.0.2.1", 0, 0, 125, 1 },
		{ "192.0.2.1", 0, 1, 126, 0 }, { "192.0.2.1", 0, 1, 182, 0 },
		{ "192.0.2.1", 0, 1, 183, 1 }, { "192.0.2.1", 0, 0, 241, 1 },
	};
	cleanup(nameless_freep) struct nameless *nameless = NULL;

	assert_int_equal(nameless_new(seed, 100, &nameless), 0);
	unordered = true;
	check_lines(nameless, lines, ARRAY_SIZE(lines));
	unordered = false;
}

static void both_sums_go_over_the_hour_together(void **state)
{
	static const struct line lines[] = {
		{ "192.0.2.1", 0, 0, 100, 1 }, { "192.0.2.1", 0, 0, 118, 1 },
		{ "192.0.2.1", 0, 0, 119, 1 }, { "192.0.2.1", 0, 1, 119, 0 },
		{ "192.0.2.1", 0, 1, 121, 0 }, { "192.0.2.1", 0, 1, 121, 1 },
		{ "192.0.2.1", 0, 0, 241, 1 },
	};
	cleanup(nameless_freep) struct nameless *nameless = NULL;

	assert_int_equal(nameless_new(seed, 100, &nameless), 0);
	check_lines(nameless, lines, ARRAY_SIZE(lines));
}

static void a_ban_empties_all_of_an_offender(void **state)
{
	static const struct line before[] = {
		{ "2001:db8::1", 0, 0, 61, 1 },
		{ "2001:db8::2", 0, 0, 61, 1 },
		{ "2001:db8:0:1::1", 0, 0, 61, 1 },
		{ "192.0.2.1", 0, 0, 61, 1 },
	};
	static const struct line after[] = {
		{ "2001:db8::1", 0, 1, 62, 1 },
		{ "2001:db8::2", 0, 1, 62, 1 },
		{ "2001:db8:0:1::1", 0, 1, 62, 0 },
	};
	static const struct line network[] = {
		{ "2001:db8::1", 0, 1, 62, 1 },
		{ "2001:db8:0:1::1", 0, 1, 62, 1 },
		{ "192.0.2.1", 0, 1, 62, 0 },
	};
	cleanup(nameless_freep) struct nameless *nameless = NULL;
	struct prefix prefix;

	assert_int_equal(nameless_new(seed, 100, &nameless), 0);
	check_lines(nameless, before, ARRAY_SIZE(before));
	assert_int_equal(prefix_parse(SPAN_LITERAL("2001:db8::/64"), &prefix), 0);
	nameless_forget(nameless, 1, &prefix); /* of another jail */
	nameless_forget(nameless, 0, &prefix);
	check_lines(nameless, after, ARRAY_SIZE(after));
	assert_int_equal(prefix_parse(SPAN_LITERAL("2001:db8::/48"), &prefix), 0);
	nameless_forget_network(nameless, 0, &prefix);
	check_lines(nameless, network, ARRAY_SIZE(network));
}

static void the_oldest_goes_first(void **state)
{
	cleanup(nameless_freep) struct nameless *nameless = NULL;
	static const struct line again[] = {
		{ "192.0.2.1", 0, 1, 62, 1 },
		{ "2001:db8::ff", 0, 1, 62, 0 },
		{ "2001:db8::1", 0, 1, 62, 1 },
	};
	char text[32];

	assert_int_equal(nameless_new(seed, 80, &nameless), 0);
	/* a network of one offender's pushes out its own */
	for (unsigned i = 1; i <= 255; i++) {
		snprintf(text, sizeof(text), "2001:db8::%x", i);
		tell_line(nameless, &(struct line){ text, 0, 0, 61, 1 });
	}
	assert_int_equal(nameless_n_evicted(nameless), 255 - NAMELESS_ADDRESSES_MAX);
	for (unsigned i = 1; i <= 17; i++) {
		snprintf(text, sizeof(text), "192.0.2.%u", i);
		tell_line(nameless, &(struct line){ text, 0, 0, 61, 1 });
	}
	assert_int_equal(nameless_n_evicted(nameless), 256 - NAMELESS_ADDRESSES_MAX);
	tell_line(nameless, &(struct line){ "192.0.2.200", 0, 0, 61, 1 });
	check_lines(nameless, again + 1, 2);
}

static void memory_is_let_go(void **state)
{
	cleanup(nameless_freep) struct nameless *nameless = NULL;
	char text[32];

	assert_int_equal(nameless_new(seed, 100000, &nameless), 0);
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "192.0.%u.%u", i / 256, i % 256);
		tell_line(nameless, &(struct line){ text, 0, 0, i / 60, 1 });
	}
	assert_int_equal(nameless_n_evicted(nameless), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_larger_sum_counts),
		cmocka_unit_test(what_comes_late_begins_no_hour_anew),
		cmocka_unit_test(both_sums_go_over_the_hour_together),
		cmocka_unit_test(a_ban_empties_all_of_an_offender),
		cmocka_unit_test(the_oldest_goes_first),
		cmocka_unit_test(memory_is_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
