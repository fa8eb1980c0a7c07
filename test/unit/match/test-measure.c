#include "match/measure.h"

#include "rules.h"

static struct match *match_of(const char *pattern, struct matcher **ret)
{
	struct rule *rule = make_rule("a", "_UID=0");
	struct faults faults = { 0 };
	struct match *match = NULL;

	make_event(rule, "e", "MESSAGE", pattern);
	assert_int_equal(matcher_new(ret), 0);
	assert_int_equal(match_new("r.json", rule->events, MATCH_MEASURE, &faults, &match), 0);
	return match;
}

static void tells_how_far_a_pattern_comes(void **state)
{
	cleanup(matcher_freep) struct matcher *matcher = NULL;
	cleanup(match_freep) struct match *match =
		match_of("^user=(?<user>[^,]*), rip=(?<address>[0-9.]+)$", &matcher);

	assert_int_equal(measure_reach(match, matcher, span_of("user=x, rip=1.2.3.4, lip")), 19);
	assert_int_equal(measure_reach(match, matcher, span_of("user=x, rip=1.2.3.4")), 19);
	assert_int_equal(measure_reach(match, matcher, span_of("no")), 0);
	assert_int_equal(measure_reach(match, matcher, (struct span){ 0 }), 0);
	pool_done();
}

static void counts_steps(void **state)
{
	static char text[4096];
	cleanup(matcher_freep) struct matcher *matcher = NULL;
	cleanup(match_freep) struct match *match =
		match_of("^(?<user>(?:.*a)*)(?<address>b)", &matcher);
	uint64_t steps[3];

	assert_in_range(measure_steps(match, matcher, span_of("aab"), 100000), 1, 64);
	assert_int_equal(measure_steps(match, matcher, span_of("aab"), 1), 1);
	for (size_t i = 0; i < 3; i++) {
		memset(text, 'a', 4 + i);
		steps[i] = measure_steps(match, matcher, span_of(text), 1000000);
	}
	assert_true(steps[0] < steps[1] && steps[1] < steps[2]);
	memset(text, 'a', 100);
	assert_int_equal(measure_steps(match, matcher, span_of(text), 50000), 50000);
	pool_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_how_far_a_pattern_comes),
		cmocka_unit_test(counts_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
