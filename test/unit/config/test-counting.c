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
		{ 0, 0, true }, { 0, 0, true },  { 2, 2, true }, { 2, 3, true },
		{ 0, 4, true }, { 0, 5, false }, { 0, 4, true }, { 0, 7, false },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(things_and_tellers_are_numbered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
