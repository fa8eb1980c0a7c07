#ifndef BANISH_ADOPT_H
#define BANISH_ADOPT_H

/* Elements that others put in or took out, against the ledger. */

#include "daemon.h"

/* Two readings of one timer differ by the time between them; what differs by more was changed by
 * somebody. */
#define TIMER_SLACK (2 * USEC_PER_SEC)

/* One element as the kernel holds it, put there by that process (""): the ledger learns of it, or it
 * is taken out. */
int adopt_element(struct daemon *daemon, const struct nft_element *element,
		  const char *by) must_check;
/* The ban was ended by somebody. */
int adopt_lift(struct daemon *daemon, const struct ban *ban, const char *reason) must_check;
/* What the ledger holds of an element; NULL: nothing that runs. `jail`: the sets' name. */
const struct ban *adopt_running(struct daemon *daemon, const char *jail,
				const struct prefix *prefix);

#endif
