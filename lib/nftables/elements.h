#ifndef BANISH_NFTABLES_ELEMENTS_H
#define BANISH_NFTABLES_ELEMENTS_H

/*
 * A list of changes to elements, cut into transactions. An element is put by add, delete, add in
 * one transaction: this works whether it is absent, alive or just expired, while a second add of a
 * living element keeps the old time on some kernels; and deleted by add, delete, since deleting
 * what is absent undoes the whole transaction.
 *
 * Up to 500 elements share a message; when the kernel refuses it because the set is full, it is cut
 * into halves and the transaction is tried again, until what does not fit stands alone.
 */

#include "nftables/batch.h"
#include "nftables/names.h"

struct nftmsg_plan {
	struct nft_change *changes;     /* borrowed */
	struct nftmsg_plan_item *items; /* owned; sorted, one an element */
	size_t n_items, start;          /* those before `start` are done */
	struct nftmsg_plan_part *parts; /* owned; of the transaction that was built last */
	unsigned n_races;
	size_t n_parts, end; /* it covers the items from start to end */
};

/* Sets each change's error to -EAGAIN, and to 0 where a later change to the same element counts. */
int nftmsg_plan_init(struct nftmsg_plan *plan, struct nft_change *changes,
		     size_t n_changes) must_check;
void nftmsg_plan_done(struct nftmsg_plan *plan);

/* Builds the next transaction, of at most `max_size` bytes (200 KiB at least). 1: it is to be sent;
 * 0: nothing is left. */
int nftmsg_plan_build(struct nftmsg_plan *plan, const char *table, uint32_t sequence,
		      size_t max_size, struct nftmsg_batch *batch) must_check;
/* The same behind what the batch holds already, which is neither begun nor ended here. */
int nftmsg_plan_add(struct nftmsg_plan *plan, const char *table, size_t max_size,
		    struct nftmsg_batch *batch) must_check;
/* The transaction was taken. */
void nftmsg_plan_succeeded(struct nftmsg_plan *plan);
/* The message `sequence` of the transaction was refused; build again when all refusals are told.
 * False: it has no such message. */
bool nftmsg_plan_refused(struct nftmsg_plan *plan, uint32_t sequence, int error);

#endif
