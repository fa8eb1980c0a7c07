#ifndef BANISH_COUNT_BREAKER_H
#define BANISH_COUNT_BREAKER_H

/*
 * The circuit breaker of a jail: so many bans within a time and no more. What is full or not goes
 * by the times of bans alone, which the ledger knows; who is held back goes on failing, and is
 * banned at his next failure that finds room. A ban ahead of a clock that was set back counts too.
 */

#include "base/types.h"
#include "base/util.h"

/* After the last ban that was held back: so long the end of it is worth telling. It bounds what a
 * restart has to read. */
#define BREAKER_MEMORY   USEC_PER_HOUR
/* A step back of the clock while it was open: so long a one does no harm. */
#define BREAKER_PATIENCE USEC_PER_HOUR

struct breaker {
	struct rate rate;
	usec_t *times; /* owned: of the latest bans, sorted, at most rate.count */
	size_t n_times;
	bool open;
	uint64_t n_held; /* offenders, since it opened */
	usec_t latest_held;
};

/* rate.count 0: it never opens. -ENOMEM. */
int breaker_init(struct breaker *breaker, const struct rate *rate) must_check;
void breaker_done(struct breaker *breaker);
/* Forgets all but the rate. */
void breaker_reset(struct breaker *breaker);

/* There was a ban. */
void breaker_note(struct breaker *breaker, usec_t since);
/* True if no further ban is allowed at `now`. */
bool breaker_is_full(const struct breaker *breaker, usec_t now);
/* A ban is held back, `anew`: that of an offender who was not over the limit before. True: the
 * breaker opens with it. */
bool breaker_hold(struct breaker *breaker, usec_t now, bool anew);
/* Before each failure of the jail. True: the breaker closes, which is worth telling; `ret_n_held`:
 * how many offenders were held back. */
bool breaker_close(struct breaker *breaker, usec_t now, uint64_t *ret_n_held);

/* How far before a position a restart has to read for it, beside what failures need. */
usec_t breaker_reach(const struct breaker *breaker);

#endif
