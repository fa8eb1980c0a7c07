/*
 * From an entry to its hits, asking as little as possible: MESSAGE of every entry; what selects, of
 * those that an event could match. With a few rules in question their events are tried first, for
 * most lines match none and then nothing else is asked; with many the entry is asked which of them
 * read it. Either way gives the same hits.
 */

#include "match/ruleset.h"

#include "base/bitmap.h"
#include "base/printable.h"
#include "match/measure.h"
#include "match/ruleset-internal.h"

#include <errno.h>
#include <stdio.h>

#define FEW_JAILS    4  /* a few patterns that fail cost less than a question */
#define SILENT_TRIED 32 /* of so many entries one */
#define SHOWN_TEXT   40 /* bytes of a message quoted in an explanation */

/* The first event that matches decides for its jail, if the jail reads this entry at all. */
static int scan_jail(struct ruleset *ruleset, const struct entry *entry, unsigned jail,
		     bool select_first)
{
	size_t end = ruleset->first[jail + 1];
	int selected = 0;

	entry = ruleset_view(ruleset, jail, entry);
	kept_look_at(matcher_kept(ruleset->matcher), entry);
	if (select_first) {
		selected = selection_agrees(ruleset->selection, entry, jail);
		if (selected <= 0)
			return selected;
	}
	for (size_t i = bitmap_next(ruleset->candidates, ruleset->first[jail], end); i < end;
	     i = bitmap_next(ruleset->candidates, i + 1, end)) {
		struct hit *hit = &ruleset->hits[ruleset->n_hits];
		const struct compiled *compiled = &ruleset->events[i];
		struct event_field *field = &ruleset->fields[compiled->field];
		int r;

		r = field_ask(field, entry);
		if (r == 0 && field->present)
			r = match_run(compiled->match, ruleset->matcher, &field->subject,
				      &hit->captures);
		if (r == 0)
			continue;
		if (r < 0 && r != -E2BIG)
			return r;
		if (!selected) {
			selected = selection_agrees(ruleset->selection, entry, jail);
			if (selected <= 0)
				return selected;
		}
		if (r == -E2BIG) {
			ruleset->jail_statistics[jail].limit_hits++;
			continue;
		}
		hit->jail = jail;
		hit->event = (unsigned)(i - ruleset->first[jail]);
		ruleset->jail_statistics[jail].hits++;
		ruleset->n_hits += !bitmap_has(ruleset->silent, i);
		return 0;
	}
	return 0;
}

/* Most lines of a mail server tell of success. Where only silent events can match there is nothing
 * to find, but now and then one is tried all the same: the number of hits shows that a rule still
 * understands its unit. */
static bool is_silent(struct ruleset *ruleset)
{
	if (!ruleset->has_silent)
		return false;
	for (size_t i = 0; i < bitmap_words(ruleset->n_events); i++)
		if ((ruleset->candidates[i] | ruleset->elsewhere[i]) & ~ruleset->silent[i])
			return false;
	ruleset->n_silent++;
	return ruleset->n_silent > SILENT_TRIED && ruleset->n_silent % SILENT_TRIED != 0;
}

/* Fills the candidates: 1 if there are any. MESSAGE is only kept if one of them may read it. */
static int find_candidates(struct ruleset *ruleset, const struct entry *entry)
{
	struct event_field *field = &ruleset->fields[MESSAGE_FIELD];
	struct span value;
	bool any;
	int r;

	r = entry_field(entry, field->name, &value);
	if (r < 0)
		return r;
	any = r > 0 && sieve_pass(ruleset->sieve, value, ruleset->candidates) &&
	      !is_silent(ruleset);
	if (any) {
		r = field_keep(field, value);
		if (r < 0)
			return r;
	}
	if (!ruleset->has_elsewhere)
		return any;
	for (size_t i = 0; i < bitmap_words(ruleset->n_events); i++)
		ruleset->candidates[i] = (any ? ruleset->candidates[i] : 0) | ruleset->elsewhere[i];
	return 1;
}

/* True if so many rules are in question that asking the entry which of them read it pays. */
static bool has_many_jails(const struct ruleset *ruleset)
{
	unsigned n = 0;
	size_t i = 0;

	while (n <= FEW_JAILS) {
		i = bitmap_next(ruleset->candidates, i, ruleset->n_events);
		if (i == ruleset->n_events)
			return false;
		i = ruleset->first[ruleset->events[i].jail + 1];
		n++;
	}
	return true;
}

/* The first from `jail` on that has an event in question, and is not ruled out where they are
 * `many`; n_jails: there is none. */
static size_t next_jail(const struct ruleset *ruleset, bool many, size_t jail)
{
	const unsigned *first = ruleset->first;
	size_t i, n_jails = ruleset->n_jails;

	if (!many) {
		i = bitmap_next(ruleset->candidates, first[jail], ruleset->n_events);
		return i < ruleset->n_events ? ruleset->events[i].jail : n_jails;
	}
	/* those that read the entry are few, however many know such a text */
	for (; (jail = bitmap_next(ruleset->narrowed, jail, n_jails)) < n_jails; jail++)
		if (bitmap_next(ruleset->candidates, first[jail], first[jail + 1]) <
		    first[jail + 1])
			break;
	return jail;
}

/* banish never takes its own words for anybody's. A question only of what hit, and only where the
 * selectors do not say it. */
static int is_own(const struct ruleset *ruleset, const struct entry *entry)
{
	struct span unit;
	int r;

	if (ruleset->all_by_unit || ruleset->n_hits == 0)
		return 0;
	r = entry_field(entry, "_SYSTEMD_UNIT", &unit);
	return r <= 0 ? r : span_equal(unit, SPAN_LITERAL(OWN_UNIT));
}

int ruleset_scan(struct ruleset *ruleset, const struct entry *entry)
{
	size_t jail;
	bool many;
	int r;

	if (entry->scanned)
		return (int)ruleset->n_hits;
	ruleset->n_hits = 0;
	selection_begin(ruleset->selection);
	kept_begin(matcher_kept(ruleset->matcher), entry);
	for (size_t i = 0; i < ruleset->n_fields; i++)
		ruleset->fields[i].asked = false;
	r = linebreak_feed(&ruleset->linebreak, entry);
	ruleset->was_piece = r > 0;
	if (r != 0)
		return MIN(r, 0);
	r = find_candidates(ruleset, entry);
	if (r <= 0)
		return r;
	many = has_many_jails(ruleset);
	r = many ? selection_narrow(ruleset->selection, entry, ruleset->narrowed) : 0;
	for (jail = next_jail(ruleset, many, 0); r >= 0 && jail < ruleset->n_jails;
	     jail = next_jail(ruleset, many, jail + 1))
		r = scan_jail(ruleset, entry, (unsigned)jail, many || ruleset->select_first[jail]);
	if (r >= 0)
		r = is_own(ruleset, entry);
	if (r != 0) {
		ruleset->n_hits = 0;
		return MIN(r, 0);
	}
	return (int)ruleset->n_hits;
}

int ruleset_explain(struct ruleset *ruleset, const struct entry *entry, char *buffer, size_t size)
{
	const struct compiled *closest = NULL; /* of a selected rule, the one that came furthest */
	char quoted[SHOWN_TEXT + 1];
	struct span text = { 0 };
	size_t reach = 0;

	if (ruleset->was_piece) {
		(void)snprintf(
			buffer, size,
			"it is a piece of a line that journald or the container engine split");
		return 0;
	}
	for (size_t i = 0; i < ruleset->n_events; i++) {
		const struct compiled *compiled = &ruleset->events[i];
		struct event_field *field = &ruleset->fields[compiled->field];
		const struct entry *view = ruleset_view(ruleset, compiled->jail, entry);
		size_t n = 0;
		int r;

		r = selection_agrees(ruleset->selection, view, compiled->jail);
		if (r == 0)
			continue;
		if (r > 0)
			r = field_ask(field, view);
		if (r < 0)
			return r;
		if (field->present)
			n = measure_reach(compiled->match, ruleset->matcher, field->subject.text);
		if (closest && n <= reach)
			continue;
		closest = compiled;
		reach = n;
		text = field->subject.text;
	}
	if (!closest)
		(void)snprintf(buffer, size, "no rule in force selects its unit and identifier");
	else if (reach == 0)
		(void)snprintf(buffer, size, "no event of the rules that select it matches");
	else
		(void)snprintf(buffer, size, "no event matches; \"%s\" came furthest, up to \"%s\"",
			       closest->event->name,
			       printable_tail((struct span){ text.data, reach }, SHOWN_TEXT,
					      quoted));
	return 0;
}
