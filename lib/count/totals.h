#ifndef BANISH_COUNT_TOTALS_H
#define BANISH_COUNT_TOTALS_H

/*
 * What somebody told within an hour of the clock (UTC), event by event. The next hour begins with
 * what the last ten minutes of this one told, taken alone; any other hour begins with nothing. So
 * nothing hangs on a time before that, and whoever reads again from an hour and ten minutes back
 * finds the same.
 */

#include "base/pool.h"
#include "base/util.h"

#define TOTALS_HOUR   USEC_PER_HOUR
#define TOTALS_TAIL   (USEC_PER_HOUR / 6) /* at the end of an hour: the next one begins with it */
#define TOTALS_REACH  (TOTALS_HOUR + TOTALS_TAIL)
#define TOTALS_MAX    16777215U /* no server tells more; sums stay far from overflow */
#define TOTALS_INLINE 2

/* What an event counts, and who tells it, as numbers (counting.h makes them of a rule's names).
 * Tellers of different things are different ones. */
struct counting {
	uint16_t thing;  /* that it counts */
	uint16_t teller; /* who tells it */
	bool tells;      /* it raises a count: a failure that weighs something, or says told_by */
	bool alone;      /* nobody else tells that thing, and each line tells of one more: no sum is
			    needed to know what is new */
};

/* Kept small: a session of a common kind shall fit in a line of cache. */
struct told {
	uint32_t total, tail; /* of the hour; of its last ten minutes alone */
	uint16_t what;        /* an event, or TOTALS_NAMED and what was counted */
} __attribute__((packed, aligned(2)));

struct totals {
	uint32_t hour; /* since 1970 */
	uint32_t more; /* in the pool: further ones; POOL_NONE */
	struct told told[TOTALS_INLINE];
};

#define TOTALS_NAMED 0x8000U /* raised by sessions with a name: see nameless.h */

struct raise {
	uint32_t count; /* of the hour */
	uint32_t tail;  /* of its last ten minutes, taken alone */
};

/* For what does not fit inline; shared by many. */
void totals_pool_init(struct pool *pool);

void totals_init(struct totals *totals);
void totals_done(struct pool *pool, struct totals *totals);

/* Goes on to the hour of `now`. */
void totals_turn(struct pool *pool, struct totals *totals, usec_t now);
/* The event `what` told one more, or (announced) that there were `attempts` in all, at `now` in the
 * hour it was turned to. -ENOMEM. */
int totals_tell(struct pool *pool, struct totals *totals, unsigned what, usec_t now, bool announced,
		uint64_t attempts) must_check;
/* So much more was raised, of both. -ENOMEM. */
int totals_raise(struct pool *pool, struct totals *totals, unsigned what,
		 const struct raise *raise) must_check;
/* The largest sum of a teller of that thing, by the events alone; and the total of one `what`. */
struct raise totals_count(const struct pool *pool, struct totals *totals,
			  const struct counting *counting, unsigned thing);
struct raise totals_of(const struct pool *pool, struct totals *totals, unsigned what);
/* Whether something may go on in the hour of `now`, or in a later one. */
bool totals_live(const struct pool *pool, struct totals *totals, usec_t now);

#endif
