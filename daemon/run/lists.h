#ifndef BANISH_DAEMON_RUN_LISTS_H
#define BANISH_DAEMON_RUN_LISTS_H

/*
 * The spoke of others' lists of networks. Each has a file, and a pair of sets that rules look into.
 * When the file changes, it is read and a second pair is filled beside the first, a piece a
 * wake-up, so that bans go in between; then the rules are pointed to it, and the first pair is
 * deleted. A file that cannot be taken leaves all as it was. The networks are in memory only while
 * they are put in.
 */

#include "config/policy.h"
#include "io/listfile.h"
#include "netlink/nft.h"
#include "run/dirty.h"

struct list;

struct lists {
	unsigned *dirty; /* the hub's */
	struct nft *nft; /* borrowed; NULL in a dry run: all is left out */
	struct dirwatch *dirwatch;
	sd_event_source *step;   /* DIRTY_FILL */
	struct list *items;      /* owned */
	struct nft_list *layout; /* owned, borrowing from the policy: one an item */
	size_t n_items;
	bool failing; /* that the kernel refuses was said */
	size_t piece; /* networks of the next transaction, by how long the last ones took */

	/* The one that is put in. */
	struct list *filled; /* NULL: none */
	bool reads;          /* its file still */
	struct listfile file;
	struct blocklist blocklist;
	struct nft_list_comment comment;
	size_t at;       /* of its networks, those before are in */
	unsigned n_made; /* of its sets */
	uint64_t handles[2];
};

int lists_attach(struct lists *lists, sd_event *event, struct nft *nft) must_check;
void lists_done(struct lists *lists);

/* A configuration has come into force. What stands in the kernel for a list that was not there
 * before is taken over. 0 or -ENOMEM. */
int lists_enter(struct lists *lists, const struct policy *policy) must_check;

/* After an install: what is not in the kernel any more is read again. */
void lists_installed(struct lists *lists);

/* Answers the bits DIRTY_LISTS, DIRTY_LISTED, DIRTY_FILL. 0 or -ENOMEM. */
int lists_turn(struct lists *lists, unsigned bits) must_check;

#endif
