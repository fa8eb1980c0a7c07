#ifndef BANISH_LEDGER_COMMENT_H
#define BANISH_LEDGER_COMMENT_H

/* The comment of a ban's element: why it is banned, for whoever looks at the set, and how banish
 * knows its own again. */

#include "ledger/ledger.h"
#include "nftables/names.h"

/* "auth-failed x5", "network: 4 offenders", or the reason of a ban by hand. */
void comment_write(const struct ban *ban, char comment[static NFT_COMMENT_BYTES]);

/* What comment_write() gives an automatic ban by that event, or of a network. */
bool comment_is_of_event(const char *comment, const char *event);
bool comment_is_of_network(const char *comment);
/* True if it reads like one of these, whatever the event. */
bool comment_is_like_own(const char *comment);

#endif
