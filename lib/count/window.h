#ifndef BANISH_COUNT_WINDOW_H
#define BANISH_COUNT_WINDOW_H

/*
 * How often lately: per list (a jail) and address (an offender) the failures with their times,
 * oldest first. A failure at s weighs on a decision at t while t - findtime < s <= t, so times may
 * go backwards: what is too old, or not yet, stays and just weighs nothing. Every source keeps a
 * bounded number of failures, the oldest time goes first; the table keeps a bounded number of
 * sources: of the list that asks for more one goes that was not touched for long (second chance).
 */

#include "base/address.h"
#include "base/util.h"
#include "count/failure.h"

struct windows;
struct window;

/* `lifetimes`: per list, how long a failure weighs (findtime); copied. `max_sources` bounds all
 * lists together. */
int windows_new(const uint8_t seed[16], const usec_t *lifetimes, size_t n_lists, size_t max_sources,
		struct windows **ret) must_check;
struct windows *windows_free(struct windows *windows);
DEFINE_CLEANUP(struct windows *, windows_free)

/* The window of a source, made if it is new; borrowed until the next windows_ call. -ENOMEM. */
int windows_open(struct windows *windows, unsigned list, const struct address *address,
		 struct window **ret) must_check;
/* The source will be looked for: brings near what tells where it lies, or, once that is there, it
 * itself. Only saves time. */
void windows_prefetch(struct windows *windows, unsigned list, const struct address *address,
		      bool bucket_is_there);
/* NULL: nothing is known of that source. */
struct window *windows_find(struct windows *windows, unsigned list, const struct address *address);
/* Empties the window: the source is forgotten. */
void windows_drop(struct windows *windows, struct window *window);
/* Adds a failure; `depth`: how many one source may hold at most. -ENOMEM. */
int windows_push(struct windows *windows, struct window *window, struct failure failure,
		 size_t depth) must_check;
/* Forgets the failures up to `time`, that one included. */
void windows_forget_until(struct windows *windows, struct window *window, usec_t time);

/* The sum that weighs at `now`. */
uint64_t windows_weigh(struct windows *windows, struct window *window, usec_t now);

/* The same for a failure that comes late: the end of the stretch, as long as a failure weighs, that
 * holds `time` and weighs most. It ends before `time` + `ahead`. */
usec_t windows_heaviest(struct windows *windows, struct window *window, usec_t time, usec_t ahead);

/* From now on, before anything is pushed, the list remembers the users of its failures: 24 bytes
 * each instead of 16. */
void windows_remember_users(struct windows *windows, unsigned list);

/* Removes the failures of a user, whatever their time, and answers how much of them weighed at
 * `now`. A source of which nothing is left is forgotten. */
uint64_t windows_forgive(struct windows *windows, struct window *window, uint64_t user, usec_t now);

/* True if a failure of that user weighs at `now`, and with that secret unless it is SECRET_NONE;
 * the weight itself may be 0. */
bool windows_knows(struct windows *windows, struct window *window, usec_t now, uint64_t user,
		   uint64_t secret);
/* How many users there are whose failures weigh at `now`, `user` counted in unless it is USER_NONE,
 * and counted no further than `max` (at most WINDOW_MAX_USERS). */
unsigned windows_n_users(struct windows *windows, struct window *window, usec_t now, uint64_t user,
			 unsigned max);

/* Once an event, with the latest time seen: lets go of sources whose failures weigh no more;
 * constant work. */
void windows_expire(struct windows *windows, usec_t latest);

uint64_t windows_n_evicted(const struct windows *windows);

#endif
