#ifndef BANISH_DAEMON_VERBS_WHY_H
#define BANISH_DAEMON_VERBS_WHY_H

/* The parts of banish why: what the kernel holds, what was said, and the lines that led to it. */

#include "cli/input.h"
#include "netlink/nft.h"

enum banned { BANNED_NO, BANNED_YES, BANNED_FORCED, BANNED_UNKNOWN };

/* What banish said of it once. */
struct why_said {
	usec_t time;
	char *message, *action, *jail,
		*cursor;      /* the cursor of the line that tipped the scale, or NULL */
	char *member;         /* on this other host; NULL: here */
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

/* An enum banned, or negative errno. Prints the elements that hold the target, and opens `nft`. */
int why_ask_kernel(struct why *why, usec_t now) must_check;
/* Who is ignored passes though his network is banned, unless he is forced. */
int why_say_ignored(const struct why *why, enum banned banned) must_check;

/* Reads what was said of the target and its bans, and prints it with the lines that led to them, as
 * far as the journal still has them. */
int why_show_said(struct why *why, usec_t now) must_check;
void why_said_done(struct why_said *said);

/* The lines that led to the ban that was said. The journal's matches and place are lost. */
int why_show_lines(struct why *why, const struct why_said *said) must_check;
/* One line of the answer: `what` was said or logged; a weight of 0: it has none. */
int why_print_event(const struct why *why, const char *what, usec_t time, struct span text,
		    const char *jail, uint64_t weight) must_check;

#endif
