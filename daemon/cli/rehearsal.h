#ifndef BANISH_DAEMON_CLI_REHEARSAL_H
#define BANISH_DAEMON_CLI_REHEARSAL_H

#include "base/fault.h"
#include "cli/options.h"
#include "io/journal.h"

/* Prints what the policy that is there would have done in the last week: how many hosts each jail
 * would have banned, and who of them logged in as well. The journal's matches and place are lost.
 * -EINVAL with faults; other negative errno. */
int rehearse(const struct common *common, struct journal *journal,
	     struct faults *faults) must_check;

#endif
