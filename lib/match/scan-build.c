#include "match/scan.h"

#include "base/bitmap.h"
#include "match/scan-internal.h"

#include <errno.h>

static int scan_make_room(struct scan *scan, const struct rule *const *rules)
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

static unsigned scan_field_of(struct scan *scan, const char *name)
{
	for (size_t i = 0; i < scan->n_fields; i++)
		if (strcmp(scan->fields[i].name, name) == 0)
			return (unsigned)i;
	field_init(&scan->fields[scan->n_fields], name);
	return (unsigned)scan->n_fields++;
}

static int assign_fields(struct scan *scan)
{
	size_t n = 1;

	for (size_t i = 0; i < scan->n_events; i++)
		n += strcmp(scan->events[i].event->field, "MESSAGE") != 0;
	scan->fields = calloc(n, sizeof(*scan->fields));
	if (!scan->fields)
		return -ENOMEM;
	(void)scan_field_of(scan, "MESSAGE");
	for (size_t i = 0; i < scan->n_events; i++) {
		struct compiled *compiled = &scan->events[i];

		compiled->field = scan_field_of(scan, compiled->event->field);
		if (compiled->field == MESSAGE_FIELD)
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
	r = scan_make_room(scan, rules);
	if (r < 0)
		return r;
	r = compile_events(scan, rules, jit, faults);
	if (r < 0)
		return r;
	r = assign_fields(scan);
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
	for (size_t i = 0; i < scan->n_fields; i++)
		field_done(&scan->fields[i]);
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
	free(scan->fields);
	free(scan);
	return NULL;
}

void scan_assume_missing(struct scan *scan, bool assume)
{
	selection_assume_missing(scan->selection, assume);
}

void scan_silence(struct scan *scan, unsigned jail, unsigned event)
{
	bitmap_set(scan->silent, scan->first[jail] + event);
	scan->has_silent = true;
}
