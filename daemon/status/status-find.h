#ifndef BANISH_DAEMON_STATUS_FIND_H
#define BANISH_DAEMON_STATUS_FIND_H

#include "status/status-found.h"

/* Finds out all of it; `common`, `statedir` and `now` are set. What cannot be looked at is an
 * answer too; negative errno: no memory, or the journal broke. */
int status_find(struct status *status) must_check;

#endif
