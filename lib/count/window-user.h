#ifndef BANISH_COUNT_WINDOW_USER_H
#define BANISH_COUNT_WINDOW_USER_H

/* By whom: of the windows of window.h, those of lists that remember users. */

#include "count/failure.h"

struct windows;
struct window;

/* From now on, before anything is pushed, the list remembers the users of its failures: 24 bytes
 * each instead of 16. */
void windows_remember_users(struct windows *windows, unsigned list);

/* Removes the failures of a user, whatever their time, and answers
 * how much of them weighed at `now`. */
uint64_t windows_forgive(struct windows *windows, struct window *window, uint64_t user, usec_t now);

/* True if a failure of that user weighs at `now`, and with that secret unless it is SECRET_NONE;
 * the weight itself may be 0. */
bool windows_knows(struct windows *windows, struct window *window, usec_t now, uint64_t user,
		   uint64_t secret);
/* How many users there are whose failures weigh at `now`, `user` counted in unless it is USER_NONE,
 * and counted no further than `max` (at most WINDOW_MAX_USERS). */
unsigned windows_n_users(struct windows *windows, struct window *window, usec_t now, uint64_t user,
			 unsigned max);

#endif
