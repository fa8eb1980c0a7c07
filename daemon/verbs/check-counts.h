#ifndef BANISH_DAEMON_VERBS_CHECK_COUNTS_H
#define BANISH_DAEMON_VERBS_CHECK_COUNTS_H

#include "config/rule.h"

/* What the rule counts, if it has more than one teller ("calsrv: counts attempts, told by server
 * (auth-failed, fault) and login-line"), printed if `verbose`; and a warning where events that tell
 * the same thing do not weigh the same. */
void check_counts(const struct rule *rule, bool verbose);

#endif
