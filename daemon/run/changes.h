#ifndef BANISH_DAEMON_RUN_CHANGES_H
#define BANISH_DAEMON_RUN_CHANGES_H

/* Changes for the kernel, gathered and applied at once: bans that go into their sets, elements that
 * go out. */

#include "run/firewall.h"

struct changes {
	struct nft_change *items;
	uint64_t *ids; /* of the bans they place, 0: none */
	char (*comments)[NFT_COMMENT_BYTES];
	char (*names)[NFT_JAIL_SIZE];
	size_t n, room;
};

void changes_done(struct changes *changes);

/* `name`: as its sets have it in common, home_name(). */
int changes_put(struct changes *changes, const char *name, const struct ban *ban,
		enum nft_operation operation, usec_t now) must_check;
/* `jail`: the name that its sets have in common. */
int changes_delete(struct changes *changes, const char *jail,
		   const struct address *address) must_check;

/* For nft_install_filled(): they are handed over; all of them were taken. */
void changes_hand_over(struct changes *changes, struct nft_change **ret, size_t *ret_n);
void changes_taken(struct firewall *firewall, const struct changes *changes);

/* What the kernel takes and refuses the reconciler hears; what it refuses is said once, and tried
 * again. 0, or negative errno that need not stop anybody but -ENOMEM. */
int changes_apply(struct firewall *firewall, struct changes *changes) must_check;

#endif
