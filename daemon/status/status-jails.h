#ifndef BANISH_DAEMON_STATUS_JAILS_H
#define BANISH_DAEMON_STATUS_JAILS_H

#include "status/status-found.h"

/* The jails: what their rules read, whether anything comes, what was said of them. */
int status_look_at_jails(struct status *status) must_check;

#endif
