#ifndef BANISH_DAEMON_STATUS_FACTS_H
#define BANISH_DAEMON_STATUS_FACTS_H

/* What `banish status` finds out. Whatever cannot be looked at is left out and
 * told: half an answer is better than none. */

#include "cli/history.h"
#include "cli/options.h"
#include "cli/survey.h"
#include "io/config.h"
#include "io/log.h"
#include "io/units.h"
#include "ledger/heard.h"
#include "ledger/ledger.h"
#include "netlink/nft.h"
#include "report/diagnosis.h"

#define STATUS_MAX_UNSEEN 8
#define STATUS_LABEL      10 /* columns before what is said of a part */

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
	struct looks looks;
	bool prometheus; /* that form is wanted */
	const char *statedir;
	usec_t now;              /* set by the caller, as common is */
	struct config *config;   /* NULL: faults */
	struct ruleset *ruleset; /* the same */
	struct policy *policy;   /* the built-in one where there is no config; borrowed or owned */
	bool owns_policy;
	char *fault;
	struct journal *journal; /* NULL: cannot be read */
	struct history history;
	struct survey survey;
	struct unit unit;
	usec_t started, loaded; /* by its own entries; 0: not found */
	struct nft_view view;
	uint64_t passed;          /* packets of ignored hosts */
	struct facts_list *lists; /* owned: of the policy, in its order; NULL: not looked at */
	struct status_jail *jails;
	size_t n_jails;
	struct facts facts;     /* its jails, owned: those in force, in order */
	struct ledger *members; /* of it what other hosts told; NULL: not known */
	bool counted_waiting;   /* facts.n_waiting says something */
	struct diagnosis diagnosis;
	char *damage, *full, *trouble, *front; /* what facts borrow */
	char *unseen[STATUS_MAX_UNSEEN];
	size_t n_unseen;
};

/* Made where there is none. NULL: no memory. */
struct status_jail *status_jail(struct status *status, const char *name);
/* "WHAT not looked at: REMEDY", WHAT with its verb. 0 or -ENOMEM. */
int status_add_unseen(struct status *status, const char *what, const char *remedy) must_check;

/* Stands on the latest entry of the daemon's of that kind, about that jail (NULL: any), and its
 * time: 1; 0: there is none. */
int status_go_to_last(struct journal *journal, enum log_kind kind, const char *jail,
		      usec_t *ret_time) must_check;
/* When this life of the daemon began, with its first word. */
usec_t status_begun(const struct status *status);
/* The warnings of the past whose cause is gone. After all else. */
void status_take_out_mended(struct status *status);
/* The jails: what their rules read, whether anything comes, what was said of them. */
int status_look_at_jails(struct status *status) must_check;
/* Lists of networks of others. */
int status_look_at_lists(struct status *status) must_check;
int status_print_lists(const struct status *status) must_check;
int status_print_lists_json(const struct status *status) must_check;
/* The table: whether it is whole, who is banned, what was kept out. */
int status_look_at_kernel(struct status *status) must_check;

/* The other hosts of the fleet, and the servers that a central log host follows; -ENOMEM. */
int status_look_at_fleet(struct status *status) must_check;
/* One by one: first those that the jail fleet hears, then those that are followed; NULL: no more.
 */
const struct member *status_member(const struct status *status, size_t i, bool *ret_followed);
/* For any reason. */
uint64_t status_n_refused(const struct member *member);
usec_t status_member_lag(const struct member *member);
int status_print_fleet(const struct status *status) must_check;

/* What is wrong first, lines of 80 columns; or JSON, one object a line. -ENOMEM. */
int status_print(const struct status *status) must_check;
/* Metrics in Prometheus' text format. -ENOMEM. */
int status_print_prometheus(const struct status *status) must_check;

#endif
