#ifndef BANISH_ENGINE_ELEMENT_H
#define BANISH_ENGINE_ELEMENT_H

/* One element as the kernel holds it, against the ledger. */

#include "engine/engine.h"
#include "nftables/names.h"

/* Two readings of one timer differ by the time between them; what differs by more was changed by
 * somebody. */
#define TIMER_SLACK (2 * USEC_PER_SEC)

enum element_verdict {
	ELEMENT_KNOWN,   /* a ban of the ledger, with its time */
	ELEMENT_NEW,     /* no such ban runs, or not until then: somebody's ban by hand */
	ELEMENT_STALE,   /* likewise, but its comment is one that we write to automatic bans of that
			    jail: it was ours, and the ledger knows better */
	ELEMENT_EXEMPT,  /* all of its prefix is ignored, and the jail is not FORCED_NAME */
	ELEMENT_OVER,    /* no such ban runs, and it ends at any moment */
	ELEMENT_FOREIGN, /* of no jail in force */
};

enum element_verdict element_judge(struct engine *engine, const struct nft_element *element,
				   usec_t now);
/* What the ledger holds of an element; NULL: nothing that runs. `jail`: the sets' name. */
const struct ban *element_ban(struct engine *engine, const char *jail, const struct prefix *prefix,
			      usec_t now);
bool element_has_time(const struct ban *ban, usec_t remaining, usec_t now);
/* Why somebody says that he banned it: the comment; "": he does not. */
const char *element_reason(const char *comment, char buffer[static NFT_COMMENT_BYTES]);

#endif
