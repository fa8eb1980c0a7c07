#ifndef BANISH_NFTMSG_LAYOUT_H
#define BANISH_NFTMSG_LAYOUT_H

/*
 * From what the kernel has to what the layout asks for, in one transaction: see nft_install(). The
 * chain's rules are always made anew, sets of bans stay unless they are unfit.
 */

#include "nftmsg-answer.h"
#include "nftmsg-batch.h"

/* What the table holds now. Filled by feeding the kernel's answers. */
struct nftmsg_state {
	bool has_table;
	uint64_t table_handle;
	bool has_chain, chain_is_fit;
	struct nftmsg_known_set {
		char name[NFT_SET_NAME_SIZE];
		uint32_t flags, key_type, size;
		uint64_t handle;
		int prefix;   /* negative: its comment is not ours */
		bool strange; /* by nftmsg_state_estrange() */
	} * sets;             /* owned; only those that could be ours */
	size_t n_sets;
};

/* Takes what an answer tells of that table, passes over the rest. -ENOMEM. */
int nftmsg_state_feed(struct nftmsg_state *state, const char *table,
		      const struct nftmsg_answer *answer) must_check;
void nftmsg_state_done(struct nftmsg_state *state);

/* Somebody else made the table: its sets may hold anything, even where they look the same. */
void nftmsg_state_estrange(struct nftmsg_state *state);

/* NULL: no such set. */
const struct nftmsg_known_set *nftmsg_state_find(const struct nftmsg_state *state, const char *jail,
						 uint8_t family);

/* -EINVAL: two jails of one name, or one that is reserved. */
int nftmsg_layout_check(const struct nft_layout *layout) must_check;

/* The jail at `index`; behind the last, `manual` unless it is among them, and NFT_FORCED, which has
 * no rule. NULL: no more. `buffer` is where those are made. */
const struct nft_jail *nftmsg_layout_jail(const struct nft_layout *layout, size_t index,
					  struct nft_jail *buffer);

/* True if the set of that jail and family stands and its elements will be kept. */
bool nftmsg_layout_keeps(const struct nft_layout *layout, const struct nftmsg_state *state,
			 const struct nft_jail *jail, uint8_t family);

/* The whole transaction, but for its end: elements may follow. */
int nftmsg_layout_build(const struct nft_layout *layout, const struct nftmsg_state *state,
			uint32_t sequence, struct nftmsg_batch *batch) must_check;

#endif
