#ifndef BANISH_DAEMON_RUN_COMMIT_H
#define BANISH_DAEMON_RUN_COMMIT_H

/*
 * What was decided becomes durable, is said, and goes into the kernel, in this order: a line in the
 * state file (synced), an entry in the journal, an element in the set. A crash between two of them
 * is mended at the next start: what is in the file but not marked as told is said again, and what
 * is not marked as placed is put in.
 */

#include "run/daemon.h"

/* Takes what was decided from the engine, and remembers the bans until commit_all(). */
int commit_decisions(struct daemon *daemon) must_check;
/* 0 or -ENOMEM; what the kernel refuses is said, and tried again. */
int commit_all(struct daemon *daemon) must_check;
/* What somebody did by hand is in the ledger; it becomes durable, and is said, at commit_hands(). 0
 * or -ENOMEM. */
int commit_hand(struct daemon *daemon, const struct hand *hand) must_check;
int commit_hands(struct daemon *daemon) must_check;
/* The state file only, with the reader's position. */
int commit_position(struct daemon *daemon) must_check;
/* What the last run may not have told; once, as soon as the ledger is in force. 0 or -ENOMEM. */
int commit_tell_again(struct daemon *daemon) must_check;

#endif
