#ifndef BANISH_DAEMON_RUN_LENGTHS_H
#define BANISH_DAEMON_RUN_LENGTHS_H

/*
 * Bans of another length than their jail's stand in a set of that length: hosts that carry an IPv4
 * address, ranges by hand. Such a set is made when the first ban needs it.
 */

#include "run/firewall.h"

/* All that the bans that run need, as many as may be; says if that is too few. */
void lengths_gather(struct firewall *firewall, struct nft_lengths *ret);
/* Some of these do not stand yet: DIRTY_KERNEL. */
void lengths_demand(struct firewall *firewall);

#endif
