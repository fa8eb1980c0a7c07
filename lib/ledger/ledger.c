/*
 * Two tables: bans by number, in the order they were added, and offenders (jail and prefix), each
 * with a chain of its bans, latest `since` first. A hand goes round the bans, two steps for each
 * new one, and lets go of what has had its day, so nothing ever stops to sweep.
 *
 * At the bound: what is over goes first, the oldest of it, then the running bans that end soonest.
 * A running one only ends here (END_EVICTED); it goes when that is saved and its element is out of
 * the kernel, so that no crash lets the two disagree. Bans by hand stay while they run. Many go at
 * once, since to find them means to look at all. Between two commits the ledger may be longer than
 * the bound; where nothing is committed (a replay, a full disk) up to twice as long.
 */

#include "ledger/ledger.h"

#include "base/array.h"
#include "ledger/followed.h"
#include "ledger/heard.h"
#include "ledger/store.h"

#include <errno.h>

#define MAX_JAILS  4096
#define HAND_STEPS 2 /* for each ban added; more than one, or the table could only grow */

#define BOUND_PART 64 /* of the bound that goes at once */

#define DEFAULT_REACH  (2 * USEC_PER_HOUR)
#define DEFAULT_MEMORY (60 * 24 * USEC_PER_HOUR)

int ledger_new(const uint8_t seed[16], struct ledger **ret)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (!ledger)
		return -ENOMEM;
	memcpy(ledger->seed, seed, sizeof(ledger->seed));
	table_init(&ledger->bans, sizeof(struct record));
	table_init(&ledger->offenders, sizeof(struct offender));
	table_list_init(&ledger->ban_list);
	table_list_init(&ledger->offender_list);
	ledger->reach = DEFAULT_REACH;
	ledger->memory = DEFAULT_MEMORY;
	ledger->max_bans = LEDGER_MAX_BANS;
	ledger->next_id = 1;
	ledger->hand = POOL_NONE;
	ledger->table = "";
	*ret = ledger;
	return 0;
}

struct ledger *ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return NULL;
	for (struct record *record = table_oldest(&ledger->bans, &ledger->ban_list); record;
	     record = table_newer(&ledger->bans, record))
		store_free_texts(record);
	for (size_t i = 0; i < ledger->n_jails; i++)
		free(ledger->jails[i]);
	for (size_t i = 0; i < ledger->n_events; i++)
		free(ledger->events[i]);
	table_done(&ledger->bans);
	table_done(&ledger->offenders);
	free(ledger->jails);
	free(ledger->unsaved);
	free(ledger->cursor);
	store_free_text(&ledger->table);
	free(ledger->filled);
	heard_done(&ledger->hearing);
	followed_done(&ledger->following);
	free(ledger);
	return NULL;
}

void ledger_expect(struct ledger *ledger, size_t n_bans)
{
	size_t n = MIN(n_bans, ledger->max_bans);

	table_expect(&ledger->bans, n);
	table_expect(&ledger->offenders, n);
}

void ledger_set_max_bans(struct ledger *ledger, size_t max_bans)
{
	ledger->max_bans = MAX(max_bans, 1);
}

void ledger_set_reach(struct ledger *ledger, usec_t reach)
{
	ledger->reach = reach;
}

int ledger_set_memory(struct ledger *ledger, const char *jail, usec_t memory)
{
	unsigned number;
	int r;

	if (!jail) {
		ledger->memory = memory;
		return 0;
	}
	r = ledger_jail(ledger, jail, &number);
	if (r < 0)
		return r;
	ledger->jails[number]->memory = memory;
	ledger->jails[number]->has_memory = true;
	return 0;
}

int ledger_set_apart(struct ledger *ledger, const char *jail)
{
	unsigned number;
	int r = ledger_jail(ledger, jail, &number);

	if (r == 0)
		ledger->jails[number]->is_apart = true;
	return r;
}

void ledger_set_overall(struct ledger *ledger, usec_t memory)
{
	ledger->overall = memory;
}

int ledger_jail(struct ledger *ledger, const char *name, unsigned *ret)
{
	struct jail_record *jail;
	int r;

	for (size_t i = 0; i < ledger->n_jails; i++)
		if (strcmp(ledger->jails[i]->name, name) == 0) {
			*ret = (unsigned)i;
			return 0;
		}
	if (ledger->n_jails >= MAX_JAILS || strlen(name) >= NAME_SIZE)
		return -E2BIG;
	r = array_reserve(&ledger->jails, ledger->n_jails, &ledger->max_jails,
			  sizeof(*ledger->jails));
	if (r < 0)
		return r;
	jail = calloc(1, sizeof(*jail));
	if (!jail)
		return -ENOMEM;
	strcpy(jail->name, name);
	ledger->jails[ledger->n_jails] = jail;
	*ret = (unsigned)ledger->n_jails++;
	return 0;
}

static bool within(usec_t time, usec_t now, usec_t span)
{
	return time > now || now - time < span;
}

static bool ledger_is_needed(const struct ledger *ledger, const struct record *record, usec_t now)
{
	const struct ban *ban = &record->ban;
	const struct jail_record *jail = ledger->jails[record->jail];
	usec_t memory = jail->has_memory ? jail->memory : ledger->memory;

	if (record->unsaved || ban->ended != END_NONE ||
	    within(ban->since, now, MAX(ledger->reach, ledger->overall)))
		return true;
	if (ban->lifted) /* whoever let go of a network forgave its hosts */
		return within(ban->lifted_after_time, now, ledger->reach) ||
		       (ban->network && within(ban->lifted_time, now, memory));
	/* One that ended in the stretch prevents in it. */
	if (within(ban->until, now, ledger->reach))
		return true;
	return ban->kind == BAN_AUTOMATIC && within(ban->since, now, memory);
}

/* What is no trigger of a warm-up any more needs no cursor either. What a crash kept from being
 * told needs all of it, however old it is. */
static void tidy(struct ledger *ledger, struct record *record, usec_t now)
{
	if (ledger->told_known && ledger_is_untold(ledger, &record->ban, now))
		return;
	if (!ledger_is_needed(ledger, record, now))
		store_drop(ledger, record);
	else if (!record->unsaved && !within(record->ban.since, now, ledger->reach))
		store_free_text(&record->ban.cursor);
}

void ledger_prune(struct ledger *ledger, usec_t now)
{
	struct record *next = table_oldest(&ledger->bans, &ledger->ban_list);

	for (struct record *record; (record = next);) {
		next = table_newer(&ledger->bans, record);
		tidy(ledger, record, now);
	}
}

/* Many bans have one name of an event: the ledger's copy of it, while it has not too many. */
static int take_event(struct ledger *ledger, struct record *record, const char *name)
{
	size_t last = ledger->last_event, i;

	record->ban.event = "";
	if (!name || !*name)
		return 0;
	if (ledger->n_events > 0 && strcmp(ledger->events[last], name) == 0) {
		record->ban.event = ledger->events[last];
		return 0;
	}
	for (i = 0; i < ledger->n_events && strcmp(ledger->events[i], name) != 0;)
		i++;
	if (i == LEDGER_SHARED_EVENTS) {
		record->owns_event = true;
		return store_copy_text(name, &record->ban.event);
	}
	if (i == ledger->n_events) {
		ledger->events[i] = strdup(name);
		if (!ledger->events[i])
			return -ENOMEM;
		ledger->n_events++;
	}
	ledger->last_event = i;
	record->ban.event = ledger->events[i];
	return 0;
}

static int ledger_add_record(struct ledger *ledger, const struct ban *ban, struct record **ret)
{
	uint64_t id = ban->id ? ban->id : ledger->next_id;
	struct record *record;
	unsigned jail;
	int r;

	if (id < ledger->next_id && store_find(ledger, id))
		return -EEXIST;
	r = ledger_jail(ledger, ban->jail, &jail);
	if (r < 0)
		return r;
	record = table_add(&ledger->bans, &ledger->ban_list, id);
	if (!record)
		return -ENOMEM;
	record->ban = *ban;
	record->ban.cursor = record->ban.lifted_after_cursor = record->ban.reason = "";
	record->ban.given = ban->prefix.length;
	record->ban.jail = ledger->jails[jail]->name;
	record->jail = (uint16_t)jail;
	record->offender = POOL_NONE;
	r = take_event(ledger, record, ban->event);
	if (r == 0)
		r = store_copy_text(ban->cursor, &record->ban.cursor);
	if (r == 0)
		r = store_copy_text(ban->reason, &record->ban.reason);
	if (r == 0)
		r = store_copy_text(ban->lifted_after_cursor, &record->ban.lifted_after_cursor);
	if (r == 0)
		r = store_chain(ledger, record);
	if (r < 0) {
		store_drop(ledger, record);
		return r;
	}
	record->ban.id = id;
	ledger->next_id = MAX(ledger->next_id, id + 1);
	*ret = record;
	return 0;
}

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

static void bound_evict(struct ledger *ledger, usec_t now, bool all)
{
	size_t n = ledger->max_bans / BOUND_PART + 1;
	usec_t limit = find_limit(ledger, now, n, all);
	struct record *next = table_oldest(&ledger->bans, &ledger->ban_list);

	for (struct record *record; limit != USEC_INFINITY && n > 0 && (record = next);) {
		usec_t its = worth(record, now, all);

		next = table_newer(&ledger->bans, record);
		if (its > limit)
			continue;
		n--;
		if (its >= RUNS && !all) {
			ledger->n_cut += ledger_end(ledger, record->ban.id, now, END_EVICTED) == 0;
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

/* Before a ban is added. While a file is read, which tells itself what had to go, only where it is
 * far too long. */
static void bound_make_room(struct ledger *ledger, usec_t now, bool from_file)
{
	size_t n;
	if (ledger->patience > 0) {
		ledger->patience--;
		return;
	}
	/* nothing can be saved, or nobody saves */
	if (ledger->bans.n >= 2 * ledger->max_bans)
		bound_evict(ledger, now, true);
	/* first what was cut before */
	for (unsigned i = 0; !from_file && i < 2 && bound_count(ledger) >= ledger->max_bans; i++)
		bound_evict(ledger, now, false);
	n = from_file ? ledger->bans.n / 2 : bound_count(ledger);
	if (n >= ledger->max_bans)
		ledger->patience = ledger->max_bans / BOUND_PART;
}

int ledger_add(struct ledger *ledger, const struct ban *ban, const struct ban **ret)
{
	struct record *record;
	int r;

	for (size_t i = 0; i < HAND_STEPS && ledger->bans.n > 0; i++) {
		record = table_at(&ledger->bans, ledger->hand)
				 ?: table_oldest(&ledger->bans, &ledger->ban_list);
		ledger->hand = record->head.newer;
		tidy(ledger, record, ban->since);
	}
	/* a ban by hand pushes nobody out: its maker would hear of that by the elements' notices */
	if (ban->kind == BAN_AUTOMATIC)
		bound_make_room(ledger, ban->since, false);
	r = ledger_add_record(ledger, ban, &record);
	if (r < 0)
		return r;
	r = store_mark(ledger, record, UNSAVED_BAN);
	if (r < 0) {
		store_drop(ledger, record);
		return r;
	}
	*ret = &record->ban;
	return 0;
}

int ledger_restore(struct ledger *ledger, const struct ban *ban)
{
	struct record *record;

	bound_make_room(ledger, ban->since, true);
	return ledger_add_record(ledger, ban, &record);
}
