#ifndef BANISH_DAEMON_CLI_WARNINGS_H
#define BANISH_DAEMON_CLI_WARNINGS_H

/* What the daemon warned of and is not mended, as `status` and `report` print it alike. */

#include "cli/history.h"

/* Latest first, those of accounts only `with_targets`; how many. Borrowed. */
size_t warnings_find(const struct history *history, bool with_targets,
		     const struct digest_remark *ret[static DIGEST_MAX_REMARKS]);
/* The same, at most `max_warnings`; nothing where there are none. -ENOMEM. */
int warnings_print(const struct history *history, size_t max_warnings,
		   bool with_targets) must_check;
int warnings_print_json(const struct history *history) must_check;

#endif
