#include "run/daemon.h"

bool daemon_is_dirty(struct daemon *daemon, unsigned bits)
{
	unsigned *spokes[] = {
		&daemon->reader.dirty,   &daemon->saver.dirty, &daemon->exempt.dirty,
		&daemon->firewall.dirty, &daemon->fleet.dirty, &daemon->lists.dirty
	};

	for (size_t i = 0; i < ARRAY_SIZE(spokes); i++) {
		daemon->dirty |= *spokes[i];
		*spokes[i] = 0;
	}
	return daemon->dirty & bits;
}

unsigned daemon_take(struct daemon *daemon, unsigned bits)
{
	unsigned taken = daemon_is_dirty(daemon, bits) ? daemon->dirty & bits : 0;

	daemon->dirty &= ~bits;
	return taken;
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
	free(daemon->decided);
	free(daemon->hands);
	sd_event_unref(daemon->event);
}
