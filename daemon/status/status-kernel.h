#ifndef BANISH_DAEMON_STATUS_KERNEL_H
#define BANISH_DAEMON_STATUS_KERNEL_H

#include "status/status-found.h"

/* The table: whether it is whole, who is banned, what was kept out. */
int status_look_at_kernel(struct status *status) must_check;

#endif
