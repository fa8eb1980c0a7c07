#ifndef BANISH_ENGINE_DECISION_H
#define BANISH_ENGINE_DECISION_H

/* What goes into the engine and comes out of it, beside entries. */

#include "ledger/ledger.h"

#define ENGINE_MANUAL  (UINT32_MAX - 1) /* the built-in jail "manual": no rule feeds it */
#define ENGINE_FORCED  (UINT32_MAX - 2) /* the built-in jail "forced": ignored or not */
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
		WHY_LEFT_OUT,    /* event is none of the jail's "events" */
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
	DECISION_HIDDEN,  /* the same where the jail reads a container, or the address is also our
			     own:  an engine that forwards connections itself hides its clients */
	DECISION_BREAKER, /* the jail bans too fast: the first ban that is held back, count: bans
			     within the time */
	DECISION_BREAKER_CLOSED, /* it bans again: of `ban` only jail and since; count: offenders
				    that were held back */
	DECISION_TARGET, /* a warning: so many offenders (count) failed at the account `user` of
			    late; the ban would be the last one's, its failures are not told */
};

/* `ban`: the one that begins or ends, a copy of the ledger's; of DECISION_PRIVATE, _HIDDEN,
 * _BREAKER and _TARGET what is known of the one that there is not: jail, event, prefix, address,
 * since (the time) and, but for the first two, failures and cursor. Its texts, and `user`, are
 * borrowed until the next feed. */
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

#endif
