/*
 * Which rules are in force, as which jails, and what the search needs of them. The search itself is
 * scan.c's.
 */

#include "match/ruleset.h"

#include "base/bitmap.h"
#include "base/suggest.h"
#include "match/ruleset-internal.h"

#include <errno.h>
#include <stdio.h>

static int fault_no_rule(const struct jail_policy *jail, const char *policy_file,
			 struct rule *const *rules, size_t n_rules, struct faults *faults)
{
	char names[512] = "";
	size_t used = 0;
	char of[NAME_SIZE + 8] = "of that name";
	int r;

	if (jail->rule[0])
		(void)snprintf(of, sizeof(of), "\"%s\"", jail->rule);
	for (size_t i = 0; i < n_rules && used < sizeof(names) - NAME_SIZE - 8; i++) {
		r = snprintf(names + used, sizeof(names) - used, "%s\"%s\"", used > 0 ? ", " : "",
			     rules[i]->name);
		used += (size_t)MAX(r, 0);
	}
	if (used == 0)
		r = faults_add(faults,
			       "%s:%u:%u: jail \"%s\": no rule %s: no rule was found, see --rules",
			       policy_file, jail->line, jail->column, jail->name, of);
	else
		r = faults_add(faults, "%s:%u:%u: jail \"%s\": no rule %s: there are %s",
			       policy_file, jail->line, jail->column, jail->name, of, names);
	return r < 0 ? r : -EINVAL;
}

/* Which of the rule's events the jail takes. Notes only remember, so it takes all of them. */
static int choose_events(struct jail *jail, const struct jail_policy *from, const char *policy_file,
			 struct faults *faults)
{
	const struct rule *rule = jail->rule;
	int r, result = 0;

	jail->takes = calloc(rule->n_events + 1, sizeof(*jail->takes));
	if (!jail->takes)
		return -ENOMEM;
	for (size_t i = 0; i < rule->n_events; i++)
		jail->takes[i] = from->n_events == 0 || rule->events[i].outcome == OUTCOME_NOTE;
	for (size_t k = 0; k < from->n_events; k++) {
		struct suggestion suggestion = { .word = span_of(from->events[k]) };
		bool found = false;

		for (size_t i = 0; i < rule->n_events; i++) {
			bool same = strcmp(rule->events[i].name, from->events[k]) == 0;

			jail->takes[i] |= same;
			found |= same;
			suggestion_try(&suggestion, rule->events[i].name);
		}
		if (found)
			continue;
		r = faults_add(faults,
			       "%s:%u:%u: jail \"%s\": rule \"%s\" has no event \"%s\": %s%s%s",
			       policy_file, from->events_line, from->events_column, from->name,
			       rule->name, from->events[k],
			       suggestion.best ? "did you mean \"" : "write one of ",
			       suggestion.best ?: rule->file, suggestion.best ? "\"?" : "");
		if (r < 0)
			return r;
		result = -EINVAL;
	}
	for (size_t i = 0; from->settings.mode == MODE_NORMAL && i < rule->n_events; i++)
		jail->takes[i] &= rule->events[i].mode != MODE_AGGRESSIVE;
	return result;
}

/* Nobody else writes fields of these names, or as these units. */
static bool selects_container(const struct selector *selector)
{
	const struct condition *unit = selector_find(selector, "_SYSTEMD_UNIT");

	for (size_t i = 0; i < selector->n_conditions; i++)
		if (strncmp(selector->conditions[i].field, "CONTAINER_", 10) == 0)
			return true;
	return unit && (condition_names(unit, SPAN_LITERAL("docker.service")) ||
			strncmp(unit->values[0], "libpod-", 7) == 0);
}

static int make_jail(struct jail *jail, const struct jail_policy *from, const char *policy_file,
		     struct faults *faults)
{
	bool own = from->n_selectors > 0;
	int r;

	memcpy(jail->name, from->name, sizeof(jail->name));
	jail->selectors = own ? from->selectors : jail->rule->selectors;
	jail->n_selectors = own ? from->n_selectors : jail->rule->n_selectors;
	jail->strip = from->strip;
	jail->is_container = jail->strip.n > 0;
	for (size_t i = 0; i < jail->n_selectors; i++)
		jail->is_container |= selects_container(&jail->selectors[i]);
	jail->reads_engine = own || jail->is_container;
	jail->settings = from->settings;
	jail->settings.ports = (struct ports){ 0 };
	r = ports_copy(from->settings.has_ports ? &from->settings.ports : &jail->rule->ports,
		       &jail->settings.ports);
	return r < 0 ? r : choose_events(jail, from, policy_file, faults);
}

/* A jail for each of the policy, with the rule that it names. */
static int make_jails(struct ruleset *ruleset, struct rule *const *rules, size_t n_rules,
		      const struct policy *policy, const char *policy_file, struct faults *faults)
{
	int r, result = 0;

	ruleset->rules = calloc(policy->n_jails + 1, sizeof(*ruleset->rules));
	ruleset->jails = calloc(policy->n_jails + 1, sizeof(*ruleset->jails));
	if (!ruleset->rules || !ruleset->jails)
		return -ENOMEM;
	ruleset->n_jails = policy->n_jails;
	for (size_t i = 0; i < policy->n_jails; i++) {
		const struct jail_policy *from = &policy->jails[i];
		struct jail *jail = &ruleset->jails[i];

		for (size_t k = 0; k < n_rules && !jail->rule; k++)
			if (strcmp(rules[k]->name, policy_rule(from)) == 0)
				jail->rule = rules[k];
		r = jail->rule ? make_jail(jail, from, policy_file, faults)
			       : fault_no_rule(from, policy_file, rules, n_rules, faults);
		if (r == -EINVAL)
			result = r;
		else if (r < 0)
			return r;
	}
	return result;
}

static int make_bitmaps(struct ruleset *ruleset)
{
	size_t n_jails = ruleset->n_jails, n_events = 0;

	for (size_t i = 0; i < n_jails; i++)
		n_events += ruleset->jails[i].rule->n_events;
	ruleset->first = calloc(n_jails + 1, sizeof(*ruleset->first));
	ruleset->select_first = calloc(n_jails + 1, sizeof(*ruleset->select_first));
	ruleset->hits = calloc(n_jails + 1, sizeof(*ruleset->hits));
	ruleset->jail_statistics = calloc(n_jails + 1, sizeof(*ruleset->jail_statistics));
	ruleset->narrowed = calloc(bitmap_words(n_jails) + 1, sizeof(*ruleset->narrowed));
	ruleset->events = calloc(n_events + 1, sizeof(*ruleset->events));
	ruleset->candidates = calloc(bitmap_words(n_events) + 1, sizeof(*ruleset->candidates));
	ruleset->elsewhere = calloc(bitmap_words(n_events) + 1, sizeof(*ruleset->elsewhere));
	ruleset->silent = calloc(bitmap_words(n_events) + 1, sizeof(*ruleset->silent));
	ruleset->fields = calloc(n_events + 1, sizeof(*ruleset->fields));
	ruleset->views_of = calloc(n_events + 1, sizeof(*ruleset->views_of));
	ruleset->views = calloc(n_jails + 1, sizeof(*ruleset->views));
	if (!ruleset->first || !ruleset->select_first || !ruleset->hits ||
	    !ruleset->jail_statistics || !ruleset->narrowed || !ruleset->events ||
	    !ruleset->candidates || !ruleset->elsewhere || !ruleset->silent || !ruleset->fields ||
	    !ruleset->views_of || !ruleset->views)
		return -ENOMEM;
	return 0;
}

/* All of them, even after a fault: the administrator wants to see every bad pattern at once. */
static int compile_events(struct ruleset *ruleset, bool jit, struct faults *faults)
{
	int result = 0;

	for (size_t i = 0; i < ruleset->n_jails; i++) {
		const struct rule *rule = ruleset->jails[i].rule;

		for (size_t j = 0; j < rule->n_events; j++) {
			struct compiled *compiled = &ruleset->events[ruleset->n_events++];
			int r;

			compiled->event = &rule->events[j];
			compiled->jail = (unsigned)i;
			r = match_new(rule->file, compiled->event, jit ? MATCH_JIT : 0, faults,
				      &compiled->match);
			if (r == -EINVAL)
				result = r;
			else if (r < 0)
				return r;
		}
		ruleset->first[i + 1] = (unsigned)ruleset->n_events;
	}
	return result;
}

static unsigned ruleset_field_of(struct ruleset *ruleset, const char *name, unsigned view)
{
	for (size_t i = 0; i < ruleset->n_fields; i++)
		if (ruleset->views_of[i] == view && strcmp(ruleset->fields[i].name, name) == 0)
			return (unsigned)i;
	ruleset->views_of[ruleset->n_fields] = view;
	field_init(&ruleset->fields[ruleset->n_fields], name);
	return (unsigned)ruleset->n_fields++;
}

static bool names_others_unit(const struct selector *selector)
{
	const struct condition *unit = selector_find(selector, "_SYSTEMD_UNIT");

	return unit && !condition_names(unit, SPAN_LITERAL(OWN_UNIT));
}

static int index_rules(struct ruleset *ruleset)
{
	cleanup(freep) const struct event **events = calloc(ruleset->n_events + 1, sizeof(*events));
	cleanup(freep) struct selectors *rules = calloc(ruleset->n_jails + 1, sizeof(*rules));
	const struct selector *selector;
	int r;

	if (!events || !rules)
		return -ENOMEM;
	(void)ruleset_field_of(ruleset, "MESSAGE", 0);
	for (size_t i = 0; i < ruleset->n_events; i++) {
		struct compiled *compiled = &ruleset->events[i];

		events[i] = compiled->event;
		compiled->field = ruleset_field_of(ruleset, compiled->event->field,
						   ruleset->jails[compiled->jail].strip.n > 0
							   ? compiled->jail + 1
							   : 0);
		if (strcmp(compiled->event->field, "MESSAGE") != 0) {
			bitmap_set(ruleset->elsewhere, i);
			ruleset->select_first[compiled->jail] = true;
			ruleset->has_elsewhere = true;
		}
	}
	for (size_t i = 0; i < ruleset->n_jails; i++) {
		const struct jail *jail = &ruleset->jails[i];

		stripped_init(&ruleset->views[i], &jail->strip);
		/* a question costs less than to strip what the jail does not read */
		ruleset->select_first[i] |= jail->strip.n > 0;
		rules[i] =
			(struct selectors){ jail->selectors, jail->n_selectors, jail->strip.n > 0 };
	}
	ruleset->all_by_unit = true;
	for (size_t i = 0; (selector = ruleset_selector(ruleset, i)); i++)
		ruleset->all_by_unit &= names_others_unit(selector);
	r = sieve_new(events, ruleset->n_events, &ruleset->sieve);
	return r < 0 ? r : selection_new(rules, ruleset->n_jails, &ruleset->selection);
}

int ruleset_new(struct rule **rules, size_t n_rules, const struct policy *policy,
		const char *policy_file, bool jit, struct faults *faults, struct ruleset **ret)
{
	cleanup(ruleset_freep) struct ruleset *ruleset = calloc(1, sizeof(*ruleset));
	int r;

	if (!ruleset)
		return -ENOMEM;
	r = make_jails(ruleset, rules, n_rules, policy, policy_file, faults);
	if (r < 0)
		return r;
	r = make_bitmaps(ruleset);
	if (r < 0)
		return r;
	r = compile_events(ruleset, jit, faults);
	if (r < 0)
		return r;
	r = matcher_new(&ruleset->matcher);
	if (r < 0)
		return r;
	r = index_rules(ruleset);
	if (r < 0)
		return r;

	/* From here on nothing fails: what is in force moves over, the rest is freed. */
	for (size_t i = 0; i < n_rules; i++) {
		struct rule *rule = TAKE_PTR(rules[i]);

		for (size_t j = 0; j < ruleset->n_jails && rule; j++)
			if (ruleset->jails[j].rule == rule)
				ruleset->rules[j] = TAKE_PTR(rule);
		rule_free(rule);
	}
	*ret = TAKE_PTR(ruleset);
	return 0;
}

struct ruleset *ruleset_free(struct ruleset *ruleset)
{
	if (!ruleset)
		return NULL;
	for (size_t i = 0; i < ruleset->n_events; i++)
		match_free(ruleset->events[i].match);
	for (size_t i = 0; i < ruleset->n_fields; i++)
		field_done(&ruleset->fields[i]);
	matcher_free(ruleset->matcher);
	sieve_free(ruleset->sieve);
	selection_free(ruleset->selection);
	for (size_t i = 0; i < ruleset->n_jails; i++) {
		rule_free(ruleset->rules[i]);
		free(ruleset->jails[i].takes);
		ports_done(&ruleset->jails[i].settings.ports);
	}
	free(ruleset->rules);
	free(ruleset->jails);
	free(ruleset->first);
	free(ruleset->select_first);
	free(ruleset->hits);
	free(ruleset->jail_statistics);
	free(ruleset->narrowed);
	free(ruleset->events);
	free(ruleset->candidates);
	free(ruleset->elsewhere);
	free(ruleset->silent);
	free(ruleset->fields);
	free(ruleset->views_of);
	free(ruleset->views);
	free(ruleset);
	return NULL;
}

void ruleset_assume_missing(struct ruleset *ruleset, bool assume)
{
	selection_assume_missing(ruleset->selection, assume);
}

void ruleset_leave_out_weightless(struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_events; i++) {
		const struct compiled *compiled = &ruleset->events[i];
		const struct jail *jail = &ruleset->jails[compiled->jail];

		if (!jail->takes[i - ruleset->first[compiled->jail]] ||
		    (compiled->event->outcome == OUTCOME_SUCCESS &&
		     jail->settings.on_success == SUCCESS_IGNORE)) {
			bitmap_set(ruleset->silent, i);
			ruleset->has_silent = true;
		}
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

const struct jail *ruleset_jail_on(const struct ruleset *ruleset, const char *rule)
{
	for (size_t i = 0; i < ruleset->n_jails; i++)
		if (strcmp(ruleset->jails[i].rule->name, rule) == 0)
			return &ruleset->jails[i];
	return NULL;
}

const struct event *ruleset_event(const struct ruleset *ruleset, unsigned jail, unsigned event)
{
	return &ruleset->jails[jail].rule->events[event];
}

bool ruleset_has_notes(const struct ruleset *ruleset, unsigned index)
{
	const struct jail *jail = ruleset_jail(ruleset, index);

	for (size_t i = 0; i < jail->rule->n_events; i++)
		if (jail->rule->events[i].outcome == OUTCOME_NOTE && jail->takes[i])
			return true;
	return false;
}

const struct selector *ruleset_selector(const struct ruleset *ruleset, size_t i)
{
	for (size_t j = 0; j < ruleset->n_jails; j++) {
		const struct jail *jail = &ruleset->jails[j];

		if (i < jail->n_selectors)
			return &jail->selectors[i];
		i -= jail->n_selectors;
	}
	return NULL;
}

size_t ruleset_n_hits(const struct ruleset *ruleset)
{
	return ruleset->n_hits;
}

const struct hit *ruleset_hit(const struct ruleset *ruleset, size_t i)
{
	return &ruleset->hits[i];
}

bool ruleset_awaits_pieces(const struct ruleset *ruleset)
{
	return ruleset->linebreak.journald.n_pending > 0 ||
	       ruleset->linebreak.engines.n_pending > 0;
}

void ruleset_forget_pieces(struct ruleset *ruleset)
{
	ruleset->linebreak = (struct linebreak){ 0 };
}

const struct entry *ruleset_view(struct ruleset *ruleset, unsigned jail, const struct entry *entry)
{
	if (ruleset->jails[jail].strip.n == 0)
		return entry;
	ruleset->views[jail].whole = entry;
	return &ruleset->views[jail].entry;
}

bool ruleset_reads_engines(const struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_jails; i++)
		if (ruleset->jails[i].reads_engine)
			return true;
	return false;
}

int ruleset_selects(struct ruleset *ruleset, unsigned jail, const struct entry *entry)
{
	selection_begin(ruleset->selection);
	return selection_agrees(ruleset->selection, ruleset_view(ruleset, jail, entry), jail);
}

const struct jail_statistics *ruleset_jail_statistics(const struct ruleset *ruleset, unsigned jail)
{
	return &ruleset->jail_statistics[jail];
}
