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

/* Prints one thing that was said, or a line that counted; `weight` 0: none. 0 or -ENOMEM. */
int why_print_event(const struct why *why, const char *what, usec_t time, struct span text,
		    const char *jail, uint64_t weight) must_check;
/* Prints the lines that led to a ban, as far as the journal still has them. */
int why_show_lines(struct why *why, const struct why_said *said) must_check;

/* Reads what was said of the target and its bans, and prints it with the lines (why-said.c). */
int why_show_said(struct why *why, usec_t now) must_check;
void why_said_done(struct why_said *said);

/* Whether the target is always let through, and why (why-exempt.c): 1, and *ret (owned by the
 * caller) goes on after "it is "; 0; -ENOMEM. Own addresses and gateways the kernel knows. */
int why_ignored(const struct why *why, char **ret) must_check;

#endif
