#ifndef BANISH_DAEMON_RUN_MEMBERS_H
#define BANISH_DAEMON_RUN_MEMBERS_H

/*
 * A central log host: the journals of several machines for the ordinary rules, each followed in its
 * own order from a place of its own, so that what arrives late is counted, too. The places are the
 * ledger's (followed.h).
 *
 * Of all that is there the earliest entry is always the next, as in one journal. A member that is
 * late, as after an hour without its network, takes turns with the others, so it does not hold
 * them up. After a start or a reload what was read is read again in that order, as if nothing had
 * been late: back from the place of the member that is behind the others, if it is not too far.
 */

#include "run/active.h"
#include "run/dirty.h"
#include "run/peers.h"

struct members {
	struct peers peers;
	const struct active *active; /* borrowed */
	unsigned *dirty;             /* the hub's */
	enum reader_use phase;
	bool look;         /* before the next entry: is there something new? */
	unsigned turn;     /* of who is late */
	usec_t newest;     /* time of all that was handed out, but for clocks that are ahead */
	struct peer *hand; /* whose entry was handed out; NULL: all is consumed */
};

/* The folder is one of members, or the empty "remote" of a host that nobody has sent anything yet;
 * else it is a machine's own, or cannot be read. */
bool members_suits(const char *directory);

/* The folder's name is copied. */
int members_open(struct members *members, const char *directory) must_check;
int members_attach(struct members *members, sd_event *event) must_check;
void members_done(struct members *members);

/* These rules and this engine are in force: finds where to read from. `consumed`: of the latest
 * entry before the last stop. -ESTALE: the folder has become another kind. */
int members_begin(struct members *members, const struct active *active,
		  const struct place *consumed, usec_t now) must_check;
bool members_are_warming(const struct members *members);

/* In a slice: 1: `ret` is an entry for that use; 0: there is none now; -ESTALE. */
int members_next(struct members *members, enum reader_use *ret_use,
		 const struct entry **ret) must_check;
/* All that was handed out is consumed: the ledger is told, and `latest` which the latest is. The
 * last one stays. */
int members_consumed(struct members *members, struct place *latest) must_check;
/* The slice is over: what is left is read in another. */
int members_go_on(struct members *members) must_check;

#endif
