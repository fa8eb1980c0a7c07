#ifndef BANISH_DAEMON_CLI_LOCKOUTS_H
#define BANISH_DAEMON_CLI_LOCKOUTS_H

/* Those whom a replay would have banned though they log in, too. */

#include "match/ruleset.h"
#include "report/lockout.h"

/* With the rate of each jail that has any; nothing where there is nobody. -ENOMEM. */
int lockouts_print(const struct lockout *lockout, const struct ruleset *ruleset,
		   bool json) must_check;

#endif
