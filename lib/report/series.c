#include "report/series.h"

#include "base/array.h"

#include <errno.h>
#include <stdio.h>

#define DAY    (24 * USEC_PER_HOUR)
#define WEEK   (7 * DAY)
#define MONDAY (3 * DAY) /* 1970 began on a Thursday */

static const usec_t steps[] = { USEC_PER_HOUR, 6 * USEC_PER_HOUR, DAY, WEEK };

/* Where the slot of that time begins, on the local clock. */
static usec_t series_floor(usec_t local, usec_t step)
{
	usec_t shift = step % WEEK == 0 ? MONDAY : 0;

	return local + shift < step ? 0 : (local + shift) / step * step - shift;
}

void series_init(struct series *series, usec_t since, usec_t until, int64_t east)
{
	usec_t shift = (usec_t)(east < 0 ? -east : east) * USEC_PER_SEC;
	usec_t local = east < 0 ? since - MIN(since, shift) : since + shift;
	usec_t span = MAX(until, since) - since;
	size_t i = 0;

	*series = (struct series){ 0 };
	/* the first slot may begin before the span, and the last end after it */
	while (i + 1 < ARRAY_SIZE(steps) && span / steps[i] + 2 > SERIES_MAX_SLOTS)
		i++;
	series->step = steps[i];
	while (span / series->step + 2 > SERIES_MAX_SLOTS)
		series->step += WEEK;
	local = series_floor(local, series->step);
	series->since = east < 0 ? local + shift : local - MIN(local, shift);
	series->n_slots = (size_t)((MAX(until, since) - series->since) / series->step) + 1;
	series->n_slots = MIN(series->n_slots, (size_t)SERIES_MAX_SLOTS);
}

void series_done(struct series *series)
{
	free(series->rows);
	*series = (struct series){ 0 };
}

static size_t series_slot(const struct series *series, usec_t time)
{
	usec_t slot = time < series->since ? 0 : (time - series->since) / series->step;

	return (size_t)MIN(slot, series->n_slots - 1);
}

int series_add(struct series *series, enum series_kind kind, const char *jail, usec_t time,
	       uint64_t n)
{
	size_t i = 0;

	if (series->n_slots == 0)
		return 0;
	while (i < series->n_rows && strcmp(series->rows[i].name, jail) != 0)
		i++;
	if (i == series->n_rows) {
		if (!array_grow(series->rows, series->n_rows))
			return -ENOMEM;
		series->rows[i] = (struct series_row){ 0 };
		snprintf(series->rows[i].name, NAME_SIZE, "%s", jail);
		series->n_rows++;
	}
	series->rows[i].counts[kind][series_slot(series, time)] += n;
	return 0;
}

void series_mark_blind(struct series *series, usec_t from, usec_t to)
{
	if (series->n_slots == 0 || to < series->since)
		return;
	for (size_t i = series_slot(series, from); i <= series_slot(series, MAX(from, to)); i++)
		series->blind[i] = true;
}

uint64_t series_sum_row(const struct series *series, enum series_kind kind, size_t row)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < series->n_slots; i++)
		sum += series->rows[row].counts[kind][i];
	return sum;
}

uint64_t series_sum_slot(const struct series *series, enum series_kind kind, size_t slot)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < series->n_rows; i++)
		sum += series->rows[i].counts[kind][slot];
	return sum;
}

uint64_t series_ceiling(const struct series *series, enum series_kind kind, uint64_t unit)
{
	static const unsigned firsts[] = { 1, 2, 5 };
	uint64_t peak = 0, power = 1;

	for (size_t i = 0; i < series->n_slots; i++)
		peak = MAX(peak, series_sum_slot(series, kind, i));
	peak = peak / unit + (peak % unit > 0);
	for (;; power *= 10) {
		for (size_t i = 0; i < ARRAY_SIZE(firsts); i++)
			if (power * firsts[i] >= peak)
				return power * firsts[i];
		if (power > UINT64_MAX / 50)
			return peak;
	}
}
