#ifndef BANISH_DAEMON_NETLINK_NFT_SOCKET_H
#define BANISH_DAEMON_NETLINK_NFT_SOCKET_H

/* The way of bytes to the kernel and back, shared by the files that make up nft.h. */

#include <libmnl/libmnl.h>

#include "nftables/batch.h"
#include "nftables/elements.h"
#include "nftables/layout.h"
#include "nftables/monitor.h"
#include "nftables/parse.h"

#define NFT_BUFFER_SIZE \
	65536 /* bytes; the kernel fills at most 32 KiB of it in a dump, less is much slower */

struct nft {
	char table[NAME_SIZE];
	struct mnl_socket *command, *notices;
	uint32_t sequence; /* of the next message */
	size_t max_batch;  /* bytes the kernel takes at once */
	/* Between nft_prepare() and nft_listen(): of the ruleset, if we alone have changed it
	 * since; 0: somebody else did, or it is not watched. */
	uint32_t generation;
	struct nftmsg_batch batch;
	struct nftmsg_watch *watch;
	struct nftmsg_state ours; /* what the last install left */
	struct nftmsg_state made; /* by the last transaction: tables and sets, with their handles */
	bool was_strange;
	struct nft_set *empty_sets; /* owned; by the last install */
	size_t n_empty_sets;
	struct nft_lengths lengths; /* whose sets the last install left */
	char buffer[NFT_BUFFER_SIZE] __attribute__((aligned(8)));
};

int nft_socket_open(struct mnl_socket **ret) must_check;
/* 0: nothing is there. */
ssize_t nft_socket_receive(struct nft *nft, struct mnl_socket *from) must_check;

/* Sends the batch and reads what comes back. Refused messages are told to the plan (NULL: the first
 * error is returned). 0: taken; 1: refused, the plan knows; negative: refused as a whole, or
 * unknown (-ENOBUFS). -ERESTART: somebody else has changed the ruleset, build it again. */
int nft_socket_transact(struct nft *nft, struct nftmsg_plan *plan) must_check;

/* Much room is given back. */
void nft_socket_end_batch(struct nft *nft);

/* A question: `type` about table and, if not NULL, the chain or set `name`; `key`: an element of
 * that set. Its answers go to `feed` (may be NULL), whose negative results end it. 0; 1: the dump
 * is not of one moment; -ENOENT. */
struct nft_question {
	uint16_t type, flags;
	const char *table;
	const char *name;
	const struct address *key;
};
int nft_socket_ask(struct nft *nft, const struct nft_question *question,
		   int (*feed)(void *data, const struct nftmsg_answer *answer),
		   void *data) must_check;
/* Of the ruleset: each transaction of anybody begins a new one. */
int nft_socket_ask_generation(struct nft *nft, uint32_t *ret) must_check;

#endif
