#ifndef BANISH_COUNT_NETWORK_H
#define BANISH_COUNT_NETWORK_H

/*
 * Who was banned lately, by jail and network. Only names: what became of each ban the ledger knows.
 * Bounded: a network keeps its latest offenders, and the networks where nothing happened for
 * longest go first.
 */

#include "base/address.h"
#include "base/util.h"

#define NETWORKS_MAX_OFFENDERS 32768 /* 140 bytes each where each has a network of its own */

struct network_list;

/* `max_offenders` bounds all networks together. -ENOMEM. */
int networks_new(const uint8_t seed[16], size_t max_offenders,
		 struct network_list **ret) must_check;
struct network_list *networks_free(struct network_list *networks);
DEFINE_CLEANUP(struct network_list *, networks_free)

/* An offender of the network was banned; it is the network's latest now. `depth`: how many one
 * network may hold. -ENOMEM. */
int networks_note(struct network_list *networks, unsigned jail, const struct prefix *network,
		  const struct prefix *offender, size_t depth) must_check;
/* Borrowed until the next networks_ call; NULL: none. */
const struct prefix *networks_offenders(const struct network_list *networks, unsigned jail,
					const struct prefix *network, size_t *ret_n);
void networks_forget(struct network_list *networks, unsigned jail, const struct prefix *network);

#endif
