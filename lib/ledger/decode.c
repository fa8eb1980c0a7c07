/*
 * Known keys only, each once, right types, whole numbers that JSON holds exactly. What is wrong in
 * a change is damage of that change, what is wrong around them of the line.
 */

#include "ledger/commit.h"

#include "base/name.h"
#include "ledger/encode.h"

#include <cjson/cJSON.h>
#include <errno.h>

static void commit_done(struct ledger_commit *commit)
{
	cJSON_Delete(commit->json);
	free(commit->text);
	free(commit->changes);
	*commit = (struct ledger_commit){ 0 };
}

struct ledger_change *ledger_commit_add(struct ledger_commit *commit)
{
	struct ledger_change *changes;
	size_t max;

	if (commit->n_changes == commit->max_changes) {
		max = MAX(2 * commit->max_changes, 16);
		changes = reallocarray(commit->changes, max, sizeof(*changes));
		if (!changes)
			return NULL;
		commit->changes = changes;
		commit->max_changes = max;
	}
	commit->changes[commit->n_changes] = (struct ledger_change){ 0 };
	return &commit->changes[commit->n_changes++];
}

/* Of these keys only, and of each no more than one. They come in about the order in which they were
 * written, so the search goes on where the last one ended. */
static bool has_only(const cJSON *object, const char *const *keys)
{
	const cJSON *item;
	uint32_t seen = 0;
	size_t n = 0, i = 0;

	if (!cJSON_IsObject(object))
		return false;
	while (keys[n])
		n++;
	cJSON_ArrayForEach(item, object)
	{
		size_t tried = 0;

		while (tried < n && strcmp(keys[i % n], item->string) != 0) {
			i++;
			tried++;
		}
		if (tried == n || seen & 1U << i % n)
			return false;
		seen |= 1U << i++ % n;
	}
	return true;
}

static bool decode_get_number(const cJSON *object, const char *key, uint64_t *ret)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
	double value;
	uint64_t whole;

	if (!cJSON_IsNumber(item))
		return false;
	value = item->valuedouble;
	if (!(value >= 0) || !(value < (double)LEDGER_MAX_EXACT))
		return false;
	whole = (uint64_t)value;
	if (value > (double)whole)
		return false;
	*ret = whole;
	return true;
}

static bool get_until(const cJSON *object, usec_t *ret)
{
	if (cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(object, "until"))) {
		*ret = USEC_INFINITY;
		return true;
	}
	return decode_get_number(object, "until", ret);
}

static bool decode_get_text(const cJSON *object, const char *key, size_t max, const char **ret)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	if (!cJSON_IsString(item) || strlen(item->valuestring) > max)
		return false;
	*ret = item->valuestring;
	return true;
}

/* Attempts with at most one decimal, as tenths. */
static bool decode_get_tenths(const cJSON *object, const char *key, uint64_t *ret)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
	double value, off;

	if (!cJSON_IsNumber(item))
		return false;
	value = item->valuedouble * WEIGHT_ONE;
	if (!(value >= 0) || !(value < (double)LEDGER_MAX_EXACT / 2))
		return false;
	*ret = (uint64_t)(value + 0.5);
	off = value - (double)*ret;
	return off < 0.001 && off > -0.001;
}

bool ledger_is_name(struct span name)
{
	return name_is_valid(name, NAME_SIZE - 1);
}

static const char *const end_names[] = {
	[END_JAIL_GONE] = "jail",    [END_IGNORED] = "ignored", [END_NO_NETWORKS] = "networks",
	[END_OUTGROWN] = "outgrown", [END_EVICTED] = "evicted",
};

const char *ledger_end_name(enum ban_end why)
{
	return end_names[why];
}

enum ban_end ledger_end_parse(struct span name)
{
	for (size_t i = END_NONE + 1; i < ARRAY_SIZE(end_names); i++)
		if (span_equal(name, span_of(end_names[i])))
			return (enum ban_end)i;
	return END_NONE;
}

static bool read_offender(const cJSON *object, struct ban *ban)
{
	const char *prefix, *address;

	return decode_get_text(object, "prefix", PREFIX_TEXT_MAX, &prefix) &&
	       decode_get_text(object, "address", ADDRESS_TEXT_MAX, &address) &&
	       prefix_parse(span_of(prefix), &ban->prefix) == 0 &&
	       address_parse(span_of(address), &ban->address) == 0 &&
	       prefix_contains(&ban->prefix, &ban->address);
}

static bool read_ban(const cJSON *object, struct ban *ban)
{
	static const char *const automatic[] = { "id",      "jail",   "prefix",  "address",
						 "since",   "until",  "event",   "failures",
						 "offence", "cursor", "network", "users",
						 NULL };
	static const char *const manual[] = { "id",    "jail",   "prefix", "address",
					      "since", "until",  "manual", "network",
					      "exact", "reason", NULL };
	const cJSON *network = cJSON_GetObjectItemCaseSensitive(object, "network");
	const cJSON *exact = cJSON_GetObjectItemCaseSensitive(object, "exact");
	uint64_t offence, users = 0;

	if (!decode_get_number(object, "id", &ban->id) || ban->id == 0 ||
	    !decode_get_text(object, "jail", NAME_SIZE, &ban->jail) ||
	    !ledger_is_name(span_of(ban->jail)) || !read_offender(object, ban) ||
	    !decode_get_number(object, "since", &ban->since) || !get_until(object, &ban->until) ||
	    (network && !cJSON_IsTrue(network)) || (exact && !cJSON_IsTrue(exact)))
		return false;
	ban->network = network != NULL;
	ban->exact = exact != NULL;
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "manual"))) {
		ban->kind = BAN_MANUAL;
		return has_only(object, manual) &&
		       (!cJSON_HasObjectItem(object, "reason") ||
			decode_get_text(object, "reason", LEDGER_MAX_TEXT, &ban->reason));
	}
	ban->kind = BAN_AUTOMATIC;
	if (!has_only(object, automatic) ||
	    !decode_get_text(object, "event", LEDGER_MAX_EVENT, &ban->event) ||
	    !decode_get_tenths(object, "failures", &ban->failures) ||
	    !decode_get_number(object, "offence", &offence) || offence > UINT32_MAX ||
	    (cJSON_HasObjectItem(object, "users") && !decode_get_number(object, "users", &users)) ||
	    users > UINT32_MAX ||
	    !decode_get_text(object, "cursor", LEDGER_MAX_CURSOR, &ban->cursor))
		return false;
	ban->offence = (uint32_t)offence;
	ban->users = (uint32_t)users;
	return true;
}

static bool read_until(const cJSON *object, struct ban *ban)
{
	static const char *const keys[] = { "id", "until", "ended", NULL };
	const char *ended;

	if (!has_only(object, keys) || !decode_get_number(object, "id", &ban->id) ||
	    !get_until(object, &ban->until))
		return false;
	if (!cJSON_HasObjectItem(object, "ended"))
		return true;
	if (!decode_get_text(object, "ended", NAME_SIZE, &ended))
		return false;
	ban->ended = ledger_end_parse(span_of(ended));
	return ban->ended != END_NONE;
}

static bool read_reason(const cJSON *object, struct ban *ban)
{
	static const char *const keys[] = { "id", "reason", NULL };

	return has_only(object, keys) && decode_get_number(object, "id", &ban->id) &&
	       decode_get_text(object, "reason", LEDGER_MAX_TEXT, &ban->reason);
}

static bool read_unban(const cJSON *object, struct ban *ban)
{
	static const char *const keys[] = { "id", "time", "after", NULL };
	static const char *const after_keys[] = { "time", "cursor", NULL };
	const cJSON *after = cJSON_GetObjectItemCaseSensitive(object, "after");

	return has_only(object, keys) && has_only(after, after_keys) &&
	       decode_get_number(object, "id", &ban->id) &&
	       decode_get_number(object, "time", &ban->lifted_time) &&
	       decode_get_number(after, "time", &ban->lifted_after_time) &&
	       decode_get_text(after, "cursor", LEDGER_MAX_CURSOR, &ban->lifted_after_cursor);
}

static bool read_change(const cJSON *object, struct ledger_change *change)
{
	const cJSON *item;

	if (!cJSON_IsObject(object) || !object->child || object->child->next)
		return false;
	item = object->child;
	if (strcmp(item->string, "ban") == 0) {
		change->type = CHANGE_BAN;
		return read_ban(item, &change->ban);
	}
	if (strcmp(item->string, "placed") == 0) {
		change->type = CHANGE_PLACED;
		return decode_get_number(object, "placed", &change->ban.id);
	}
	if (strcmp(item->string, "told") == 0) {
		change->type = CHANGE_TOLD;
		return decode_get_number(object, "told", &change->ban.id);
	}
	if (strcmp(item->string, "until") == 0) {
		change->type = CHANGE_UNTIL;
		return read_until(item, &change->ban);
	}
	if (strcmp(item->string, "reason") == 0) {
		change->type = CHANGE_REASON;
		return read_reason(item, &change->ban);
	}
	change->type = CHANGE_UNBAN;
	return strcmp(item->string, "unban") == 0 && read_unban(item, &change->ban);
}

static int read_changes(const cJSON *array, struct ledger_commit *commit)
{
	struct ledger_change *change;
	const cJSON *item;

	if (!cJSON_IsArray(array))
		return -EBADMSG;
	cJSON_ArrayForEach(item, array)
	{
		change = ledger_commit_add(commit);
		if (!change)
			return -ENOMEM;
		if (!read_change(item, change)) {
			commit->n_changes--;
			commit->n_damaged++;
		}
	}
	return 0;
}

/* Handles are small: each table counts its own from 1. */
static bool read_sets(struct ledger_commit *commit)
{
	const cJSON *item;
	uint64_t handle;

	commit->sets = cJSON_GetObjectItemCaseSensitive(commit->json, "sets");
	if (!commit->table || !cJSON_IsObject(commit->sets) ||
	    cJSON_GetArraySize(commit->sets) > LEDGER_MAX_SETS)
		return false;
	cJSON_ArrayForEach(item, commit->sets) if (strlen(item->string) > LEDGER_MAX_SET ||
						   !decode_get_number(commit->sets, item->string,
								      &handle)) return false;
	return true;
}

static int read_json(struct span line, struct ledger_commit *commit)
{
	static const char *const keys[] = { "v",     "cursor", "time",    "begin",
					    "table", "sets",   "changes", NULL };
	const char *end;
	uint64_t version, begin;

	commit->json = cJSON_ParseWithLengthOpts(line.data, line.size, &end, false);
	if (!commit->json || end != line.data + line.size)
		return -EBADMSG;
	if (!cJSON_IsObject(commit->json) || !decode_get_number(commit->json, "v", &version))
		return -EBADMSG;
	if (version != LEDGER_VERSION)
		return -EPROTONOSUPPORT;
	if (!has_only(commit->json, keys))
		return -EBADMSG;
	if (cJSON_HasObjectItem(commit->json, "cursor") ||
	    cJSON_HasObjectItem(commit->json, "time"))
		if (!decode_get_text(commit->json, "cursor", LEDGER_MAX_CURSOR, &commit->cursor) ||
		    !decode_get_number(commit->json, "time", &commit->time))
			return -EBADMSG;
	/* 0.1.0 wrote it; nothing hangs on it any more */
	if (cJSON_HasObjectItem(commit->json, "begin") &&
	    (!commit->cursor || !decode_get_number(commit->json, "begin", &begin)))
		return -EBADMSG;
	if (cJSON_HasObjectItem(commit->json, "table") &&
	    !decode_get_text(commit->json, "table", LEDGER_MAX_TEXT, &commit->table))
		return -EBADMSG;
	if (cJSON_HasObjectItem(commit->json, "sets") && !read_sets(commit))
		return -EBADMSG;
	return read_changes(cJSON_GetObjectItemCaseSensitive(commit->json, "changes"), commit);
}

static int read_commit(struct span line, struct ledger_commit *commit)
{
	int r = ledger_read_straight(line, commit);

	if (r != 0)
		return MIN(r, 0);
	commit_done(commit);
	return read_json(line, commit);
}

/* A ban has a number of its own, and ends after it began; all else may speak of a ban that was let
 * go since. A number far beyond the last one would leave none for those to come. */
static bool makes_sense(const struct ledger *ledger, const struct ledger_change *change)
{
	const struct ban *ban = &change->ban;

	return change->type != CHANGE_BAN ||
	       (!ledger_get(ledger, ban->id) && ban->since <= ban->until &&
		ban->id - MIN(ban->id, ledger_last_id(ledger)) <= LEDGER_MAX_LEAP);
}

static int decode_apply(struct ledger *ledger, const struct ledger_change *change)
{
	const struct ban *ban = &change->ban;
	struct position after = { ban->lifted_after_time, span_of(ban->lifted_after_cursor) };

	switch (change->type) {
	case CHANGE_BAN:
		return ledger_restore(ledger, ban);
	case CHANGE_PLACED:
		ledger_place(ledger, ban->id);
		return 0;
	case CHANGE_TOLD:
		ledger_set_told(ledger, ban->id);
		return 0;
	case CHANGE_UNTIL:
		if (ban->ended != END_NONE)
			return ledger_end(ledger, ban->id, ban->until, ban->ended);
		return ledger_set_until(ledger, ban->id, ban->until);
	case CHANGE_REASON:
		return ledger_set_reason(ledger, ban->id, ban->reason);
	case CHANGE_UNBAN:
		return ledger_lift(ledger, ban->id, ban->lifted_time, &after);
	}
	return 0;
}

/* What is told of the table now is all that is known of it. */
static int apply_table(struct ledger *ledger, const struct ledger_commit *commit)
{
	const cJSON *item;
	uint64_t handle;
	int r;

	r = ledger_set_table(ledger, "");
	if (r == 0)
		r = ledger_set_table(ledger, commit->table);
	cJSON_ArrayForEach(item,
			   commit->sets) if (r == 0 &&
					     decode_get_number(commit->sets, item->string, &handle))
		r = ledger_set_filled(ledger, item->string, handle);
	return r;
}

int ledger_decode(struct ledger *ledger, struct span line)
{
	cleanup(commit_done) struct ledger_commit commit = { 0 };
	struct position position;
	int r;

	r = read_commit(line, &commit);
	for (size_t i = 0; r == 0 && i < commit.n_changes; i++) {
		if (makes_sense(ledger, &commit.changes[i]))
			r = decode_apply(ledger, &commit.changes[i]);
		else
			commit.n_damaged++;
		if (r == -E2BIG) { /* more jails than there can be: names that are none */
			commit.n_damaged++;
			r = 0;
		}
	}
	if (r == 0 && commit.table)
		r = apply_table(ledger, &commit);
	ledger_forget_unsaved(ledger);
	if (r < 0)
		return r;
	if (!commit.cursor)
		return (int)commit.n_damaged;
	position = (struct position){ commit.time, span_of(commit.cursor) };
	r = ledger_set_position(ledger, &position);
	return r < 0 ? r : (int)commit.n_damaged;
}
