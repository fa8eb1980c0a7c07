#ifndef BANISH_DAEMON_RUN_INSTALL_H
#define BANISH_DAEMON_RUN_INSTALL_H

#include "run/firewall.h"

/* Table, sets, chain, rules; and in the same transaction the bans of the sets that it makes, as far
 * as they fit. `exempt`: whom the kernel
 * accepts. What fails was said and is tried again. */
int install_table(struct firewall *firewall, const struct prefix *exempt,
		  size_t n_exempt) must_check;
/* The reconciler hears which sets stand, as nft_install() or nft_identify() saw them last. */
int install_stands(struct firewall *firewall) must_check;

#endif
