/*
 * From an entry to its hits, asking as little as possible: MESSAGE of every entry; what selects, of
 * those that an event could match. With a few rules in question their events are tried first, for
 * most lines match none and then nothing else is asked; with many the entry is asked which of them
 * read it. Either way gives the same hits.
 *
 * The events of all rules are numbered through, jail by jail, and a set of them is a bitmap.
 */

#include "scan.h"

#include "bitmap.h"
#include "measure.h"
#include "selection.h"
#include "sieve.h"
#include "split.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>

#define FEW_JAILS    4  /* a few patterns that fail cost less than a question */
#define SHOWN_TEXT   40 /* bytes of a message quoted in an explanation */
#define MESSAGE_TEXT 0  /* its place among the texts */
#define SILENT_TRIED 32 /* of so many entries one */
#define OWN_UNIT     "banish.service"

struct compiled {
	const struct event *event;
	struct match *match;
	unsigned jail, text;
};

struct scan {
	size_t n_jails;
	unsigned *first;    /* [n_jails + 1]: number of a jail's first event */
	bool *select_first; /* by jail: it has events on other fields than MESSAGE */
	struct compiled *events;
	size_t n_events;
	struct text *texts;
	size_t n_texts;
	struct matcher *matcher;
	struct sieve *sieve;
	struct selection *selection;
	struct split split;
	bool was_piece;

	uint64_t *candidates, *elsewhere, *silent; /* bitmaps of events */
	bool has_elsewhere, has_silent;
	bool all_by_unit;   /* every selector names units, and not ours */
	uint64_t n_silent;  /* entries that only silent events could match */
	uint64_t *narrowed; /* bitmap of jails */
	struct hit *hits;
	size_t n_hits;

	struct ruleset_statistics statistics;
	struct jail_statistics *jail_statistics;
};

static int make_room(struct scan *scan, const struct rule *const *rules)
{
	size_t n_jails = scan->n_jails, n_events = 0;

	for (size_t i = 0; i < n_jails; i++)
		n_events += rules[i]->n_events;
	scan->first = calloc(n_jails + 1, sizeof(*scan->first));
	scan->select_first = calloc(n_jails + 1, sizeof(*scan->select_first));
	scan->hits = calloc(n_jails + 1, sizeof(*scan->hits));
	scan->jail_statistics = calloc(n_jails + 1, sizeof(*scan->jail_statistics));
	scan->narrowed = calloc(bitmap_words(n_jails) + 1, sizeof(*scan->narrowed));
	scan->events = calloc(n_events + 1, sizeof(*scan->events));
	scan->candidates = calloc(bitmap_words(n_events) + 1, sizeof(*scan->candidates));
	scan->elsewhere = calloc(bitmap_words(n_events) + 1, sizeof(*scan->elsewhere));
	scan->silent = calloc(bitmap_words(n_events) + 1, sizeof(*scan->silent));
	if (!scan->first || !scan->select_first || !scan->hits || !scan->jail_statistics ||
	    !scan->narrowed || !scan->events || !scan->candidates || !scan->elsewhere ||
	    !scan->silent)
		return -ENOMEM;
	return 0;
}

/* All of them, even after a fault: the administrator wants to see every bad pattern at once. */
static int compile_events(struct scan *scan, const struct rule *const *rules, bool jit,
			  struct faults *faults)
{
	int result = 0;

	for (size_t i = 0; i < scan->n_jails; i++) {
		for (size_t j = 0; j < rules[i]->n_events; j++) {
			struct compiled *compiled = &scan->events[scan->n_events++];
			int r;

			compiled->event = &rules[i]->events[j];
			compiled->jail = (unsigned)i;
			r = match_new(rules[i]->file, compiled->event, jit ? MATCH_JIT : 0, faults,
				      &compiled->match);
			if (r == -EINVAL)
				result = r;
			else if (r < 0)
				return r;
		}
		scan->first[i + 1] = (unsigned)scan->n_events;
	}
	return result;
}

static bool names_others_unit(const struct selector *selector)
{
	for (size_t i = 0; i < selector->n_conditions; i++) {
		const struct condition *condition = &selector->conditions[i];

		if (strcmp(condition->field, "_SYSTEMD_UNIT") != 0)
			continue;
		for (size_t k = 0; k < condition->n_values; k++)
			if (strcmp(condition->values[k], OWN_UNIT) == 0)
				return false;
		return true;
	}
	return false;
}

static bool all_name_others_unit(const struct rule *const *rules, size_t n_rules)
{
	for (size_t i = 0; i < n_rules; i++)
		for (size_t k = 0; k < rules[i]->n_selectors; k++)
			if (!names_others_unit(&rules[i]->selectors[k]))
				return false;
	return true;
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

static unsigned text_of(struct scan *scan, const char *field)
{
	for (size_t i = 0; i < scan->n_texts; i++)
		if (strcmp(scan->texts[i].field, field) == 0)
			return (unsigned)i;
	text_init(&scan->texts[scan->n_texts], field);
	return (unsigned)scan->n_texts++;
}

static int assign_texts(struct scan *scan)
{
	size_t n_fields = 1;

	for (size_t i = 0; i < scan->n_events; i++)
		n_fields += strcmp(scan->events[i].event->field, "MESSAGE") != 0;
	scan->texts = calloc(n_fields, sizeof(*scan->texts));
	if (!scan->texts)
		return -ENOMEM;
	(void)text_of(scan, "MESSAGE");
	for (size_t i = 0; i < scan->n_events; i++) {
		struct compiled *compiled = &scan->events[i];

		compiled->text = text_of(scan, compiled->event->field);
		if (compiled->text == MESSAGE_TEXT)
			continue;
		bitmap_set(scan->elsewhere, i);
		scan->select_first[compiled->jail] = true;
		scan->has_elsewhere = true;
	}
	return 0;
}

static int make_sieve(struct scan *scan)
{
	cleanup(freep) const struct event **events = calloc(scan->n_events + 1, sizeof(*events));

	if (!events)
		return -ENOMEM;
	for (size_t i = 0; i < scan->n_events; i++)
		events[i] = scan->events[i].event;
	return sieve_new(events, scan->n_events, &scan->sieve);
}

int scan_new(const struct rule *const *rules, size_t n_rules, bool jit, struct faults *faults,
	     struct scan **ret)
{
	cleanup(scan_freep) struct scan *scan = NULL;
	int r;

	scan = calloc(1, sizeof(*scan));
	if (!scan)
		return -ENOMEM;
	scan->n_jails = n_rules;
	r = make_room(scan, rules);
	if (r < 0)
		return r;
	r = compile_events(scan, rules, jit, faults);
	if (r < 0)
		return r;
	r = assign_texts(scan);
	if (r < 0)
		return r;
	r = make_sieve(scan);
	if (r < 0)
		return r;
	r = matcher_new(&scan->matcher);
	if (r < 0)
		return r;
	scan->all_by_unit = all_name_others_unit(rules, n_rules);
	r = selection_new(rules, n_rules, &scan->selection);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(scan);
	return 0;
}

struct scan *scan_free(struct scan *scan)
{
	if (!scan)
		return NULL;
	for (size_t i = 0; i < scan->n_events; i++)
		match_free(scan->events[i].match);
	for (size_t i = 0; i < scan->n_texts; i++) {
		text_done(&scan->texts[i]);
	}
	matcher_free(scan->matcher);
	sieve_free(scan->sieve);
	selection_free(scan->selection);
	free(scan->first);
	free(scan->select_first);
	free(scan->hits);
	free(scan->jail_statistics);
	free(scan->narrowed);
	free(scan->events);
	free(scan->candidates);
	free(scan->elsewhere);
	free(scan->silent);
	free(scan->texts);
	free(scan);
	return NULL;
}

void scan_assume_missing(struct scan *scan)
{
	selection_assume_missing(scan->selection);
}

void scan_silence(struct scan *scan, unsigned jail, unsigned event)
{
	bitmap_set(scan->silent, scan->first[jail] + event);
	scan->has_silent = true;
}

/* 1: matches; 0: does not; -E2BIG: gave up. */
static int try_event(struct scan *scan, const struct entry *entry, const struct compiled *compiled,
		     struct captures *ret)
{
	struct text *text = &scan->texts[compiled->text];
	int r;

	r = text_ask(&scan->texts[compiled->text], entry);
	if (r < 0)
		return r;
	return text->present ? match_run(compiled->match, scan->matcher, &text->subject, ret) : 0;
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
			scan->statistics.limit_hits++;
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
	struct text *text = &scan->texts[MESSAGE_TEXT];
	struct span value;
	bool any;
	int r;

	r = entry_field(entry, text->field, &value);
	if (r < 0)
		return r;
	any = r > 0 && sieve_pass(scan->sieve, value, scan->candidates) && !is_silent(scan);
	if (any) {
		r = text_keep(text, value);
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

int scan_entry(struct scan *scan, const struct entry *entry)
{
	int r;

	scan->n_hits = 0;
	selection_begin(scan->selection);
	for (size_t i = 0; i < scan->n_texts; i++)
		scan->texts[i].asked = false;
	r = split_feed(&scan->split, entry);
	if (r < 0)
		return r;
	scan->was_piece = r > 0;
	if (scan->was_piece) {
		scan->statistics.split++;
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

/* The event of a selected rule that came furthest. */
struct closest {
	const struct compiled *event; /* NULL: no rule selects the entry */
	size_t reach;
};

static int find_closest(struct scan *scan, const struct entry *entry, struct closest *ret)
{
	struct closest closest = { 0 };

	for (size_t i = 0; i < scan->n_events; i++) {
		const struct compiled *compiled = &scan->events[i];
		const struct text *text = &scan->texts[compiled->text];
		size_t reach = 0;
		int r;

		r = selection_agrees(scan->selection, entry, compiled->jail);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		r = text_ask(&scan->texts[compiled->text], entry);
		if (r < 0)
			return r;
		if (text->present)
			reach = measure_reach(compiled->match, scan->matcher, text->subject.text);
		if (!closest.event || reach > closest.reach)
			closest = (struct closest){ compiled, reach };
	}
	*ret = closest;
	return 0;
}

/* The last bytes up to where a match failed, fit to be printed. */
static const char *shown(struct span text, size_t reach, char buffer[static SHOWN_TEXT + 1])
{
	size_t start = reach > SHOWN_TEXT ? reach - SHOWN_TEXT : 0;

	for (size_t i = start; i < reach; i++) {
		unsigned char c = (unsigned char)text.data[i];

		buffer[i - start] = c < 0x20 || c > 0x7e ? '?' : text.data[i];
	}
	buffer[reach - start] = '\0';
	return buffer;
}

int scan_selects(struct scan *scan, unsigned jail, const struct entry *entry)
{
	selection_begin(scan->selection);
	return selection_agrees(scan->selection, entry, jail);
}

int scan_explain(struct scan *scan, const struct entry *entry, char *buffer, size_t size)
{
	char quoted[SHOWN_TEXT + 1];
	struct closest closest;
	int r;

	if (scan->was_piece) {
		(void)snprintf(buffer, size, "it is a piece of a line that the journal split");
		return 0;
	}
	r = find_closest(scan, entry, &closest);
	if (r < 0)
		return r;
	if (!closest.event)
		(void)snprintf(buffer, size, "no rule in force selects its unit and identifier");
	else if (closest.reach == 0)
		(void)snprintf(buffer, size, "no event of the rules that select it matches");
	else
		(void)snprintf(buffer, size, "no event matches; \"%s\" came furthest, up to \"%s\"",
			       closest.event->event->name,
			       shown(scan->texts[closest.event->text].subject.text, closest.reach,
				     quoted));
	return 0;
}

const struct ruleset_statistics *scan_statistics(const struct scan *scan)
{
	return &scan->statistics;
}

const struct jail_statistics *scan_jail_statistics(const struct scan *scan, unsigned jail)
{
	return &scan->jail_statistics[jail];
}
