#ifndef BANISH_DAEMON_RUN_DIRTY_H
#define BANISH_DAEMON_RUN_DIRTY_H

#include "base/types.h"

#include <systemd/sd-event.h>

/* What there is to do. Spokes set these bits, nobody calls back: the hub takes them at the end of
 * each wake-up (run.c). */
enum dirty {
	/* The world did something. */
	DIRTY_CONFIG = 1 << 0,  /* SIGHUP */
	DIRTY_EXEMPT = 1 << 1,  /* files that tell who is never banned may have changed */
	DIRTY_OWN = 1 << 2,     /* so may own addresses */
	DIRTY_NOTICES = 1 << 3, /* others changed the ruleset */
	DIRTY_JOURNAL = 1 << 4, /* journald has written */
	DIRTY_LOOK = 1 << 5,    /* it may have: an attack is on */
	DIRTY_ENTRIES = 1 << 6, /* there are more entries to read */
	DIRTY_FLEET = 1 << 7,   /* other hosts have said something */
	DIRTY_WORLD = (1 << 8) - 1,

	DIRTY_SHARE = 1 << 19, /* what did not get to other hosts may get there now */

	/* The kernel may not be as the ledger says. */
	DIRTY_KERNEL = 1 << 8,   /* the table or its bans: kernel_sync() */
	DIRTY_ELEMENTS = 1 << 9, /* ... and what others did was not heard: list and compare */
	DIRTY_LENGTHS =
		1 << 10,      /* a ban may need a set that does not stand: install_want_lengths() */
	DIRTY_BANS = 1 << 11, /* bans that run may have to end: engine_end_bans() */
	DIRTY_UNTOLD = 1 << 12, /* the last run may not have said all that it decided */

	/* To be saved: now, in a second, in half a minute. */
	DIRTY_LEDGER = 1 << 13,
	DIRTY_PLACED = 1 << 14,
	DIRTY_CURSOR = 1 << 15,

	/* Lists of networks: a file may have changed; the kernel's may be lost; the next piece. */
	DIRTY_LISTS = 1 << 16,
	DIRTY_LISTED = 1 << 17,
	DIRTY_FILL = 1 << 18,
	DIRTY_ALL_LISTS = DIRTY_LISTS | DIRTY_LISTED | DIRTY_FILL,
};

/* CLOCK_REALTIME of this wake-up. */
static inline usec_t wakeup_time(sd_event *event)
{
	uint64_t now = 0;

	(void)sd_event_now(event, CLOCK_REALTIME, &now); /* cannot fail for this clock */
	return now;
}

#endif
