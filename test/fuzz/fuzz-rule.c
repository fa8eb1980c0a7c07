#include "config.h"
#include "config/pattern.h"
#include "config/policy.h"
#include "config/rule.h"

static void check_event(const struct event *event)
{
	FUZZ_CHECK(event->name && *event->name && event->field && *event->field);
	FUZZ_CHECK(event->weight <= 100 * WEIGHT_ONE);
	FUZZ_CHECK(event->line > 0 && event->column > 0);
	if (event->format == FORMAT_PATTERN) {
		FUZZ_CHECK(event->pattern && !pattern_anchor_fault(event->pattern));
		FUZZ_CHECK(event->n_address_keys == 0 && !event->session_key && !event->prefix);
	} else {
		FUZZ_CHECK(!event->pattern && (event->n_where > 0 || event->prefix));
		FUZZ_CHECK(!event->prefix || !pattern_anchor_fault(event->prefix));
	}
	for (size_t i = 0; i < event->n_where; i++) {
		FUZZ_CHECK(*event->where[i].key);
		FUZZ_CHECK((event->where[i].n_values > 0) == !event->where[i].like);
		for (size_t j = 0; j < event->where[i].n_values; j++)
			FUZZ_CHECK(event->where[i].values[j]);
	}
}

static void check_selector(const struct selector *selector)
{
	FUZZ_CHECK(selector->n_conditions > 0);
	for (size_t i = 0; i < selector->n_conditions; i++) {
		FUZZ_CHECK(*selector->conditions[i].field && selector->conditions[i].n_values > 0);
		for (size_t j = 0; j < selector->conditions[i].n_values; j++)
			FUZZ_CHECK(selector->conditions[i].values[j]);
	}
}

static void check_rule(const struct rule *rule)
{
	FUZZ_CHECK(*rule->name && !policy_reserved(rule->name));
	FUZZ_CHECK(rule->ports.all || rule->ports.n_ranges > 0);
	FUZZ_CHECK(rule->n_selectors > 0 && rule->n_events > 0);
	for (size_t i = 0; i < rule->n_selectors; i++)
		check_selector(&rule->selectors[i]);
	for (size_t i = 0; i < rule->n_events; i++)
		check_event(&rule->events[i]);
	for (size_t i = 0; i < rule->n_examples; i++) {
		FUZZ_CHECK(rule->examples[i].message && *rule->examples[i].message);
		FUZZ_CHECK(rule->examples[i].event || !rule->examples[i].address);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(rule_freep) struct rule *rule = NULL, *twin = NULL;
	struct span text = { (const char *)data, size };
	struct faults faults = { 0 }, again = { 0 };
	int r, r_again;

	r = rule_parse("f", text, &faults, &rule);
	r_again = rule_parse("f", text, &again, &twin);
	check_faults(r, &faults, r_again, &again, text);
	FUZZ_CHECK((r == 0) == (rule != NULL));
	if (rule)
		check_rule(rule);
	return 0;
}
