#ifndef BANISH_WINDOW_H
#define BANISH_WINDOW_H

/*
 * How often lately: per list (a jail) and address (an offender) the failures with their times,
 * oldest first. A failure at s weighs on a decision at t while t - findtime < s <= t, so times may
 * go backwards: what is too old, or not yet, stays and just weighs nothing. Every source keeps a
 * bounded number of failures, the oldest time goes first; the table keeps a bounded number of
 * sources: of the list that asks for more one goes that was not touched for long (second chance).
 */

#include "address.h"
#include "util.h"

#define WINDOW_WEIGHT_MAX ((1U << 24) - 1)
#define WINDOW_MAX_DEPTH  65535 /* failures of one source */
#define USER_NONE         0

/* Packed: four failures and their source fit in 128 bytes. */
struct failure {
	uint64_t time : 56; /* enough until the year 4253 */
	uint64_t weight : 24;
	uint64_t user : 48; /* hash of the user's name, USER_NONE: not known */
} __attribute__((packed));

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
/* NULL: nothing is known of that source. */
struct window *windows_find(struct windows *windows, unsigned list, const struct address *address);
/* Empties the window: the source is forgotten. */
void windows_drop(struct windows *windows, struct window *window);
/* Adds a failure; `depth`: how many one source may hold at most. -ENOMEM. */
int windows_push(struct windows *windows, struct window *window, struct failure failure,
		 size_t depth) must_check;
/* Uses up to `amount` of the weight that weighs at `now`, oldest first, and answers how much there
 * was. */
uint64_t windows_use(struct windows *windows, struct window *window, usec_t now, uint64_t amount);
/* Forgets the failures up to `time`, that one included. */
void windows_forget_until(struct windows *windows, struct window *window, usec_t time);

/* The sum that weighs at `now`. */
uint64_t windows_weigh(struct windows *windows, struct window *window, usec_t now);

/* Once an event, with the latest time seen: lets go of sources whose failures weigh no more;
 * constant work. */
void windows_expire(struct windows *windows, usec_t latest);

size_t windows_n_sources(const struct windows *windows);
uint64_t windows_n_evicted(const struct windows *windows);

#endif
