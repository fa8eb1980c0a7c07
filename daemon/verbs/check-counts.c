#include "verbs/check-counts.h"

#include "config/counting.h"

#include <stdio.h>

/* Both tell the same thing; as the same teller, if it is asked. */
static bool tells_same(const struct event *event, const struct event *other, bool as_teller)
{
	return counting_tells(event) && counting_tells(other) &&
	       strcmp(counting_thing(event), counting_thing(other)) == 0 &&
	       (!as_teller || strcmp(counting_teller(event), counting_teller(other)) == 0);
}

/* No event before it tells the same. */
static bool is_first(const struct rule *rule, size_t i, bool as_teller)
{
	for (size_t k = 0; k < i; k++)
		if (tells_same(&rule->events[k], &rule->events[i], as_teller))
			return false;
	return counting_tells(&rule->events[i]);
}

/* The events of a teller, unless it is one of that name. */
static void print_teller(const struct rule *rule, size_t first)
{
	const struct event *teller = &rule->events[first];
	const char *comma = "";
	size_t n = 0;

	for (size_t i = first; i < rule->n_events; i++)
		n += tells_same(&rule->events[i], teller, true);
	printf("%s", counting_teller(teller));
	if (n == 1 && strcmp(counting_teller(teller), teller->name) == 0)
		return;
	printf(" (");
	for (size_t i = first; i < rule->n_events; i++) {
		if (!tells_same(&rule->events[i], teller, true))
			continue;
		printf("%s%s", comma, rule->events[i].name);
		comma = ", ";
	}
	printf(")");
}

/* One of weight 0 says on purpose that it tells what others weigh. */
static void compare_weights(const struct rule *rule, size_t first)
{
	const struct event *weighs = NULL;

	for (size_t i = first; i < rule->n_events; i++) {
		const struct event *event = &rule->events[i];

		if (!tells_same(event, &rule->events[first], false) || event->weight == 0)
			continue;
		if (weighs && weighs->weight != event->weight) {
			fprintf(stderr,
				"%s:%u:%u: warning: events \"%s\" and \"%s\" count the same (%s) "
				"but have different weights: which one tells first decides; give "
				"one of them other \"counts\"\n",
				rule->file, event->line, event->column, weighs->name, event->name,
				counting_thing(event));
			return;
		}
		weighs = event;
	}
}

/* The thing that an event counts, and who tells it. */
static void print_tellers(const struct rule *rule, size_t first)
{
	const char *comma = "";

	printf("%s: counts %s, told by ", rule->name, counting_thing(&rule->events[first]));
	for (size_t i = first; i < rule->n_events; i++) {
		if (!tells_same(&rule->events[i], &rule->events[first], false) ||
		    !is_first(rule, i, true))
			continue;
		printf("%s", comma);
		print_teller(rule, i);
		comma = ", ";
	}
	printf("\n");
}

void check_counts(const struct rule *rule, bool verbose)
{
	size_t n_tellers = 0;

	for (size_t i = 0; i < rule->n_events; i++)
		n_tellers += is_first(rule, i, true);
	for (size_t i = 0; n_tellers > 1 && i < rule->n_events; i++) {
		if (!is_first(rule, i, false))
			continue;
		if (verbose)
			print_tellers(rule, i);
		compare_weights(rule, i);
	}
}
