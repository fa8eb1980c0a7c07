#include "ledger/store.h"

#include "base/array.h"

#include <errno.h>

void store_free_text(const char **text)
{
	if (*text && **text)
		free((void *)(uintptr_t)*text);
	*text = "";
}

int store_copy_text(const char *text, const char **ret)
{
	*ret = text && *text ? strdup(text) : "";
	return *ret ? 0 : -ENOMEM;
}

void store_free_texts(struct record *record)
{
	struct ban *ban = &record->ban;

	if (record->owns_event)
		store_free_text(&ban->event);
	store_free_text(&ban->cursor);
	store_free_text(&ban->reason);
	store_free_text(&ban->lifted_after_cursor);
}

static bool equal_id(const void *record, const void *key)
{
	return ((const struct record *)record)->ban.id == *(const uint64_t *)key;
}

struct record *store_find(const struct ledger *ledger, uint64_t id)
{
	return table_find(&ledger->bans, id, equal_id, &id);
}

static bool equal_offender(const void *record, const void *key)
{
	return memcmp(&((const struct offender *)record)->key, key, sizeof(struct offender_key)) ==
	       0;
}

struct offender *store_find_offender(const struct ledger *ledger, const struct offender_key *key)
{
	return table_find(&ledger->offenders, hash64(ledger->seed, key, sizeof(*key)),
			  equal_offender, key);
}

void store_note_length(struct offender *offender, const struct ban *ban)
{
	if (ban->until == USEC_INFINITY)
		offender->longest = USEC_INFINITY;
	else if (ban->until > ban->since)
		offender->longest = MAX(offender->longest, ban->until - ban->since);
}

int store_chain(struct ledger *ledger, struct record *record)
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
	store_note_length(offender, &record->ban);
	return 0;
}

void store_unchain(struct ledger *ledger, struct record *record)
{
	struct offender *offender = table_at(&ledger->offenders, record->offender);
	uint32_t *link = &offender->latest;

	for (struct record *other; (other = table_at(&ledger->bans, *link)) != record;)
		link = &other->earlier;
	*link = record->earlier;
	if (offender->latest == POOL_NONE)
		table_remove(&ledger->offenders, &ledger->offender_list, offender);
}

void store_drop(struct ledger *ledger, struct record *record)
{
	if (table_at(&ledger->bans, ledger->hand) == record)
		ledger->hand = record->head.newer;
	if (record->offender != POOL_NONE)
		store_unchain(ledger, record);
	ledger->n_ended -= record->ban.ended != END_NONE;
	store_free_texts(record);
	table_remove(&ledger->bans, &ledger->ban_list, record);
}

struct filled_set *store_filled(const struct ledger *ledger, const char *set)
{
	for (size_t i = 0; i < ledger->n_filled; i++)
		if (strcmp(ledger->filled[i].name, set) == 0)
			return &ledger->filled[i];
	return NULL;
}

int store_mark(struct ledger *ledger, struct record *record, unsigned what)
{
	int r;

	if (!record->unsaved) {
		r = array_reserve(&ledger->unsaved, ledger->n_unsaved, &ledger->max_unsaved,
				  sizeof(*ledger->unsaved));
		if (r < 0)
			return r;
		ledger->unsaved[ledger->n_unsaved++] = record->ban.id;
	}
	record->unsaved |= (uint8_t)what;
	return 0;
}
