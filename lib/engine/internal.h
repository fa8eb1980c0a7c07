#ifndef BANISH_ENGINE_INTERNAL_H
#define BANISH_ENGINE_INTERNAL_H

/* Shared by engine.c (life, queue, feeding), judge.c (what a hit counts) and warmup.c (bans
 * from outside and from before). */

#include "base/prefixset.h"
#include "config/counting.h"
#include "count/account.h"
#include "count/breaker.h"
#include "count/nameless.h"
#include "count/network.h"
#include "count/session.h"
#include "count/window.h"
#include "engine/engine.h"

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
	uint64_t n_lost;           /* failures whose session is not known */
};

/* An unban whose position the warm-up has not reached. */
struct pending_lift {
	uint64_t id;
	usec_t time; /* USEC_INFINITY: at the end of the stretch */
	bool applied;
};

struct engine {
	struct ruleset *ruleset;
	const struct policy *policy;
	struct jail_state *jails;
	size_t n_jails;
	unsigned manual, forced; /* the ledger's numbers of MANUAL_NAME, FORCED_NAME */
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
	struct verdict_of_hit *verdicts;
	char **users; /* owned texts behind verdicts, NULL: borrowed from the entry */
	size_t n_verdicts, max_verdicts;
	struct decision *decisions; /* a queue: from next_decision on */
	size_t n_decisions, max_decisions, next_decision;
	struct engine_statistics statistics;
};

/* One hit, on its way through judge.c and weigh.c. */
struct judgement {
	struct engine *engine;
	const struct entry *entry;
	const struct hit *hit;
	const struct event *event;
	struct jail_state *jail;
	usec_t time;
	bool is_named;            /* the line names a session, */
	struct session_name name; /* this, */
	struct session *session;  /* NULL: it is not known */
	struct verdict_of_hit *verdict;
	struct prefix offender; /* of a failure, once its address is known */
};

/* Judges one hit of an entry. */
int engine_judge(struct engine *engine, const struct entry *entry, const struct hit *hit,
		 usec_t time) must_check;

/* The hit tells of `attempts` new ones, of an event that weighs something, by somebody who counts.
 */
int engine_weigh(struct judgement *judgement, uint32_t attempts) must_check;
/* A ban, of the offender or of his network, keeps him away. */
bool engine_prevents(const struct judgement *judgement);
/* Both sums of what lines with and without a session told begin anew. `jail`: the engine's number.
 */
void engine_forget_sums(struct engine *engine, const struct ban *ban, unsigned jail);
/* USER_NONE: no name. */
uint64_t engine_identify_user(struct span user);

/* The cursor of the entry that is being fed, "" if it has none; borrowed until the next feed. */
int engine_cursor(struct engine *engine, const struct entry *entry, const char **ret) must_check;
int engine_decide(struct engine *engine, const struct decision *decision) must_check;

/* What stands in the way of a ban: 1: the jail bans too fast, it is held back; 0: nothing. `anew`:
 * the offender was not over the limit before. */
int engine_hold_back(struct engine *engine, unsigned jail, const struct ban *would,
		     bool anew) must_check;
/* A ban begins: fills in how often it is and how long. */
int engine_begin_ban(struct engine *engine, unsigned jail, struct ban *ban) must_check;
/* After each failure that weighs, whether or not a ban prevents it: is its user under attack? */
int engine_note_target(struct engine *engine, const struct entry *entry,
		       const struct verdict_of_hit *verdict, const struct prefix *offender,
		       usec_t time) must_check;
/* Before each failure that weighs. */
int engine_close_breaker(struct engine *engine, unsigned jail, usec_t time) must_check;

/* The address is private, and this jail spares such. */
bool engine_spares(const struct engine *engine, unsigned jail, const struct address *address);

/* Warm-up: is this entry, at `time`, the one that banned `prefix`? Then the window is emptied.
 * `jail`: the ledger's number. */
int engine_replay_ban(struct engine *engine, const struct entry *entry, unsigned jail,
		      const struct prefix *prefix, usec_t time) must_check;
/* A ban keeps the offender away. In a warm-up one that was lifted holds until its unban is met: its
 * failures must not count in between. */
bool engine_holds(struct engine *engine, unsigned jail, const struct prefix *offender, usec_t time);
/* In a warm-up times alone do not tell what a ban prevented: at its own moment, and after the clock
 * was set back, an entry may stand before the one that made it; and until its unban it held. */
bool engine_held(const struct engine *engine, const struct ban *ban, usec_t time);
/* True if a warm-up reaches that time, with all that counts. */
bool engine_is_in_reach(const struct engine *engine, usec_t time);

/* warmup.c. The jail of a ban: its index, ENGINE_MANUAL, ENGINE_FORCED or ENGINE_NO_JAIL. */
unsigned engine_jail_of(const struct engine *engine, const struct ban *ban);
/* The offender's failures up to `until` count no more; USEC_INFINITY: all. */
void engine_empty_window(struct engine *engine, const struct ban *ban, usec_t until);
/* The ban was lifted: the warm-up empties the window once more where that came. -ENOMEM. */
int engine_add_lift(struct engine *engine, const struct ban *ban) must_check;

/* network-ban.c. The settings of a jail's number, ENGINE_MANUAL too. */
const struct settings *engine_settings(const struct engine *engine, unsigned jail);
/* A ban of its network keeps the address away. In a warm-up the one that this entry made, too. */
bool engine_network_holds(struct engine *engine, unsigned jail, const struct address *address,
			  usec_t time);
/* Warm-up: the entry may be the one that banned the address's network. */
int engine_replay_network_ban(struct engine *engine, const struct entry *entry, unsigned jail,
			      const struct address *address, usec_t time) must_check;
/* After the ban of an offender: bans its network, if it was the last one that it takes. */
int engine_ban_network(struct engine *engine, unsigned jail, const struct ban *offender) must_check;
/* A ban from the ledger: its network counts it. */
int engine_count_offender(struct engine *engine, const struct ban *ban, unsigned jail) must_check;
/* Warm-up: unbans before and after an entry. */
bool engine_has_lifts(struct engine *engine);
void engine_apply_overdue_lifts(struct engine *engine, usec_t time);
int engine_apply_lifts(struct engine *engine, const struct entry *entry, usec_t time) must_check;

#endif
