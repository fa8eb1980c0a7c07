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

int counting_new(const struct rule *rule, struct counting **ret)
{
	const struct event *events = rule->events;
	struct counting *counting = calloc(rule->n_events + 1, sizeof(*counting));

	if (!counting)
		return -ENOMEM;
	/* Each is numbered after the first event of its kind. */
	for (size_t i = 0; i < rule->n_events; i++) {
		counting[i].tells = counting_tells(&events[i]);
		counting[i].thing = counting[i].teller = (uint16_t)i;
		for (size_t k = i; k-- > 0;) {
			if (strcmp(counting_thing(&events[k]), counting_thing(&events[i])) != 0)
				continue;
			counting[i].thing = (uint16_t)k;
			if (strcmp(counting_teller(&events[k]), counting_teller(&events[i])) == 0)
				counting[i].teller = (uint16_t)k;
		}
	}
	*ret = counting;
	return 0;
}
