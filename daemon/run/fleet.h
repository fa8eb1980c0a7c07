#ifndef BANISH_DAEMON_RUN_FLEET_H
#define BANISH_DAEMON_RUN_FLEET_H

/*
 * The spoke of the other hosts: the folder into which systemd-journal-remote writes what they send,
 * and for each member, which is its files' name, a journal of these files alone and a place of its
 * own in it. libsystemd's merged order of all would drop what arrives late. The places are the
 * ledger's; where the entry at one is gone, all that is there is read, and what was taken before is
 * known again.
 *
 * The folder is watched, not the journals: an inotify instance each would be too many.
 */

#include "io/journal.h"
#include "ledger/heard.h"
#include "run/active.h"
#include "run/dirty.h"

#include <systemd/sd-event.h>

struct peer {
	char name[MEMBER_NAME_SIZE];
	char *pattern;           /* owned: of its files */
	struct journal *journal; /* NULL: it has no files, or none that can be read */
	uint64_t print, opened;  /* of its files as they are, as they were opened */
	bool changed;            /* they may have been written to */
	bool reading;            /* more is left before the end that was found */
	usec_t broken_since;     /* 0, or: it, or a file of its, cannot be read */
	usec_t pause;            /* ... and it is tried again after so long */
	bool broken_said;
	usec_t said[N_REFUSALS]; /* when that was told of it, last */
};

struct fleet {
	sd_event *event;             /* borrowed */
	const struct active *active; /* borrowed */
	unsigned dirty;
	char *directory; /* owned; NULL: nobody listens */
	char machine[33];
	struct peer *peers; /* owned */
	size_t n_peers, turn;
	bool scan;    /* files may have come or gone */
	bool missing; /* there is no such folder: said already */
	sd_event_source *watch, *retry, *more, *share;
};

int fleet_attach(struct fleet *fleet, sd_event *event) must_check;
void fleet_done(struct fleet *fleet);
/* A configuration has come into force. -ENOMEM. */
int fleet_enter(struct fleet *fleet) must_check;

/* DIRTY_FLEET: looks which members have something new. What fails was said. -ENOMEM. */
int fleet_look(struct fleet *fleet) must_check;
/* The next in turn that has; NULL: none. Its entries are the journal's. */
struct peer *fleet_turn(struct fleet *fleet);
/* 1: its journal stands on an entry; 0: there is no more, or it cannot be read (said). */
int peer_next(struct fleet *fleet, struct peer *peer) must_check;
/* DIRTY_SHARE in a few seconds. */
void fleet_share_soon(struct fleet *fleet);
/* The slice is over: what is left is read in another. */
int fleet_go_on(struct fleet *fleet) must_check;

#endif
