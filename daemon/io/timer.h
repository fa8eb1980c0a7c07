#ifndef BANISH_DAEMON_IO_TIMER_H
#define BANISH_DAEMON_IO_TIMER_H

/* Timers of the event loop, by the monotonic clock. */

#include "base/util.h"

#include <systemd/sd-event.h>

/* It is off. `accuracy` in us; 0: sd-event's own, with which it may wait for others' timers. */
int timer_new(sd_event *event, usec_t accuracy, sd_event_time_handler_t handler, void *userdata,
	      sd_event_source **ret) must_check;

/* It fires once, after `delay`; if it is on already, the earlier of two wishes holds. */
int timer_within(sd_event_source *timer, usec_t delay);

#endif
