#ifndef BANISH_COUNT_QUOTA_H
#define BANISH_COUNT_QUOTA_H

/* So many things at once, and from then on one each interval. */

#include "base/util.h"

/* Zeroed at first: nothing was taken yet. */
struct quota {
	usec_t due; /* when as many as may come at once may come again */
};

/* True: one may come now, and is taken. `interval` is that of one thing in the long run. A clock
 * that was set back costs nothing but what may come at once. */
bool quota_take(struct quota *quota, usec_t interval, unsigned at_once, usec_t now);

#endif
