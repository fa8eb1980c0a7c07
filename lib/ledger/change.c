#include "ledger/ledger.h"

#include "base/array.h"
#include "ledger/followed.h"
#include "ledger/heard.h"
#include "ledger/store.h"

#include <errno.h>

/* Not worth an error: unsaved, the ban is put in again at the next start. */
void ledger_place(struct ledger *ledger, uint64_t id)
{
	struct record *record = store_find(ledger, id);

	if (!record || record->ban.placed)
		return;
	record->ban.placed = true;
	(void)store_mark(ledger, record, UNSAVED_PLACED);
}

int ledger_set_until(struct ledger *ledger, uint64_t id, usec_t until)
{
	struct record *record = store_find(ledger, id);
	int r;

	if (!record || record->ban.until == until)
		return 0;
	r = store_mark(ledger, record, UNSAVED_UNTIL);
	if (r < 0)
		return r;
	record->ban.until = until;
	store_note_length(table_at(&ledger->offenders, record->offender), &record->ban);
	return 0;
}

static void note_end(struct ledger *ledger, struct record *record, enum ban_end why)
{
	ledger->n_ended -= record->ban.ended != END_NONE;
	ledger->n_ended += why != END_NONE;
	record->ban.ended = why;
}

int ledger_end(struct ledger *ledger, uint64_t id, usec_t until, enum ban_end why)
{
	int r = ledger_set_until(ledger, id, until);
	struct record *record = r < 0 ? NULL : store_find(ledger, id);

	if (!record)
		return r;
	r = store_mark(ledger, record, UNSAVED_UNTIL);
	if (r == 0)
		note_end(ledger, record, why);
	return r;
}

int ledger_spend(struct ledger *ledger, uint64_t id)
{
	struct record *record = store_find(ledger, id);
	int r;

	if (!record || record->ban.spent || record->ban.kind != BAN_AUTOMATIC)
		return 0;
	r = store_mark(ledger, record, UNSAVED_SPENT);
	if (r == 0)
		record->ban.spent = true;
	return r;
}

void ledger_told(struct ledger *ledger, uint64_t id)
{
	ledger->told_unsaved = ledger->told_unsaved || !ledger->told_known || id > ledger->told;
	ledger->told_known = true;
	ledger->told = MAX(ledger->told, id);
}

void ledger_told_end(struct ledger *ledger, uint64_t id)
{
	struct record *record = store_find(ledger, id);

	if (record)
		note_end(ledger, record, END_NONE);
	ledger->told_unsaved = true;
}

void ledger_set_told(struct ledger *ledger, uint64_t id)
{
	ledger_told(ledger, id);
	for (struct record *record = table_oldest(&ledger->bans, &ledger->ban_list);
	     record && ledger->n_ended > 0; record = table_newer(&ledger->bans, record))
		note_end(ledger, record, END_NONE);
}

int ledger_set_reason(struct ledger *ledger, uint64_t id, const char *reason)
{
	struct record *record = store_find(ledger, id);
	const char *copy;
	int r;

	if (!record || strcmp(record->ban.reason, reason) == 0)
		return 0;
	r = store_copy_text(reason, &copy);
	if (r < 0)
		return r;
	r = store_mark(ledger, record, UNSAVED_REASON);
	if (r < 0) {
		store_free_text(&copy);
		return r;
	}
	store_free_text(&record->ban.reason);
	record->ban.reason = copy;
	return 0;
}

int ledger_lift(struct ledger *ledger, uint64_t id, usec_t now, const struct position *after)
{
	struct record *record = store_find(ledger, id);
	cleanup(freep) char *cursor = NULL;
	int r;

	if (!record || record->ban.lifted)
		return 0;
	if (after->cursor.size > 0) {
		cursor = strndup(after->cursor.data, after->cursor.size);
		if (!cursor)
			return -ENOMEM;
	}
	r = store_mark(ledger, record, UNSAVED_LIFT);
	if (r < 0)
		return r;
	record->ban.lifted = true;
	record->ban.lifted_time = now;
	record->ban.lifted_after_time = after->time;
	record->ban.lifted_after_cursor = cursor ? TAKE_PTR(cursor) : "";
	return 0;
}

int ledger_set_prefix(struct ledger *ledger, uint64_t id, const struct prefix *prefix)
{
	struct record *record = store_find(ledger, id);
	struct prefix old;
	int r;

	if (!record || prefix_equal(&record->ban.prefix, prefix))
		return 0;
	old = record->ban.prefix;
	store_unchain(ledger, record);
	record->ban.prefix = *prefix;
	r = store_chain(ledger, record);
	if (r == 0)
		return 0;
	/* The old offender's place was given back a moment ago: it is there to be taken again. */
	record->ban.prefix = old;
	(void)store_chain(ledger, record);
	return r;
}

void ledger_set_met(struct ledger *ledger, uint64_t id, bool met)
{
	struct record *record = store_find(ledger, id);

	if (record)
		record->ban.met = met;
}

void ledger_set_lift_met(struct ledger *ledger, uint64_t id, bool met)
{
	struct record *record = store_find(ledger, id);

	if (record)
		record->ban.lift_met = met;
}

int ledger_set_position(struct ledger *ledger, const struct position *position)
{
	char *cursor = NULL;

	if (position->cursor.data) {
		cursor = strndup(position->cursor.data, position->cursor.size);
		if (!cursor)
			return -ENOMEM;
	}
	free(ledger->cursor);
	ledger->cursor = cursor;
	ledger->time = position->time;
	return 0;
}

int ledger_set_table(struct ledger *ledger, const char *mark)
{
	const char *copy;
	int r;

	if (strcmp(ledger->table, mark) == 0)
		return 0;
	r = store_copy_text(mark, &copy);
	if (r < 0)
		return r;
	store_free_text(&ledger->table);
	ledger->table = copy;
	ledger->n_filled = 0;
	ledger->table_unsaved = true;
	return 0;
}

int ledger_set_filled(struct ledger *ledger, const char *set, uint64_t handle)
{
	struct filled_set *known = store_filled(ledger, set);
	int r;

	if ((known ? known->handle : 0) == handle)
		return 0;
	if (!known) {
		if (strlen(set) > LEDGER_MAX_SET || ledger->n_filled == LEDGER_MAX_SETS)
			return -E2BIG;
		r = array_reserve(&ledger->filled, ledger->n_filled, &ledger->max_filled,
				  sizeof(*ledger->filled));
		if (r < 0)
			return r;
		known = &ledger->filled[ledger->n_filled++];
		strcpy(known->name, set);
	}
	known->handle = handle;
	if (handle == 0)
		*known = ledger->filled[--ledger->n_filled];
	ledger->table_unsaved = true;
	return 0;
}

bool ledger_table_is_unsaved(const struct ledger *ledger)
{
	return ledger->table_unsaved;
}

void ledger_saved(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->n_unsaved; i++) {
		struct record *record = store_find(ledger, ledger->unsaved[i]);

		if (record)
			record->unsaved = 0;
	}
	ledger->n_unsaved = 0;
	ledger->line = ledger->written;
	ledger->table_unsaved = false;
	ledger->told_unsaved = ledger->told_unsaved && !ledger->told_written;
	heard_saved(ledger);
	followed_saved(ledger);
}
