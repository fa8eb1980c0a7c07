#ifndef BANISH_ENGINE_FLEET_H
#define BANISH_ENGINE_FLEET_H

/*
 * The jail "fleet": who was banned by other hosts. Its failures are what these report, each of the
 * offender that the address is by our own policy, at its own time, with the member as its user. The
 * ledger has them (ledger/heard.h), so a restart finds what a run without one has, and reads
 * nothing for it.
 *
 * Reports come in any order, hours late. What counts is decided at the latest of those that count:
 * so two orders of the same reports end alike. A report that is older than a ban of its offender
 * that this jail decided adds nothing to it.
 */

#include "engine/engine.h"
#include "ledger/heard.h"

struct report {
	unsigned member; /* the ledger's number */
	bool unban;      /* by hand, there */
	struct address address;
	struct prefix prefix; /* that the member banned or let go */
	usec_t time;
	uint64_t key;       /* what a ban is known again by */
	const char *cursor; /* of the entry on that machine that did it; "" of an unban */
};

/* 1: it is taken; 0: `ret_why` says why not, or there is no such jail; -ENOMEM. Afterwards take all
 * decisions. `now`: an end of a running ban is decided at that time. */
int engine_hear(struct engine *engine, const struct report *report, usec_t now,
		enum refusal *ret_why) must_check;
/* Somebody let go of that prefix by hand here: reports up to `now` count no more. -ENOMEM. */
int fleet_forget(struct engine *engine, const struct prefix *prefix, usec_t now) must_check;

#endif
