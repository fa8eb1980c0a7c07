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

#include "engine/decision.h"
#include "engine/settings.h"
#include "entry/entry.h"
#include "match/ruleset.h"

/* `ruleset` and `policy` are borrowed and must outlive the engine. `seed`: for the hash tables,
 * never changes a decision. `limits` may be NULL. */
int engine_new(struct ruleset *ruleset, const struct policy *policy, const uint8_t seed[16],
	       const struct engine_limits *limits, struct engine **ret) must_check;
struct engine *engine_free(struct engine *engine);
DEFINE_CLEANUP(struct engine *, engine_free)

/* 0 or negative errno. Afterwards take all decisions. */
int engine_feed(struct engine *engine, const struct entry *entry) must_check;

/* The same for a stretch that was read before the last stop: windows, sessions and totals are
 * rebuilt, nothing is decided; the ledger's bans and unbans are applied at their entries. */
int engine_warm(struct engine *engine, const struct entry *entry) must_check;
/* The same for a stretch before that one: of the entry only notes are taken. */
int engine_warm_notes(struct engine *engine, const struct entry *entry) must_check;
/* How far before the ledger's position a warm-up has to begin: the longest findtime and what
 * sessions need, notes apart. */
usec_t engine_reach(const struct engine *engine);
/* The same for notes, which are remembered for longer; 0: no rule in force has any. Before
 * engine_reach only entries that such rules select (ruleset_has_notes) need to be read, and go to
 * engine_warm_notes. */
usec_t engine_note_reach(const struct engine *engine);
/* Both for the lines of one jail: what these weigh hangs on nothing before that but bans. */
usec_t engine_jail_reach(const struct engine *engine, unsigned jail);
usec_t engine_jail_note_reach(const struct engine *engine, unsigned jail);
/* The longest: how far before now a start without a ledger begins. */
usec_t engine_findtime(const struct engine *engine);

/* The engine holds a ledger from the start (empty). Adopting another gives the old one back to the
 * memory; on failure the caller keeps the ledger. Its bans come under the prefixes of this policy.
 */
struct ledger *engine_ledger(struct engine *engine);
int engine_adopt_ledger(struct engine *engine, struct ledger *ledger) must_check;
/* Moves the ledger out; then only engine_free may follow. */
struct ledger *engine_take_ledger(struct engine *engine);

/* Before the warm-up of a reload: jails that `before` did not have, or that are stricter than
 * there, decide in it, as if they had been in force. */
void engine_judge_anew(struct engine *engine, const struct engine *before);
/* With the ledger adopted: the same for the jail "recidive", which reads no entries. */
int engine_judge_bans(struct engine *engine) must_check;

/* The stretch of a warm-up is over: applies what is left of the ledger. */
void engine_warm_done(struct engine *engine);

/* From outside (nft, banish ban/unban), at wall time `now`: an element runs until `until`; whether
 * it is in its set still, ledger_place() says. The prefix is that of an offender, of a network
 * (`network`), or any: it then stays as it is, whatever the policy says later. `reason`: its
 * comment, at most LEDGER_MAX_TEXT bytes of UTF-8. */
int engine_ban(struct engine *engine, unsigned jail, const struct prefix *prefix, bool network,
	       usec_t now, usec_t until, const char *reason) must_check;
/* 1: was banned, is no more; its offence is taken back and its window is empty. 0: was not banned.
 * `after`: the last entry that was consumed (before the warm-up is done: the ledger's position). */
int engine_unban(struct engine *engine, unsigned jail, const struct prefix *prefix, bool network,
		 usec_t now, const struct position *after) must_check;

/* Ends the running bans whose jail is gone or whose address is ignored now: DECISION_END for each.
 */
int engine_end_bans(struct engine *engine, usec_t now) must_check;

/* The next decision, in order; false: no more. */
bool engine_take(struct engine *engine, struct decision *ret);

size_t engine_n_verdicts(const struct engine *engine);
const struct verdict_of_hit *engine_verdict(const struct engine *engine, size_t i);

const struct engine_statistics *engine_statistics(struct engine *engine);
/* Its `lost` of one jail. */
uint64_t engine_n_lost(const struct engine *engine, unsigned jail);

#endif
