#include "io/timer.h"

int timer_new(sd_event *event, usec_t accuracy, sd_event_time_handler_t handler, void *userdata,
	      sd_event_source **ret)
{
	int r;

	r = sd_event_add_time_relative(event, ret, CLOCK_MONOTONIC, 0, accuracy, handler, userdata);
	return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int timer_within(sd_event_source *timer, usec_t delay)
{
	uint64_t now, when;
	int enabled, r;

	r = sd_event_now(sd_event_source_get_event(timer), CLOCK_MONOTONIC, &now);
	if (r < 0)
		return r;
	if (sd_event_source_get_enabled(timer, &enabled) >= 0 && enabled != SD_EVENT_OFF &&
	    sd_event_source_get_time(timer, &when) >= 0 && when <= now + delay)
		return 0;
	r = sd_event_source_set_time(timer, now + delay);
	return r < 0 ? r : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}
