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

/* A group of that name may be anywhere in the pattern; a word that looks like it costs only time.
 */
static bool counting_may_capture(const struct event *event, const char *group)
{
	bool may = (event->pattern && strstr(event->pattern, group)) ||
		   (event->prefix && strstr(event->prefix, group));

	for (size_t i = 0; !may && i < event->n_where; i++)
		may = event->where[i].like && strstr(event->where[i].like, group);
	return may;
}

/* Each line tells of one attempt more, and of no session. */
static bool counting_tells_of_one(const struct event *event)
{
	return !event->session_key && !event->session_is_address && !event->attempts_key &&
	       !counting_may_capture(event, "session") && !counting_may_capture(event, "attempts");
}

static bool counting_is_alone(const struct rule *rule, const struct counting *counting, size_t i)
{
	bool alone = counting[i].tells;

	for (size_t k = 0; alone && k < rule->n_events; k++)
		if (counting[k].tells && counting[k].thing == counting[i].thing)
			alone = counting[k].teller == counting[i].teller &&
				counting_tells_of_one(&rule->events[k]);
	return alone;
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
	for (size_t i = 0; i < rule->n_events; i++)
		counting[i].alone = counting_is_alone(rule, counting, i);
	*ret = counting;
	return 0;
}
