#ifndef BANISH_NFTABLES_SET_H
#define BANISH_NFTABLES_SET_H

/*
 * Sets: those of bans (hash, with timeouts), those of ignored networks (intervals), and the
 * anonymous ones of rules. An interval is told to the kernel as its first key and, marked as an
 * end, the first key behind it.
 */

#include "nftables/batch.h"
#include "nftables/names.h"

#define NFTMSG_ANONYMOUS_SIZE 16

/* The kernel's number of the key's type, as nft knows it. */
uint32_t nftmsg_set_key_type(uint8_t family);

int nftmsg_set_add_bans(struct nftmsg_batch *batch, const char *table, const char *jail,
			uint8_t family, unsigned prefix, uint32_t size) must_check;
/* Only the prefixes of `family` are taken; any order, overlaps are merged. */
int nftmsg_set_add_ignored(struct nftmsg_batch *batch, const char *table, uint8_t family,
			   const struct prefix *prefixes, size_t n_prefixes) must_check;

/* A set of a list, empty, and networks for it: sorted, apart, all of one family. */
int nftmsg_set_add_list(struct nftmsg_batch *batch, const char *table, const char *set,
			uint8_t family, const struct nft_list_comment *comment) must_check;
int nftmsg_set_add_networks(struct nftmsg_batch *batch, const char *table, const char *set,
			    uint8_t family, const struct prefix *networks, size_t n) must_check;

/* An anonymous set, to be looked up by `set_id` (unique in the batch) in the very next rule. */
int nftmsg_set_add_protocols(struct nftmsg_batch *batch, const char *table,
			     const uint8_t *protocols, size_t n, uint32_t set_id,
			     char ret_name[static NFTMSG_ANONYMOUS_SIZE]) must_check;
int nftmsg_set_add_ports(struct nftmsg_batch *batch, const char *table, const struct ports *ports,
			 uint32_t set_id, char ret_name[static NFTMSG_ANONYMOUS_SIZE]) must_check;

#endif
