#ifndef BANISH_DAEMON_CLI_NFT_VERB_H
#define BANISH_DAEMON_CLI_NFT_VERB_H

/* What the verbs that speak to the kernel share: list, ban, unban. They work without the daemon. */

#include "cli/options.h"
#include "config/policy.h"
#include "netlink/nft.h"

struct nft_verb {
	const char *name; /* for messages */
	const struct common *common;
	struct policy *policy; /* owned; the built-in one where banish.json cannot be used */
	struct nft *nft;       /* owned */
	struct nft_sets sets;  /* owned; empty without a table */
	bool has_table;
};

/* Opens the kernel and lists the sets. The table's name stands in CONFDIR/banish.json. 0, or the
 * exit code; then it was said why. `common` is borrowed. */
int nft_verb_open(struct nft_verb *verb, const struct common *common) must_check;
void nft_verb_done(struct nft_verb *verb);

/* For verbs that need the table, and that jail in it (NULL: none). The same; it says that there is
 * no table, too. */
int nft_verb_open_table(struct nft_verb *verb, const struct common *common,
			const char *jail) must_check;

/* 0 if the table has that jail; else it says which there are, and whether there is a rule for it,
 * and the exit code. */
int nft_verb_need_jail(const struct nft_verb *verb, const char *jail) must_check;

/* 0 if there is a set for bans of that prefix's length in that jail, whose own length is `own`, or
 * one was made; else it says why not, and the exit code. */
int nft_verb_need_length(const struct nft_verb *verb, const char *jail, unsigned own,
			 const struct prefix *prefix) must_check;

/* "banish VERB: cannot WHAT: ...", and the exit code. */
int nft_verb_fail(const struct nft_verb *verb, const char *what, int error);

/* `now` + `remaining`, USEC_INFINITY stays. */
usec_t nft_verb_expires(usec_t now, usec_t remaining);

#endif
