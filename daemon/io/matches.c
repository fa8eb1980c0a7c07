#include "io/matches.h"

#include <errno.h>
#include <stdio.h>

/* MESSAGE_ID of journald's "Suppressed N messages from UNIT" (SD_MESSAGE_JOURNAL_DROPPED). */
#define SUPPRESSED "a596d6fe7bfa4994828e72309e95d61e"

/* libsystemd looks up every match anew at each step, half a microsecond each (measured, 252), while
 * an entry that no rule wanted costs about two. With more matches than these all is read: the rules
 * ask for the selecting fields themselves. */
#define MATCHES_MAX 8

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

/* Rules often share a unit. */
static bool matches_repeat(const struct ruleset *ruleset, size_t i)
{
	const struct selector *selector = ruleset_selector(ruleset, i);

	for (size_t k = 0; k < i; k++) {
		const struct selector *other = ruleset_selector(ruleset, k);
		bool same = other->n_conditions == selector->n_conditions;

		for (size_t c = 0; same && c < selector->n_conditions; c++) {
			const struct condition *a = &selector->conditions[c];
			const struct condition *b = &other->conditions[c];

			same = strcmp(a->field, b->field) == 0 && a->n_values == b->n_values &&
			       a->is_prefix == b->is_prefix;
			for (size_t v = 0; same && v < a->n_values; v++)
				same = strcmp(a->values[v], b->values[v]) == 0;
		}
		if (same)
			return true;
	}
	return false;
}

bool matches_are_few(const struct ruleset *ruleset)
{
	const struct selector *selector;
	bool strips = ruleset_strips(ruleset);
	size_t n = 0;

	for (size_t i = 0; n <= MATCHES_MAX && (selector = ruleset_selector(ruleset, i)); i++) {
		if (matches_nothing(selector, strips))
			return false;
		if (matches_repeat(ruleset, i))
			continue;
		for (size_t k = 0; k < selector->n_conditions; k++)
			n += selector->conditions[k].n_values;
	}
	return n <= MATCHES_MAX;
}

int matches_add_rules(sd_journal *handle, const struct ruleset *ruleset)
{
	bool strips = ruleset_strips(ruleset);
	const struct selector *selector;
	int r = 0;

	for (size_t i = 0; r >= 0 && (selector = ruleset_selector(ruleset, i)); i++)
		if (!matches_repeat(ruleset, i))
			r = matches_add_selector(handle, selector, strips);
	return MIN(r, 0);
}

int matches_add_suppressed(sd_journal *handle)
{
	int r;

	r = matches_add(handle, "_TRANSPORT", "driver");
	return r < 0 ? r : matches_add(handle, "MESSAGE_ID", SUPPRESSED);
}
