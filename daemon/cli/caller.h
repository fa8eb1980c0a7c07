#ifndef BANISH_DAEMON_CLI_CALLER_H
#define BANISH_DAEMON_CLI_CALLER_H

/* From where whoever calls a verb has logged in. */

#include "base/address.h"

/* By ssh's own word, or logind's, which sudo does not take away. 1; 0: not over the network, or
 * nobody knows the address; -ENOMEM. */
int caller_find(struct address *ret) must_check;

#endif
