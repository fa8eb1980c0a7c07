#ifndef BANISH_ENGINE_WARMUP_H
#define BANISH_ENGINE_WARMUP_H

/* The ledger comes into the engine, and goes. */

#include "engine/decision.h"

/* The engine holds a ledger from the start (empty). Adopting another gives the old one back to the
 * memory; on failure the caller keeps the ledger. Its bans come under the prefixes of this policy.
 */
struct ledger *engine_ledger(struct engine *engine);
int engine_adopt_ledger(struct engine *engine, struct ledger *ledger) must_check;
/* Moves the ledger out; then only engine_free may follow. */
struct ledger *engine_take_ledger(struct engine *engine);

/* The stretch of a warm-up is over: applies what is left of the ledger. */
void engine_warm_done(struct engine *engine);

#endif
