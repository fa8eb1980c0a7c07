#ifndef BANISH_REPORT_SERIES_H
#define BANISH_REPORT_SERIES_H

/*
 * What happened when: counts by jail, in slots of equal length that cover a span of time. A long
 * span has longer slots, so there are never more of them than a picture has room for.
 */

#include "base/types.h"
#include "base/util.h"

#define SERIES_MAX_SLOTS 96

/* Failures and prevented ones are tenths. */
enum series_kind { SERIES_FAILURES, SERIES_PREVENTED, SERIES_BANS, SERIES_KINDS };

struct series_row {
	char name[NAME_SIZE]; /* of the jail */
	uint64_t counts[SERIES_KINDS][SERIES_MAX_SLOTS];
};

/* To be read by everybody. Zeroes are one without a span, which takes nothing. */
struct series {
	usec_t since; /* where the first slot begins: at or before the span */
	usec_t step;  /* an hour, six, a day, or weeks */
	size_t n_slots;
	struct series_row *rows; /* in the order in which they were first met */
	size_t n_rows;
	bool blind[SERIES_MAX_SLOTS]; /* not all of it was seen */
};

/* `east`: seconds that local time is ahead of UTC; days begin at local midnight, weeks on Monday.
 */
void series_init(struct series *series, usec_t since, usec_t until, int64_t east);
void series_done(struct series *series);

/* A time outside of the span goes to the slot next to it. 0 or -ENOMEM. */
int series_add(struct series *series, enum series_kind kind, const char *jail, usec_t time,
	       uint64_t n) must_check;
/* Each slot that the stretch touches. */
void series_mark_blind(struct series *series, usec_t from, usec_t to);

/* Of one jail, or of one slot over all jails. */
uint64_t series_sum_row(const struct series *series, enum series_kind kind, size_t row);
uint64_t series_sum_slot(const struct series *series, enum series_kind kind, size_t slot);
/* The top of an axis: 1, 2 or 5 and zeroes, at least the largest slot; 1 where all are empty.
 * `unit`: how much of a count is shown as 1. */
uint64_t series_ceiling(const struct series *series, enum series_kind kind, uint64_t unit);

#endif
