#ifndef BANISH_BASE_TIMESPAN_H
#define BANISH_BASE_TIMESPAN_H

/* Durations as people write them: the time spans of systemd.time(7), "10min", "1h 30min", "4w". */

#include "base/util.h"

#define TIMESPAN_TEXT_MAX 64 /* bytes, the final NUL included */

/*
 * The whole text. A number alone is seconds; beside others each needs its unit, because "1h30" is
 * more likely a forgotten "min" than 30 seconds. "infinity" is USEC_INFINITY. Below a microsecond
 * is cut off. 0; -ERANGE: too long to be counted; -EINVAL: no time span.
 */
int timespan_parse(struct span text, usec_t *ret) must_check;

/*
 * Exact: parsing it gives the same span. Years and months, which are 365.25 and 30.44 days, appear
 * only where they leave no rest, so that 60 days read "8w 4d". Returns `buffer`.
 */
const char *timespan_format(usec_t timespan, char buffer[static TIMESPAN_TEXT_MAX]);

#endif
