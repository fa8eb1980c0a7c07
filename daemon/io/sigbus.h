#ifndef BANISH_DAEMON_IO_SIGBUS_H
#define BANISH_DAEMON_IO_SIGBUS_H

#include "base/util.h"

/* From now on pages of a mapped file that are gone read as zeros: journald frees what it deletes,
 * and libsystemd leaves it to its callers to survive that. Negative errno. */
int sigbus_pass_over(void) must_check;
/* How many pages that was so far. libsystemd does not know: such a file stays mapped, and may look
 * as if it ended there, until the journal is opened anew. */
unsigned sigbus_count(void);

#endif
