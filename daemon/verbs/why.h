#ifndef BANISH_DAEMON_VERBS_WHY_H
#define BANISH_DAEMON_VERBS_WHY_H

/* What `banish why` knows of an address, or of a prefix that can be banned. */

#include "cli/input.h"
#include "netlink/nft.h"

/* What banish said of it once. */
struct why_said {
	usec_t time;
	char *message, *action, *jail,
		*cursor;      /* the cursor of the line that tipped the scale, or NULL */
	char *prefix, *until; /* as the fields say it */
};

struct why {
	struct common common;
	struct input input;
	struct nft *nft;              /* NULL: it cannot be asked */
	struct prefix target;         /* of whom the question is */
	struct nft_elements elements; /* all that are banned */
	struct why_said *said;        /* owned; oldest first */
	size_t n_said;
};

/* Reads what was said of the target and its bans, and prints it with the lines that led to them, as
 * far as the journal still has them. */
int why_show_said(struct why *why, usec_t now) must_check;
void why_said_done(struct why_said *said);

#endif
