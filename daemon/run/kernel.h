#ifndef BANISH_DAEMON_RUN_KERNEL_H
#define BANISH_DAEMON_RUN_KERNEL_H

/* The kernel and the ledger: what others did in the one is taken into the other, and the table is
 * made as the ledger says. */

#include "run/daemon.h"

/* The time of this wake-up, and the journal cursor, for all that comes. */
void kernel_at(struct daemon *daemon);
/* Idempotent: installs what misses, places what misses, deletes what is too much; beside that what
 * the bits DIRTY_BANS, DIRTY_UNTOLD and DIRTY_ELEMENTS ask for. Who finds that something is wrong
 * sets DIRTY_KERNEL. 0; what the kernel refuses (negative) was said and is tried again; -ENOMEM. */
int kernel_sync(struct daemon *daemon) must_check;
/* DIRTY_NOTICES: takes what others did. 0 or -ENOMEM. */
int kernel_hear(struct daemon *daemon) must_check;
/* Until nothing of the kernel is dirty. 0 or -ENOMEM. */
int kernel_clean(struct daemon *daemon) must_check;

#endif
