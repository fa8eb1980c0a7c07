#ifndef BANISH_DAEMON_RUN_TELLING_H
#define BANISH_DAEMON_RUN_TELLING_H

/*
 * What a commit says, in the order of the bans' numbers: one by one, or above a rate all of a jail
 * in one entry. What journald does not take is said again some seconds later, marked; the ledger
 * knows what was told.
 */

#include "run/daemon.h"
#include "run/events.h"

/* Zeroed at first. */
struct telling {
	bool again;           /* it may have been told before */
	bool stuck;           /* journald takes nothing: the rest waits */
	uint64_t told, last;  /* bans up to this number were told, each for itself; came up */
	struct crowd *crowds; /* owned */
	size_t n_crowds, max_crowds;
	struct changes removals; /* elements that go out when all is told */
};

void telling_done(struct telling *telling);

/* 0 or -ENOMEM, all of them. */
int telling_ban(struct telling *telling, struct daemon *daemon, const struct ban *ban) must_check;
/* By hand; `text`: of an adopted one by whom, else why it ended. */
int telling_deed(struct telling *telling, struct daemon *daemon, const struct ban *ban,
		 bool adopted, const char *text) must_check;
/* As its `ended` says; its element goes, too. */
int telling_end(struct telling *telling, struct daemon *daemon, const struct ban *ban) must_check;
/* What is told in one, and the elements of what ended. */
int telling_finish(struct telling *telling, struct daemon *daemon) must_check;

/* What did not get to other hosts is shared again. */
void telling_share_again(struct daemon *daemon);

#endif
