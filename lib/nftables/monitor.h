#ifndef BANISH_NFTABLES_MONITOR_H
#define BANISH_NFTABLES_MONITOR_H

/*
 * What others do to our table, told by the kernel. A transaction's messages come first, and last,
 * as a new generation, who made it: only then are its notices queued. Of several messages about one
 * element the last counts: what deletes safely adds first, what extends adds, deletes and adds.
 */

#include "nftables/parse.h"

struct nftmsg_watch;

/* `table` is copied. `port`: of our command socket, whose transactions are passed over. */
int nftmsg_watch_new(const char *table, uint32_t port, struct nftmsg_watch **ret) must_check;
struct nftmsg_watch *nftmsg_watch_free(struct nftmsg_watch *watch);
DEFINE_CLEANUP(struct nftmsg_watch *, nftmsg_watch_free)

/* The sets that hold bans from now on; copied. */
int nftmsg_watch_sets(struct nftmsg_watch *watch, const struct nft_set *sets,
		      size_t n_sets) must_check;

/* One datagram. -ENOMEM: as if it had been lost. */
int nftmsg_watch_feed(struct nftmsg_watch *watch, struct span datagram) must_check;
/* Datagrams were lost: whatever is half told is forgotten, a resync is queued (one is enough). */
void nftmsg_watch_lost(struct nftmsg_watch *watch);

bool nftmsg_watch_take(struct nftmsg_watch *watch, struct nft_notice *ret);

#endif
