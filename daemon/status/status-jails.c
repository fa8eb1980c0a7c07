/* The jails' side of `banish status`: what their rules read, and whether anything comes. */
#include "status/status-facts.h"

#include <errno.h>
#include <stdio.h>

#define HIDDEN_HOLDS (24 * USEC_PER_HOUR) /* the daemon says it once an hour */
#define MAX_ASKED    16                   /* units of one rule; more name templates, not servers */

/* Which of several units has most to say. */
static const int ranks[] = {
	[UNIT_UNASKED] = 0, [UNIT_MISSING] = 1,  [UNIT_STOPPED] = 2,
	[UNIT_FAILED] = 3,  [UNIT_STARTING] = 4, [UNIT_ACTIVE] = 5,
};

/* The unit that has most to say, of those that one condition names. */
static int ask_units(struct units *units, const struct condition *condition,
		     struct facts_jail *jail)
{
	for (size_t i = 0; i < condition->n_values && i < MAX_ASKED; i++) {
		struct unit unit;
		int r;

		if (condition->values[i][0] == '\0') /* entries without a unit */
			continue;
		r = units_ask(units, condition->values[i], &unit);
		if (r < 0)
			return r;
		if (!jail->unit || ranks[unit.state] > ranks[jail->unit_state]) {
			jail->unit = condition->values[i];
			jail->unit_state = unit.state;
			jail->unit_begun = unit.begun;
		}
		unit_done(&unit);
	}
	return 0;
}

static int find_unit(struct units *units, const struct jail *jail, struct facts_jail *facts)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < jail->n_selectors; i++) {
		const struct selector *selector = &jail->selectors[i];
		const struct condition *unit = selector_find(selector, "_SYSTEMD_UNIT");

		facts->narrow = facts->narrow || selector->n_conditions > 1;
		if (unit && !unit->is_prefix)
			r = ask_units(units, unit, facts);
	}
	return r;
}

static int jails_look_at(struct status *status, struct units *units, unsigned index)
{
	const struct jail *rule = ruleset_jail(status->ruleset, index);
	struct facts_jail *facts = &status->facts.jails[index];
	struct status_jail *jail = status_jail(status, rule->name);
	usec_t said;
	int r;

	if (!jail)
		return -ENOMEM;
	jail->rule = rule;
	jail->count = status->history.jails ? &status->history.jails[index] : NULL;
	strcpy(facts->name, rule->name);
	strcpy(facts->rule, rule->rule->name);
	facts->built_in = rule_is_built_in(rule->rule);
	if (facts->built_in)
		return 0;
	r = find_unit(units, rule, facts);
	if (r < 0 || !status->journal)
		return r;
	if (rule->is_container) {
		r = status_go_to_last(status->journal, LOG_HIDDEN, rule->name, &said);
		if (r < 0)
			return r;
		if (r > 0 && status->facts.now < said + HIDDEN_HOLDS)
			facts->hidden_said = said;
	}
	r = journal_select_jail(status->journal, rule);
	if (r > 0)
		r = journal_seek_last(status->journal);
	if (r > 0)
		r = entry_time(journal_entry(status->journal), &facts->last_entry);
	if (r >= 0 || r == -EBADMSG)
		r = status_go_to_last(status->journal, LOG_REACH, rule->name, &said);
	if (r > 0 && said > status->started)
		facts->reach_said = said;
	if ((r < 0 && r != -EBADMSG) || !jail->count ||
	    jail->count->failures + jail->count->prevented > 0)
		return r == -EBADMSG ? 0 : r;
	/* The daemon says it once in each of its lives; it holds as long as nothing is recognised.
	 */
	r = status_go_to_last(status->journal, LOG_SILENT, rule->name, &said);
	if (r > 0 && said > status->started)
		facts->silent_said = said;
	return r;
}

/* What the daemon said of a jail. */
static int take_said(struct status *status, const struct digest_jail *said)
{
	struct status_jail *jail = status_jail(status, said->name);

	if (!jail)
		return -ENOMEM;
	jail->bans = said->bans + said->by_hand;
	for (size_t i = 0; said->held && i < status->facts.n_jails; i++) {
		const struct jail *rule = ruleset_jail(status->ruleset, (unsigned)i);
		const struct rate *rate = &rule->settings.maxbans;
		struct facts_jail *facts = &status->facts.jails[i];

		if (strcmp(rule->name, said->name) != 0 || rate->count == 0)
			continue;
		/* While it holds bans back there are none, so the time of `maxbans` ends it. */
		facts->held_since = said->held_since;
		if (__builtin_add_overflow(said->held_since, rate->within, &facts->held_until))
			facts->held_until = USEC_INFINITY;
	}
	return 0;
}

int status_look_at_jails(struct status *status)
{
	const struct digest *digest = status->history.digest;
	cleanup(units_freep) struct units *units = NULL;
	int r = 0;

	if (status->ruleset) {
		size_t n = ruleset_n_jails(status->ruleset);

		status->facts.jails = calloc(n + 1, sizeof(*status->facts.jails));
		if (!status->facts.jails)
			return -ENOMEM;
		status->facts.n_jails = n;
		r = units_open(&units);
	}
	for (unsigned i = 0; r >= 0 && i < status->facts.n_jails; i++)
		r = jails_look_at(status, units, i);
	for (size_t i = 0; r >= 0 && digest && i < digest->n_jails; i++)
		r = take_said(status, &digest->jails[i]);
	for (size_t i = 0; r >= 0 && status->journal && i < status->n_jails; i++)
		r = status_go_to_last(status->journal, LOG_BAN, status->jails[i].name,
				      &status->jails[i].last_ban);
	return r;
}
