#ifndef BANISH_DAEMON_RUN_FILL_H
#define BANISH_DAEMON_RUN_FILL_H

/*
 * The bans that run are put into their sets. Which sets hold all of them is durable: the ledger
 * names each by the handles of table and set, once the kernel has acknowledged the last ban. A set
 * with another name is filled, whoever made it; only what is absent from one that is named was
 * taken out by somebody.
 */

#include "run/changes.h"

/* Puts everything that runs into the sets that are not known to hold it, and what is not placed
 * into the others: how many bans those were. From then on the sets are known to hold all, durably.
 */
int fill_all(struct firewall *firewall) must_check;
/* A ban was decided: its element goes in with the changes. */
int fill_gather_ban(struct firewall *firewall, struct changes *changes,
		    const struct ban *ban) must_check;
/* A ban has ended though its time is not over: its element goes with the changes. */
int fill_gather_removal(struct firewall *firewall, struct changes *changes,
			const struct ban *ban) must_check;

/* The jail is in force, or the manual one, and bans networks if it is one: its set stands in the
 * kernel, by the name that is filled in. */
bool fill_set_of(const struct firewall *firewall, const struct ban *ban,
		 char name[static NFT_JAIL_SIZE]);
/* Of the ban that was looked at last; begins zeroed. Many bans share a set. */
struct fill_look {
	const char *jail;
	uint8_t family, length;
	char name[NFT_JAIL_SIZE]; /* that its sets have in common */
	bool has_set, is_filled, is_empty;
};
/* ... and whether it is the one that all bans were put into (as nft_identify() saw it last), so
 * that what is absent was taken out; and whether it is known to be empty. */
void fill_look_at(const struct firewall *firewall, const struct ban *ban, struct fill_look *look);

/* For struct nft_filling: the bans that go into sets in the transaction that makes these;
 * `userdata` is a struct first_fill. */
struct first_fill {
	struct firewall *firewall;
	struct changes changes;
	uint64_t last; /* ban that was looked at; all before it were, too */
	bool whole;    /* there are no more */
};
int fill_gather(void *userdata, struct nft_change **ret, size_t *ret_n) must_check;
/* All of them were taken. If there were no more those sets are filled. 0 or more: how many bans;
 * -ENOMEM. */
int fill_note_first(struct firewall *firewall, const struct first_fill *fill) must_check;

#endif
