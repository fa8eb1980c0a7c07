#include "run/daemon.h"

#include "io/log.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#define READY_ATTEMPTS 5
#define READY_PAUSE    20 /* ms */

void daemon_init(struct daemon *daemon)
{
	daemon->reader.dirty = daemon->reader.members.dirty = daemon->saver.dirty =
		daemon->exempt.dirty = daemon->firewall.dirty = daemon->fleet.dirty =
			daemon->lists.dirty = &daemon->dirty;
}

unsigned daemon_take(struct daemon *daemon, unsigned bits)
{
	unsigned taken = daemon->dirty & bits;

	daemon->dirty &= ~bits;
	return taken;
}

void daemon_notify_ready(void)
{
	const struct timespec pause = { .tv_nsec = READY_PAUSE * 1000000L };
	int r = sd_notify(false, "READY=1");

	for (int i = 1; i < READY_ATTEMPTS && r < 0; i++) {
		(void)nanosleep(&pause, NULL);
		r = sd_notify(false, "READY=1");
	}
	if (r < 0)
		log_say(LOG_FAULT, LOG_WARNING,
			"systemd cannot be told that banish is ready (%s): it may restart it",
			strerror(-r));
}

void daemon_done(struct daemon *daemon)
{
	reader_done(&daemon->reader);
	saver_done(&daemon->saver);
	exempt_done(&daemon->exempt);
	lists_done(&daemon->lists);
	firewall_done(&daemon->firewall);
	fleet_done(&daemon->fleet);
	free(daemon->health.silences);
	active_done(&daemon->active);
	free(daemon->pending.decided);
	free(daemon->pending.hands);
	free(daemon->told.unshared);
	sd_event_unref(daemon->event);
}
