#ifndef BANISH_DAEMON_RUN_LISTEN_H
#define BANISH_DAEMON_RUN_LISTEN_H

/* What other hosts say, given to the engine. */

#include "run/daemon.h"

/* DIRTY_FLEET: a slice of what the members sent is read, judged and committed; not before our own
 * journal is where it was. 0 or negative errno. */
int listen_read(struct daemon *daemon) must_check;

#endif
