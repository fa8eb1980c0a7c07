#include "io/matches.h"

#include <errno.h>
#include <stdio.h>

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

int matches_add_selector(sd_journal *handle, const struct selector *selector)
{
	int r;

	for (size_t i = 0; i < selector->n_conditions; i++) {
		const struct condition *condition = &selector->conditions[i];

		/* no match can say "below 1000" or "missing"; another field is always there, and
		 * rules look again */
		if (!condition_is_match(condition))
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

static bool matches_same(const struct condition *a, const struct condition *b)
{
	if (strcmp(a->field, b->field) != 0 || a->n_values != b->n_values)
		return false;
	for (size_t i = 0; i < a->n_values; i++)
		if (strcmp(a->values[i], b->values[i]) != 0)
			return false;
	return true;
}

/* Rules often share a unit. */
static bool matches_repeat(const struct ruleset *ruleset, size_t i)
{
	const struct selector *selector = ruleset_selector(ruleset, i), *other;

	for (size_t k = 0; k < i; k++) {
		size_t same = 0;

		other = ruleset_selector(ruleset, k);
		if (other->n_conditions != selector->n_conditions)
			continue;
		while (same < selector->n_conditions &&
		       matches_same(&selector->conditions[same], &other->conditions[same]))
			same++;
		if (same == selector->n_conditions)
			return true;
	}
	return false;
}

bool matches_are_few(const struct ruleset *ruleset)
{
	const struct selector *selector;
	size_t n = 0;

	for (size_t i = 0; n <= MATCHES_MAX && (selector = ruleset_selector(ruleset, i)); i++) {
		if (matches_repeat(ruleset, i))
			continue;
		for (size_t k = 0; k < selector->n_conditions; k++)
			n += selector->conditions[k].n_values;
	}
	return n <= MATCHES_MAX;
}

int matches_add_ruleset(sd_journal *handle, const struct ruleset *ruleset)
{
	const struct selector *selector;
	int r = 0;

	for (size_t i = 0; r >= 0 && (selector = ruleset_selector(ruleset, i)); i++)
		if (!matches_repeat(ruleset, i))
			r = matches_add_selector(handle, selector);
	return MIN(r, 0);
}

int matches_add_suppressed(sd_journal *handle)
{
	int r;

	r = matches_add(handle, "_TRANSPORT", "driver");
	return r < 0 ? r : matches_add(handle, "MESSAGE_ID", JOURNAL_SUPPRESSED);
}
