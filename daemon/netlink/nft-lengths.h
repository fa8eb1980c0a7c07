#ifndef BANISH_DAEMON_NETLINK_NFT_LENGTHS_H
#define BANISH_DAEMON_NETLINK_NFT_LENGTHS_H

#include "netlink/nft-socket.h"

/* Adds to the layout the lengths of sets that hold bans already. 1: others of ours are empty and
 * will go, which is right for the ruleset that was just read only; not `tidy`: they stay. */
int nft_lengths_keep(struct nft *nft, struct nft_layout *layout, const struct nftmsg_state *state,
		     bool tidy) must_check;

#endif
