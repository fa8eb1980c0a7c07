#ifndef BANISH_ENGINE_H
#define BANISH_ENGINE_H

/*
 * The engine: entry in, decision out, time is an argument. It opens nothing, reads no clock, logs
 * nothing, calls nobody; decisions wait in a queue that the caller drains after each feed. Live and
 * in replay it is the same. What counts (findtime, maxretry, sessions, growing bans) is decided
 * here and nowhere else.
 *
 * The order of a start with a ledger: engine_new, engine_adopt_ledger, engine_end_bans, engine_warm
 * for each entry from (position - engine_reach) up to the position (engine_warm_notes from
 * engine_note_reach up to there), engine_warm_done, then engine_feed. A reload does the same with
 * the ledger that engine_take_ledger gives back. engine_ban and engine_unban may come at any time
 * between feeds.
 */

#include "config/policy.h"
#include "entry/entry.h"
#include "ledger/ledger.h"
#include "match/ruleset.h"

#define ENGINE_MANUAL  (UINT32_MAX - 1) /* the built-in jail "manual": no rule feeds it */
#define ENGINE_FORCED  (UINT32_MAX - 2) /* its bans are marks: see engine_forces() */
#define ENGINE_NO_JAIL UINT32_MAX       /* a jail that is not in force */
#define MANUAL_NAME    "manual"
#define FORCED_NAME    "forced"

struct engine;

/* Bounds of the tables that log lines can grow; what is oldest goes first. 0 means the default. */
struct engine_limits {
	size_t max_sources;  /* offenders with failures; 72 bytes each with one failure, at most 120
				at maxretry 5, 170 where users are remembered */
	size_t max_sessions; /* that only count, and as many with notes; 110 bytes each, 510 with a
				note that holds the longest of names */
	size_t max_nameless; /* addresses of jails whose lines may have a session or none */
};

#define ENGINE_MAX_SOURCES  262144
#define ENGINE_MAX_SESSIONS 65536
#define ENGINE_MAX_NAMELESS 65536

/* `ruleset` and `policy` are borrowed and must outlive the engine. `seed`: for the hash tables,
 * never changes a decision. `limits` may be NULL. */
int engine_new(struct ruleset *ruleset, const struct policy *policy, const uint8_t seed[16],
	       const struct engine_limits *limits, struct engine **ret) must_check;
struct engine *engine_free(struct engine *engine);
DEFINE_CLEANUP(struct engine *, engine_free)

/* What one entry told, for `test`, `why` and debugging: the last feed's hits as the engine judged
 * them. */
struct verdict_of_hit {
	unsigned jail, event;
	bool has_address;
	struct address address;
	struct span user;  /* borrowed until the next feed */
	uint64_t weight;   /* tenths; what this line tells, whether or not a ban prevents it */
	uint64_t forgiven; /* WHY_SUCCESS: tenths of failures that it cleared */
	enum {
		WHY_COUNTED,
		WHY_REPEATED, /* counted, as the same user again: by repeat_weight */
		WHY_SUCCESS,
		WHY_NOTE,
		WHY_MODE_OFF,    /* event is for mode aggressive */
		WHY_IGNORED,     /* ignoreip, own, or never offends */
		WHY_PRIVATE,     /* private or link-local, and the jail spares these */
		WHY_BANNED,      /* offender is banned at that time */
		WHY_DUPLICATE,   /* its session told it already */
		WHY_NO_ADDRESS,  /* none in the line, none remembered */
		WHY_BAD_ADDRESS, /* the text is no address */
		WHY_DISAGREES,   /* "agree": the session remembers another address, or none */
		WHY_WEIGHTLESS,  /* the event weighs 0, or told of no attempt */
	} why;
};

enum decision_type {
	DECISION_BAN,
	DECISION_END,     /* a running ban ends; `ban.ended` says why */
	DECISION_PRIVATE, /* a warning: failures of a private address are spared; once an hour for
			     each offender */
	DECISION_BREAKER, /* the jail bans too fast: the first ban that is held back, count: bans
			     within the time */
	DECISION_BREAKER_CLOSED, /* it bans again: of `ban` only jail and since; count: offenders
				    that were held back */
	DECISION_TARGET, /* a warning: so many offenders (count) failed at the account `user` of
			    late; the ban would be the last one's, its failures are not told */
};

/* `ban`: the one that begins or ends, a copy of the ledger's; of DECISION_PRIVATE, _BREAKER and
 * _TARGET what is known of the one that there is not: jail, event, prefix, address, since (the
 * time) and, but for the first, failures and cursor. Its texts, and `user`, are borrowed until the
 * next feed. */
struct decision {
	enum decision_type type;
	struct ban ban;
	uint64_t count;   /* of what, see the type */
	struct span user; /* DECISION_TARGET: bytes that a stranger chose */
};

struct engine_statistics {
	uint64_t entries;   /* fed */
	uint64_t failures;  /* tenths that counted, those that led to a ban included */
	uint64_t prevented; /* tenths kept away by an earlier ban */
	uint64_t bans;
	uint64_t lost; /* failures that counted for nobody: their session is not known (any more) */
	uint64_t evicted_sources, evicted_sessions, evicted_bans; /* a bound was reached */
};

/* 0 or negative errno. Afterwards take all decisions. */
int engine_feed(struct engine *engine, const struct entry *entry) must_check;

/* The same for a stretch that was read before the last stop: windows, sessions and totals are
 * rebuilt, nothing is decided; the ledger's bans and unbans are applied at their entries. */
int engine_warm(struct engine *engine, const struct entry *entry) must_check;
/* The same for a stretch before that one: of the entry only notes are taken. */
int engine_warm_notes(struct engine *engine, const struct entry *entry) must_check;
/* The stretch is over: applies what is left of the ledger. */
void engine_warm_done(struct engine *engine);
/* How far before the ledger's position a warm-up has to begin: the longest findtime and what
 * sessions need, notes apart. */
usec_t engine_reach(const struct engine *engine);
/* The same for notes, which are remembered for longer; 0: no rule in force has any. Before
 * engine_reach only entries that such rules select (ruleset_has_notes) need to be read, and go to
 * engine_warm_notes. */
usec_t engine_note_reach(const struct engine *engine);
/* The longest: how far before now a start without a ledger begins. */
usec_t engine_findtime(const struct engine *engine);

/* The next decision, in order; false: no more. */
bool engine_take(struct engine *engine, struct decision *ret);

size_t engine_n_verdicts(const struct engine *engine);
const struct verdict_of_hit *engine_verdict(const struct engine *engine, size_t i);

/* The engine holds a ledger from the start (empty). Adopting another gives the old one back to the
 * memory; on failure the caller keeps the ledger. Its bans come under the prefixes of this policy.
 */
struct ledger *engine_ledger(struct engine *engine);
int engine_adopt_ledger(struct engine *engine, struct ledger *ledger) must_check;
/* Moves the ledger out; then only engine_free may follow. */
struct ledger *engine_take_ledger(struct engine *engine);

/* Own addresses and gateways, beside ignoreip; copied, replaces what was set before. */
int engine_set_ignored(struct engine *engine, const struct prefix *prefixes, size_t n) must_check;
bool engine_ignores(struct engine *engine, const struct address *address);
/* A ban of the prefix would keep nobody out: all of it is ignored. */
bool engine_ignores_all(struct engine *engine, const struct prefix *prefix);
/* True if an address of the prefix is marked: there runs a ban of it in FORCED_NAME. A ban that
 * holds such an address does not end for being of ignored ones. */
bool engine_forces(const struct engine *engine, const struct prefix *prefix, usec_t now);
/* Whether jails without "banprivate" spare private and link-local sources; false at first. */
void engine_spare_private(struct engine *engine, bool spare);
/* Ends the running bans whose jail is gone or whose address is ignored now: DECISION_END for each.
 */
int engine_end_bans(struct engine *engine, usec_t now) must_check;

/* The network of an address, where that jail bans networks; else false, and of an address that
 * carries an IPv4 address: its neighbours are strangers. */
bool engine_network(const struct engine *engine, unsigned jail, const struct address *address,
		    struct prefix *ret);
/* The network of a network's ban, under this policy; false: the jail bans none any more. By hand
 * any can be banned. */
bool engine_network_of(const struct engine *engine, unsigned jail, const struct ban *ban,
		       struct prefix *ret);

/* What one offender is in that jail. */
struct prefix engine_prefix_of(const struct engine *engine, unsigned jail,
			       const struct address *address);
/* The length that the jail says, in bits: of most of its offenders. */
unsigned engine_length(const struct engine *engine, unsigned jail, uint8_t family);

/* From outside (nft, banish ban/unban), at wall time `now`: the element is in the kernel and runs
 * until `until`. The prefix is that of an offender, of a network (`network`), or any: it then
 * stays as it is, whatever the policy says later. `reason`: its comment, at most LEDGER_MAX_TEXT
 * bytes of UTF-8. */
int engine_ban(struct engine *engine, unsigned jail, const struct prefix *prefix, bool network,
	       usec_t now, usec_t until, const char *reason) must_check;
/* 1: was banned, is no more; its offence is taken back and its window is empty. 0: was not banned.
 * `after`: the last entry that was consumed (before the warm-up is done: the ledger's position). */
int engine_unban(struct engine *engine, unsigned jail, const struct prefix *prefix, bool network,
		 usec_t now, const struct position *after) must_check;

const struct engine_statistics *engine_statistics(struct engine *engine);
/* Its `lost` of one jail. */
uint64_t engine_n_lost(const struct engine *engine, unsigned jail);

#endif
