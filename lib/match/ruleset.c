/*
 * Which rules are in force, as which jails. The search itself is scan.c's.
 */

#include "match/ruleset.h"

#include "base/ports.h"

#include <errno.h>
#include <stdio.h>

struct ruleset {
	struct rule **rules; /* in force, by jail */
	struct jail *jails;
	struct ports *ports; /* copies of the policy's, by jail; empty where the rule's serve */
	size_t n_jails;
	struct scan *scan;
};

static struct rule *ruleset_find_rule(struct rule *const *rules, size_t n_rules, const char *name)
{
	for (size_t i = 0; i < n_rules; i++)
		if (strcmp(rules[i]->name, name) == 0)
			return rules[i];
	return NULL;
}

static int fault_no_rule(const struct jail_policy *jail, const char *policy_file,
			 struct rule *const *rules, size_t n_rules, struct faults *faults)
{
	char names[512] = "";
	size_t used = 0;
	int r;

	for (size_t i = 0; i < n_rules && used < sizeof(names) - NAME_SIZE - 8; i++) {
		r = snprintf(names + used, sizeof(names) - used, "%s\"%s\"", used > 0 ? ", " : "",
			     rules[i]->name);
		used += (size_t)MAX(r, 0);
	}
	if (used == 0)
		r = faults_add(faults,
			       "%s:%u:%u: jail \"%s\": no rule of that name: no rule was found, "
			       "see --rules",
			       policy_file, jail->line, jail->column, jail->name);
	else
		r = faults_add(faults, "%s:%u:%u: jail \"%s\": no rule of that name: there are %s",
			       policy_file, jail->line, jail->column, jail->name, names);
	return r < 0 ? r : -EINVAL;
}

/* in_force[i] becomes the rule of jail i. */
static int choose_rules(const struct policy *policy, const char *policy_file,
			struct rule *const *rules, size_t n_rules, struct faults *faults,
			const struct rule **in_force)
{
	int result = 0;

	for (size_t i = 0; i < policy->n_jails; i++) {
		in_force[i] = ruleset_find_rule(rules, n_rules, policy->jails[i].name);
		if (in_force[i])
			continue;
		result = fault_no_rule(&policy->jails[i], policy_file, rules, n_rules, faults);
		if (result == -ENOMEM)
			return result;
	}
	return result;
}

/* The policy is only borrowed, so its ports are copied; the rule's live as long as the ruleset. */
static int fill_jail(struct ruleset *ruleset, const struct jail_policy *policy,
		     const struct rule *rule, size_t i)
{
	struct jail *jail = &ruleset->jails[i];
	int r;

	memcpy(jail->name, policy->name, sizeof(jail->name));
	jail->rule = rule;
	jail->settings = policy->settings;
	jail->settings.ports = rule->ports;
	if (!policy->settings.has_ports)
		return 0;
	r = ports_copy(&policy->settings.ports, &ruleset->ports[i]);
	if (r < 0)
		return r;
	jail->settings.ports = ruleset->ports[i];
	return 0;
}

/* Cannot fail: what is in force moves over, the rest is freed. */
static void ruleset_take_rules(struct ruleset *ruleset, struct rule **rules, size_t n_rules)
{
	for (size_t i = 0; i < n_rules; i++) {
		bool taken = false;

		for (size_t j = 0; j < ruleset->n_jails && !taken; j++) {
			if (ruleset->jails[j].rule != rules[i])
				continue;
			ruleset->rules[j] = rules[i];
			taken = true;
		}
		if (!taken)
			rule_free(rules[i]);
		rules[i] = NULL;
	}
}

int ruleset_new(struct rule **rules, size_t n_rules, const struct policy *policy,
		const char *policy_file, bool jit, struct faults *faults, struct ruleset **ret)
{
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	cleanup(freep) const struct rule **in_force = NULL;
	size_t n_jails = policy->n_jails;
	int r;

	ruleset = calloc(1, sizeof(*ruleset));
	in_force = calloc(n_jails + 1, sizeof(*in_force));
	if (!ruleset || !in_force)
		return -ENOMEM;
	r = choose_rules(policy, policy_file, rules, n_rules, faults, in_force);
	if (r < 0)
		return r;
	ruleset->rules = calloc(n_jails + 1, sizeof(*ruleset->rules));
	ruleset->jails = calloc(n_jails + 1, sizeof(*ruleset->jails));
	ruleset->ports = calloc(n_jails + 1, sizeof(*ruleset->ports));
	if (!ruleset->rules || !ruleset->jails || !ruleset->ports)
		return -ENOMEM;
	ruleset->n_jails = n_jails;
	for (size_t i = 0; i < n_jails; i++) {
		r = fill_jail(ruleset, &policy->jails[i], in_force[i], i);
		if (r < 0)
			return r;
	}
	r = scan_new(in_force, n_jails, jit, faults, &ruleset->scan);
	if (r < 0)
		return r;

	ruleset_take_rules(ruleset, rules, n_rules);
	*ret = TAKE_PTR(ruleset);
	return 0;
}

struct ruleset *ruleset_free(struct ruleset *ruleset)
{
	if (!ruleset)
		return NULL;
	scan_free(ruleset->scan);
	for (size_t i = 0; i < ruleset->n_jails; i++) {
		rule_free(ruleset->rules[i]);
		ports_done(&ruleset->ports[i]);
	}
	free(ruleset->rules);
	free(ruleset->jails);
	free(ruleset->ports);
	free(ruleset);
	return NULL;
}

void ruleset_assume_missing(struct ruleset *ruleset, bool assume)
{
	scan_assume_missing(ruleset->scan, assume);
}

static bool is_weightless(const struct jail *jail, const struct event *event)
{
	if (event->mode == MODE_AGGRESSIVE && jail->settings.mode == MODE_NORMAL)
		return true;
	return event->outcome == OUTCOME_SUCCESS && jail->settings.on_success == SUCCESS_IGNORE;
}

void ruleset_leave_out_weightless(struct ruleset *ruleset)
{
	for (unsigned i = 0; i < ruleset->n_jails; i++) {
		const struct jail *jail = &ruleset->jails[i];

		for (unsigned j = 0; j < jail->rule->n_events; j++)
			if (is_weightless(jail, &jail->rule->events[j]))
				scan_silence(ruleset->scan, i, j);
	}
}

size_t ruleset_n_jails(const struct ruleset *ruleset)
{
	return ruleset->n_jails;
}

const struct jail *ruleset_jail(const struct ruleset *ruleset, unsigned index)
{
	return &ruleset->jails[index];
}

const struct event *ruleset_event(const struct ruleset *ruleset, unsigned jail, unsigned event)
{
	return &ruleset->jails[jail].rule->events[event];
}

bool ruleset_has_notes(const struct ruleset *ruleset, unsigned index)
{
	const struct jail *jail = ruleset_jail(ruleset, index);

	for (size_t i = 0; i < jail->rule->n_events; i++) {
		const struct event *event = &jail->rule->events[i];

		if (event->outcome == OUTCOME_NOTE &&
		    (event->mode == MODE_NORMAL || jail->settings.mode == MODE_AGGRESSIVE))
			return true;
	}
	return false;
}

const struct selector *ruleset_selector(const struct ruleset *ruleset, size_t i)
{
	for (size_t j = 0; j < ruleset->n_jails; j++) {
		const struct rule *rule = ruleset->jails[j].rule;

		if (i < rule->n_selectors)
			return &rule->selectors[i];
		i -= rule->n_selectors;
	}
	return NULL;
}

int ruleset_scan(struct ruleset *ruleset, const struct entry *entry)
{
	return scan_entry(ruleset->scan, entry);
}

const struct hit *ruleset_hit(const struct ruleset *ruleset, size_t i)
{
	return scan_hit(ruleset->scan, i);
}

int ruleset_selects(struct ruleset *ruleset, unsigned jail, const struct entry *entry)
{
	return scan_selects(ruleset->scan, jail, entry);
}

int ruleset_explain(struct ruleset *ruleset, const struct entry *entry, char *buffer, size_t size)
{
	return scan_explain(ruleset->scan, entry, buffer, size);
}

const struct jail_statistics *ruleset_jail_statistics(const struct ruleset *ruleset, unsigned jail)
{
	return scan_jail_statistics(ruleset->scan, jail);
}
