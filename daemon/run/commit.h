#ifndef BANISH_DAEMON_RUN_COMMIT_H
#define BANISH_DAEMON_RUN_COMMIT_H

#include "run/daemon.h"

/* Takes what was decided from the engine, and remembers the bans until commit_all(). */
int commit_decisions(struct daemon *daemon) must_check;
/* ... ledger -> state file, journal, kernel. */
int commit_all(struct daemon *daemon) must_check;
/* The state file only, with the reader's position. */
int commit_position(struct daemon *daemon) must_check;

#endif
