#ifndef BANISH_DAEMON_VERBS_SERVICE_PORTS_H
#define BANISH_DAEMON_VERBS_SERVICE_PORTS_H

/* Where a service listens here, and its jail would close nothing. */

#include "match/ruleset.h"

/* `ret` becomes `closed`, and the ports besides at which units of the rule listen: an sshd on port
 * 2222. Not those of another rule for such a unit: mox has mail and web. 1; 0: `closed` is enough,
 * and nothing is in `ret`; -ENOMEM. `all`: all rules that there are. */
int service_ports(const struct ruleset *all, const struct rule *rule, const struct ports *closed,
		  struct ports *ret) must_check;

#endif
