#ifndef BANISH_DAEMON_RUN_ADOPT_H
#define BANISH_DAEMON_RUN_ADOPT_H

/* Elements that others put in or took out, against the ledger. */

#include "run/firewall.h"

/* Two readings of one timer differ by the time between them; what differs by more was changed by
 * somebody. */
#define TIMER_SLACK (2 * USEC_PER_SEC)

/* One element as the kernel holds it, put there by that process (""): the ledger learns of it, or
 * it is taken out. */
int adopt_element(struct firewall *firewall, const struct nft_element *element,
		  const char *by) must_check;
/* True if it was ours and the ledger knows better: the comment is one that we write to automatic
 * bans of that jail, but no such ban runs, or not until then. */
bool adopt_is_stale(struct firewall *firewall, const struct nft_element *element);
/* The element is to be as the ledger says, whatever notices told of it; at adopt_settle(). */
int adopt_touch(struct firewall *firewall, const struct nft_element *element) must_check;
/* When all notices are taken that were made before we last wrote to the sets. */
int adopt_settle(struct firewall *firewall) must_check;
/* The ban was ended by somebody. */
int adopt_lift(struct firewall *firewall, const struct ban *ban, const char *reason) must_check;
/* What the ledger holds of an element; NULL: nothing that runs. `jail`: the sets' name. */
const struct ban *adopt_running(struct firewall *firewall, const char *jail,
				const struct prefix *prefix);

#endif
