#ifndef BANISH_NFTABLES_PARSE_H
#define BANISH_NFTABLES_PARSE_H

/*
 * Reading what the kernel sends. Every length is checked and what makes no sense is passed over;
 * libnftnl's own readers are not used because they end the process when an attribute has an
 * unexpected size. Buffers must be aligned for struct nlmsghdr; spans borrow from them.
 */

#include <linux/netlink.h>

#include "nftables/names.h"

struct nftmsg_answer {
	enum { ANSWER_RESULT, ANSWER_DONE, ANSWER_DATA } type;
	int error; /* result, done: 0 or negative errno */
	uint32_t sequence, port;
	uint16_t message; /* data: NFT_MSG_... */
	uint8_t family;   /* data: NFPROTO_... */
	bool interrupted; /* the dump is not of one moment */
	const struct nlmsghdr *header;
};

/* Whether the message lies within the `size` bytes. mnl_nlmsg_ok() of libmnl 1.0.4 takes a length
 * beyond INT_MAX for a negative one and lets it pass. */
bool nftmsg_is_whole(const struct nlmsghdr *header, size_t size);

/* Walks over a datagram: takes the next message off its front. False: no more. */
bool nftmsg_answer_next(struct span *datagram, struct nftmsg_answer *ret);

/* What a set's message tells. False: it tells no name. */
struct nftmsg_set {
	struct span table, name, comment; /* data NULL: none */
	uint32_t flags, key_type, key_size, size;
	uint64_t handle; /* of no other set that this table has, or had before */
};
bool nftmsg_read_set(const struct nlmsghdr *header, struct nftmsg_set *ret);

struct nftmsg_chain {
	struct span table, name, type;
	bool has_hook;
	uint32_t hook, policy;
	int32_t priority;
};
bool nftmsg_read_chain(const struct nlmsghdr *header, struct nftmsg_chain *ret);

struct nftmsg_table {
	struct span name;
	uint32_t flags;
	uint64_t handle; /* of no other table */
};
bool nftmsg_read_table(const struct nlmsghdr *header, struct nftmsg_table *ret);

/* Which chain a rule's message is about, which set it wants the source in (the last of those it
 * looks into, but not to find it absent), and how often it agreed. */
struct nftmsg_rule {
	struct span table, chain, set; /* set: data NULL: none */
	uint64_t packets, bytes;       /* 0 without a counter */
	uint64_t handle;               /* of no other rule of the table */
};
bool nftmsg_read_rule(const struct nlmsghdr *header, struct nftmsg_rule *ret);

/* The ruleset's generation: each transaction of anybody begins a new one. Who made it is told only
 * in a notice. */
struct nftmsg_generation {
	uint32_t number;     /* 0: the kernel did not say */
	struct span process; /* data NULL: the kernel did not say */
	uint32_t process_id;
};
void nftmsg_read_generation(const struct nlmsghdr *header, struct nftmsg_generation *ret);

/* The elements of one message, one after the other. */
struct nftmsg_elements {
	struct span table, set;
	const struct nlattr *next;
	const void *end;
};
struct nftmsg_element {
	struct span key;
	bool interval_end;
	usec_t timeout, remaining; /* USEC_INFINITY: none */
	struct span comment;
};
bool nftmsg_read_elements(const struct nlmsghdr *header, struct nftmsg_elements *ret);
bool nftmsg_element_next(struct nftmsg_elements *elements, struct nftmsg_element *ret);

/* The key as an address of that family. False: it is not one. */
bool nftmsg_key_address(struct span key, uint8_t family, struct address *ret);

#endif
