#ifndef BANISH_DAEMON_RUN_PEERS_H
#define BANISH_DAEMON_RUN_PEERS_H

/*
 * The folder into which systemd-journal-remote writes what other hosts send, and for each member,
 * which is its files' name, a journal of these files alone. libsystemd's merged order of all would
 * drop what arrives late.
 *
 * The folder is watched, not the journals: an inotify instance each would be too many.
 */

#include "io/journal.h"
#include "io/log.h"
#include "ledger/hearing.h"
#include "run/dirty.h"
#include "run/place.h"

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

	usec_t said[N_REFUSALS]; /* fleet.h: when that was told of it, last */

	/* members.h; `reading`: its journal stands on an entry that nobody has seen yet */
	struct place place;
	usec_t head;      /* the time of that entry */
	usec_t warm_from; /* its stretch to be read again, and what of it is for notes alone */
	usec_t notes_from;
	bool consumed;     /* since its place was told to the ledger */
	uint64_t n_handed; /* likewise: entries to act on */
};

struct peers {
	enum log_kind kind; /* of what is said; and what is lost then: "is not `loss`" */
	const char *loss;
	sd_event *event; /* borrowed */
	unsigned *dirty; /* borrowed: `bit` is set there when there is something to do */
	unsigned bit;
	char *directory;    /* owned; NULL: nothing is followed */
	struct peer *peers; /* owned */
	size_t n;
	bool scan;     /* files may have come or gone */
	bool missing;  /* there is no such folder: said already */
	bool full;     /* there are too many members: likewise */
	bool nameless; /* a file is nobody's: likewise */
	sd_event_source *watch, *retry, *more;
};

/* `priority`: of the slices that peers_go_on() asks for. */
int peers_attach(struct peers *peers, sd_event *event, unsigned *dirty, unsigned bit,
		 int64_t priority) must_check;
void peers_done(struct peers *peers);
/* Another folder, NULL: none. -ENOMEM. */
int peers_enter(struct peers *peers, const char *directory) must_check;

/* Looks which members there are, if files may have come or gone. What fails was said. -ENOMEM. */
int peers_look(struct peers *peers) must_check;
/* The next, from `*i` on, whose files may hold something new, once; NULL: no more. */
struct peer *peers_next_changed(struct peers *peers, size_t *i);
/* Another slice is to be read, if any member has more, or has changed. */
int peers_go_on(struct peers *peers) must_check;

/* Opens what it has now: 2; 1: that is open already; 0: it has no files. */
int peer_open(struct peers *peers, struct peer *peer) must_check;
/* What came of that and of what followed: said, and tried again later. -ENOMEM or 0. */
int peer_note(struct peers *peers, struct peer *peer, int r) must_check;
/* 1: its journal stands on an entry; 0: there is no more, or it cannot be read (said). */
int peer_next(struct peers *peers, struct peer *peer) must_check;

#endif
