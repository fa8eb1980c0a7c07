#include "report/compare.h"

#include <stdio.h>

#include "unit.h"

static const uint8_t seed[16] = "compare";

/* "A10-70": that configuration bans from 10 to 70 (seconds; "A10-": for good), one after the other;
 * what has to come out: "A": only A's, "<" B's begins earlier, ">" later, "+" it is longer, "-"
 * shorter. */
static void check(const char *bans, const char *wanted)
{
	cleanup(compare_done) struct compare compare;
	struct prefix prefix;
	struct offender who;
	struct difference difference;
	char got[64] = "";

	assert_int_equal(prefix_parse(SPAN_LITERAL("192.0.2.1"), &prefix), 0);
	who = offender_of("mail", &prefix);
	compare_init(&compare, seed);
	while (*bans) {
		struct compare_ban ban = { .event = "x" };
		unsigned side = *bans == 'A' ? COMPARE_A : COMPARE_B;
		char *end;

		ban.since = strtoul(bans + 1, &end, 10) * USEC_PER_SEC;
		bans = end + 1;
		ban.until = *bans && *bans != ' ' ? strtoul(bans, &end, 10) * USEC_PER_SEC
						  : USEC_INFINITY;
		bans = ban.until == USEC_INFINITY ? bans : end;
		bans += *bans == ' ';
		assert_int_equal(compare_add(&compare, side, &who, &ban), 0);
	}
	while (compare_take(&compare, true, &difference)) {
		int start, length;

		if (!difference.has[0] || !difference.has[1]) {
			strcat(got, difference.has[0] ? "A" : "B");
			continue;
		}
		start = difference_start(&difference);
		length = difference_length(&difference);
		strcat(got, start < 0 ? "<" : start > 0 ? ">" : "");
		strcat(got, length < 0 ? "-" : length > 0 ? "+" : "");
	}
	assert_string_equal(got, wanted);
}

static void each_difference_is_told(void **state)
{
	check("", "");
	check("A10-70 B10-70", "");
	check("A10-70", "A");
	check("B10-70", "B");
	check("A10-70 B20-80", ">");
	check("B10-70 A20-80", "<");
	check("A10-70 B10-80", "+");
	check("A10-70 B10-60", "-");
	check("A10- B10-60", "-");
	check("A10- B20-", ">");
	check("A10-70 B20-70", ">-");
	check("A10-20 B20-30", "AB"); /* they do not overlap */
	check("A10-10 B10-10", "");
}

static void each_is_put_together_with_one(void **state)
{
	check("A10-100 B10-40 B50-80", "-B");
	check("A10-40 B10-100 A50-80", "+A");
	check("A10-20 A30-40 B30-40", "A");
	check("A10-20 B10-20 A30-40 B30-40 A50-60", "A");
	check("A10-30 B20-60 A40-60", ">+A");
}

static void offenders_and_jails_stand_apart(void **state)
{
	cleanup(compare_done) struct compare compare;
	const struct compare_ban ban = { .since = 1, .until = 2 };
	struct prefix prefix;
	struct offender mail, web;
	struct difference difference;

	assert_int_equal(prefix_parse(SPAN_LITERAL("2001:db8::/64"), &prefix), 0);
	mail = offender_of("mail", &prefix);
	web = offender_of("web", &prefix);
	compare_init(&compare, seed);
	assert_int_equal(compare_add(&compare, COMPARE_A, &mail, &ban), 0);
	assert_int_equal(compare_add(&compare, COMPARE_B, &web, &ban), 0);
	assert_false(compare_take(&compare, false, &difference));
	assert_true(compare_take(&compare, true, &difference));
	assert_string_equal(difference.who.jail, "mail");
	assert_true(compare_take(&compare, true, &difference));
	assert_string_equal(difference.who.jail, "web");
	assert_false(compare_take(&compare, true, &difference));
}

static void what_has_to_go_is_told_and_counted(void **state)
{
	cleanup(compare_done) struct compare compare;
	const struct compare_ban ban = { .since = 1, .until = 2 };
	struct difference difference;
	unsigned n = 0;

	compare_init(&compare, seed);
	for (uint32_t i = 0; i <= COMPARE_MAX; i++) {
		struct prefix prefix = { { AF_INET, { 0 } }, 32 };
		struct offender who;

		memcpy(prefix.address.bytes, &i, sizeof(i));
		who = offender_of("mail", &prefix);
		assert_int_equal(compare_add(&compare, COMPARE_A, &who, &ban), 0);
		while (compare_take(&compare, false, &difference))
			n++;
	}
	assert_int_equal(n, 1);
	assert_int_equal(compare.n_folded, 1);
	while (compare_take(&compare, true, &difference))
		n++;
	assert_int_equal(n, COMPARE_MAX + 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_difference_is_told),
		cmocka_unit_test(each_is_put_together_with_one),
		cmocka_unit_test(offenders_and_jails_stand_apart),
		cmocka_unit_test(what_has_to_go_is_told_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
