#include "config/counting.h"

#include <errno.h>

const char *counting_thing(const struct event *event)
{
	return event->counts ?: "attempts";
}

const char *counting_teller(const struct event *event)
{
	return event->told_by ?: event->name;
}

bool counting_tells(const struct event *event)
{
	return event->outcome == OUTCOME_FAILURE && (event->weight > 0 || event->told_by);
}

static bool counts_the_same(const struct event *a, const struct event *b)
{
	return strcmp(counting_thing(a), counting_thing(b)) == 0;
}

/* Each is numbered after the first event of its kind. */
static struct counting number_event(const struct event *events, size_t i)
{
	struct counting ret = {
		.thing = (uint16_t)i,
		.teller = (uint16_t)i,
		.tells = counting_tells(&events[i]),
	};

	for (size_t k = i; k-- > 0;) {
		if (!counts_the_same(&events[k], &events[i]))
			continue;
		ret.thing = (uint16_t)k;
		if (strcmp(counting_teller(&events[k]), counting_teller(&events[i])) == 0)
			ret.teller = (uint16_t)k;
	}
	return ret;
}

int counting_new(const struct rule *rule, struct counting **ret)
{
	struct counting *counting = calloc(rule->n_events + 1, sizeof(*counting));

	if (!counting)
		return -ENOMEM;
	for (size_t i = 0; i < rule->n_events; i++)
		counting[i] = number_event(rule->events, i);
	*ret = counting;
	return 0;
}
