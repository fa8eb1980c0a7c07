#ifndef BANISH_ENGINE_H
#define BANISH_ENGINE_H

/*
 * The engine: entry in, decision out, time is an argument. It opens nothing, reads no clock, logs nothing,
 * calls nobody; decisions wait in a queue that the caller drains after each feed. Live and in replay it is the
 * same. DESIGN: what counts (findtime, maxretry, sessions, growing bans) is decided here and nowhere else.
 */

#include "entry.h"
#include "ledger.h"
#include "policy.h"
#include "ruleset.h"

struct engine;

/* `ruleset` and `policy` are borrowed and must outlive the engine. `seed`: for the hash tables, never changes a
 * decision. */
int engine_new(struct ruleset *ruleset, const struct policy *policy, const uint8_t seed[16],
               struct engine **ret) must_check;
struct engine *engine_free(struct engine *engine);
DEFINE_CLEANUP(struct engine *, engine_free)

/* What one entry told, for `test`, `why` and debugging: the last feed's hits as the engine judged them. */
struct verdict_of_hit {
	unsigned jail, event;
	bool has_address;
	struct address address;
	struct span user;     /* borrowed until the next feed */
	unsigned weight;      /* tenths; what this line adds */
	enum {
		WHY_COUNTED,
		WHY_SUCCESS,
		WHY_NOTE,
		WHY_MODE_OFF,      /* event is for mode aggressive */
		WHY_IGNORED,       /* ignoreip or never offends */
		WHY_PREVENTED,     /* offender is banned at that time */
		WHY_TOLD_BEFORE,   /* its session told it already */
		WHY_NO_ADDRESS,    /* none in the line, none remembered */
		WHY_BAD_ADDRESS,   /* the text is no address */
		WHY_DISAGREES,     /* "agree": the session remembers another address, or none */
		WHY_WEIGHTLESS,    /* the event weighs 0 */
	} why;
};

struct decision {
	enum { DECISION_BAN } type;
	usec_t time, until; /* until USEC_INFINITY: for good */
	unsigned jail, event;
	struct address address; /* the one that tipped the scale */
	struct prefix prefix;   /* the offender */
	uint64_t failures;      /* tenths; the weight that was reached */
	uint32_t offence;       /* the n-th */
};

struct engine_statistics {
	uint64_t entries;   /* fed */
	uint64_t failures;  /* tenths that counted, those that led to a ban included */
	uint64_t prevented; /* tenths kept away by an earlier ban */
	uint64_t bans;
	uint64_t evicted_sources, evicted_sessions; /* a bound was reached */
};

/* 0 or negative errno. Afterwards take all decisions. */
int engine_feed(struct engine *engine, const struct entry *entry) must_check;

/* The same for a stretch that was read before the last stop: windows, sessions and totals are rebuilt, nothing is
 * decided; the ledger's bans and unbans are applied at their entries (see ledger.h). `cursor` answers the entry's
 * cursor, and is asked only when the entry's time equals that of a pending ledger record. */
int engine_warm(struct engine *engine, const struct entry *entry,
                int (*cursor)(void *source, struct span *ret)) must_check;
/* The stretch is over: applies what is left of the ledger. */
void engine_warm_done(struct engine *engine);

bool engine_take(struct engine *engine, struct decision *ret);

size_t engine_n_verdicts(const struct engine *engine);
const struct verdict_of_hit *engine_verdict(const struct engine *engine, size_t i);

/* From outside (nft, banish ban/unban), at wall time `now`. */
int engine_ban(struct engine *engine, unsigned jail, const struct prefix *prefix, usec_t now, usec_t until) must_check;
/* 1: was banned, is no more; its offence is taken back and its window is empty. 0: was not banned. */
int engine_unban(struct engine *engine, unsigned jail, const struct prefix *prefix, usec_t now) must_check;

const struct engine_statistics *engine_statistics(const struct engine *engine);

#endif
