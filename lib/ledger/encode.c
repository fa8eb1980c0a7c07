#include "ledger/encode.h"

#include "base/buffer.h"
#include "base/hash.h"
#include "ledger/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define BANS_A_LINE 100 /* in a compacted file */

#define COMPACTION_MIN (256 * 1024) /* bytes; below it is not worth a new file */
#define BYTES_A_BAN    512          /* of a compacted file, about */

#define UNTIL_SIZE 24

static size_t plain_length(const char *string)
{
	size_t n = 0;

	while ((unsigned char)string[n] >= ' ' && string[n] != '"' && string[n] != '\\')
		n++;
	return n;
}

/* `key` with what stands before it, and the text in quotes. */
static void put_text(struct buffer *text, const char *key, const char *string)
{
	size_t n = plain_length(string);

	buffer_print(text, "%s\"%.*s%s", key, (int)n, string, string[n] ? "" : "\"");
	while (string[n]) {
		char special = string[n];

		string += n + 1;
		n = plain_length(string);
		buffer_print(text, special == '"' || special == '\\' ? "\\%c" : "\\u%04x", special);
		buffer_print(text, "%.*s%s", (int)n, string, string[n] ? "" : "\"");
	}
}

static const char *const end_names[] = {
	[END_JAIL_GONE] = "jail",    [END_IGNORED] = "ignored", [END_NO_NETWORKS] = "networks",
	[END_OUTGROWN] = "outgrown", [END_EVICTED] = "evicted", [END_BY_HAND] = "hand",
	[END_FLEET] = "fleet",
};

const char *encode_end_name(enum ban_end why)
{
	return why < ARRAY_SIZE(end_names) ? end_names[why] : NULL;
}

static const char *until_format(usec_t until, char ret[static UNTIL_SIZE])
{
	if (until >= LEDGER_MAX_EXACT)
		return "null";
	snprintf(ret, UNTIL_SIZE, "%" PRIu64, until);
	return ret;
}

static usec_t exact(usec_t time)
{
	return MIN(time, LEDGER_MAX_EXACT - 1);
}

/* Before a change: what parts it from the one before. */
static const char *comma(const struct buffer *text)
{
	return text->failed || text->data[text->size - 1] == '[' ? "" : ",";
}

static void put_ban(struct buffer *text, const struct ban *ban)
{
	const struct prefix given = address_widen(&ban->address, ban->given);
	char prefix[PREFIX_TEXT_MAX], address[ADDRESS_TEXT_MAX], until[UNTIL_SIZE];

	buffer_print(text,
		     "%s{\"ban\":{\"id\":%" PRIu64
		     ",\"jail\":\"%s\",\"prefix\":\"%s\",\"address\":\"%s\""
		     ",\"since\":%" PRIu64 ",\"until\":%s%s",
		     comma(text), ban->id, ban->jail, prefix_format(&given, prefix),
		     address_format(&ban->address, address), exact(MIN(ban->since, ban->until)),
		     until_format(ban->until, until), ban->network ? ",\"network\":true" : "");
	if (ban->kind == BAN_MANUAL) {
		buffer_print(text, ",\"manual\":true%s", ban->exact ? ",\"exact\":true" : "");
		if (*ban->reason)
			put_text(text, ",\"reason\":", ban->reason);
		buffer_print(text, "}}");
		return;
	}
	put_text(text, ",\"event\":", ban->event);
	if (*ban->reason)
		put_text(text, ",\"member\":", ban->reason);
	buffer_print(text, ",\"failures\":%" PRIu64, exact(ban->failures) / WEIGHT_ONE);
	if (ban->failures % WEIGHT_ONE)
		buffer_print(text, ".%u", (unsigned)(ban->failures % WEIGHT_ONE));
	if (ban->spent)
		buffer_print(text, ",\"spent\":true");
	if (ban->users > 0)
		buffer_print(text, ",\"users\":%" PRIu32, ban->users);
	buffer_print(text, ",\"offence\":%" PRIu32, ban->offence);
	put_text(text, ",\"cursor\":", ban->cursor);
	buffer_print(text, "}}");
}

/* A new ban's other changes say what it became in the same breath. */
static void put_changes(struct buffer *text, const struct ban *ban, unsigned what)
{
	bool is_new = what & UNSAVED_BAN;
	char until[UNTIL_SIZE];

	if (is_new)
		put_ban(text, ban);
	if (is_new ? ban->ended != END_NONE : (what & UNSAVED_UNTIL) != 0) {
		buffer_print(text, "%s{\"until\":{\"id\":%" PRIu64 ",\"until\":%s", comma(text),
			     ban->id, until_format(ban->until, until));
		if (ban->ended != END_NONE)
			buffer_print(text, ",\"ended\":\"%s\"", encode_end_name(ban->ended));
		buffer_print(text, "}}");
	}
	if (what & UNSAVED_REASON && !is_new) {
		buffer_print(text, "%s{\"reason\":{\"id\":%" PRIu64, comma(text), ban->id);
		put_text(text, ",\"reason\":", ban->reason);
		buffer_print(text, "}}");
	}
	if (what & UNSAVED_SPENT && !is_new)
		buffer_print(text, "%s{\"spent\":%" PRIu64 "}", comma(text), ban->id);
	if (ban->placed && what & (UNSAVED_BAN | UNSAVED_PLACED))
		buffer_print(text, "%s{\"placed\":%" PRIu64 "}", comma(text), ban->id);
	if (ban->lifted && what & (UNSAVED_BAN | UNSAVED_LIFT)) {
		buffer_print(text,
			     "%s{\"unban\":{\"id\":%" PRIu64 ",\"time\":%" PRIu64
			     ",\"after\":{\"time\":%" PRIu64,
			     comma(text), ban->id, exact(ban->lifted_time),
			     exact(ban->lifted_after_time));
		put_text(text, ",\"cursor\":", ban->lifted_after_cursor);
		buffer_print(text, "}}}");
	}
}

static void put_member(struct buffer *text, const struct member *member)
{
	bool first = true;

	buffer_print(text, "%s{\"member\":{\"name\":\"%s\"", comma(text), member->name);
	if (member->cursor) {
		put_text(text, ",\"cursor\":", member->cursor);
		buffer_print(text, ",\"time\":%" PRIu64 ",\"heard\":%" PRIu64, exact(member->time),
			     exact(member->heard));
	}
	buffer_print(text, ",\"taken\":%" PRIu64 ",\"refused\":{", exact(member->taken));
	for (unsigned i = 0; i < N_REFUSALS; i++) {
		if (member->refused[i] == 0)
			continue;
		buffer_print(text, "%s\"%s\":%" PRIu64, first ? "" : ",", refusal_names[i],
			     exact(member->refused[i]));
		first = false;
	}
	buffer_print(text, "}");
	if (member->horizon > 0)
		buffer_print(text, ",\"horizon\":%" PRIu64, exact(member->horizon));
	buffer_print(text, "}}");
}

static void put_followed(struct buffer *text, const struct member *member)
{
	buffer_print(text, "%s{\"followed\":{\"name\":\"%s\"", comma(text), member->name);
	if (member->cursor)
		put_text(text, ",\"cursor\":", member->cursor);
	buffer_print(text, ",\"time\":%" PRIu64, exact(member->time));
	if (member->heard > 0)
		buffer_print(text, ",\"heard\":%" PRIu64 ",\"taken\":%" PRIu64,
			     exact(member->heard), exact(member->taken));
	buffer_print(text, "}}");
}

static void put_heard(struct buffer *text, const struct ledger *ledger, const struct heard *heard)
{
	char prefix[PREFIX_TEXT_MAX];

	buffer_print(text, "%s{\"heard\":{\"member\":\"%s\",\"prefix\":\"%s\",\"bans\":[",
		     comma(text), heard_member_at(ledger, heard->member)->name,
		     prefix_format(&heard->prefix, prefix));
	for (unsigned i = 0; i < heard->n; i++)
		buffer_print(text, "%s{\"time\":%" PRIu64 ",\"key\":\"%016" PRIx64 "\"%s}",
			     i > 0 ? "," : "", exact(heard->times[i]), heard->keys[i],
			     heard->spent & 1U << i ? ",\"spent\":true" : "");
	buffer_print(text, "]");
	if (heard->unbanned > 0)
		buffer_print(text, ",\"unbanned\":%" PRIu64, exact(heard->unbanned));
	if (heard->floor > 0)
		buffer_print(text, ",\"floor\":%" PRIu64, exact(heard->floor));
	buffer_print(text, "}}");
}

const char *encode_end(struct span text, char ret[static LEDGER_END_SIZE])
{
	snprintf(ret, LEDGER_END_SIZE, ",\"checksum\":\"%016" PRIx64 "\"}",
		 hash_identity(text.data, text.size));
	return ret;
}

/* An end that is not told stands in an earlier line: there "told" would be said of it, too. */
static bool encode_has_untold_end(const struct ledger *ledger)
{
	size_t n = ledger->n_ended;

	for (size_t i = 0; n > 0 && i < ledger->n_unsaved; i++) {
		const struct record *record = store_find(ledger, ledger->unsaved[i]);

		n -= record && record->ban.ended != END_NONE &&
		     record->unsaved & (UNSAVED_BAN | UNSAVED_UNTIL);
	}
	return n > 0;
}

enum line {
	LINE_OF_CHANGES,
	LINE_OF_ALL, /* the first of a compacted file: also what is saved */
	LINE_MORE,   /* of that file: "told" stands before all ends */
};

static void begin_line(struct buffer *text, struct ledger *ledger, uint64_t number, bool with_table,
		       enum line line)
{
	bool all = line == LINE_OF_ALL;

	if (line != LINE_MORE)
		ledger->told_written =
			ledger->told_known &&
			(all || (ledger->told_unsaved && !encode_has_untold_end(ledger)));
	ledger->written = number;
	buffer_print(text, "{\"v\":%d,\"line\":%" PRIu64, LEDGER_VERSION, number);
	if (ledger->cursor) {
		put_text(text, ",\"cursor\":", ledger->cursor);
		buffer_print(text, ",\"time\":%" PRIu64, exact(ledger->time));
	}
	if (with_table)
		put_text(text, ",\"table\":", ledger->table);
	for (size_t i = 0; with_table && i < ledger->n_filled; i++) {
		put_text(text, i == 0 ? ",\"sets\":{" : ",", ledger->filled[i].name);
		buffer_print(text, ":%" PRIu64, ledger->filled[i].handle);
	}
	if (with_table && ledger->n_filled > 0)
		buffer_print(text, "}");
	buffer_print(text, ",\"changes\":[");
	if (ledger->told_written && line != LINE_MORE)
		buffer_print(text, "{\"told\":%" PRIu64 "}", ledger->told);
	for (size_t i = 0; i < ledger->hearing.n_members; i++)
		if (all || ledger->hearing.members[i].unsaved)
			put_member(text, &ledger->hearing.members[i].member);
	for (size_t i = 0; i < ledger->following.n_members; i++)
		if (all || ledger->following.members[i].unsaved)
			put_followed(text, &ledger->following.members[i].member);
}

static int end_line(struct buffer *text, char **ret)
{
	char end[LEDGER_END_SIZE];

	buffer_print(text, "]");
	if (!text->failed)
		buffer_print(text, "%s\n",
			     encode_end((struct span){ text->data, text->size }, end));
	*ret = buffer_take(text);
	return *ret ? 0 : -ENOMEM;
}

int ledger_encode(struct ledger *ledger, char **ret)
{
	struct buffer text = { 0 };

	begin_line(&text, ledger, ledger->line + 1, ledger->table_unsaved, LINE_OF_CHANGES);
	for (size_t i = 0; i < ledger->n_unsaved; i++) {
		const struct record *record = store_find(ledger, ledger->unsaved[i]);

		if (record)
			put_changes(&text, &record->ban, record->unsaved);
	}
	for (size_t i = 0; i < ledger->hearing.n_unsaved; i++)
		put_heard(&text, ledger,
			  table_at(&ledger->hearing.table, ledger->hearing.unsaved[i]));
	return end_line(&text, ret);
}

int ledger_encode_next(struct ledger *ledger, struct ledger_place *place, char **ret)
{
	const struct ban *ban = ledger_next(ledger, place->last);
	const struct heard *heard = heard_next(ledger, place->last_heard);
	bool first = place->n_lines == 0;
	struct buffer text = { 0 };
	int r;

	if (!ban && !heard && !first)
		return 0;
	begin_line(&text, ledger, ++place->n_lines, first && *ledger->table,
		   first ? LINE_OF_ALL : LINE_MORE);
	for (size_t n = 0; ban && n < BANS_A_LINE; n++) {
		put_changes(&text, ban, UNSAVED_BAN);
		place->last = ban;
		ban = ledger_next(ledger, ban);
	}
	for (size_t n = 0; heard && n < BANS_A_LINE; n++) {
		put_heard(&text, ledger, heard);
		place->last_heard = heard;
		heard = heard_next(ledger, heard);
	}
	r = end_line(&text, ret);
	return r < 0 ? r : 1;
}

bool ledger_wants_compaction(const struct ledger *ledger, uint64_t size)
{
	return size > COMPACTION_MIN + 2 * BYTES_A_BAN *
					       ((uint64_t)ledger_n_bans(ledger) +
						ledger->hearing.table.n + followed_n(ledger));
}
