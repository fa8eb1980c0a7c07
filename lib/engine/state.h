#ifndef BANISH_ENGINE_STATE_H
#define BANISH_ENGINE_STATE_H

/* What the engine is made of, and its queue of decisions. */

#include "base/prefixset.h"
#include "config/counting.h"
#include "count/account.h"
#include "count/breaker.h"
#include "count/nameless.h"
#include "count/network.h"
#include "count/session.h"
#include "count/window.h"
#include "engine/decision.h"
#include "entry/entry.h"
#include "match/ruleset.h"

struct jail_state {
	const struct jail *jail;
	const struct settings *settings;
	unsigned ledger_jail;
	uint64_t limit; /* tenths */
	struct breaker breaker;
	size_t depth;              /* failures that one source may hold */
	bool users;                /* its windows remember them */
	bool repeats;              /* a user's further failures weigh less */
	struct counting *counting; /* by event; owned */
	bool anew;                 /* a warm-up decides for it, see engine_judge_anew() */
	uint64_t n_lost;           /* failures whose session is not known */
};

/* An unban whose position the warm-up has not reached. */
struct pending_lift {
	uint64_t id;
	usec_t time; /* USEC_INFINITY: at the end of the stretch */
	bool applied;
};

struct judged {
	struct verdict_of_hit verdict;
	char *user; /* owned text behind the verdict; NULL: borrowed from the entry */
};

struct engine {
	struct ruleset *ruleset;
	const struct policy *policy;
	struct jail_state *jails;
	size_t n_jails;
	unsigned manual, forced; /* the ledger's numbers of MANUAL_NAME, FORCED_NAME */
	unsigned recidive;       /* the jail RECIDIVE_NAME, or ENGINE_NO_JAIL */
	unsigned fleet;          /* the same of FLEET_NAME */
	struct windows *windows;
	struct nameless *nameless;
	struct sessions *sessions;
	struct network_list *networks; /* by the ledger's numbers of jails */
	struct accounts *accounts;
	struct ledger *ledger;
	struct prefixset ignored;
	bool spares_private;
	struct windows *warned; /* a list a jail: who was told of as private, and when */
	usec_t latest;          /* time seen */
	usec_t reach;           /* of what counts: see engine_reach */

	bool warming;
	struct pending_lift *lifts; /* by time */
	size_t n_lifts, max_lifts, next_lift;
	bool lifts_sorted;

	char *cursor; /* of the entry that is being fed, NULL: not asked yet */
	struct judged *judged;
	size_t n_judged, max_judged;
	struct decision *decisions; /* a queue: from next_decision on */
	size_t n_decisions, max_decisions, next_decision;
	struct engine_statistics statistics;
};

/* Jails and tables of a zeroed engine whose ruleset and policy are set; on failure state_done()
 * clears up. -ENOMEM. */
int state_init(struct engine *engine, const uint8_t seed[16],
	       const struct engine_limits *limits) must_check;
void state_done(struct engine *engine);

/* Before each entry: the verdicts and the cursor of the last one go. */
void state_forget_entry(struct engine *engine);
/* The verdict of the entry's next hit; borrowed until the one after it. -ENOMEM. */
int state_add_verdict(struct engine *engine, const struct hit *hit, struct judged **ret) must_check;
/* The cursor of the entry that is being fed, "" if it has none; borrowed until the next feed. */
int state_cursor(struct engine *engine, const struct entry *entry, const char **ret) must_check;
/* Puts a decision into the queue. -ENOMEM. */
int state_decide(struct engine *engine, const struct decision *decision) must_check;

/* The jail of a ban: its index, ENGINE_MANUAL, ENGINE_FORCED or ENGINE_NO_JAIL. */
unsigned state_jail_of(const struct engine *engine, const struct ban *ban);
/* The ledger's number of a jail, or of its networks; of the manual one if it is not in force. */
unsigned state_ledger_jail(const struct engine *engine, unsigned jail, bool network);
/* At most USEC_INFINITY. */
usec_t state_add_times(usec_t a, usec_t b);
/* How far before a line of the jail lies what decides what it weighs; totals apart. */
usec_t state_reach_of(const struct jail_state *jail);
/* True if a warm-up reaches that time, with all that counts. */
bool state_is_in_reach(const struct engine *engine, usec_t time);

/* Of warmup.c: unbans whose position the warm-up has not reached yet; there each empties the window
 * once more. The ban was lifted. -ENOMEM. */
int lift_add(struct engine *engine, const struct ban *ban) must_check;
/* A position is still to be met, so that every entry's time matters. */
bool lift_is_pending(struct engine *engine);
/* Before an entry at that time, and after it: 0, or what the entry says. */
void lift_apply_overdue(struct engine *engine, usec_t time);
int lift_apply_at(struct engine *engine, const struct entry *entry, usec_t time) must_check;

#endif
