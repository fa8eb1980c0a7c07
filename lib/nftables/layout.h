#ifndef BANISH_NFTABLES_LAYOUT_H
#define BANISH_NFTABLES_LAYOUT_H

/*
 * From what the kernel has to what the layout asks for, in one transaction: see nft_install(). The
 * chain's rules are always made anew, sets of bans stay unless they are unfit.
 */

#include "nftables/batch.h"
#include "nftables/parse.h"

/* What the table holds now. Filled by feeding the kernel's answers. */
struct nftmsg_state {
	bool has_table;
	uint64_t table_handle;
	bool has_chain, chain_is_fit;
	struct nftmsg_known_set {
		char name[NFT_SET_NAME_SIZE];
		uint32_t flags, key_type, size;
		uint64_t handle;
		int prefix;                   /* negative: its comment is not ours */
		struct nft_list_comment list; /* 0: it is of no list */
		bool strange;                 /* by nftmsg_state_estrange() */
	} * sets;                             /* owned; only those that could be ours */
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

/* By its whole name. NULL: no such set. */
const struct nftmsg_known_set *nftmsg_state_find_set(const struct nftmsg_state *state,
						     const char *name);

/* -EINVAL: two jails of one name, one that is reserved, or a length of no jail or its own. */
int nftmsg_layout_check(const struct nft_layout *layout) must_check;

/* The jail at `index`; behind the last NFT_JAIL_MANUAL, NFT_FORCED, and one for each of the
 * lengths. NULL: no more. `buffer` is where those are made. */
const struct nft_jail *nftmsg_layout_jail(const struct nft_layout *layout, size_t index,
					  struct nft_jail *buffer);

/* Whether it has a set of that family. */
static inline bool nftmsg_jail_has(const struct nft_jail *jail, uint8_t family)
{
	return jail->family == 0 || jail->family == family;
}

/* The jail of the layout whose bans the set of that name would hold, if their length is not the
 * jail's own; false: there is none. */
bool nftmsg_layout_length(const struct nft_layout *layout, const char *set, struct nft_length *ret);

/* One set of a length more, with its rules, in a transaction of its own. `jail` as
 * nftmsg_layout_jail() makes it. */
int nftmsg_layout_add(const char *table, const struct nft_jail *jail, uint32_t size,
		      uint32_t sequence, struct nftmsg_batch *batch) must_check;
/* The jail of a set of that length: as `jail`, whose bans it takes. */
struct nft_jail nftmsg_length_jail(const struct nft_jail *jail, uint8_t family, unsigned length);

/* True if the set of that jail and family stands and its elements will be kept. */
bool nftmsg_layout_keeps(const struct nft_layout *layout, const struct nftmsg_state *state,
			 const struct nft_jail *jail, uint8_t family);

/* The whole transaction, but for its end: elements may follow. */
int nftmsg_layout_build(const struct nft_layout *layout, const struct nftmsg_state *state,
			uint32_t sequence, struct nftmsg_batch *batch) must_check;

#endif
