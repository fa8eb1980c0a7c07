#ifndef BANISH_REPORT_HUMAN_H
#define BANISH_REPORT_HUMAN_H

/* Numbers and durations for people: short, so that columns of them fit a terminal. */

#include "base/util.h"

#define FIGURE_TEXT_MAX 32 /* bytes, the final NUL included */

/* "99999", "123k", "1.2M": exact up to five digits, then cut off to two or three. */
const char *human_count(uint64_t count, char buffer[static FIGURE_TEXT_MAX]);

/* "3d 2h", "17h 4min", "5min", "12s": the two largest units, below ten minutes exact to the second.
 * USEC_INFINITY: "for ever". */
const char *human_age(usec_t age, char buffer[static FIGURE_TEXT_MAX]);

#endif
