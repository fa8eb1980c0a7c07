#ifndef BANISH_DAEMON_VERBS_WHY_EXEMPT_H
#define BANISH_DAEMON_VERBS_WHY_EXEMPT_H

#include "io/config.h"
#include "netlink/nft.h"

/* Whether an address is always let through, and why: 1, and *ret (owned by the caller) goes on
 * after "it is "; 0; -ENOMEM. Own addresses and gateways the kernel knows; `nft` NULL: it cannot be
 * asked. */
int why_ignored(const struct config *config, struct nft *nft, const struct address *address,
		char **ret) must_check;

#endif
