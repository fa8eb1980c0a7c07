#ifndef BANISH_DAEMON_RUN_INSTALL_H
#define BANISH_DAEMON_RUN_INSTALL_H

/* The kernel's table as the configuration wants it, and which one it is. Bans of another length
 * than their jail's (hosts that carry an IPv4 address, ranges by hand) stand in a set of that
 * length, which is made when the first ban needs it. */

#include "run/firewall.h"

/* Table, sets, chain, rules; and in the same transaction the bans of the sets that it makes, as far
 * as they fit. `exempt`: whom the kernel accepts. What fails was said and is tried again. */
int install_table(struct firewall *firewall, const struct prefix *exempt, size_t n_exempt,
		  const struct nft_list *lists, size_t n_lists) must_check;
/* DIRTY_KERNEL, if a ban needs a set of a length that does not stand yet. */
void install_want_lengths(struct firewall *firewall);

#endif
