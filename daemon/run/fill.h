#ifndef BANISH_DAEMON_RUN_FILL_H
#define BANISH_DAEMON_RUN_FILL_H

/* Bans on their way into their sets, and out. */

#include "run/changes.h"

/* A ban was decided: its element goes in with the changes. */
int fill_gather_ban(struct firewall *firewall, struct changes *changes,
		    const struct ban *ban) must_check;
/* A ban has ended though its time is not over: its element goes with the changes. */
int fill_gather_removal(struct firewall *firewall, struct changes *changes,
			const struct ban *ban) must_check;

/* For struct nft_filling: the bans that go into sets in the transaction that makes these;
 * `userdata` is a struct first_fill. */
struct first_fill {
	struct firewall *firewall;
	struct changes changes;
	uint64_t last; /* ban that was looked at; all before it were, too */
	bool whole;    /* there are no more */
};
int fill_gather(void *userdata, struct nft_change **ret, size_t *ret_n) must_check;
/* All of them were taken. 0 or -ENOMEM. */
int fill_note_first(struct firewall *firewall, const struct first_fill *fill) must_check;

#endif
