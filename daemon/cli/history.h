#ifndef BANISH_DAEMON_CLI_HISTORY_H
#define BANISH_DAEMON_CLI_HISTORY_H

/*
 * What happened in a span of time, for `status` and `report`: what the daemon said is in its own
 * journal entries; what it only counted is found by letting the engine read the watched units'
 * entries once more, with the rules and the policy as they are now.
 */

#include "config/policy.h"
#include "io/journal.h"
#include "match/ruleset.h"
#include "report/digest.h"
#include "report/front.h"
#include "report/lockout.h"

struct history_count {
	uint64_t failures, prevented; /* tenths, as `replay` counts them */
};

struct history {
	usec_t since, until;
	usec_t oldest;               /* entry of the journal, any unit; 0: not known */
	struct digest *digest;       /* owned */
	uint64_t n_lost;             /* of the daemon's own entries journald dropped so many */
	struct history_count *jails; /* owned; one a jail in force; NULL: not counted */
	usec_t counted_since, counted_until; /* what `jails` is of */
	struct tally logins;                 /* name: see history_split_login(); count: logins */
	struct tally banned_logins;          /* see history_find_banned_logins() */
	struct front front;                  /* of whom it is made */
	usec_t reach, note_reach;            /* of the engine: see engine.h */
	bool hurried;                        /* that is not all up to `until` */
	struct lockout *lockout; /* set by the caller, whose it is: takes the logins, and the bans
				    that would have been; NULL: nobody asks */
	bool timed; /* set by the caller: series and events, too; if hurried, only of bans */
	struct series series;
	struct tally events; /* timed; group: jail in force; name: event; count: failures, weight:
				prevented, tenths */
};

/* What is counted, by which rules, compiled by config_compile_all(); all borrowed. */
struct history_source {
	struct journal *journal;
	struct ruleset *ruleset;
	const struct policy *policy;
	usec_t patience; /* real time for one reading; USEC_INFINITY: any */
};

/* -ENOMEM, or the journal's error. */
int history_read_said(struct history *history, struct journal *journal) must_check;
/* Counts all of the span; if there is too much of it, then of its end as much as can be read in the
 * same time once more. */
int history_count(struct history *history, const struct history_source *source) must_check;
void history_done(struct history *history);

/* Of the logins those from where somebody was banned, too: a user who was locked out, or a password
 * that was guessed. Group: index of the digest's jails; weight: bans; peak: logins before the first
 * of these. -ENOMEM. */
int history_find_banned_logins(struct history *history, const struct ruleset *ruleset) must_check;
/* "PREFIX USER" taken apart; the user may be "". */
void history_split_login(const struct tally_item *item, char prefix[static PREFIX_TEXT_MAX],
			 const char **ret_user);

#endif
