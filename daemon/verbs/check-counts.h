#ifndef BANISH_DAEMON_VERBS_CHECK_COUNTS_H
#define BANISH_DAEMON_VERBS_CHECK_COUNTS_H

#include "config/rule.h"

/* Says on stderr what the rule counts, and who tells it; if more than one does; and warns where
 * events that tell the same thing do not weigh the same. */
void check_counts(const struct rule *rule);

#endif
