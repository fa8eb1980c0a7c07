/*
 * From an entry to its hits, asking as little as possible: MESSAGE of every entry; what selects, of
 * those that an event could match. With a few rules in question their events are tried first, for
 * most lines match none and then nothing else is asked; with many the entry is asked which of them
 * read it. Either way gives the same hits.
 *
 * The events of all rules are numbered through, jail by jail, and a set of them is a bitmap.
 */

#include "match/scan.h"

#include "base/bitmap.h"
#include "match/scan-internal.h"

#include <errno.h>

#define FEW_JAILS    4  /* a few patterns that fail cost less than a question */
#define SILENT_TRIED 32 /* of so many entries one */

/* 1: matches; 0: does not; -E2BIG: gave up. */
static int try_event(struct scan *scan, const struct entry *entry, const struct compiled *compiled,
		     struct captures *ret)
{
	struct event_field *field = &scan->fields[compiled->field];
	int r;

	r = field_ask(field, entry);
	if (r < 0)
		return r;
	return field->present ? match_run(compiled->match, scan->matcher, &field->subject, ret) : 0;
}

/* Whether the entry's other fields are as a pattern's event wants them. (A logfmt line was asked
 * for its keys.) 1, 0 or negative errno. */
static int fields_agree(const struct entry *entry, const struct event *event)
{
	if (event->format != FORMAT_PATTERN)
		return 1;
	for (size_t i = 0; i < event->n_where; i++) {
		const struct where *where = &event->where[i];
		struct span value = { 0 };
		bool found = false;
		int r;

		r = entry_field(entry, where->key, &value);
		if (r < 0)
			return r;
		if (r == 0)
			value = (struct span){ 0 };
		for (size_t j = 0; !found && j < where->n_values; j++)
			found = span_equal(value, span_of(where->values[j]));
		if (found == where->negated)
			return 0;
	}
	return 1;
}

/* The first event that matches decides for its rule, if the rule reads this entry at all. */
static int scan_jail(struct scan *scan, const struct entry *entry, unsigned jail, bool select_first)
{
	size_t end = scan->first[jail + 1];
	int selected = 0;

	if (select_first) {
		selected = selection_agrees(scan->selection, entry, jail);
		if (selected <= 0)
			return selected;
	}
	for (size_t i = bitmap_next(scan->candidates, scan->first[jail], end); i < end;
	     i = bitmap_next(scan->candidates, i + 1, end)) {
		struct hit *hit = &scan->hits[scan->n_hits];
		int r;

		r = try_event(scan, entry, &scan->events[i], &hit->captures);
		if (r > 0)
			r = fields_agree(entry, scan->events[i].event);
		if (r == 0)
			continue;
		if (r < 0 && r != -E2BIG)
			return r;
		if (!selected) {
			selected = selection_agrees(scan->selection, entry, jail);
			if (selected <= 0)
				return selected;
		}
		if (r == -E2BIG) {
			scan->jail_statistics[jail].limit_hits++;
			continue;
		}
		hit->jail = jail;
		hit->event = (unsigned)(i - scan->first[jail]);
		scan->jail_statistics[jail].hits++;
		scan->n_hits += !bitmap_has(scan->silent, i);
		return 0;
	}
	return 0;
}

/* Most lines of a mail server tell of success. Where only silent events can match there is nothing
 * to find, but now and then one is tried all the same: the number of hits shows that a rule still
 * understands its unit. */
static bool is_silent(struct scan *scan)
{
	if (!scan->has_silent)
		return false;
	for (size_t i = 0; i < bitmap_words(scan->n_events); i++)
		if ((scan->candidates[i] | scan->elsewhere[i]) & ~scan->silent[i])
			return false;
	scan->n_silent++;
	return scan->n_silent > SILENT_TRIED && scan->n_silent % SILENT_TRIED != 0;
}

/* Fills the candidates: 1 if there are any. MESSAGE is only kept if one of them may read it. */
static int find_candidates(struct scan *scan, const struct entry *entry)
{
	struct event_field *field = &scan->fields[MESSAGE_FIELD];
	struct span value;
	bool any;
	int r;

	r = entry_field(entry, field->name, &value);
	if (r < 0)
		return r;
	any = r > 0 && sieve_pass(scan->sieve, value, scan->candidates) && !is_silent(scan);
	if (any) {
		r = field_keep(field, value);
		if (r < 0)
			return r;
	}
	if (!scan->has_elsewhere)
		return any;
	for (size_t i = 0; i < bitmap_words(scan->n_events); i++)
		scan->candidates[i] = (any ? scan->candidates[i] : 0) | scan->elsewhere[i];
	return 1;
}

/* True if so many rules are in question that asking the entry which of them read it pays. */
static bool has_many_jails(const struct scan *scan)
{
	unsigned n = 0;
	size_t i = 0;

	while (n <= FEW_JAILS) {
		i = bitmap_next(scan->candidates, i, scan->n_events);
		if (i == scan->n_events)
			return false;
		i = scan->first[scan->events[i].jail + 1];
		n++;
	}
	return true;
}

static int scan_many(struct scan *scan, const struct entry *entry)
{
	int r;

	r = selection_narrow(scan->selection, entry, scan->narrowed);
	if (r < 0)
		return r;
	for (size_t i = bitmap_next(scan->narrowed, 0, scan->n_jails); i < scan->n_jails;
	     i = bitmap_next(scan->narrowed, i + 1, scan->n_jails)) {
		r = scan_jail(scan, entry, (unsigned)i, true);
		if (r < 0)
			return r;
	}
	return 0;
}

static int scan_few(struct scan *scan, const struct entry *entry)
{
	size_t i = bitmap_next(scan->candidates, 0, scan->n_events);

	while (i < scan->n_events) {
		unsigned jail = scan->events[i].jail;
		int r = scan_jail(scan, entry, jail, scan->select_first[jail]);

		if (r < 0)
			return r;
		i = bitmap_next(scan->candidates, scan->first[jail + 1], scan->n_events);
	}
	return 0;
}

/* banish never takes its own words for anybody's. A question only of what hit, and only where the
 * selectors do not say it. */
static int is_own(const struct scan *scan, const struct entry *entry)
{
	struct span unit;
	int r;

	if (scan->all_by_unit || scan->n_hits == 0)
		return 0;
	r = entry_field(entry, "_SYSTEMD_UNIT", &unit);
	return r <= 0 ? r : span_equal(unit, SPAN_LITERAL(OWN_UNIT));
}

int scan_entry(struct scan *scan, const struct entry *entry)
{
	int r;

	scan->n_hits = 0;
	selection_begin(scan->selection);
	for (size_t i = 0; i < scan->n_fields; i++)
		scan->fields[i].asked = false;
	r = linebreak_feed(&scan->linebreak, entry);
	if (r < 0)
		return r;
	scan->was_piece = r > 0;
	if (scan->was_piece) {
		scan->n_pieces++;
		return 0;
	}
	r = find_candidates(scan, entry);
	if (r <= 0)
		return r;
	r = has_many_jails(scan) ? scan_many(scan, entry) : scan_few(scan, entry);
	if (r >= 0)
		r = is_own(scan, entry);
	if (r != 0) {
		scan->n_hits = 0;
		return MIN(r, 0);
	}
	return (int)scan->n_hits;
}

const struct hit *scan_hit(const struct scan *scan, size_t i)
{
	return &scan->hits[i];
}

int scan_selects(struct scan *scan, unsigned jail, const struct entry *entry)
{
	selection_begin(scan->selection);
	return selection_agrees(scan->selection, entry, jail);
}

uint64_t scan_n_pieces(const struct scan *scan)
{
	return scan->n_pieces;
}

const struct jail_statistics *scan_jail_statistics(const struct scan *scan, unsigned jail)
{
	return &scan->jail_statistics[jail];
}
