/*
 * At the bound: what is over goes first, the oldest of it, then the running bans that end soonest.
 * A running one only ends here (END_EVICTED); it goes when that is saved and its element is out of
 * the kernel, so that no crash lets the two disagree. Bans by hand stay while they run. Many go at
 * once, since to find them means to look at all. Between two commits the ledger may be longer than
 * the bound; where nothing is committed (a replay, a full disk) up to twice as long.
 */

#include "ledger/bound.h"

#include "ledger/change.h"
#include "ledger/store.h"

#define PART 64 /* of the bound that goes at once */

#define RUNS ((usec_t)1 << 62) /* beyond all times; behind all that is over */

/* The lower, the less it is worth; USEC_INFINITY: it must stay. `all`: also what is not saved, or
 * not told. */
static usec_t worth(const struct record *record, usec_t now, bool all)
{
	const struct ban *ban = &record->ban;

	if (!all && (record->unsaved || ban->ended != END_NONE))
		return USEC_INFINITY;
	if (!ban_runs(ban, now))
		return MIN(ban->since, RUNS - 1);
	if (ban->kind == BAN_MANUAL)
		return USEC_INFINITY;
	return RUNS + MIN(ban->until, RUNS - 1);
}

static int compare_worth(const void *a, const void *b)
{
	const usec_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Of the bans that may go the n-th least worth, or of all of them the most; USEC_INFINITY: there
 * are none. */
static usec_t find_limit(const struct ledger *ledger, usec_t now, size_t n, bool all)
{
	cleanup(freep) usec_t *worths = calloc(ledger->bans.n + 1, sizeof(*worths));
	size_t n_worths = 0;

	if (!worths) /* the table grows instead, for a while */
		return USEC_INFINITY;
	for (struct record *record = table_oldest(&ledger->bans, &ledger->ban_list); record;
	     record = table_newer(&ledger->bans, record)) {
		usec_t its = worth(record, now, all);

		if (its != USEC_INFINITY)
			worths[n_worths++] = its;
	}
	qsort(worths, n_worths, sizeof(*worths), compare_worth);
	return n_worths == 0 ? USEC_INFINITY : worths[MIN(n, n_worths) - 1];
}

static void bound_cut(struct ledger *ledger, struct record *record, usec_t now)
{
	if (ledger_end(ledger, record->ban.id, now, END_EVICTED) == 0)
		ledger->n_cut++;
}

static void bound_evict(struct ledger *ledger, usec_t now, bool all)
{
	size_t n = ledger->max_bans / PART + 1;
	usec_t limit = find_limit(ledger, now, n, all);
	struct record *next = table_oldest(&ledger->bans, &ledger->ban_list);

	for (struct record *record; limit != USEC_INFINITY && n > 0 && (record = next);) {
		usec_t its = worth(record, now, all);

		next = table_newer(&ledger->bans, record);
		if (its > limit)
			continue;
		n--;
		if (its >= RUNS && !all) {
			bound_cut(ledger, record, now);
			continue;
		}
		ledger->n_cut += its >= RUNS;
		ledger->n_evicted++;
		store_drop(ledger, record);
	}
}

/* Those that only wait to be let go do not count. */
static size_t bound_count(const struct ledger *ledger)
{
	return ledger->bans.n - ledger->n_ended;
}

void bound_make_room_for_file(struct ledger *ledger, usec_t now)
{
	if (ledger->patience > 0)
		ledger->patience--;
	else if (ledger->bans.n >= 2 * ledger->max_bans) {
		bound_evict(ledger, now, true);
		if (ledger->bans.n >= 2 * ledger->max_bans)
			ledger->patience = ledger->max_bans / PART;
	}
}

void bound_make_room(struct ledger *ledger, usec_t now)
{
	if (ledger->patience > 0) {
		ledger->patience--;
		return;
	}
	/* nothing can be saved, or nobody saves */
	if (ledger->bans.n >= 2 * ledger->max_bans)
		bound_evict(ledger, now, true);
	/* first what was cut before */
	for (unsigned i = 0; i < 2 && bound_count(ledger) >= ledger->max_bans; i++)
		bound_evict(ledger, now, false);
	if (bound_count(ledger) >= ledger->max_bans)
		ledger->patience = ledger->max_bans / PART;
}
