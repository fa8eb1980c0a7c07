#ifndef BANISH_DAEMON_NETLINK_NFT_H
#define BANISH_DAEMON_NETLINK_NFT_H

/*
 * The sink: two netlink sockets, one for commands, one for notices of what others do to our table.
 * Nothing blocks: the kernel answers a command before sendmsg returns.
 *
 * Errors that every function may return, and nft_explain() puts into words:
 *   -EPERM       no CAP_NET_ADMIN
 *   -EOPNOTSUPP  the kernel has no nf_tables, or lacks a piece of it
 *   -EAFNOSUPPORT  a sandbox forbids netlink sockets
 *   -ENOBUFS     an answer was lost: what was done is unknown, list and compare
 *   -ENOENT      no such table (or set, chain)
 *   -EBUSY       a chain of somebody else uses what has to be replaced
 *   -EPROTO      unexpected netlink reply from the kernel
 */

#include "base/prefixset.h"
#include "nftables/names.h"

struct nft;

/* Opens the command socket and asks the kernel for nf_tables. Needs no table yet. */
int nft_open(const char *table, struct nft **ret) must_check;
struct nft *nft_free(struct nft *nft);
DEFINE_CLEANUP(struct nft *, nft_free)

/* One sentence that says what to do about a (negative) error, for after "cannot ...: ". */
const char *nft_explain(int error);

/* What is to be put into the sets that an install makes or empties, in the same transaction as far
 * as it fits, so that nobody is let in meanwhile. */
struct nft_filling {
	/* Called when nft_set_is_empty() can be asked; the changes are borrowed until the next call
	 * or the end of the install. */
	int (*gather)(void *userdata, struct nft_change **ret, size_t *ret_n);
	void *userdata;
	bool done; /* filled in: all did fit, into the sets that nft_next_set() tells */
};
/* Makes table, sets, chain and rules in one transaction: adds what is missing, replaces what is
 * wrong (a set of another type or size, or whose elements stand for another prefix; it loses its
 * elements), rebuilds the rules, removes sets of jails that are gone, keeps the elements of all
 * others. The sets of a table that is not ours by `handle` are emptied, whatever they look like.
 * `layout` is borrowed for the call only, `filling` may be NULL. 0, or 1: at least one set is empty
 * now (nft_set_is_empty() says which). */
int nft_install(struct nft *nft, const struct nft_layout *layout,
		struct nft_filling *filling) must_check;
bool nft_table_was_strange(const struct nft *nft); /* the last nft_install() found it so */
/* As the last nft_install() or nft_identify() saw them; 0: there was none. No other table ever has
 * such a handle until the next boot, no other set of that table. */
uint64_t nft_table_handle(const struct nft *nft);
int nft_identify(struct nft *nft) must_check;
/* The sets of bans among them, by name, one after the other; NULL: no more. */
const char *nft_next_set(const struct nft *nft, size_t *i, uint64_t *ret_handle);
/* The last nft_install() made or emptied it: what is put there need not be taken out before. */
bool nft_set_is_empty(const struct nft *nft, const char *jail, uint8_t family);
/* Those of the layout, and those whose sets held bans already; sets of ours of other lengths went
 * if they were empty. */
const struct nft_lengths *nft_lengths(const struct nft *nft);
/* Without the daemon: the set that takes a jail's bans of a length, with its rules. -EDQUOT: there
 * are as many as may be. The daemon, if it runs, makes it its own. */
int nft_add_length(struct nft *nft, const struct nft_jail *jail, uint8_t family,
		   unsigned length) must_check;

/* Puts and deletes elements, 2,000 a transaction. 0: all done; 1: some were refused, each change's
 * `error` says why, the others are done; negative: no more is known than what `error` says (it is
 * set beforehand). */
int nft_apply(struct nft *nft, struct nft_change *changes, size_t n_changes) must_check;

/* The sets of the table that hold bans. -ENOENT: no such table. */
struct nft_sets {
	struct nft_set *items; /* owned */
	size_t n_items;
};
int nft_list_sets(struct nft *nft, struct nft_sets *ret) must_check;
void nft_sets_done(struct nft_sets *sets);
const struct nft_set *nft_sets_find(const struct nft_sets *sets, const char *jail, uint8_t family);

/* What stands in the table beside the elements, as far as we use it. */
struct nft_use {
	char name[NFT_SET_NAME_SIZE]; /* of a set */
	bool stands;                  /* else only rules speak of it */
	uint32_t size;                /* elements it may hold */
	unsigned n_rules;             /* of our chain that look into it */
	uint64_t packets, bytes;      /* that agreed with these since they were made */
	uint64_t handle;
	struct nft_list_comment list; /* 0: it is of no list */
};
struct nft_view {
	bool asleep, has_chain, chain_is_fit;
	struct nft_use *uses; /* owned */
	size_t n_uses;
};
/* 0; 1: others kept changing the table meanwhile, some may be missing; -ENOENT: no such table. */
int nft_look(struct nft *nft, struct nft_view *ret) must_check;
void nft_view_done(struct nft_view *view);
const struct nft_use *nft_view_find(const struct nft_view *view, const char *set);
/* A list of the policy, "drop", by the sets that rules look into: all of both families. False: it
 * has none. */
struct nft_list_use {
	char sets[2][NFT_SET_NAME_SIZE]; /* IPv4, IPv6 */
	uint64_t n_networks, packets, bytes;
	usec_t file_time; /* of its file when it was read */
};
bool nft_view_list(const struct nft_view *view, const char *list, struct nft_list_use *ret);
/* 1: a network of that set holds the address; 0; -ENOENT: no such set. */
int nft_find_network(struct nft *nft, const char *set, const struct address *address) must_check;

/* The elements of all sets, or of one jail's and its networks' (NULL: all), in the kernel's order.
 * 0; 1: others kept changing the sets meanwhile, elements may be missing; -ENOENT: no such table.
 */
struct nft_elements {
	struct nft_element *items;
	size_t n_items;
	struct nft_sets sets; /* that were asked */
	char *text;           /* of the comments */
};
int nft_list(struct nft *nft, const char *jail, struct nft_elements *ret) must_check;
void nft_elements_done(struct nft_elements *elements);

/* One element. 1: it is there; its remaining time (may be NULL) is told; 0: it is not; -ENOENT: no
 * such set. */
int nft_find(struct nft *nft, const char *jail, const struct address *address,
	     usec_t *ret_remaining) must_check;

/* The sets of lists. Networks go into those that no rule looks into, a piece at a time; then the
 * rules are pointed to them. In between bans need not wait. */

/* The first of the networks, sorted and apart, all of one family, in one transaction; `ret_taken`
 * of them, at most `max`. `comment`: the set is made first; NULL: it stands. */
int nft_add_networks(struct nft *nft, const char *set, uint8_t family,
		     const struct nft_list_comment *comment, const struct prefix *networks,
		     size_t n, size_t max, size_t *ret_taken) must_check;
/* The rules look into the list's sets from now on, their counters go on. */
int nft_point_list(struct nft *nft, const struct nft_list *list) must_check;
/* 0, also if there is none. */
int nft_delete_set(struct nft *nft, const char *set) must_check;
/* The handle that the last install saw, or the last transaction made; 0: it does not stand. */
uint64_t nft_set_handle(const struct nft *nft, const char *set);

/* Adds what an interval set holds, that of a list, or ignore4 or ignore6. 0; 1: not of one moment;
 * -ENOENT: no such table or set. */
int nft_list_networks(struct nft *nft, const char *set, uint8_t family,
		      struct prefixset *ret) must_check;
int nft_list_ignored(struct nft *nft, uint8_t family, struct prefixset *ret) must_check;

/* While anybody listens the kernel makes a notice of each element that it takes, which costs more
 * than the element. So there are two steps, the first before nft_install(), the second when much is
 * done already; in between no change of others is missed, though nobody hears of it.
 * nft_listen(): 0; 1: somebody else has changed the ruleset since nft_prepare(), install, list and
 * compare. From then on wait for nft_fd() to be readable, nft_read_notices(), and nft_take_notice()
 * until it answers false. Own commands make no notices. */
int nft_prepare(struct nft *nft) must_check;
int nft_listen(struct nft *nft) must_check;
int nft_fd(const struct nft *nft); /* -1: not prepared */
int nft_read_notices(struct nft *nft) must_check;
bool nft_take_notice(struct nft *nft,
		     struct nft_notice *ret); /* the caller calls nft_notice_done() */

#endif
