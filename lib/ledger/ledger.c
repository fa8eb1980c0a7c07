/*
 * Two tables: bans by number, in the order they were added, and offenders (jail and prefix), each
 * with a chain of its bans, latest `since` first. A hand goes round the bans, two steps for each
 * new one, and lets go of what has had its day, so nothing ever stops to sweep.
 */

#include "ledger/ledger.h"

#include "base/array.h"
#include "ledger/bound.h"
#include "ledger/store.h"

#include <errno.h>

#define MAX_JAILS  4096
#define HAND_STEPS 2 /* for each ban added; more than one, or the table could only grow */

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
	r = array_reserve(&ledger->jails, ledger->n_jails, &ledger->max_jails, sizeof(*ledger->jails));
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

	if (record->unsaved || ban->ended != END_NONE || within(ban->since, now, ledger->reach))
		return true;
	if (ban->lifted)
		return within(ban->lifted_after_time, now, ledger->reach);
	/* One that ended in the stretch prevents in it. */
	if (within(ban->until, now, ledger->reach))
		return true;
	return ban->kind == BAN_AUTOMATIC &&
	       within(ban->since, now, jail->has_memory ? jail->memory : ledger->memory);
}

/* The hand's next step; what is no trigger of a warm-up any more needs no cursor either. */
static struct record *step(struct ledger *ledger)
{
	struct record *record = table_at(&ledger->bans, ledger->hand);

	if (!record)
		record = table_oldest(&ledger->bans, &ledger->ban_list);
	if (record)
		ledger->hand = record->head.newer;
	return record;
}

static void tidy(struct ledger *ledger, struct record *record, usec_t now)
{
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

static void sweep(struct ledger *ledger, usec_t now)
{
	struct record *record;

	for (size_t i = 0; i < HAND_STEPS && (record = step(ledger)); i++)
		tidy(ledger, record, now);
}

/* The ledger's own copy of a name; NULL: it has too many, or no memory. */
static const char *share_event(struct ledger *ledger, const char *name)
{
	if (ledger->n_events > 0 && strcmp(ledger->events[ledger->last_event], name) == 0)
		return ledger->events[ledger->last_event];
	for (size_t i = 0; i < ledger->n_events; i++)
		if (strcmp(ledger->events[i], name) == 0) {
			ledger->last_event = i;
			return ledger->events[i];
		}
	if (ledger->n_events == LEDGER_SHARED_EVENTS)
		return NULL;
	ledger->events[ledger->n_events] = strdup(name);
	return ledger->events[ledger->n_events] ? ledger->events[ledger->n_events++] : NULL;
}

static int take_event(struct ledger *ledger, struct record *record, const char *name)
{
	const char *shared = name && *name ? share_event(ledger, name) : "";

	if (shared) {
		record->ban.event = shared;
		return 0;
	}
	record->owns_event = true;
	return store_copy_text(name, &record->ban.event);
}

static int ledger_fill_ban(struct ledger *ledger, struct record *record, const struct ban *ban,
			   unsigned jail)
{
	int r;

	record->ban = *ban;
	record->ban.event = record->ban.cursor = record->ban.lifted_after_cursor = "";
	record->ban.reason = "";
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
	return r < 0 ? r : store_chain(ledger, record);
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
	record = store_take(ledger, id);
	if (!record)
		return -ENOMEM;
	r = ledger_fill_ban(ledger, record, ban, jail);
	if (r < 0) {
		store_drop(ledger, record);
		return r;
	}
	record->ban.id = id;
	ledger->next_id = MAX(ledger->next_id, id + 1);
	*ret = record;
	return 0;
}

int ledger_add(struct ledger *ledger, const struct ban *ban, const struct ban **ret)
{
	struct record *record;
	int r;

	sweep(ledger, ban->since);
	/* a ban by hand pushes nobody out: its maker would hear of that by the elements' notices */
	if (ban->kind == BAN_AUTOMATIC)
		bound_make_room(ledger, ban->since);
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

	bound_make_room_for_file(ledger, ban->since);
	return ledger_add_record(ledger, ban, &record);
}
