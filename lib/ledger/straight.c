/*
 * Reads a line byte by byte as encode.c writes it, without spaces, escapes or a choice in the
 * order of keys:
 *
 *   {"v":1,"cursor":"s=...","time":1763769600000000,"changes":[{"ban":{"id":7,...}},{"placed":7}]}
 *
 * A start with many bans would spend most of its time in a parser that allows for more. What is
 * taken here the parser takes too, and finds the same in it; what is not taken it judges.
 */

#include "ledger/commit.h"

#include <errno.h>

#define MAX_DIGITS   16 /* of numbers below LEDGER_MAX_EXACT */
#define MAX_ATTEMPTS 1000000000

struct reader {
	char *at; /* the text ends with a NUL */
	const char *end;
};

/* The size is a constant, which makes of the comparison a few instructions. */
static inline __attribute__((always_inline)) bool take(struct reader *reader, const char *literal,
						       size_t size)
{
	if ((size_t)(reader->end - reader->at) < size || memcmp(reader->at, literal, size) != 0)
		return false;
	reader->at += size;
	return true;
}

#define TAKE(reader, literal) take(reader, literal, sizeof(literal) - 1)

static bool take_number(struct reader *reader, uint64_t *ret)
{
	char *begin = reader->at, *at = begin;
	uint64_t value = 0;

	while (*at >= '0' && *at <= '9')
		value = 10 * value + (uint64_t)(*at++ - '0');
	if (at == begin || at - begin > MAX_DIGITS || (*begin == '0' && at - begin > 1))
		return false;
	reader->at = at;
	*ret = value;
	return value < LEDGER_MAX_EXACT;
}

static bool take_until(struct reader *reader, usec_t *ret)
{
	if (TAKE(reader, "null")) {
		*ret = USEC_INFINITY;
		return true;
	}
	return take_number(reader, ret);
}

/* A text and its end; the quote becomes its NUL. */
static bool take_span(struct reader *reader, size_t max, struct span *ret)
{
	char *begin = reader->at + 1, *end;

	if (*reader->at != '"')
		return false;
	end = memchr(begin, '"', (size_t)(reader->end - begin));
	if (!end || (size_t)(end - begin) > max)
		return false;
	*ret = (struct span){ begin, (size_t)(end - begin) };
	*end = '\0';
	reader->at = end + 1;
	return true;
}

static bool take_text(struct reader *reader, size_t max, const char **ret)
{
	struct span text;

	if (!take_span(reader, max, &text))
		return false;
	*ret = text.data;
	return true;
}

/* Attempts with at most one decimal, as tenths. */
static bool take_tenths(struct reader *reader, uint64_t *ret)
{
	uint64_t whole;

	if (!take_number(reader, &whole) || whole > MAX_ATTEMPTS)
		return false;
	*ret = whole * WEIGHT_ONE;
	if (!TAKE(reader, "."))
		return true;
	if (*reader->at < '0' || *reader->at > '9')
		return false;
	*ret += (uint64_t)(*reader->at++ - '0');
	return true;
}

/* "192.0.2.1/32" of 192.0.2.1, as most are. */
static bool straight_is_whole(struct span prefix, struct span address)
{
	const char *length = memchr(address.data, ':', address.size) ? "/128" : "/32";

	return prefix.size == address.size + strlen(length) &&
	       memcmp(prefix.data, address.data, address.size) == 0 &&
	       memcmp(prefix.data + address.size, length, strlen(length)) == 0;
}

static bool take_offender(struct reader *reader, struct ban *ban)
{
	struct span prefix, address;

	if (!TAKE(reader, ",\"prefix\":") || !take_span(reader, PREFIX_TEXT_MAX, &prefix) ||
	    !TAKE(reader, ",\"address\":") || !take_span(reader, ADDRESS_TEXT_MAX, &address) ||
	    address_parse(address, &ban->address) < 0)
		return false;
	if (straight_is_whole(prefix, address)) {
		ban->prefix = address_widen(&ban->address, address_bits(&ban->address));
		return true;
	}
	return prefix_parse(prefix, &ban->prefix) == 0 &&
	       prefix_contains(&ban->prefix, &ban->address);
}

static bool take_reason_of_ban(struct reader *reader, struct ban *ban)
{
	ban->kind = BAN_MANUAL;
	ban->exact = TAKE(reader, ",\"exact\":true");
	return !TAKE(reader, ",\"reason\":") || take_text(reader, LEDGER_MAX_TEXT, &ban->reason);
}

static bool take_offence(struct reader *reader, struct ban *ban)
{
	uint64_t users = 0, offence;

	ban->kind = BAN_AUTOMATIC;
	if (!TAKE(reader, ",\"event\":") || !take_text(reader, LEDGER_MAX_EVENT, &ban->event) ||
	    !TAKE(reader, ",\"failures\":") || !take_tenths(reader, &ban->failures) ||
	    (TAKE(reader, ",\"users\":") && !take_number(reader, &users)) || users > UINT32_MAX ||
	    !TAKE(reader, ",\"offence\":") || !take_number(reader, &offence) ||
	    offence > UINT32_MAX || !TAKE(reader, ",\"cursor\":") ||
	    !take_text(reader, LEDGER_MAX_CURSOR, &ban->cursor))
		return false;
	ban->users = (uint32_t)users;
	ban->offence = (uint32_t)offence;
	return true;
}

static bool straight_take_ban(struct reader *reader, struct ban *ban)
{
	struct span jail;

	if (!take_number(reader, &ban->id) || ban->id == 0 || !TAKE(reader, ",\"jail\":") ||
	    !take_span(reader, NAME_SIZE, &jail) || !ledger_is_name(jail) ||
	    !take_offender(reader, ban) || !TAKE(reader, ",\"since\":") ||
	    !take_number(reader, &ban->since) || !TAKE(reader, ",\"until\":") ||
	    !take_until(reader, &ban->until))
		return false;
	ban->jail = jail.data;
	ban->network = TAKE(reader, ",\"network\":true");
	return (TAKE(reader, ",\"manual\":true") ? take_reason_of_ban(reader, ban)
						 : take_offence(reader, ban)) &&
	       TAKE(reader, "}}");
}

static bool straight_take_unban(struct reader *reader, struct ban *ban)
{
	return take_number(reader, &ban->id) && TAKE(reader, ",\"time\":") &&
	       take_number(reader, &ban->lifted_time) && TAKE(reader, ",\"after\":{\"time\":") &&
	       take_number(reader, &ban->lifted_after_time) && TAKE(reader, ",\"cursor\":") &&
	       take_text(reader, LEDGER_MAX_CURSOR, &ban->lifted_after_cursor) &&
	       TAKE(reader, "}}}");
}

static bool take_end(struct reader *reader, struct ban *ban)
{
	struct span name;

	if (!TAKE(reader, ",\"ended\":"))
		return true;
	if (!take_span(reader, NAME_SIZE, &name))
		return false;
	ban->ended = ledger_end_parse(name);
	return ban->ended != END_NONE;
}

static bool take_change(struct reader *reader, struct ledger_change *change)
{
	struct ban *ban = &change->ban;

	if (TAKE(reader, "{\"ban\":{\"id\":")) {
		change->type = CHANGE_BAN;
		return straight_take_ban(reader, ban);
	}
	if (TAKE(reader, "{\"placed\":")) {
		change->type = CHANGE_PLACED;
		return take_number(reader, &ban->id) && TAKE(reader, "}");
	}
	if (TAKE(reader, "{\"told\":")) {
		change->type = CHANGE_TOLD;
		return take_number(reader, &ban->id) && TAKE(reader, "}");
	}
	if (TAKE(reader, "{\"until\":{\"id\":")) {
		change->type = CHANGE_UNTIL;
		return take_number(reader, &ban->id) && TAKE(reader, ",\"until\":") &&
		       take_until(reader, &ban->until) && take_end(reader, ban) &&
		       TAKE(reader, "}}");
	}
	if (TAKE(reader, "{\"reason\":{\"id\":")) {
		change->type = CHANGE_REASON;
		return take_number(reader, &ban->id) && TAKE(reader, ",\"reason\":") &&
		       take_text(reader, LEDGER_MAX_TEXT, &ban->reason) && TAKE(reader, "}}");
	}
	change->type = CHANGE_UNBAN;
	return TAKE(reader, "{\"unban\":{\"id\":") && straight_take_unban(reader, ban);
}

/* The last ban is in its set, as most are, which takes no change of its own. */
static bool take_placed(struct reader *reader, struct ledger_commit *commit)
{
	struct ledger_change *last =
		commit->n_changes > 0 ? &commit->changes[commit->n_changes - 1] : NULL;
	struct reader ahead = *reader;
	uint64_t id;

	if (!last || last->type != CHANGE_BAN || !TAKE(&ahead, "{\"placed\":") ||
	    !take_number(&ahead, &id) || id != last->ban.id || !TAKE(&ahead, "}"))
		return false;
	last->ban.placed = true;
	*reader = ahead;
	return true;
}

static bool take_head(struct reader *reader, struct ledger_commit *commit)
{
	uint64_t begin; /* 0.1.0 wrote it */

	if (!TAKE(reader, "{\"v\":1"))
		return false;
	if (TAKE(reader, ",\"cursor\":") &&
	    (!take_text(reader, LEDGER_MAX_CURSOR, &commit->cursor) ||
	     !TAKE(reader, ",\"time\":") || !take_number(reader, &commit->time) ||
	     (TAKE(reader, ",\"begin\":") && !take_number(reader, &begin))))
		return false;
	if (TAKE(reader, ",\"table\":") && !take_text(reader, LEDGER_MAX_TEXT, &commit->table))
		return false;
	return TAKE(reader, ",\"changes\":[");
}

#define EACH_BYTE(byte) (UINT64_MAX / 255 * (byte))

/* No byte below a space, and no backslash: then every text is as it stands there. */
static bool is_plain(struct span line)
{
	uint64_t bytes, below = 0;
	size_t i = 0;

	for (; i + sizeof(bytes) <= line.size; i += sizeof(bytes)) {
		memcpy(&bytes, line.data + i, sizeof(bytes));
		/* the high bit of at least one byte, if any is below */
		below |= (bytes - EACH_BYTE(' ')) & ~bytes;
	}
	if (below & EACH_BYTE(0x80))
		return false;
	for (; i < line.size; i++)
		if ((unsigned char)line.data[i] < ' ')
			return false;
	return line.size > 0 && !memchr(line.data, '\\', line.size);
}

int ledger_read_straight(struct span line, struct ledger_commit *commit)
{
	struct ledger_change *change;
	struct reader reader;

	if (!is_plain(line))
		return 0;
	commit->text = malloc(line.size + 1);
	if (!commit->text)
		return -ENOMEM;
	memcpy(commit->text, line.data, line.size);
	commit->text[line.size] = '\0';
	reader = (struct reader){ commit->text, commit->text + line.size };
	if (!take_head(&reader, commit))
		return 0;
	for (bool first = true; *reader.at != ']'; first = false) {
		if (!first && !TAKE(&reader, ","))
			return 0;
		if (take_placed(&reader, commit))
			continue;
		change = ledger_commit_add(commit);
		if (!change)
			return -ENOMEM;
		if (!take_change(&reader, change))
			return 0;
	}
	return TAKE(&reader, "]}") && reader.at == reader.end;
}
