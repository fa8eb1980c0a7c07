#include "match/scan.h"

#include "match/measure.h"
#include "match/scan-internal.h"

#include <stdio.h>

#define SHOWN_TEXT 40 /* bytes of a message quoted in an explanation */

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
		struct event_field *field = &scan->fields[compiled->field];
		size_t reach = 0;
		int r;

		r = selection_agrees(scan->selection, entry, compiled->jail);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		r = field_ask(field, entry);
		if (r < 0)
			return r;
		if (field->present)
			reach = measure_reach(compiled->match, scan->matcher, field->subject.text);
		if (!closest.event || reach > closest.reach)
			closest = (struct closest){ compiled, reach };
	}
	*ret = closest;
	return 0;
}

/* The last bytes up to where a match failed, fit to be printed. */
static const char *explain_shown(struct span text, size_t reach, char buffer[static SHOWN_TEXT + 1])
{
	size_t start = reach > SHOWN_TEXT ? reach - SHOWN_TEXT : 0;

	for (size_t i = start; i < reach; i++) {
		unsigned char c = (unsigned char)text.data[i];

		buffer[i - start] = c < 0x20 || c > 0x7e ? '?' : text.data[i];
	}
	buffer[reach - start] = '\0';
	return buffer;
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
			       explain_shown(scan->fields[closest.event->field].subject.text,
					     closest.reach, quoted));
	return 0;
}
