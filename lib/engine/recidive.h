#ifndef BANISH_ENGINE_RECIDIVE_H
#define BANISH_ENGINE_RECIDIVE_H

/*
 * The jail that bans who was banned by others again and again, on all ports. Its failures are the
 * bans of the other jails, each of the prefix that was banned, at its time. The ledger has them, so
 * a restart finds what a run without one has, and reads nothing for it.
 */

#include "engine/state.h"

/* Before the ban is added: whether it is a failure there. Not if a ban of that jail prevents it. */
bool recidive_counts(struct engine *engine, unsigned jail, const struct ban *ban);
/* The ban was added. 1: it tips the scale, `ret` is what that jail bans now; 0; -ENOMEM. */
int recidive_note(struct engine *engine, unsigned jail, const struct ban *ban,
		  struct ban *ret) must_check;
/* The prefix has no failures there any more. */
int recidive_empty(struct engine *engine, const struct prefix *prefix) must_check;

#endif
