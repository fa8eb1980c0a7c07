#ifndef BANISH_NFTABLES_BATCH_H
#define BANISH_NFTABLES_BATCH_H

/*
 * One nftables transaction as bytes: begin, messages with growing sequence numbers, end. The kernel
 * takes all of it or nothing. Only the last message asks for an acknowledgement: each answer takes
 * room in the receive buffer.
 */

#include <linux/netlink.h>

#include "base/util.h"

struct nftmsg_batch {
	char *data; /* owned */
	size_t size, capacity;
	uint32_t first;      /* sequence of the begin message */
	uint32_t sequence;   /* of the next message */
	uint32_t generation; /* set by the caller before it begins: taken only if the ruleset stands
				there, else refused by -ERESTART; 0: in any case */
	size_t last;         /* where the last message begins; 0: there is none */
};

/* Starts over, with sequence numbers from `sequence` on. */
int nftmsg_batch_begin(struct nftmsg_batch *batch, uint32_t sequence) must_check;
/* A new message of NFT_MSG_`type` about the inet family; the caller may add up to `room` bytes of
 * attributes and then calls nftmsg_batch_close(). NULL: no memory. The pointer is good until the
 * next message. */
struct nlmsghdr *nftmsg_batch_open(struct nftmsg_batch *batch, uint16_t type, uint16_t flags,
				   size_t room) must_check;
void nftmsg_batch_close(struct nftmsg_batch *batch, const struct nlmsghdr *message);
int nftmsg_batch_end(struct nftmsg_batch *batch) must_check;
/* A whole message that only names its thing: by its table, which is attribute 1 of whatever has
 * one, and by the attribute `type_of_name`. */
int nftmsg_batch_name(struct nftmsg_batch *batch, uint16_t type, const char *table,
		      uint16_t type_of_name, const char *name) must_check;
void nftmsg_batch_done(struct nftmsg_batch *batch);

#endif
