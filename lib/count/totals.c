#include "count/totals.h"

#include <errno.h>

#define NOTHING     UINT16_MAX
#define TOLD_A_PART 3

/* Few sessions tell more than fits inline. */
struct totals_part {
	uint32_t more; /* the next one, or POOL_NONE */
	struct told told[TOLD_A_PART];
};

/* Goes through all that was told. */
struct place {
	const struct pool *pool;
	struct told *told;
	size_t n; /* that lie here, from `told` on */
	uint32_t more;
};

void totals_pool_init(struct pool *pool)
{
	pool_init(pool, sizeof(struct totals_part));
}

static void clear_told(struct told *told, size_t n)
{
	for (size_t i = 0; i < n; i++)
		told[i] = (struct told){ .what = NOTHING };
}

void totals_init(struct totals *totals)
{
	totals->hour = 0;
	totals->more = POOL_NONE;
	clear_told(totals->told, TOTALS_INLINE);
}

void totals_done(struct pool *pool, struct totals *totals)
{
	while (totals->more != POOL_NONE) {
		const struct totals_part *part = pool_at(pool, totals->more);
		uint32_t more = part->more;

		pool_give(pool, totals->more);
		totals->more = more;
	}
}

static struct place first_place(const struct pool *pool, struct totals *totals)
{
	return (struct place){ pool, totals->told, TOTALS_INLINE, totals->more };
}

/* NULL: that was all. Only the first part may have room left. */
static struct told *next_told(struct place *place)
{
	struct totals_part *part;

	while (place->n == 0 || place->told->what == NOTHING) {
		if (place->more == POOL_NONE)
			return NULL;
		part = pool_at(place->pool, place->more);
		place->told = part->told;
		place->n = TOLD_A_PART;
		place->more = part->more;
	}
	place->n--;
	return place->told++;
}

void totals_turn(struct pool *pool, struct totals *totals, usec_t now)
{
	uint32_t hour = (uint32_t)(now / TOTALS_HOUR);
	struct place place = first_place(pool, totals);
	struct told *told;
	bool next = hour == totals->hour + 1;

	if (hour == totals->hour)
		return;
	while ((told = next_told(&place))) {
		told->total = next ? told->tail : 0;
		told->tail = 0;
	}
	totals->hour = hour;
}

static struct told *find_told(struct place place, unsigned what)
{
	struct told *told;

	while ((told = next_told(&place)))
		if (told->what == what)
			return told;
	return NULL;
}

/* A new part goes before the others, which are full: what is empty lies at the end of the first. */
static struct told *open_told(struct pool *pool, struct totals *totals, unsigned what)
{
	struct told *told = find_told(first_place(pool, totals), what);
	struct totals_part *part = NULL;
	uint32_t index;
	size_t n;

	if (told)
		return told;
	if (totals->more != POOL_NONE)
		part = pool_at(pool, totals->more);
	told = part ? part->told : totals->told;
	for (n = part ? TOLD_A_PART : TOTALS_INLINE; n > 0 && told->what != NOTHING; n--)
		told++;
	if (n == 0) {
		part = pool_take(pool, &index);
		if (!part)
			return NULL;
		clear_told(part->told, TOLD_A_PART);
		part->more = totals->more;
		totals->more = index;
		told = part->told;
	}
	told->what = (uint16_t)what;
	return told;
}

static uint32_t told_total(uint32_t total, bool announced, uint64_t attempts)
{
	if (announced)
		return MAX(total, (uint32_t)MIN(attempts, TOTALS_MAX));
	return MIN(total + 1, TOTALS_MAX);
}

int totals_tell(struct pool *pool, struct totals *totals, unsigned what, usec_t now, bool announced,
		uint64_t attempts)
{
	struct told *told = open_told(pool, totals, what);

	if (!told)
		return -ENOMEM;
	told->total = told_total(told->total, announced, attempts);
	if (now % TOTALS_HOUR >= TOTALS_HOUR - TOTALS_TAIL)
		told->tail = told_total(told->tail, announced, attempts);
	return 0;
}

int totals_raise(struct pool *pool, struct totals *totals, unsigned what, const struct raise *raise)
{
	struct told *told = open_told(pool, totals, what);

	if (!told)
		return -ENOMEM;
	told->total = MIN(told->total + raise->count, TOTALS_MAX);
	told->tail = MIN(told->tail + raise->tail, TOTALS_MAX);
	return 0;
}

struct raise totals_count(const struct pool *pool, struct totals *totals,
			  const struct counting *counting, unsigned thing)
{
	const struct place first = first_place(pool, totals);
	struct place place = first, rest;
	struct raise largest = { 0 };
	struct told *told, *other;

	/* A teller's events add up; there are few in a session. */
	while ((told = next_told(&place))) {
		struct raise sum = { 0 };

		if ((told->what & TOTALS_NAMED) || counting[told->what].thing != thing)
			continue;
		for (rest = first; (other = next_told(&rest));) {
			if ((other->what & TOTALS_NAMED) ||
			    counting[other->what].teller != counting[told->what].teller)
				continue;
			sum.count = MIN(sum.count + other->total, TOTALS_MAX);
			sum.tail = MIN(sum.tail + other->tail, TOTALS_MAX);
		}
		largest.count = MAX(largest.count, sum.count);
		largest.tail = MAX(largest.tail, sum.tail);
	}
	return largest;
}

struct raise totals_of(const struct pool *pool, struct totals *totals, unsigned what)
{
	const struct told *told = find_told(first_place(pool, totals), what);

	return told ? (struct raise){ told->total, told->tail } : (struct raise){ 0 };
}

bool totals_live(const struct pool *pool, struct totals *totals, usec_t now)
{
	uint32_t hour = (uint32_t)(now / TOTALS_HOUR);
	struct place place = first_place(pool, totals);
	struct told *told;

	if (totals->told[0].what == NOTHING)
		return false;
	if (hour <= totals->hour || hour > totals->hour + 1)
		return hour <= totals->hour;
	while ((told = next_told(&place)))
		if (told->tail > 0)
			return true;
	return false;
}
