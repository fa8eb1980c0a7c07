#ifndef BANISH_DAEMON_STATUS_FOUND_H
#define BANISH_DAEMON_STATUS_FOUND_H

/* What `banish status` finds out. Whatever cannot be looked at is left out and
 * told: half an answer is better than none. */

#include "cli/history.h"
#include "cli/options.h"
#include "io/config.h"
#include "io/units.h"
#include "netlink/nft.h"
#include "report/diagnosis.h"

#define STATUS_MAX_UNSEEN 8

/* A jail that is in force, that the kernel knows, or that something was said of. */
struct status_jail {
	char name[NAME_SIZE];
	const struct jail *rule;           /* NULL: not in force */
	const struct history_count *count; /* NULL: not counted */
	uint64_t banned;                   /* elements in the kernel now */
	uint64_t bans;                     /* in the span */
	usec_t last_ban;                   /* 0: none found */
	uint64_t packets, bytes;           /* that were kept out since the rules were made */
};

struct status {
	struct common common; /* since: of the span */
	const char *statedir;
	usec_t now;              /* set by the caller, as common is */
	struct config *config;   /* NULL: faults */
	struct ruleset *ruleset; /* the same */
	struct policy *policy;   /* the built-in one where there is no config; borrowed or owned */
	bool owns_policy;
	char *fault;
	struct journal *journal; /* NULL: cannot be read */
	struct history history;
	struct unit unit;
	usec_t started, loaded; /* by its own entries; 0: not found */
	struct nft_view view;
	uint64_t passed; /* packets of ignored hosts */
	struct status_jail *jails;
	size_t n_jails;
	struct facts facts;
	struct facts_jail *facts_jails; /* of the jails in force, in order */
	bool counted_waiting;           /* facts.n_waiting says something */
	struct diagnosis diagnosis;
	char *damage, *full, *trouble; /* what facts borrow */
	char *unseen[STATUS_MAX_UNSEEN];
	size_t n_unseen;
};

/* Made where there is none. NULL: no memory. */
struct status_jail *status_jail(struct status *status, const char *name);
/* "WHAT was not looked at: REMEDY"; takes the text (NULL: no memory). */
int status_add_unseen(struct status *status, char *text) must_check;
void status_done(struct status *status);

#endif
