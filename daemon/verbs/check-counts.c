/* calsrv: counts attempts, told by server (auth-failed, fault) and login-line */

#include "verbs/check-counts.h"

#include "config/counting.h"

#include <stdio.h>

static bool is_of(const struct event *event, const struct event *first)
{
	return counting_tells(event) && strcmp(counting_thing(event), counting_thing(first)) == 0;
}

static bool tells_with(const struct event *event, const struct event *first)
{
	return is_of(event, first) && strcmp(counting_teller(event), counting_teller(first)) == 0;
}

static bool is_first(const struct rule *rule, size_t i,
		     bool (*same)(const struct event *, const struct event *))
{
	if (!counting_tells(&rule->events[i]))
		return false;
	for (size_t k = 0; k < i; k++)
		if (same(&rule->events[k], &rule->events[i]))
			return false;
	return true;
}

/* The events of a teller, unless it is one of that name. */
static void print_teller(const struct rule *rule, size_t first)
{
	const struct event *teller = &rule->events[first];
	const char *comma = "";
	size_t n = 0;

	for (size_t i = first; i < rule->n_events; i++)
		n += tells_with(&rule->events[i], teller);
	fprintf(stderr, "%s", counting_teller(teller));
	if (n == 1 && strcmp(counting_teller(teller), teller->name) == 0)
		return;
	fprintf(stderr, " (");
	for (size_t i = first; i < rule->n_events; i++) {
		if (!tells_with(&rule->events[i], teller))
			continue;
		fprintf(stderr, "%s%s", comma, rule->events[i].name);
		comma = ", ";
	}
	fprintf(stderr, ")");
}

static void print_thing(const struct rule *rule, size_t first)
{
	const char *comma = "";

	fprintf(stderr, "%s: counts %s, told by ", rule->name,
		counting_thing(&rule->events[first]));
	for (size_t i = first; i < rule->n_events; i++) {
		if (!is_of(&rule->events[i], &rule->events[first]) ||
		    !is_first(rule, i, tells_with))
			continue;
		fprintf(stderr, "%s", comma);
		print_teller(rule, i);
		comma = ", ";
	}
	fprintf(stderr, "\n");
}

/* One of weight 0 says on purpose that it tells what others weigh. */
static void compare_weights(const struct rule *rule, size_t first)
{
	const struct event *weighs = NULL;

	for (size_t i = first; i < rule->n_events; i++) {
		const struct event *event = &rule->events[i];

		if (!is_of(event, &rule->events[first]) || event->weight == 0)
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

/* Of a rule with one teller there is nothing to say. */
void check_counts(const struct rule *rule)
{
	size_t n_tellers = 0;

	for (size_t i = 0; i < rule->n_events; i++)
		n_tellers += is_first(rule, i, tells_with);
	if (n_tellers < 2)
		return;
	for (size_t i = 0; i < rule->n_events; i++) {
		if (!is_first(rule, i, is_of))
			continue;
		print_thing(rule, i);
		compare_weights(rule, i);
	}
}
