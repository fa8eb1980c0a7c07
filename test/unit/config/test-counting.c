#include "config/counting.h"

#include "unit.h"

static void things_and_tellers_are_numbered(void **state)
{
	char a[] = "a", b[] = "b", c[] = "c", d[] = "d", e[] = "e", f[] = "f", g[] = "g";
	char h[] = "h", x[] = "x", tests[] = "tests", attempts[] = "attempts";
	struct event events[] = {
		{ .name = a, .weight = 10 },
		{ .name = b, .weight = 10, .told_by = a },
		{ .name = c, .weight = 10, .counts = tests },
		{ .name = d, .weight = 10, .counts = tests, .told_by = a },
		{ .name = e, .weight = 10, .counts = attempts, .told_by = x },
		{ .name = f },
		{ .name = g, .told_by = x },
		{ .name = h, .weight = 10, .outcome = OUTCOME_NOTE },
	};
	static const struct counting wanted[] = {
		{ .thing = 0, .teller = 0, .tells = true },
		{ .thing = 0, .teller = 0, .tells = true },
		{ .thing = 2, .teller = 2, .tells = true },
		{ .thing = 2, .teller = 3, .tells = true },
		{ .thing = 0, .teller = 4, .tells = true },
		{ .thing = 0, .teller = 5 },
		{ .thing = 0, .teller = 4, .tells = true },
		{ .thing = 0, .teller = 7 },
	};
	const struct rule rule = { .events = events, .n_events = ARRAY_SIZE(events) };
	cleanup(freep) struct counting *counting = NULL;

	assert_int_equal(counting_new(&rule, &counting), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_int_equal(counting[i].thing, wanted[i].thing);
		assert_int_equal(counting[i].teller, wanted[i].teller);
		assert_int_equal(counting[i].tells, wanted[i].tells);
	}
	assert_string_equal(counting_thing(&events[0]), "attempts");
	assert_string_equal(counting_thing(&events[3]), "tests");
	assert_string_equal(counting_teller(&events[2]), "c");
	assert_string_equal(counting_teller(&events[3]), "a");
}

static bool second_is_alone(struct event a, struct event b)
{
	const struct event events[] = { a, b };
	const struct rule rule = { .events = (struct event *)(uintptr_t)events, .n_events = 2 };
	cleanup(freep) struct counting *counting = NULL;

	assert_int_equal(counting_new(&rule, &counting), 0);
	return counting[1].alone;
}

static void who_is_alone_needs_no_sum(void **state)
{
	char a[] = "a", b[] = "b", tests[] = "tests", key[] = "n";
	char plain[] = "^(?<address>.+)$", session[] = "^(?<session>.+) (?<address>.+)$";
	char attempts[] = "^(?<address>.+) (?<attempts>\\d+)$";
	struct where where = { .key = key, .like = session };
	const struct event one = { .name = a, .weight = 10, .pattern = plain };
	struct event other = { .name = b, .weight = 10, .pattern = plain };

	assert_false(second_is_alone(one, other));
	other.told_by = a;
	assert_true(second_is_alone(one, other));
	assert_true(second_is_alone((struct event){ .name = a }, other));
	other.pattern = session;
	assert_false(second_is_alone(one, other));
	assert_false(second_is_alone(other, one));
	other.pattern = attempts;
	assert_false(second_is_alone(one, other));
	other.counts = tests;
	assert_true(second_is_alone(other, one));
	other = (struct event){ .name = b, .weight = 10, .counts = tests };
	assert_true(second_is_alone(one, other));
	other.attempts_key = key;
	assert_false(second_is_alone(one, other));
	other.attempts_key = NULL;
	other.session_is_address = true;
	assert_false(second_is_alone(one, other));
	other.session_is_address = false;
	other.where = &where;
	other.n_where = 1;
	assert_false(second_is_alone(one, other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(things_and_tellers_are_numbered),
		cmocka_unit_test(who_is_alone_needs_no_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
