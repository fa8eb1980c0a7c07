#include "io/matches.h"

#include <errno.h>
#include <stdio.h>

/* MESSAGE_ID of journald's "Suppressed N messages from UNIT" (SD_MESSAGE_JOURNAL_DROPPED). */
#define SUPPRESSED "a596d6fe7bfa4994828e72309e95d61e"

int matches_add(sd_journal *handle, const char *field, const char *value)
{
	cleanup(freep) char *text = NULL;
	int size;

	size = asprintf(&text, "%s=%s", field, value);
	if (size < 0)
		return -ENOMEM;
	return sd_journal_add_match(handle, text, (size_t)size);
}

/* No match can say "below 1000", "missing" or "begins with", nor what a line holds that is
 * stripped: rules look again. */
static bool matches_can_say(const struct condition *condition, bool strips)
{
	return condition_is_match(condition) &&
	       !(strips && strcmp(condition->field, "SYSLOG_IDENTIFIER") == 0);
}

int matches_add_selector(sd_journal *handle, const struct selector *selector, bool strips)
{
	int r;

	for (size_t i = 0; i < selector->n_conditions; i++) {
		const struct condition *condition = &selector->conditions[i];

		if (!matches_can_say(condition, strips))
			continue;
		/* matches on one field are OR, on different fields AND: just what the object means
		 */
		for (size_t k = 0; k < condition->n_values; k++) {
			r = matches_add(handle, condition->field, condition->values[k]);
			if (r < 0)
				return r;
		}
	}
	return sd_journal_add_disjunction(handle);
}

bool matches_nothing(const struct selector *selector, bool strips)
{
	for (size_t i = 0; i < selector->n_conditions; i++)
		if (matches_can_say(&selector->conditions[i], strips))
			return false;
	return true;
}

/* The field that leaves least, as far as one can know. Rules look at the others themselves. */
static const struct condition *matches_choose(const struct selector *selector, bool strips)
{
	static const char *const narrow[] = { "CONTAINER_NAME", "_SYSTEMD_UNIT", "_SYSTEMD_SLICE",
					      "_EXE", "SYSLOG_IDENTIFIER" };

	for (size_t i = 0; i < ARRAY_SIZE(narrow); i++) {
		const struct condition *condition = selector_find(selector, narrow[i]);

		if (condition && matches_can_say(condition, strips))
			return condition;
	}
	for (size_t i = 0; i < selector->n_conditions; i++)
		if (matches_can_say(&selector->conditions[i], strips))
			return &selector->conditions[i];
	return NULL;
}

static int matches_occur(sd_journal *handle, const struct match_value *match)
{
	int r;

	sd_journal_flush_matches(handle);
	r = matches_add(handle, match->field, match->value);
	if (r >= 0)
		r = sd_journal_seek_head(handle);
	if (r >= 0)
		r = sd_journal_next(handle);
	sd_journal_flush_matches(handle);
	return r;
}

/* `past`: where the value has to be; NULL: anywhere. 1; 0: that is one too many. */
static int matches_note(struct match_values *values, sd_journal *past, const char *field,
			const char *value)
{
	const struct match_value match = { field, value };
	int r;

	for (size_t i = 0; i < values->n; i++)
		if (strcmp(values->list[i].field, field) == 0 &&
		    strcmp(values->list[i].value, value) == 0)
			return 1;
	r = past ? matches_occur(past, &match) : 1;
	if (r < 0)
		return r;
	if (r == 0)
		return 1;
	if (values->n == MATCHES_MAX)
		return 0;
	values->list[values->n++] = match;
	return 1;
}

/* 1; 0: too many, or a selector that no match can stand for. */
static int matches_gather_jail(struct match_values *values, sd_journal *past,
			       const struct jail *jail)
{
	int r = 1;

	for (size_t k = 0; r > 0 && k < jail->n_selectors; k++) {
		const struct condition *condition =
			matches_choose(&jail->selectors[k], jail->strip.n > 0);

		if (!condition)
			return 0;
		for (size_t v = 0; r > 0 && v < condition->n_values; v++)
			r = matches_note(values, past, condition->field, condition->values[v]);
	}
	return r;
}

static int matches_gather(struct match_values *values, sd_journal *past,
			  const struct ruleset *ruleset, bool notes_only)
{
	int r = 1;

	for (unsigned i = 0; r > 0 && i < ruleset_n_jails(ruleset); i++)
		if (!notes_only || ruleset_has_notes(ruleset, i))
			r = matches_gather_jail(values, past, ruleset_jail(ruleset, i));
	return r;
}

int matches_add_values(sd_journal *handle, const struct match_values *values)
{
	static const struct match_value nothing = { "_SYSTEMD_UNIT", "" };
	int r;

	if (values->all)
		return 0;
	/* without a match all would be read */
	if (values->n == 0) {
		r = matches_add(handle, nothing.field, nothing.value);
		return r < 0 ? r : 1;
	}
	for (size_t i = 0; i < values->n; i++) {
		const char *field = values->list[i].field;

		/* values of one field, one behind the other, are cheaper than as many disjunctions
		 */
		r = i > 0 && strcmp(field, values->list[i - 1].field) != 0
			    ? sd_journal_add_disjunction(handle)
			    : 0;
		if (r >= 0)
			r = matches_add(handle, field, values->list[i].value);
		if (r < 0)
			return r;
	}
	r = sd_journal_add_disjunction(handle);
	return r < 0 ? r : 1;
}

/* `gathered`: as matches_gather() answers. */
static int matches_conclude(int gathered, const struct match_values *values,
			    struct match_values *ret)
{
	if (gathered < 0)
		return gathered;
	*ret = *values;
	ret->all = gathered == 0;
	return 0;
}

int matches_of_rules(sd_journal *handle, const struct ruleset *const *rulesets, size_t n_rulesets,
		     bool past, struct match_values *ret)
{
	struct match_values values = { 0 };
	int r = 1;

	for (size_t i = 0; r > 0 && i < n_rulesets; i++)
		r = matches_gather(&values, past ? handle : NULL, rulesets[i], false);
	return matches_conclude(r, &values, ret);
}

int matches_of_jail(sd_journal *handle, const struct ruleset *ruleset, unsigned jail,
		    struct match_values *ret)
{
	struct match_values values = { 0 };
	int r;

	r = matches_gather_jail(&values, handle, ruleset_jail(ruleset, jail));
	return matches_conclude(r, &values, ret);
}

int matches_add_notes(sd_journal *handle, const struct ruleset *ruleset)
{
	struct match_values values = { 0 };
	int r;

	r = matches_gather(&values, NULL, ruleset, true);
	return r > 0 ? matches_add_values(handle, &values) : r;
}

int matches_add_suppressed(sd_journal *handle)
{
	int r;

	r = matches_add(handle, "_TRANSPORT", "driver");
	return r < 0 ? r : matches_add(handle, "MESSAGE_ID", SUPPRESSED);
}
