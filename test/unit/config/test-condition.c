#include "config/condition.h"

#include "parse.h"

static struct policy *jail_reading(const char *journal)
{
	char text[512];

	strcpy(text, "{\"jails\": {\"a\": {\"journal\": [");
	strcat(text, journal);
	strcat(text, "]}}}");
	return good_policy(text);
}

static void a_prefix_names_all_that_begins_with_it(void **state)
{
	cleanup(policy_freep) struct policy *policy =
		jail_reading("{\"_SYSTEMD_UNIT\": {\"prefix\": \"libpod-conmon-\"}}");
	const struct condition *condition =
		selector_find(&policy->jails[0].selectors[0], "_SYSTEMD_UNIT");

	assert_true(condition->is_prefix);
	assert_false(condition_is_match(condition));
	assert_true(condition_names(condition, span_of("libpod-conmon-1.scope")));
	assert_true(condition_names(condition, span_of("libpod-conmon-")));
	assert_false(condition_names(condition, span_of("libpod-conmon")));
	assert_false(condition_names(condition, span_of("xlibpod-conmon-1.scope")));
	assert_false(condition_names(condition, span_of("")));
}

static void values_are_named_in_full(void **state)
{
	cleanup(policy_freep) struct policy *policy =
		jail_reading("{\"_SYSTEMD_UNIT\": [\"a.service\", \"b.service\"], \"X\": \"\", "
			     "\"_UID\": \"system\"}");
	const struct selector *selector = &policy->jails[0].selectors[0];
	const struct condition *unit = selector_find(selector, "_SYSTEMD_UNIT");

	assert_true(condition_is_match(unit));
	assert_true(condition_names(unit, span_of("b.service")));
	assert_false(condition_names(unit, span_of("b.service.d")));
	assert_false(condition_is_match(selector_find(selector, "X")));
	assert_false(condition_is_match(selector_find(selector, "_UID")));
	assert_null(selector_find(selector, "_GID"));
}

static void units_that_are_named_in_full_are_walked_over(void **state)
{
	cleanup(policy_freep) struct policy *policy = jail_reading(
		"{\"_SYSTEMD_UNIT\": [\"a.service\", \"\", \"b.service\"], \"_UID\": \"0\"}, "
		"{\"_SYSTEMD_SLICE\": \"s.slice\"}, {\"_SYSTEMD_UNIT\": {\"prefix\": \"p-\"}}, "
		"{\"_SYSTEMD_UNIT\": \"c.service\"}");
	static const char *const wanted[] = { "a.service", "b.service", "c.service" };
	const struct jail_policy *jail = &policy->jails[0];
	struct unit_walk walk = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_string_equal(selectors_next_unit(jail->selectors, jail->n_selectors, &walk),
				    wanted[i]);
	assert_null(selectors_next_unit(jail->selectors, jail->n_selectors, &walk));
	assert_null(selectors_next_unit(jail->selectors, jail->n_selectors, &walk));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prefix_names_all_that_begins_with_it),
		cmocka_unit_test(values_are_named_in_full),
		cmocka_unit_test(units_that_are_named_in_full_are_walked_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
