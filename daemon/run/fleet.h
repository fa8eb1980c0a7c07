#ifndef BANISH_DAEMON_RUN_FLEET_H
#define BANISH_DAEMON_RUN_FLEET_H

/*
 * The spoke of the other hosts: what each member sends (peers.h), from a place of its own. The
 * places are the ledger's; where the entry at one is gone, all that is there is read, and what was
 * taken before is known again.
 */

#include "run/active.h"
#include "run/dirty.h"
#include "run/peers.h"

struct fleet {
	const struct active *active; /* borrowed */
	unsigned *dirty;             /* the hub's */
	char machine[33];
	struct peers peers;
	size_t turn;
	sd_event_source *share;
};

int fleet_attach(struct fleet *fleet, sd_event *event) must_check;
void fleet_done(struct fleet *fleet);
/* A configuration has come into force. -ENOMEM. */
int fleet_enter(struct fleet *fleet) must_check;

/* DIRTY_FLEET: looks which members have something new. What fails was said. -ENOMEM. */
int fleet_look(struct fleet *fleet) must_check;
/* The next in turn that has; NULL: none. Its entries are the journal's. */
struct peer *fleet_turn(struct fleet *fleet);
/* DIRTY_SHARE in a few seconds. */
void fleet_share_soon(struct fleet *fleet);

#endif
