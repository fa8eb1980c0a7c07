#ifndef BANISH_ENGINE_RECONCILE_ACTION_H
#define BANISH_ENGINE_RECONCILE_ACTION_H

/* What the reconciler wants done and said; reconcile.h has the whole. */

#include "engine/home.h"

struct reconcile;

enum reconcile_type {
	/* to do; each with its answer, before the next is taken */
	RECONCILE_INSTALL,  /* table, sets, chain, rules: reconcile_stands(), reconcile_installed()
			     */
	RECONCILE_LIST,     /* all elements, and then what stands: reconcile_stands(),
			       reconcile_element() for each, reconcile_listed() */
	RECONCILE_FIND,     /* `jail`, `address`: reconcile_found() */
	RECONCILE_IDENTIFY, /* what stands now: reconcile_stands(), reconcile_identified() */
	RECONCILE_RECORD,   /* what was PUT is answered: reconcile_record(), and the ledger is saved
			     */
	RECONCILE_LENGTHS,  /* a ban has no home though one can be made: if there is room,
			       reconcile_want() an install */
	RECONCILE_TIRED,    /* somebody removes what we put back, again and again: it is tried again
			       later. `is_first`: say so */
	/* to do, gathered; reconcile_sent() for each, any time before the next RECORD */
	RECONCILE_PUT,    /* `ban` into `jail`; `is_new`: it is not there */
	RECONCILE_DELETE, /* `jail`, `address` */
	/* to say; the ledger has changed, and is to be committed soon */
	RECONCILE_ADOPTED, /* `ban` is by hand */
	RECONCILE_REASON,  /* `ban`, by hand, has another reason: nothing is to be said */
	RECONCILE_LIFTED,  /* `ban`; by `process`, or (`absent`) while nobody heard of it */
	/* to say */
	RECONCILE_STALE,    /* `jail`, `prefix`, `comment`: is taken out */
	RECONCILE_EXEMPT,   /* `jail`, `prefix`: is taken out */
	RECONCILE_RESTORED, /* a saved ruleset was loaded: all stays as it was */
};

struct reconcile_action {
	enum reconcile_type type;
	uint64_t ban;             /* its number */
	char jail[NFT_JAIL_SIZE]; /* the sets' name */
	struct address address;   /* the element's key */
	struct prefix prefix;
	bool is_new, absent, is_first, damaged;
	enum nft_loss loss; /* INSTALL, `damaged`: what was lost */
	char process[16];   /* who did it, by the kernel's word; "": not known */
	char comment[NFT_COMMENT_BYTES];
};

enum {
	RECONCILE_WANT_INSTALL = 1,
	RECONCILE_WANT_RETRY = 2, /* all that failed */
	RECONCILE_WANT_LIST = 4,
	RECONCILE_WANT_FILL = 8,
	RECONCILE_WANT_SETTLE = 16, /* what was touched is to be as the ledger says */
};

/* From now on. */
void reconcile_want(struct reconcile *reconcile, unsigned what);

#endif
