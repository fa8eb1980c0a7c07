#ifndef BANISH_DAEMON_RUN_ACTIVE_H
#define BANISH_DAEMON_RUN_ACTIVE_H

/* The configuration in force, the engine that decides by it, and the ledger that the engine keeps.
 * Every spoke may look at it; only the hub changes it. */

#include "cli/options.h"
#include "engine/engine.h"
#include "io/config.h"
#include "ledger/ledger.h"
#include "match/ruleset.h"

struct active {
	struct config *config;
	struct ruleset *ruleset;
	struct engine *engine;
	struct ledger *ledger; /* the engine's */
};

/* Says each fault itself. */
int active_load(const struct common *common, const uint8_t seed[static 16],
		struct active *ret) must_check;
void active_done(struct active *active);

#endif
