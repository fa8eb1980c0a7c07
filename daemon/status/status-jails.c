/* The jails' side of `banish status`: what their rules read, and whether anything comes. */
#include "status/status-jails.h"
#include "io/log.h"

#include <errno.h>
#include <stdio.h>

#define MAX_ASKED 16 /* units of one rule; more name templates, not servers */

static int rank(enum unit_state state)
{
	switch (state) {
	case UNIT_ACTIVE:
		return 5;
	case UNIT_STARTING:
		return 4;
	case UNIT_FAILED:
		return 3;
	case UNIT_STOPPED:
		return 2;
	case UNIT_MISSING:
		return 1;
	case UNIT_UNASKED:
		break;
	}
	return 0;
}

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
		if (!jail->unit || rank(unit.state) > rank(jail->unit_state)) {
			jail->unit = condition->values[i];
			jail->unit_state = unit.state;
			jail->unit_begun = unit.begun;
		}
		unit_done(&unit);
	}
	return 0;
}

static int find_unit(struct units *units, const struct rule *rule, struct facts_jail *jail)
{
	int r = 0;

	for (size_t i = 0; i < rule->n_selectors; i++) {
		const struct selector *selector = &rule->selectors[i];

		jail->narrow = jail->narrow || selector->n_conditions > 1;
		for (size_t k = 0; r >= 0 && k < selector->n_conditions; k++)
			if (strcmp(selector->conditions[k].field, "_SYSTEMD_UNIT") == 0)
				r = ask_units(units, &selector->conditions[k], jail);
	}
	return r;
}

/* The time of the latest entry that the matches deliver; 0: none. */
static int latest(struct journal *journal, usec_t *ret)
{
	int r;

	*ret = 0;
	r = journal_seek_last(journal);
	if (r > 0)
		r = entry_time(journal_entry(journal), ret);
	return r == -EBADMSG ? 0 : r;
}

/* When the daemon said something of this kind about the jail last; 0: never. */
static int find_last(struct journal *journal, enum log_kind what, const char *jail, usec_t *ret)
{
	char kind[64], name[sizeof("BANISH_JAIL=") + NAME_SIZE];
	const char *const fields[] = { kind, name };
	int r;

	snprintf(kind, sizeof(kind), "MESSAGE_ID=%s", log_id(what));
	snprintf(name, sizeof(name), "BANISH_JAIL=%s", jail);
	r = journal_select_own(journal, fields, ARRAY_SIZE(fields), false);
	return r < 0 ? r : latest(journal, ret);
}

/* The daemon says it once in each of its lives; it holds as long as nothing is recognised. */
static int find_silence(struct status *status, const struct history_count *count,
			struct facts_jail *facts)
{
	usec_t said;
	int r;

	if (!count || count->failures + count->prevented > 0)
		return 0;
	r = find_last(status->journal, LOG_SILENT, facts->name, &said);
	if (r >= 0 && said > status->started)
		facts->silent_said = said;
	return r;
}

static int look_at(struct status *status, struct units *units, unsigned index)
{
	const struct jail *rule = ruleset_jail(status->ruleset, index);
	struct facts_jail *facts = &status->facts_jails[index];
	int r;

	strcpy(facts->name, rule->name);
	r = find_unit(units, rule->rule, facts);
	if (r < 0 || !status->journal)
		return r;
	r = journal_select_rule(status->journal, rule->rule);
	if (r >= 0)
		r = latest(status->journal, &facts->last_entry);
	return r < 0 ? r
		     : find_silence(status,
				    status->history.jails ? &status->history.jails[index] : NULL,
				    facts);
}

static int jails_take_rules(struct status *status)
{
	cleanup(units_freep) struct units *units = NULL;
	size_t n = ruleset_n_jails(status->ruleset);
	int r;

	r = units_open(&units);
	if (r < 0)
		return r;
	status->facts_jails = calloc(n + 1, sizeof(*status->facts_jails));
	if (!status->facts_jails)
		return -ENOMEM;
	for (unsigned i = 0; r >= 0 && i < n; i++) {
		const struct jail *rule = ruleset_jail(status->ruleset, i);
		struct status_jail *jail = status_jail(status, rule->name);

		if (!jail)
			return -ENOMEM;
		jail->rule = rule;
		if (status->history.jails)
			jail->count = &status->history.jails[i];
		r = look_at(status, units, i);
	}
	status->facts.jails = status->facts_jails;
	status->facts.n_jails = n;
	return r;
}

/* While it holds bans back there are none, so the time of `maxbans` ends it. */
static void jails_take_breaker(struct status *status, const struct digest_jail *said)
{
	for (size_t i = 0; said->held && i < status->facts.n_jails; i++) {
		const struct jail *rule = ruleset_jail(status->ruleset, (unsigned)i);
		const struct rate *rate = &rule->settings.maxbans;

		if (strcmp(rule->name, said->name) != 0 || rate->count == 0)
			continue;
		status->facts_jails[i].held_since = said->held_since;
		if (__builtin_add_overflow(said->held_since, rate->within,
					   &status->facts_jails[i].held_until))
			status->facts_jails[i].held_until = USEC_INFINITY;
	}
}

/* What the daemon said of the jails. */
static int jails_take_said(struct status *status)
{
	const struct digest_jail *said;
	size_t n;

	if (!status->history.digest)
		return 0;
	said = digest_jails(status->history.digest, &n);
	for (size_t i = 0; i < n; i++) {
		struct status_jail *jail = status_jail(status, said[i].name);

		if (!jail)
			return -ENOMEM;
		jail->bans = said[i].bans + said[i].by_hand;
		jails_take_breaker(status, &said[i]);
	}
	return 0;
}

int status_look_at_jails(struct status *status)
{
	int r = 0;

	if (status->ruleset)
		r = jails_take_rules(status);
	if (r >= 0)
		r = jails_take_said(status);
	for (size_t i = 0; r >= 0 && status->journal && i < status->n_jails; i++)
		r = find_last(status->journal, LOG_BAN, status->jails[i].name,
			      &status->jails[i].last_ban);
	return r;
}
