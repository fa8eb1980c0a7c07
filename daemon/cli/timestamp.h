#ifndef BANISH_DAEMON_CLI_TIMESTAMP_H
#define BANISH_DAEMON_CLI_TIMESTAMP_H

/* Points in time as an administrator writes them to journalctl: the part of systemd.time(7) that is
 * in use; and the clock that tells how long something takes. */

#include "base/util.h"

/* "@SECONDS[.fraction]"; "[Sat] YYYY-MM-DD[ HH:MM[:SS[.fraction]]][ UTC]" or the time alone, which
 * is of today, local time where no zone stands; "now", "today", "yesterday", "tomorrow"; "SPAN
 * ago",
 * "-SPAN", "SPAN left", "+SPAN". `now` is an argument. 0, -EINVAL or -ERANGE. */
int timestamp_parse(const char *text, usec_t now, usec_t *ret) must_check;

#define TIMESTAMP_TEXT_MAX 32 /* bytes */

/* "2026-11-22 03:04:05" in local time; "never" for USEC_INFINITY. */
const char *timestamp_format(usec_t time, char buffer[static TIMESTAMP_TEXT_MAX]);

/* Now, on CLOCK_REALTIME. */
usec_t timestamp_now(void);
/* Now, on CLOCK_MONOTONIC. */
usec_t timestamp_monotonic(void);

#endif
