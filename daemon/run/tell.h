#ifndef BANISH_DAEMON_RUN_TELL_H
#define BANISH_DAEMON_RUN_TELL_H

#include "run/daemon.h"

/* What was decided is said, and what ended is taken out. 0 or -ENOMEM; what the kernel refuses is
 * said, and tried again. */
int tell_decided(struct daemon *daemon) must_check;
/* What the last run may not have told; once, as soon as the ledger is in force. */
int tell_again(struct daemon *daemon) must_check;

#endif
