#ifndef BANISH_DAEMON_RUN_FILL_H
#define BANISH_DAEMON_RUN_FILL_H

/* The bans that go into sets in the transaction that makes these: see nft_install_filled(). */

#include "run/changes.h"

struct first_fill {
	struct daemon *daemon;
	struct changes changes;
	bool whole; /* there are no more */
};

/* For struct nft_filling; `userdata` is a struct first_fill. */
int fill_gather(void *userdata, struct nft_change **ret, size_t *ret_n) must_check;
/* All of them were taken: those sets are filled. 0 or more: how many bans; -ENOMEM. */
int fill_note_first(struct daemon *daemon, const struct changes *changes) must_check;

#endif
