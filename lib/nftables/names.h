#ifndef BANISH_NFTABLES_NAMES_H
#define BANISH_NFTABLES_NAMES_H

/*
 * What nftables is told and what it answers, as values; the rest of this room turns them into
 * netlink bytes and back, in memory. The sockets are in daemon/netlink/.
 */

#include "base/address.h"
#include "base/ports.h"
#include "base/types.h"
#include "base/util.h"

#define NFT_JAIL_MANUAL "manual" /* always there: all ports, no rule feeds it */
#define NFT_SIZE_DEFAULT \
	131072 /* elements a set may hold; the kernel takes 16 bytes for each at once */
#define NFT_COMMENT_BYTES  128       /* the final NUL included; nft itself allows no more */
#define NFT_COMMENT_MANUAL "by hand" /* of a ban by hand without a reason */

/* The name that a jail's sets have in common: the jail's own, or, of those that hold networks, with
 * ".net" behind it, which no jail's name can have, or, of the set for bans of a length that is not
 * the jail's own, with that length: "dovecot.128v", whose set is dovecot.128v6. */
#define NFT_NETWORKS  ".net"
#define NFT_JAIL_SIZE (NAME_SIZE + sizeof(".128v") - 1)

const char *nft_jail_name(const char *jail, bool network, char buffer[static NFT_JAIL_SIZE]);
const char *nft_length_name(const char *jail, unsigned length, char buffer[static NFT_JAIL_SIZE]);
bool nft_jail_is_network(const char *name);
/* The length in the name; 0: none. */
unsigned nft_jail_length(const char *name);
bool nft_jail_is_forced(const char *name); /* NFT_FORCED */
/* The jail behind the name. */
const char *nft_jail_bare(const char *name, char buffer[static NFT_JAIL_SIZE]);

struct nft_jail {
	char name[NFT_JAIL_SIZE];
	unsigned prefix4, prefix6; /* bits: what one element stands for */
	enum verdict verdict;
	struct ports ports; /* borrowed */
	uint8_t family;     /* AF_INET or AF_INET6: has only that set; 0: both */
};

/* Sets for bans of another length than their jail's: a range by hand, a host that carries an IPv4
 * address. Each costs every packet a look-up, so there are few. */
#define NFT_MAX_LENGTHS 16 /* of each family */

struct nft_lengths {
	struct nft_length {
		char jail[NAME_SIZE];
		uint8_t family, length; /* bits */
	} items[2 * NFT_MAX_LENGTHS];
	size_t n_items;
};

bool nft_lengths_have(const struct nft_lengths *lengths, const char *jail, uint8_t family,
		      unsigned length);
/* 1; 0: it was there; -EDQUOT: there are as many as may be. */
int nft_lengths_add(struct nft_lengths *lengths, const char *jail, uint8_t family,
		    unsigned length) must_check;

/* A list of networks of others. Its sets are list-NAME4 and list-NAME6, or the same with ".b": the
 * new content of its file is put into the other ones, beside those that rules look into. */
#define NFT_LIST "list-"

/* "list-drop" of the policy's "drop", into the buffer, which is answered. */
const char *nft_list_name(const char *list, char buffer[static NAME_SIZE]);

struct nft_list {
	char name[NAME_SIZE]; /* "list-drop" */
	bool in_force;        /* rules look into its sets */
	bool other;           /* ... into those with ".b" */
	bool fills;           /* the ones beside are being filled */
	enum verdict verdict;
	struct ports ports; /* borrowed */
};

/* Everything the table holds but the bans. */
struct nft_layout {
	const char *table;
	const struct nft_jail *jails; /* NFT_JAIL_MANUAL is added with the settings below, and
					 NFT_FORCED with their verdict */
	size_t n_jails;
	unsigned manual_prefix4, manual_prefix6;
	enum verdict manual_verdict;
	struct nft_lengths lengths; /* of jails above, or manual */
	const struct nft_list *lists;
	size_t n_lists;
	const struct prefix *ignore; /* always let through: any order, overlaps are merged */
	size_t n_ignore;
	uint32_t size;   /* elements a set may hold; 0: NFT_SIZE_DEFAULT */
	uint64_t handle; /* of our table; one with another is somebody else's. 0: any is ours */
};

enum nft_operation {
	NFT_PUT,     /* there from now on with this time and comment, whether it was or not */
	NFT_PUT_NEW, /* the same, three times faster, for an element known to be absent */
	NFT_DELETE,  /* absent from now on, whether it was there or not */
};

/* Of several changes to one element in one call the last counts; the others get its error. */
struct nft_change {
	enum nft_operation operation;
	const char *jail;       /* borrowed */
	struct address address; /* the element's key, to the bit: the offender's masked address */
	usec_t remaining;       /* USEC_INFINITY: for good. Rounded up to milliseconds */
	const char *comment;    /* borrowed; NULL: none; cut to NFT_COMMENT_BYTES, made printable */
	int error; /* filled in: 0, -ENFILE: the set is full, -ENOENT: no such set or table, ... */
};

/* One element as the kernel holds it. */
struct nft_element {
	const char *jail;       /* lives as long as the list */
	struct address address; /* the key, to the bit */
	struct prefix prefix;   /* what it stands for */
	bool host_bits;         /* the key is not masked: it blocks nobody */
	usec_t timeout;         /* as it was given; USEC_INFINITY: none */
	usec_t remaining;       /* at the time of the answer; USEC_INFINITY: for good */
	const char *comment; /* lives as long as the list; NULL: none. Anybody's bytes: escape it */
};

/* A set of the table that holds bans, as the kernel has it. */
struct nft_set {
	char jail[NFT_JAIL_SIZE];
	uint8_t family;  /* AF_INET or AF_INET6 */
	unsigned prefix; /* bits; as told by the set's comment */
};

enum nft_notice_type {
	NFT_NOTICE_ADDED,   /* somebody added or changed an element */
	NFT_NOTICE_DELETED, /* somebody deleted an element (or flushed its set) */
	NFT_NOTICE_DAMAGED, /* table, set, chain or rule lost: install again, put the bans back */
	NFT_NOTICE_RESYNC,  /* notices were lost: list and compare */
};

enum nft_loss {
	NFT_LOSS_LISTED,
	NFT_LOSS_RULE,
	NFT_LOSS_IGNORED,
	NFT_LOSS_SET,
	NFT_LOSS_CHAIN,
	NFT_LOSS_TABLE,
	NFT_LOSS_DORMANT
};

struct nft_notice {
	enum nft_notice_type type;
	char process[16];         /* who did it, by the kernel's word; "" if it did not say */
	uint32_t process_id;      /* of the initial namespace */
	enum nft_loss loss;       /* damaged: the gravest of what is lost */
	char jail[NFT_JAIL_SIZE]; /* added, deleted; as below */
	struct address address;
	struct prefix prefix;
	bool host_bits;
	bool restored; /* added: came together with table, sets or rules, by a saved ruleset: do not
			  adopt; deleted: its set went with it: do not unban */
	usec_t timeout, remaining;
	char *comment; /* owned: nft_notice_done(); NULL: none */
};

void nft_notice_done(struct nft_notice *notice);

/* A comment as it goes into the kernel: cut, and printable. Returns the bytes without the NUL. */
size_t nft_clean_comment(const char *comment, char buffer[static NFT_COMMENT_BYTES]);

/* Names inside the table. */
#define NFT_CHAIN  "prerouting"
#define NFT_IGNORE "ignore" /* ignore4, ignore6: no jail can have this name */
#define NFT_FORCED                                                                 \
	"forced" /* forced4, forced6: a jail that is always there; its bans are of \
		  single addresses, its rules stand before those of NFT_IGNORE */
#define NFT_SET_NAME_SIZE (NFT_JAIL_SIZE + 1)

/* Each set, and each rule that looks into one, is there for both. */
#define NFT_FAMILIES 2
extern const uint8_t nft_families[NFT_FAMILIES]; /* IPv4, IPv6 */

const char *nft_set_name(const char *jail, uint8_t family, char buffer[static NFT_SET_NAME_SIZE]);
/* The reverse. False: no set of bans has such a name. */
bool nft_set_parse_name(struct span name, char jail[static NFT_JAIL_SIZE], uint8_t *family);

const char *nft_list_set_name(const char *list, uint8_t family, bool other,
			      char buffer[static NFT_SET_NAME_SIZE]);
bool nft_is_list_set(struct span name);

/* The comment of a set tells what its elements stand for, so that the verbs know it without any
 * file. */
#define NFT_SET_COMMENT_SIZE 40

const char *nft_set_comment(unsigned prefix, char buffer[static NFT_SET_COMMENT_SIZE]);
/* Bits, or -EINVAL: the comment is not ours. */
int nft_set_parse_comment(struct span comment) must_check;

/* That of a list's set tells how many networks it was filled with, and of when its file is (seconds
 * since 1970). */
#define NFT_LIST_COMMENT_SIZE 64

struct nft_list_comment {
	uint64_t n_networks, time;
};
const char *nft_list_write_comment(const struct nft_list_comment *comment,
				   char buffer[static NFT_LIST_COMMENT_SIZE]);
/* 0, or -EINVAL: the comment is not ours. */
int nft_list_parse_comment(struct span text, struct nft_list_comment *ret) must_check;

#endif
