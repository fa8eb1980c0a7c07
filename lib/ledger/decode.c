/*
 * Known keys only, each once, right types, whole numbers that JSON holds exactly. What is wrong in
 * a change is damage of that change, what is wrong around them of the line.
 */

#include "ledger/encode.h"

#include "base/types.h"
#include "ledger/store.h"

#include <cjson/cJSON.h>
#include <errno.h>

#define MAX_LEAP \
	((uint64_t)1 << 40) /* from one ban's number to the next; far more than are ever let go */
#define MAX_EVENT  256      /* bytes */
#define MAX_CURSOR 1024     /* bytes */

static void json_freep(cJSON **json)
{
	cJSON_Delete(*json);
}

/* The values of these keys, NULL where one is missing; false: there are others, or one twice. They
 * come in about the order in which they were written, so the search goes on where the last ended.
 */
static bool decode_keys(const cJSON *object, const char *const *keys, size_t n, const cJSON **ret)
{
	size_t i = 0;

	for (size_t j = 0; j < n; j++)
		ret[j] = NULL;
	if (!cJSON_IsObject(object))
		return false;
	for (const cJSON *item = object->child; item; item = item->next) {
		size_t tried = 0;

		while (tried < n && strcmp(keys[i], item->string) != 0) {
			i = (i + 1) % n;
			tried++;
		}
		if (tried == n || ret[i])
			return false;
		ret[i] = item;
		i = (i + 1) % n;
	}
	return true;
}

static bool decode_number(const cJSON *item, uint64_t *ret)
{
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

static bool decode_number32(const cJSON *item, uint32_t *ret)
{
	uint64_t number;

	if (!decode_number(item, &number) || number > UINT32_MAX)
		return false;
	*ret = (uint32_t)number;
	return true;
}

static bool decode_until(const cJSON *item, usec_t *ret)
{
	if (cJSON_IsNull(item)) {
		*ret = USEC_INFINITY;
		return true;
	}
	return decode_number(item, ret);
}

static bool decode_text(const cJSON *item, size_t max, const char **ret)
{
	if (!cJSON_IsString(item) || strlen(item->valuestring) > max)
		return false;
	*ret = item->valuestring;
	return true;
}

/* Attempts with at most one decimal, as tenths. */
static bool decode_tenths(const cJSON *item, uint64_t *ret)
{
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

/* Absent, or true. */
static bool decode_mark(const cJSON *item, bool *ret)
{
	*ret = item != NULL;
	return !item || cJSON_IsTrue(item);
}

/* In the order in which encode.c writes them. */
enum {
	ID,
	JAIL,
	PREFIX,
	ADDRESS,
	SINCE,
	UNTIL,
	NETWORK,
	MANUAL,
	SPENT,
	EXACT,
	REASON,
	EVENT,
	MEMBER,
	FAILURES,
	USERS,
	OFFENCE,
	CURSOR,
	N_BAN_KEYS
};
static const char *const ban_keys[N_BAN_KEYS] = {
	"id",    "jail",   "prefix", "address", "since",    "until", "network", "manual", "spent",
	"exact", "reason", "event",  "member",  "failures", "users", "offence", "cursor",
};

/* A number far beyond the last one would leave none for those to come. */
static bool decode_ban(const struct ledger *ledger, const cJSON *object, struct ban *ban)
{
	const cJSON *items[N_BAN_KEYS];
	const char *prefix, *address;
	bool manual;

	if (!decode_keys(object, ban_keys, N_BAN_KEYS, items) ||
	    !decode_number(items[ID], &ban->id) || ban->id == 0 || ledger_get(ledger, ban->id) ||
	    ban->id - MIN(ban->id, ledger_last_id(ledger)) > MAX_LEAP ||
	    !decode_text(items[JAIL], NAME_SIZE, &ban->jail) ||
	    !name_is_valid(span_of(ban->jail), NAME_SIZE - 1) ||
	    !decode_text(items[PREFIX], PREFIX_TEXT_MAX, &prefix) ||
	    !decode_text(items[ADDRESS], ADDRESS_TEXT_MAX, &address) ||
	    prefix_parse(span_of(prefix), &ban->prefix) < 0 ||
	    address_parse(span_of(address), &ban->address) < 0 ||
	    !prefix_contains(&ban->prefix, &ban->address) ||
	    !decode_number(items[SINCE], &ban->since) || !decode_until(items[UNTIL], &ban->until) ||
	    ban->since > ban->until || !decode_mark(items[NETWORK], &ban->network) ||
	    !decode_mark(items[MANUAL], &manual) || !decode_mark(items[EXACT], &ban->exact) ||
	    !decode_mark(items[SPENT], &ban->spent))
		return false;
	if (manual) {
		ban->kind = BAN_MANUAL;
		return (!items[REASON] ||
			decode_text(items[REASON], LEDGER_MAX_TEXT, &ban->reason)) &&
		       !items[SPENT] && !items[EVENT] && !items[MEMBER] && !items[FAILURES] &&
		       !items[USERS] && !items[OFFENCE] && !items[CURSOR];
	}
	if (items[MEMBER] && (!decode_text(items[MEMBER], MEMBER_NAME_SIZE - 1, &ban->reason) ||
			      !member_name_is_valid(span_of(ban->reason))))
		return false;
	return decode_text(items[EVENT], MAX_EVENT, &ban->event) &&
	       decode_tenths(items[FAILURES], &ban->failures) &&
	       (!items[USERS] || decode_number32(items[USERS], &ban->users)) &&
	       decode_number32(items[OFFENCE], &ban->offence) &&
	       decode_text(items[CURSOR], MAX_CURSOR, &ban->cursor) && !items[EXACT] &&
	       !items[REASON];
}

/* Absent: 0. */
static bool decode_time(const cJSON *item, usec_t *ret)
{
	*ret = 0;
	return !item || decode_number(item, ret);
}

static int decode_member(struct ledger *ledger, const cJSON *object)
{
	static const char *const keys[] = { "name",  "cursor",  "time",   "heard",
					    "taken", "refused", "horizon" };
	const cJSON *items[ARRAY_SIZE(keys)], *counts[N_REFUSALS];
	struct member member = { 0 };
	const char *name, *cursor = NULL;
	int r;

	if (!decode_keys(object, keys, ARRAY_SIZE(keys), items) ||
	    !decode_text(items[0], MEMBER_NAME_SIZE - 1, &name) ||
	    (items[1] && !decode_text(items[1], MAX_CURSOR, &cursor)) ||
	    !decode_time(items[2], &member.time) || !decode_time(items[3], &member.heard) ||
	    !decode_number(items[4], &member.taken) || !decode_time(items[6], &member.horizon) ||
	    !decode_keys(items[5], refusal_names, N_REFUSALS, counts))
		return -EBADMSG;
	for (unsigned i = 0; i < N_REFUSALS; i++)
		if (!decode_time(counts[i], &member.refused[i]))
			return -EBADMSG;
	strcpy(member.name, name);
	member.cursor = cursor ? strdup(cursor) : NULL;
	r = cursor && !member.cursor ? -ENOMEM : heard_restore_member(ledger, &member);
	free(member.cursor);
	return r == -EINVAL ? -EBADMSG : r;
}

static int decode_followed(struct ledger *ledger, const cJSON *object)
{
	static const char *const keys[] = { "name", "cursor", "time", "heard", "taken" };
	const cJSON *items[ARRAY_SIZE(keys)];
	const char *name, *cursor = NULL;
	usec_t time, heard;
	uint64_t taken;
	int r;

	if (!decode_keys(object, keys, ARRAY_SIZE(keys), items) ||
	    !decode_text(items[0], MEMBER_NAME_SIZE - 1, &name) ||
	    (items[1] && !decode_text(items[1], MAX_CURSOR, &cursor)) ||
	    !decode_number(items[2], &time) || !decode_time(items[3], &heard) ||
	    !decode_time(items[4], &taken))
		return -EBADMSG;
	r = followed_set(ledger, name, cursor, time);
	if (r == 0)
		followed_note(ledger, name, heard, taken);
	return r == -EINVAL ? -EBADMSG : r;
}

/* Sixteen hexadecimal digits. */
static bool decode_hex(const cJSON *item, uint64_t *ret)
{
	const char *text;

	if (!decode_text(item, 16, &text) || strspn(text, "0123456789abcdef") != 16)
		return false;
	*ret = strtoull(text, NULL, 16);
	return true;
}

static int decode_heard(struct ledger *ledger, const cJSON *object)
{
	static const char *const keys[] = { "member", "prefix", "bans", "unbanned", "floor" };
	static const char *const ban_keys_heard[] = { "time", "key", "spent" };
	const cJSON *items[ARRAY_SIZE(keys)], *parts[ARRAY_SIZE(ban_keys_heard)];
	struct heard heard = { 0 };
	const char *name, *prefix;
	unsigned member;
	bool spent;
	int r;

	if (!decode_keys(object, keys, ARRAY_SIZE(keys), items) ||
	    !decode_text(items[0], MEMBER_NAME_SIZE - 1, &name) ||
	    !decode_text(items[1], PREFIX_TEXT_MAX, &prefix) ||
	    prefix_parse(span_of(prefix), &heard.prefix) < 0 || !cJSON_IsArray(items[2]) ||
	    !decode_time(items[3], &heard.unbanned) || !decode_time(items[4], &heard.floor))
		return -EBADMSG;
	for (const cJSON *item = items[2]->child; item; item = item->next) {
		if (heard.n == HEARD_BANS ||
		    !decode_keys(item, ban_keys_heard, ARRAY_SIZE(ban_keys_heard), parts) ||
		    !decode_number(parts[0], &heard.times[heard.n]) ||
		    !decode_hex(parts[1], &heard.keys[heard.n]) || !decode_mark(parts[2], &spent))
			return -EBADMSG;
		heard.spent = (uint8_t)(heard.spent | (unsigned)spent << heard.n);
		heard.n++;
	}
	r = heard_member(ledger, name, &member);
	if (r < 0)
		return r == -EINVAL ? -EBADMSG : r;
	heard.member = (uint16_t)member;
	return heard_restore(ledger, &heard);
}

/* Reads one change and applies it; all but a ban may speak of a ban that was let go since. 0;
 * -EBADMSG: it makes no sense; -E2BIG: more jails than there can be, names that are none; -ENOMEM.
 */
static int decode_take_change(struct ledger *ledger, const cJSON *object)
{
	static const char *const until_keys[] = { "id", "until", "ended" };
	static const char *const reason_keys[] = { "id", "reason" };
	static const char *const unban_keys[] = { "id", "time", "after" };
	static const char *const after_keys[] = { "time", "cursor" };
	const cJSON *value = object->child, *items[3], *after_items[2];
	enum ban_end ended = END_NONE + 1;
	const char *text, *known, *kind;
	struct ban ban = { 0 };
	struct position after;
	uint64_t id;
	usec_t time;

	if (!cJSON_IsObject(object) || !value || value->next)
		return -EBADMSG;
	kind = value->string;
	if (strcmp(kind, "ban") == 0)
		return decode_ban(ledger, value, &ban) ? ledger_restore(ledger, &ban) : -EBADMSG;
	if (strcmp(kind, "member") == 0)
		return decode_member(ledger, value);
	if (strcmp(kind, "heard") == 0)
		return decode_heard(ledger, value);
	if (strcmp(kind, "followed") == 0)
		return decode_followed(ledger, value);
	if (strcmp(kind, "placed") == 0 && decode_number(value, &id)) {
		ledger_place(ledger, id);
		return 0;
	}
	if (strcmp(kind, "spent") == 0 && decode_number(value, &id))
		return ledger_spend(ledger, id);
	if (strcmp(kind, "told") == 0 && decode_number(value, &id)) {
		ledger_set_told(ledger, id);
		return 0;
	}
	if (strcmp(kind, "until") == 0 && decode_keys(value, until_keys, 3, items) &&
	    decode_number(items[0], &id) && decode_until(items[1], &time)) {
		if (!items[2])
			return ledger_set_until(ledger, id, time);
		if (!decode_text(items[2], NAME_SIZE, &text))
			return -EBADMSG;
		while ((known = encode_end_name(ended)) && strcmp(known, text) != 0)
			ended++;
		return known ? ledger_end(ledger, id, time, ended) : -EBADMSG;
	}
	if (strcmp(kind, "reason") == 0 && decode_keys(value, reason_keys, 2, items) &&
	    decode_number(items[0], &id) && decode_text(items[1], LEDGER_MAX_TEXT, &text))
		return ledger_set_reason(ledger, id, text);
	if (strcmp(kind, "unban") == 0 && decode_keys(value, unban_keys, 3, items) &&
	    decode_keys(items[2], after_keys, 2, after_items) && decode_number(items[0], &id) &&
	    decode_number(items[1], &time) && decode_number(after_items[0], &after.time) &&
	    decode_text(after_items[1], MAX_CURSOR, &text)) {
		after.cursor = span_of(text);
		return ledger_lift(ledger, id, time, &after);
	}
	return -EBADMSG;
}

enum { VERSION, LINE, POSITION, TIME, BEGIN, TABLE, SETS, CHANGES, CHECKSUM, N_LINE_KEYS };
static const char *const line_keys[N_LINE_KEYS] = { "v",     "line", "cursor",  "time",    "begin",
						    "table", "sets", "changes", "checksum" };

/* What stands around the changes; false: it makes no sense. Handles of sets are small: each table
 * counts its own from 1. */
static bool decode_line(const cJSON *const items[static N_LINE_KEYS], struct position *position,
			const char **table)
{
	const char *cursor;
	uint64_t number;
	size_t n = 0;

	*position = (struct position){ 0 };
	*table = NULL;
	if (!cJSON_IsArray(items[CHANGES]))
		return false;
	if (items[POSITION] || items[TIME]) {
		if (!decode_text(items[POSITION], MAX_CURSOR, &cursor) ||
		    !decode_number(items[TIME], &position->time))
			return false;
		position->cursor = span_of(cursor);
	}
	/* 0.1.0 wrote it; nothing hangs on it any more */
	if (items[BEGIN] && (!items[POSITION] || !decode_number(items[BEGIN], &number)))
		return false;
	if (items[TABLE] && !decode_text(items[TABLE], LEDGER_MAX_TEXT, table))
		return false;
	if (items[SETS] && (!*table || !cJSON_IsObject(items[SETS])))
		return false;
	for (const cJSON *item = items[SETS] ? items[SETS]->child : NULL; item; item = item->next)
		if (++n > LEDGER_MAX_SETS || strlen(item->string) > LEDGER_MAX_SET ||
		    !decode_number(item, &number))
			return false;
	return true;
}

/* False: a line with a checksum was changed after it was written. */
static bool is_as_written(struct span line)
{
	char end[LEDGER_END_SIZE];
	struct span text = line;

	text.size -= MIN(line.size, strlen(encode_end((struct span){ 0 }, end)));
	return strncmp(text.data + text.size, encode_end(text, end), line.size - text.size) == 0;
}

/* False: this line was read before. A line that cannot be read is not missing. */
static bool count_line(struct ledger *ledger, uint64_t number)
{
	uint64_t gap;

	if (number <= ledger->line)
		return false;
	gap = number - ledger->line - 1;
	ledger->n_missing += gap - MIN(gap, ledger->n_spoilt);
	ledger->n_spoilt = 0;
	ledger->written = number; /* ledger_saved() takes it over */
	return true;
}

uint64_t ledger_n_missing(const struct ledger *ledger)
{
	return ledger->n_missing;
}

static int decode_commit(struct ledger *ledger, struct span line)
{
	const char *end, *table;
	cleanup(json_freep) cJSON *json =
		cJSON_ParseWithLengthOpts(line.data, line.size, &end, false);
	const cJSON *items[N_LINE_KEYS];
	struct position position;
	int r = 0, n_damaged = 0;
	uint64_t number;
	bool known;

	if (!json || end != line.data + line.size)
		return -EBADMSG;
	known = decode_keys(json, line_keys, N_LINE_KEYS, items);
	if (!decode_number(cJSON_GetObjectItemCaseSensitive(json, "v"), &number))
		return -EBADMSG;
	if (number != LEDGER_VERSION)
		return -EPROTONOSUPPORT;
	if (!known || !decode_line(items, &position, &table) ||
	    (items[CHECKSUM] && !is_as_written(line)) ||
	    (items[LINE] && (!decode_number(items[LINE], &number) || !count_line(ledger, number))))
		return -EBADMSG;
	for (const cJSON *item = items[CHANGES]->child; r != -ENOMEM && item; item = item->next) {
		r = decode_take_change(ledger, item);
		n_damaged += r < 0;
	}
	r = r == -ENOMEM ? r : 0;
	/* what is told of the table now is all that is known of it */
	if (r == 0 && table)
		r = ledger_set_table(ledger, "");
	if (r == 0 && table)
		r = ledger_set_table(ledger, table);
	if (r == 0 && table && items[SETS])
		for (const cJSON *item = items[SETS]->child; r == 0 && item; item = item->next)
			if (decode_number(item, &number))
				r = ledger_set_filled(ledger, item->string, number);
	ledger_saved(ledger);
	if (r == 0 && position.cursor.data)
		r = ledger_set_position(ledger, &position);
	return r < 0 ? r : n_damaged;
}

int ledger_decode(struct ledger *ledger, struct span line)
{
	int r = decode_commit(ledger, line);

	ledger->n_spoilt += r == -EBADMSG || r == -EPROTONOSUPPORT;
	return r;
}
