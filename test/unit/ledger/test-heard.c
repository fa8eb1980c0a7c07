/* What members of a fleet told: known again, bounded, and kept over a restart. */
#include "ledger/heard.h"

#include "../../encode-all.h"
#include "ledger/encode.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>

#define START  (1700000000 * USEC_PER_SEC)
#define MINUTE (60 * USEC_PER_SEC)

static struct ledger *heard_ledger(void)
{
	static const uint8_t seed[16] = "heard";
	struct ledger *ledger;

	assert_int_equal(ledger_new(seed, &ledger), 0);
	return ledger;
}

static unsigned member_of(struct ledger *ledger, const char *name)
{
	unsigned member;

	assert_int_equal(heard_member(ledger, name, &member), 0);
	return member;
}

static struct prefix host(unsigned i)
{
	struct address address = { AF_INET,
				   { 198, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } };

	return (struct prefix){ address, 32 };
}

/* "" where it is taken. */
static const char *tell(struct ledger *ledger, const char *member, unsigned i, usec_t time,
			uint64_t key)
{
	struct prefix prefix = host(i);
	enum refusal why;
	int r = heard_ban(ledger, member_of(ledger, member), &prefix, time, key, &why);

	assert_true(r >= 0);
	return r ? "" : refusal_names[why];
}

static void expect_sum(struct ledger *ledger, unsigned i, uint32_t n, uint32_t n_members)
{
	struct prefix prefix = host(i);
	struct heard_sum sum = heard_weigh(ledger, &prefix, 10 * MINUTE);

	assert_int_equal(sum.n, n);
	assert_int_equal(sum.n_members, n_members);
}

static void a_name_is_that_of_a_file(void **state)
{
	unsigned member;
	cleanup(ledger_freep) struct ledger *ledger = heard_ledger();

	assert_int_equal(heard_member(ledger, "a/b", &member), -EINVAL);
	assert_int_equal(heard_member(ledger, ".a", &member), -EINVAL);
	assert_int_equal(heard_member(ledger, "a b", &member), -EINVAL);
	assert_int_equal(member_of(ledger, ""), HEARD_SELF);
	assert_int_equal(member_of(ledger, "2001:db8::1"), 1);
	assert_int_equal(member_of(ledger, "mx.example_1"), 2);
	assert_int_equal(member_of(ledger, "2001:db8::1"), 1);
	for (unsigned i = 2; i < HEARD_MAX_MEMBERS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "m%u", i);
		(void)member_of(ledger, name);
	}
	assert_int_equal(heard_member(ledger, "more", &member), -E2BIG);
}

static void each_counts_once_in_any_order(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = heard_ledger();

	assert_string_equal(tell(ledger, "a", 1, START + 5 * MINUTE, 2), "");
	assert_string_equal(tell(ledger, "b", 1, START, 1), ""); /* keys are each member's own */
	assert_string_equal(tell(ledger, "a", 1, START, 1), "");
	assert_string_equal(tell(ledger, "a", 1, START, 1), "again");
	assert_string_equal(tell(ledger, "a", 1, START + 5 * MINUTE, 2), "again");
	assert_string_equal(tell(ledger, "a", 2, START, 1), "");
	expect_sum(ledger, 1, 3, 2);
	expect_sum(ledger, 2, 1, 1);
	expect_sum(ledger, 3, 0, 0);
	/* what is a findtime before the latest counts no more */
	assert_string_equal(tell(ledger, "c", 1, START + 10 * MINUTE, 1), "");
	expect_sum(ledger, 1, 2, 2);
}

static void what_had_to_be_forgotten_is_never_taken_again(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = heard_ledger();

	for (unsigned i = 0; i <= HEARD_BANS; i++)
		assert_string_equal(tell(ledger, "a", 1, START + i, i + 1), "");
	assert_string_equal(tell(ledger, "a", 1, START, 1), "old");
	assert_string_equal(tell(ledger, "a", 1, START + 1, 2), "again");
	assert_string_equal(tell(ledger, "b", 1, START, 1), "");

	/* who floods us pushes out himself */
	for (unsigned i = 0; i < HEARD_MAX + 100; i++)
		assert_string_equal(tell(ledger, "a", 100 + i, START + 100 + i, 1), "");
	assert_string_equal(tell(ledger, "b", 1, START, 1), "again");
	assert_string_equal(tell(ledger, "a", 101, START + 101, 1), "old");
	assert_string_equal(tell(ledger, "a", 1000, START + 1000, 1), "again");
}

static void what_is_older_than_anything_taken_goes(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = heard_ledger();
	struct prefix prefix = host(1);

	assert_string_equal(tell(ledger, "a", 1, START, 1), "");
	assert_string_equal(tell(ledger, "a", 2, START + HEARD_LIFE + 1, 1), "");
	assert_int_equal(heard_weigh(ledger, &prefix, 10 * MINUTE).n, 0);
	assert_string_equal(tell(ledger, "a", 1, START, 1), "old");
}

static void an_unban_takes_back_what_was_told_before(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = heard_ledger();
	struct prefix prefix = host(1);
	enum refusal why;
	unsigned b = member_of(ledger, "b");

	assert_string_equal(tell(ledger, "a", 1, START, 1), "");
	assert_int_equal(heard_unban(ledger, b, &prefix, START + 5, &why), 1);
	assert_int_equal(heard_unban(ledger, b, &prefix, START + 5, &why), 0);
	assert_int_equal(why, REFUSED_AGAIN);
	expect_sum(ledger, 1, 0, 0);
	/* and what is told late */
	assert_string_equal(tell(ledger, "c", 1, START + 4, 1), "");
	expect_sum(ledger, 1, 0, 0);
	assert_string_equal(tell(ledger, "c", 1, START + 6, 2), "");
	expect_sum(ledger, 1, 1, 1);
	assert_int_equal(heard_spend(ledger, &prefix, START + 6), 0);
	expect_sum(ledger, 1, 0, 0);
}

/* Line by line, or compacted. */
static void it_outlives_a_restart(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = heard_ledger(), *again = NULL, *other = NULL;
	cleanup(freep) char *first = NULL, *second = NULL, *all = NULL, *copy = NULL;
	struct prefix prefix = host(700);
	enum refusal why;
	unsigned a = member_of(ledger, "a");

	for (unsigned i = 0; i < 300; i++)
		assert_string_equal(tell(ledger, i % 2 ? "a" : "b", i, START + i, i), "");
	for (unsigned i = 0; i < 6; i++)
		assert_string_equal(tell(ledger, "a", 700, START + 1000 + i, UINT64_MAX - i), "");
	assert_int_equal(heard_spend(ledger, &prefix, START + 1003), 0);
	heard_count_refused(ledger, a, REFUSED_AHEAD);
	heard_count_taken(ledger, a);
	assert_int_equal(heard_set_position(ledger, a, "s=1;i=2", START, START + 1), 0);
	assert_int_equal(ledger_encode(ledger, &first), 0);
	ledger_saved(ledger);
	prefix = host(9);
	assert_int_equal(heard_unban(ledger, a, &prefix, START + 5000, &why), 1);
	assert_int_equal(ledger_encode(ledger, &second), 0);
	ledger_saved(ledger);
	assert_true(strlen(second) < 600); /* only what is new */
	all = encode_all(ledger);

	again = heard_ledger();
	first[strlen(first) - 1] = second[strlen(second) - 1] = '\0';
	assert_int_equal(ledger_decode(again, span_of(first)), 0);
	assert_int_equal(ledger_decode(again, span_of(second)), 0);
	copy = encode_all(again);
	assert_string_equal(copy, all);
	assert_string_equal(heard_member_at(again, member_of(again, "a"))->cursor, "s=1;i=2");
	assert_int_equal(heard_member_at(again, member_of(again, "a"))->refused[REFUSED_AHEAD], 1);

	other = heard_ledger();
	for (char *line = all, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		assert_int_equal(ledger_decode(other, (struct span){ line, (size_t)(end - line) }),
				 0);
	}
	free(copy);
	copy = encode_all(other);
	assert_string_equal(copy, all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_that_of_a_file),
		cmocka_unit_test(each_counts_once_in_any_order),
		cmocka_unit_test(what_had_to_be_forgotten_is_never_taken_again),
		cmocka_unit_test(what_is_older_than_anything_taken_goes),
		cmocka_unit_test(an_unban_takes_back_what_was_told_before),
		cmocka_unit_test(it_outlives_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
