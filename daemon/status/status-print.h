#ifndef BANISH_DAEMON_STATUS_PRINT_H
#define BANISH_DAEMON_STATUS_PRINT_H

#include "status/status-found.h"

/* What is wrong first, lines of 80 columns. -ENOMEM. */
int status_print_text(const struct status *status) must_check;
/* One object a line (status-json.c). -ENOMEM. */
int status_print_json(const struct status *status) must_check;

#endif
