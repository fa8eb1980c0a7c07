#ifndef BANISH_NFTABLES_RULE_H
#define BANISH_NFTABLES_RULE_H

/*
 * The rules of the chain, as expressions of the kernel's little machine. Every rule looks at the
 * packet's family first: a set of IPv4 addresses must never be asked about four bytes of an IPv6
 * header.
 */

#include "nftables/batch.h"
#include "nftables/names.h"

/* Adds the rules that let through what is in ignore4 and ignore6. */
int nftmsg_rule_add_ignore(struct nftmsg_batch *batch, const char *table) must_check;

/* Adds the rules of one jail for one family, and the anonymous sets they use; `set_id` counts those
 * within the transaction. */
int nftmsg_rule_add_jail(struct nftmsg_batch *batch, const char *table, const struct nft_jail *jail,
			 uint8_t family, uint32_t *set_id) must_check;

/* The same of a list, whose set stands. Its counter goes on from there. */
struct nft_count {
	uint64_t packets, bytes;
};
int nftmsg_rule_add_list(struct nftmsg_batch *batch, const char *table, const struct nft_list *list,
			 uint8_t family, struct nft_count count, uint32_t *set_id) must_check;

#endif
