#ifndef BANISH_DAEMON_RUN_RELOAD_H
#define BANISH_DAEMON_RUN_RELOAD_H

/*
 * A configuration comes into force: at the start, and by SIGHUP. A bad one is said, fault by fault,
 * and the old one stays. A reload decides as a restart at that cursor would: the new engine reads
 * the stretch before the cursor again.
 */

#include "run/daemon.h"

/* SIGHUP: DIRTY_CONFIG. */
int reload_attach(struct daemon *daemon) must_check;
/* The ledger moves into the engine of `active`, which comes into force; kernel_sync() and
 * reload_read() are to follow. */
int reload_enter(struct daemon *daemon, struct active *active, struct ledger **ledger) must_check;
/* Finds where to read from. As long as the stretch before the cursor is read again, what others do
 * to the sets waits in the socket: it belongs after that stretch, reload_warmed(). */
int reload_read(struct daemon *daemon) must_check;
void reload_warmed(struct daemon *daemon);
/* DIRTY_CONFIG. */
int reload_config(struct daemon *daemon) must_check;

#endif
