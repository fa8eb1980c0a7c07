/*
 * Two tables: bans by number, in the order they were added, and offenders (jail and prefix), each
 * with a chain of its bans, latest `since` first. A hand goes round the bans, two steps for each
 * new one, and lets go of what has had its day, so nothing ever stops to sweep.
 */

#include "ledger/internal.h"

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

void ledger_free_text(const char **text)
{
	if (*text && **text)
		free((void *)(uintptr_t)*text);
	*text = "";
}

int ledger_copy_text(const char *text, const char **ret)
{
	*ret = text && *text ? strdup(text) : "";
	return *ret ? 0 : -ENOMEM;
}

static void free_texts(struct record *record)
{
	struct ban *ban = &record->ban;

	if (record->owns_event)
		ledger_free_text(&ban->event);
	ledger_free_text(&ban->cursor);
	ledger_free_text(&ban->reason);
	ledger_free_text(&ban->lifted_after_cursor);
}

struct ledger *ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return NULL;
	for (struct record *record = table_oldest(&ledger->bans, &ledger->ban_list); record;
	     record = table_newer(&ledger->bans, record))
		free_texts(record);
	for (size_t i = 0; i < ledger->n_jails; i++)
		free(ledger->jails[i]);
	for (size_t i = 0; i < ledger->n_events; i++)
		free(ledger->events[i]);
	table_done(&ledger->bans);
	table_done(&ledger->offenders);
	free(ledger->jails);
	free(ledger->unsaved);
	free(ledger->cursor);
	ledger_free_text(&ledger->table);
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
	struct jail_record **jails, *jail;

	for (size_t i = 0; i < ledger->n_jails; i++)
		if (strcmp(ledger->jails[i]->name, name) == 0) {
			*ret = (unsigned)i;
			return 0;
		}
	if (ledger->n_jails >= MAX_JAILS || strlen(name) >= NAME_SIZE)
		return -E2BIG;
	jails = reallocarray(ledger->jails, ledger->n_jails + 1, sizeof(struct jail_record *));
	if (!jails)
		return -ENOMEM;
	ledger->jails = jails;
	jail = calloc(1, sizeof(*jail));
	if (!jail)
		return -ENOMEM;
	strcpy(jail->name, name);
	jails[ledger->n_jails] = jail;
	*ret = (unsigned)ledger->n_jails++;
	return 0;
}

/* Numbered by us, one after the other: each has a bucket of its own, beside its neighbour's. */
static uint64_t hash_id(uint64_t id)
{
	return id;
}

static bool equal_id(const void *record, const void *key)
{
	return ((const struct record *)record)->ban.id == *(const uint64_t *)key;
}

struct record *ledger_find(const struct ledger *ledger, uint64_t id)
{
	return table_find(&ledger->bans, hash_id(id), equal_id, &id);
}

static bool equal_offender(const void *record, const void *key)
{
	return memcmp(&((const struct offender *)record)->key, key, sizeof(struct offender_key)) ==
	       0;
}

struct offender *ledger_find_offender(const struct ledger *ledger, const struct offender_key *key)
{
	return table_find(&ledger->offenders, hash64(ledger->seed, key, sizeof(*key)),
			  equal_offender, key);
}

void ledger_note_length(struct offender *offender, const struct ban *ban)
{
	if (ban->until == USEC_INFINITY)
		offender->longest = USEC_INFINITY;
	else if (ban->until > ban->since)
		offender->longest = MAX(offender->longest, ban->until - ban->since);
}

int ledger_chain(struct ledger *ledger, struct record *record)
{
	struct offender_key key = {
		.prefix = record->ban.prefix,
		.jail = (uint16_t)(record->jail | (record->ban.network ? LEDGER_NETWORKS : 0)),
	};
	uint64_t hash = hash64(ledger->seed, &key, sizeof(key));
	struct offender *offender = table_find(&ledger->offenders, hash, equal_offender, &key);
	uint32_t *link;

	if (!offender) {
		offender = table_add(&ledger->offenders, &ledger->offender_list, hash);
		if (!offender)
			return -ENOMEM;
		offender->key = key;
		offender->latest = POOL_NONE;
	}
	link = &offender->latest;
	for (struct record *other; (other = table_at(&ledger->bans, *link)); link = &other->earlier)
		if (other->ban.since <= record->ban.since)
			break;
	record->earlier = *link;
	*link = table_index(&ledger->bans, &ledger->ban_list, record);
	record->offender = table_index(&ledger->offenders, &ledger->offender_list, offender);
	ledger_note_length(offender, &record->ban);
	return 0;
}

void ledger_unchain(struct ledger *ledger, struct record *record)
{
	struct offender *offender = table_at(&ledger->offenders, record->offender);
	uint32_t *link = &offender->latest;

	for (struct record *other; (other = table_at(&ledger->bans, *link)) != record;)
		link = &other->earlier;
	*link = record->earlier;
	if (offender->latest == POOL_NONE)
		table_remove(&ledger->offenders, &ledger->offender_list, offender);
}

void ledger_drop(struct ledger *ledger, struct record *record)
{
	if (table_at(&ledger->bans, ledger->hand) == record)
		ledger->hand = record->head.newer;
	if (record->offender != POOL_NONE)
		ledger_unchain(ledger, record);
	ledger->n_ended -= record->ban.ended != END_NONE;
	free_texts(record);
	table_remove(&ledger->bans, &ledger->ban_list, record);
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
		ledger_drop(ledger, record);
	else if (!record->unsaved && !within(record->ban.since, now, ledger->reach))
		ledger_free_text(&record->ban.cursor);
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
	return ledger_copy_text(name, &record->ban.event);
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
		r = ledger_copy_text(ban->cursor, &record->ban.cursor);
	if (r == 0)
		r = ledger_copy_text(ban->reason, &record->ban.reason);
	if (r == 0)
		r = ledger_copy_text(ban->lifted_after_cursor, &record->ban.lifted_after_cursor);
	return r < 0 ? r : ledger_chain(ledger, record);
}

static int ledger_ledger_add(struct ledger *ledger, const struct ban *ban, struct record **ret)
{
	uint64_t id = ban->id ? ban->id : ledger->next_id;
	struct record *record;
	unsigned jail;
	int r;

	if (id < ledger->next_id && ledger_find(ledger, id))
		return -EEXIST;
	r = ledger_jail(ledger, ban->jail, &jail);
	if (r < 0)
		return r;
	record = table_add(&ledger->bans, &ledger->ban_list, hash_id(id));
	if (!record)
		return -ENOMEM;
	r = ledger_fill_ban(ledger, record, ban, jail);
	if (r < 0) {
		ledger_drop(ledger, record);
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
		ledger_make_room(ledger, ban->since);
	r = ledger_ledger_add(ledger, ban, &record);
	if (r < 0)
		return r;
	r = ledger_mark(ledger, record, UNSAVED_BAN);
	if (r < 0) {
		ledger_drop(ledger, record);
		return r;
	}
	*ret = &record->ban;
	return 0;
}

int ledger_restore(struct ledger *ledger, const struct ban *ban)
{
	struct record *record;

	ledger_make_room_for_file(ledger, ban->since);
	return ledger_ledger_add(ledger, ban, &record);
}
