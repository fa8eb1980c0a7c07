#include "io/journal.h"

#include "io/journal-internal.h"

/* Of a journal without matches nobody knows what is in its entries; a walk would decompress it. */
static int take_along_common(struct journal *journal, bool selective)
{
	static const char *const partial[] = { "CONTAINER_PARTIAL_ID",
					       "CONTAINER_PARTIAL_MESSAGE" };
	int r;

	r = fields_add(&journal->fields, "MESSAGE");
	if (selective && r >= 0 && journal->entry.may_be_split)
		r = fields_add(&journal->fields, "_LINE_BREAK");
	for (size_t i = 0; selective && journal->entry.may_be_partial && i < ARRAY_SIZE(partial);
	     i++)
		if (r >= 0)
			r = fields_add(&journal->fields, partial[i]);
	return r;
}

static int take_along_selector(struct journal *journal, const struct selector *selector)
{
	int r = 0;

	for (size_t k = 0; r >= 0 && k < selector->n_conditions; k++)
		r = fields_add(&journal->fields, selector->conditions[k].field);
	return r;
}

static int take_along(struct journal *journal, const struct ruleset *ruleset, bool selective)
{
	const struct selector *selector;
	int r;

	r = take_along_common(journal, selective);
	for (size_t i = 0; selective && (selector = ruleset_selector(ruleset, i)); i++)
		if (r >= 0)
			r = take_along_selector(journal, selector);
	return r;
}

/* 1; 0: all is read. */
static int select_rules(struct journal *journal, const struct ruleset *const *rulesets, size_t n,
			bool past)
{
	int r, selective;

	journal->reads_engines = false;
	for (size_t i = 0; i < n; i++)
		journal->reads_engines |= ruleset_reads_engines(rulesets[i]);
	journal->entry.may_be_partial |= journal->growing && journal->reads_engines;
	sd_journal_flush_matches(journal->handle);
	fields_clear(&journal->fields);
	r = matches_of_rules(journal->handle, rulesets, n, past, &journal->values);
	if (r >= 0)
		r = matches_add_values(journal->handle, &journal->values);
	selective = r;
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = take_along(journal, rulesets[i], selective > 0);
	return r < 0 ? r : selective;
}

int journal_select(struct journal *journal, const struct ruleset *ruleset, bool with_suppressed)
{
	int r;

	r = select_rules(journal, &ruleset, 1, false);
	return r <= 0 || !with_suppressed ? MIN(r, 0) : matches_add_suppressed(journal->handle);
}

int journal_select_past(struct journal *journal, const struct ruleset *a, const struct ruleset *b)
{
	const struct ruleset *const all[] = { a, b };

	journal_leave(journal);
	return select_rules(journal, all, a == b ? 1 : 2, true);
}

int journal_select_past_of(struct journal *journal, const struct ruleset *ruleset, unsigned jail)
{
	const struct jail *one = ruleset_jail(ruleset, jail);
	int r, selective;

	journal_leave(journal);
	sd_journal_flush_matches(journal->handle);
	fields_clear(&journal->fields);
	r = matches_of_jail(journal->handle, ruleset, jail, &journal->values);
	if (r >= 0)
		r = matches_add_values(journal->handle, &journal->values);
	selective = r;
	if (r >= 0)
		r = take_along_common(journal, selective > 0);
	for (size_t i = 0; selective > 0 && i < one->n_selectors; i++)
		if (r >= 0)
			r = take_along_selector(journal, &one->selectors[i]);
	return r < 0 ? r : selective;
}

int journal_select_notes(struct journal *journal, const struct ruleset *ruleset)
{
	int r;

	sd_journal_flush_matches(journal->handle);
	fields_clear(&journal->fields);
	r = matches_add_notes(journal->handle, ruleset);
	return r < 0 ? r : take_along(journal, ruleset, r > 0);
}

int journal_select_said(struct journal *journal, const struct prefix *prefixes, size_t n_prefixes)
{
	char text[PREFIX_TEXT_MAX];
	int r;

	sd_journal_flush_matches(journal->handle);
	r = matches_add(journal->handle, "_SYSTEMD_UNIT", OWN_UNIT);
	for (size_t i = 0; r >= 0 && i < n_prefixes; i++)
		r = matches_add(journal->handle, "BANISH_PREFIX",
				prefix_format(&prefixes[i], text));
	return r;
}

int journal_select_own(struct journal *journal, const char *const *fields, size_t n_fields,
		       bool with_suppressed)
{
	int r;

	sd_journal_flush_matches(journal->handle);
	r = matches_add(journal->handle, "_SYSTEMD_UNIT", OWN_UNIT);
	for (size_t i = 0; r >= 0 && i < n_fields; i++)
		r = sd_journal_add_match(journal->handle, fields[i], 0);
	if (r < 0 || !with_suppressed)
		return r;
	r = sd_journal_add_disjunction(journal->handle);
	if (r >= 0)
		r = matches_add_suppressed(journal->handle);
	return r < 0 ? r : matches_add(journal->handle, "OBJECT_SYSTEMD_UNIT", OWN_UNIT);
}

int journal_select_jail(struct journal *journal, const struct jail *jail)
{
	bool strips = jail->strip.n > 0;
	int r = 0;

	sd_journal_flush_matches(journal->handle);
	for (size_t i = 0; i < jail->n_selectors; i++)
		if (matches_nothing(&jail->selectors[i], strips))
			return 0;
	for (size_t i = 0; r >= 0 && i < jail->n_selectors; i++)
		r = matches_add_selector(journal->handle, &jail->selectors[i], strips);
	return r < 0 ? r : 1;
}

int journal_select_value(struct journal *journal, const char *field, const char *value)
{
	sd_journal_flush_matches(journal->handle);
	return matches_add(journal->handle, field, value);
}
