#ifndef BANISH_DAEMON_RUN_FORCED_H
#define BANISH_DAEMON_RUN_FORCED_H

/*
 * Addresses that are banned by hand though they are ignored. Each has a mark, an element of forced4
 * or forced6 and a ban of that name in the ledger: it is put there with the ban (`banish ban
 * --force`), lasts as long, and goes when no ban needs it any more. A ban of an ignored address
 * without a mark is taken out.
 */

#include "run/firewall.h"

/* True if an address of the prefix is forced. */
bool forced_holds(struct firewall *firewall, const struct prefix *prefix);
/* Marks that nothing needs any more go; engine_end_bans() is to follow. */
int forced_release(struct firewall *firewall) must_check;

#endif
