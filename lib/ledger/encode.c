#include "ledger/encode.h"
#include "ledger/commit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define BANS_A_LINE 100 /* in a compacted file */

#define COMPACTION_MIN (256 * 1024) /* bytes; below it is not worth a new file */
#define BYTES_A_BAN    512          /* of a compacted file, about */

/* A growing text; after the first failure it swallows the rest and says so at the end. */
struct text {
	char *data;
	size_t size, max;
	bool failed;
};

static void put(struct text *text, const char *data, size_t size)
{
	char *grown;
	size_t max;

	if (text->failed)
		return;
	if (size >= text->max - text->size) {
		max = MAX(2 * text->max, text->size + size + 256);
		grown = realloc(text->data, max);
		if (!grown) {
			text->failed = true;
			return;
		}
		text->data = grown;
		text->max = max;
	}
	memcpy(text->data + text->size, data, size);
	text->size += size;
	text->data[text->size] = '\0';
}

static void print(struct text *text, const char *format, ...) printf_like(2, 3);
static void print(struct text *text, const char *format, ...)
{
	char buffer[256]; /* every caller prints names and numbers that are far shorter */
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(buffer, sizeof(buffer), format, arguments);
	va_end(arguments);
	if (size < 0 || (size_t)size >= sizeof(buffer))
		text->failed = true;
	else
		put(text, buffer, (size_t)size);
}

static void put_quoted(struct text *text, const char *data, size_t size)
{
	put(text, "\"", 1);
	for (size_t i = 0; i < size; i++) {
		if ((unsigned char)data[i] < ' ')
			print(text, "\\u%04x", (unsigned)data[i]);
		else if (data[i] == '"' || data[i] == '\\')
			print(text, "\\%c", data[i]);
		else
			put(text, &data[i], 1);
	}
	put(text, "\"", 1);
}

static void put_string(struct text *text, const char *string)
{
	put_quoted(text, string, strlen(string));
}

static void put_until(struct text *text, usec_t until)
{
	if (until >= LEDGER_MAX_EXACT)
		print(text, "null");
	else
		print(text, "%" PRIu64, until);
}

static void put_end(struct text *text, const struct ban *ban)
{
	if (ban->ended != END_NONE)
		print(text, ",\"ended\":\"%s\"", ledger_end_name(ban->ended));
}

static usec_t exact(usec_t time)
{
	return MIN(time, LEDGER_MAX_EXACT - 1);
}

static void put_unban(struct text *text, const struct ban *ban)
{
	print(text, "{\"unban\":{\"id\":%" PRIu64 ",\"time\":%" PRIu64, ban->id,
	      exact(ban->lifted_time));
	print(text, ",\"after\":{\"time\":%" PRIu64 ",\"cursor\":", exact(ban->lifted_after_time));
	put_string(text, ban->lifted_after_cursor);
	print(text, "}}}");
}

static void put_ban(struct text *text, const struct ban *ban)
{
	const struct prefix given = address_widen(&ban->address, ban->given);
	char prefix[PREFIX_TEXT_MAX], address[ADDRESS_TEXT_MAX];

	print(text,
	      "{\"ban\":{\"id\":%" PRIu64 ",\"jail\":\"%s\",\"prefix\":\"%s\",\"address\":\"%s\"",
	      ban->id, ban->jail, prefix_format(&given, prefix),
	      address_format(&ban->address, address));
	print(text, ",\"since\":%" PRIu64 ",\"until\":", exact(MIN(ban->since, ban->until)));
	put_until(text, ban->until);
	if (ban->network)
		print(text, ",\"network\":true");
	if (ban->kind == BAN_MANUAL) {
		print(text, ",\"manual\":true");
		if (ban->exact)
			print(text, ",\"exact\":true");
		if (*ban->reason) {
			print(text, ",\"reason\":");
			put_string(text, ban->reason);
		}
		print(text, "}}");
		return;
	}
	print(text, ",\"event\":");
	put_string(text, ban->event);
	print(text, ",\"failures\":%" PRIu64, exact(ban->failures) / WEIGHT_ONE);
	if (ban->failures % WEIGHT_ONE)
		print(text, ".%u", (unsigned)(ban->failures % WEIGHT_ONE));
	if (ban->users > 0)
		print(text, ",\"users\":%" PRIu32, ban->users);
	print(text, ",\"offence\":%" PRIu32 ",\"cursor\":", ban->offence);
	put_string(text, ban->cursor);
	print(text, "}}");
}

/* A new ban's other changes say what it became in the same breath. */
static void put_changes(struct text *text, const struct ban *ban, unsigned what)
{
	const char *comma = "";

	if (what & UNSAVED_BAN) {
		put_ban(text, ban);
		comma = ",";
	}
	if ((what & UNSAVED_UNTIL && !(what & UNSAVED_BAN)) ||
	    (what & UNSAVED_BAN && ban->ended != END_NONE)) {
		print(text, "%s{\"until\":{\"id\":%" PRIu64 ",\"until\":", comma, ban->id);
		put_until(text, ban->until);
		put_end(text, ban);
		print(text, "}}");
		comma = ",";
	}
	if (what & UNSAVED_REASON && !(what & UNSAVED_BAN)) {
		print(text, "%s{\"reason\":{\"id\":%" PRIu64 ",\"reason\":", comma, ban->id);
		put_string(text, ban->reason);
		print(text, "}}");
		comma = ",";
	}
	if (ban->placed && what & (UNSAVED_BAN | UNSAVED_PLACED)) {
		print(text, "%s{\"placed\":%" PRIu64 "}", comma, ban->id);
		comma = ",";
	}
	if (ban->lifted && what & (UNSAVED_BAN | UNSAVED_LIFT)) {
		print(text, "%s", comma);
		put_unban(text, ban);
	}
}

static void put_filled(struct text *text, const struct ledger *ledger)
{
	const char *set, *separator = ",\"sets\":{";
	uint64_t handle;
	size_t i = 0;

	while ((set = ledger_next_filled(ledger, &i, &handle))) {
		put(text, separator, strlen(separator));
		put_string(text, set);
		print(text, ":%" PRIu64, handle);
		separator = ",";
	}
	if (i > 0)
		put(text, "}", 1);
}

/* `all`: also what is saved. True: a change stands behind "changes" already. */
static bool begin_line(struct text *text, const struct ledger *ledger, bool with_table, bool all)
{
	struct position position = ledger_position(ledger);
	uint64_t told;

	print(text, "{\"v\":%d", LEDGER_VERSION);
	if (position.cursor.data) {
		print(text, ",\"cursor\":");
		put_quoted(text, position.cursor.data, position.cursor.size);
		print(text, ",\"time\":%" PRIu64, exact(position.time));
	}
	if (with_table) {
		print(text, ",\"table\":");
		put_string(text, ledger_table(ledger));
		put_filled(text, ledger);
	}
	print(text, ",\"changes\":[");
	if (!ledger_get_told(ledger, !all, &told))
		return false;
	print(text, "{\"told\":%" PRIu64 "}", told);
	return true;
}

static int finish(struct text *text, char **ret)
{
	if (text->failed) {
		free(text->data);
		return -ENOMEM;
	}
	*ret = text->data;
	return 0;
}

int ledger_encode(const struct ledger *ledger, char **ret)
{
	struct text text = { 0 };
	const struct ban *ban;
	unsigned what;
	size_t i = 0;
	bool comma;

	comma = begin_line(&text, ledger, ledger_table_is_unsaved(ledger), false);
	for (; (ban = ledger_next_unsaved(ledger, &i, &what)); comma = true) {
		if (comma)
			put(&text, ",", 1);
		put_changes(&text, ban, what);
	}
	print(&text, "]}\n");
	return finish(&text, ret);
}

void ledger_saved(struct ledger *ledger)
{
	ledger_forget_unsaved(ledger);
}

/* False: there is no more. */
static bool put_next_line(struct text *text, const struct ledger *ledger,
			  struct ledger_place *place)
{
	const struct ban *ban = ledger_next(ledger, place->last);
	bool comma;

	if (!ban && place->begun)
		return false;
	comma = begin_line(text, ledger, !place->begun && *ledger_table(ledger), !place->begun);
	for (size_t n = 0; ban && n < BANS_A_LINE; n++, comma = true) {
		if (comma)
			put(text, ",", 1);
		put_changes(text, ban, UNSAVED_BAN);
		place->last = ban;
		ban = ledger_next(ledger, ban);
	}
	print(text, "]}\n");
	place->begun = true;
	return true;
}

int ledger_encode_all(const struct ledger *ledger, char **ret)
{
	struct ledger_place place = { 0 };
	struct text text = { 0 };

	while (put_next_line(&text, ledger, &place))
		;
	return finish(&text, ret);
}

int ledger_encode_next(const struct ledger *ledger, struct ledger_place *place, char **ret)
{
	struct text text = { 0 };
	int r;

	if (!put_next_line(&text, ledger, place))
		return 0;
	r = finish(&text, ret);
	return r < 0 ? r : 1;
}

bool ledger_wants_compaction(const struct ledger *ledger, uint64_t size)
{
	return size > COMPACTION_MIN + 2 * BYTES_A_BAN * (uint64_t)ledger_n_bans(ledger);
}
