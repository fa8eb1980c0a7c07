/*
 * A pattern is read as a sequence of items. An item is exact if it can only be one of a few texts;
 * exact items that follow each other multiply into runs, and each run that ends is a set of which
 * one text must stand there:
 *     ^(?:imap|pop3)-login: (?:Aborted|Disconnected) \(auth failed, \d+
 * has the run "imap-login: Aborted (auth failed, " and its three variants.
 * Whatever only restricts a match (look-around, atomic groups, possessive repeats, anchors) may be
 * read as if it were not there: the sets stay true. Whatever could widen it (case-insensitive,
 * conditions) is not read at all, and the pattern demands nothing.
 */

#include "match/required.h"

#include "match/part.h"
#include "match/token.h"

#include <errno.h>

#define MAX_DEPTH       64
#define LITERAL_MAX     64 /* bytes */
#define CLASS_BYTES_MAX 4

struct reader {
	const char *p;
	struct token token; /* the one that is to be read next */
	unsigned depth;
	bool lost; /* something was not understood */
	struct parts parts;
};

static struct part required_read_alternatives(struct reader *reader);

static void required_move_on(struct reader *reader)
{
	reader->token = token_next(&reader->p);
	reader->lost |= reader->token.kind == TOKEN_LOST || reader->token.caseless;
}

/* A few single bytes are exact, everything else is some byte. */
static struct part part_of_class(struct reader *reader)
{
	struct part part = { .exact = true };

	for (unsigned i = 0; i < 256; i++) {
		char byte = (char)i;

		if (token_has(&reader->token, byte) &&
		    !any_of_unite(&reader->parts, &part.texts,
				  part_literal(&reader->parts, (struct span){ &byte, 1 }).texts,
				  CLASS_BYTES_MAX))
			return part_unknown();
	}
	return part.texts.n_texts > 0 ? part : part_unknown();
}

static struct part required_read_group(struct reader *reader)
{
	bool look = reader->token.kind == TOKEN_LOOK;
	struct part part;

	required_move_on(reader);
	reader->lost |= ++reader->depth > MAX_DEPTH;
	part = reader->lost ? part_unknown() : required_read_alternatives(reader);
	reader->depth--;
	reader->lost |= reader->token.kind != TOKEN_CLOSE;
	return look ? part_literal(&reader->parts, SPAN_LITERAL("")) : part;
}

/* Bytes that follow each other are one literal; the last may be repeated on its own. */
static struct part read_literal(struct reader *reader)
{
	char bytes[LITERAL_MAX];
	size_t n = 0;

	for (;;) {
		const char *p = reader->p;
		struct token after;

		bytes[n++] = reader->token.byte;
		after = token_next(&p);
		if (n == LITERAL_MAX || after.kind != TOKEN_BYTE ||
		    token_next(&p).kind == TOKEN_REPEAT)
			return part_literal(&reader->parts, (struct span){ bytes, n });
		required_move_on(reader);
	}
}

/* The item at the token and its repeats; the token is then the one behind them. */
static struct part required_read_item(struct reader *reader)
{
	struct part part;

	switch (reader->token.kind) {
	case TOKEN_OPEN:
	case TOKEN_LOOK:
		part = required_read_group(reader);
		break;
	case TOKEN_CLASS:
		part = part_of_class(reader);
		break;
	case TOKEN_BYTE:
		part = read_literal(reader);
		break;
	case TOKEN_NOTHING:
		part = part_literal(&reader->parts, SPAN_LITERAL(""));
		break;
	case TOKEN_REFERENCE:
		part = part_unknown();
		break;
	case TOKEN_REPEAT: /* of nothing: PCRE2 refuses it */
	case TOKEN_END:
	case TOKEN_CLOSE:
	case TOKEN_OR:
	case TOKEN_LOST:
		reader->lost = true;
		return part_unknown();
	}
	required_move_on(reader);
	while (reader->token.kind == TOKEN_REPEAT) {
		part = part_repeat(&reader->parts, part, reader->token.min, reader->token.max);
		required_move_on(reader);
	}
	return part;
}

static bool required_goes_on(const struct reader *reader)
{
	return reader->token.kind != TOKEN_END && !reader->lost && !reader->parts.failed;
}

static struct part required_read_sequence(struct reader *reader)
{
	struct part whole = part_literal(&reader->parts, SPAN_LITERAL("")), part;
	struct any_of empty = whole.texts, run = whole.texts;

	while (required_goes_on(reader) && reader->token.kind != TOKEN_OR &&
	       reader->token.kind != TOKEN_CLOSE) {
		part = required_read_item(reader);
		if (part.exact && any_of_multiply(&reader->parts, run, part.texts, &run))
			continue;
		whole.exact = false;
		part_require(&reader->parts, &whole, run);
		for (size_t i = 0; !part.exact && i < part.n_sets; i++)
			part_require(&reader->parts, &whole, part.sets[i]);
		run = part.exact ? part.texts : empty;
	}
	if (whole.exact)
		whole.texts = run;
	else
		part_require(&reader->parts, &whole, run);
	return whole;
}

static struct part required_read_alternatives(struct reader *reader)
{
	struct part part = required_read_sequence(reader);

	while (required_goes_on(reader) && reader->token.kind == TOKEN_OR) {
		required_move_on(reader);
		part = part_alternate(&reader->parts, part, required_read_sequence(reader));
	}
	return part;
}

int required_of_pattern(const char *pattern, struct required *ret)
{
	struct reader reader = { .p = pattern };
	struct part part = part_unknown();

	required_move_on(&reader);
	part = required_read_alternatives(&reader);
	if (part.exact)
		part_require(&reader.parts, &part, part.texts);
	*ret = (struct required){ .blocks = reader.parts.blocks };
	if (reader.parts.failed) {
		required_done(ret);
		return -ENOMEM;
	}
	if (!reader.lost && reader.token.kind == TOKEN_END) {
		ret->sets = part.sets;
		ret->n_sets = part.n_sets;
	}
	return 0;
}

/* %q writes these bytes as they are; a value that holds others is not looked for. */
static bool is_verbatim(const char *value)
{
	for (; *value; value++)
		if (*value < ' ' || *value > '~' || *value == '"' || *value == '\\')
			return false;
	return true;
}

/* A value that a key must have stands in the line, quoted or not. */
static void require_where(struct reader *reader, struct part *part, const struct where *where)
{
	struct any_of set = { 0 };

	if (where->negated || where->n_values == 0)
		return;
	for (size_t i = 0; i < where->n_values; i++) {
		const char *value = where->values[i];

		if (!is_verbatim(value) ||
		    !any_of_unite(&reader->parts, &set,
				  part_literal(&reader->parts, span_of(value)).texts,
				  SET_TEXTS_MAX))
			return;
	}
	part_require(&reader->parts, part, set);
}

int required_of_event(const struct event *event, struct required *ret)
{
	struct reader reader = { 0 };
	struct part part = part_unknown();

	if (event->format == FORMAT_PATTERN)
		return required_of_pattern(event->pattern, ret);
	for (size_t i = 0; i < event->n_where; i++)
		require_where(&reader, &part, &event->where[i]);
	*ret = (struct required){ .sets = part.sets,
				  .n_sets = part.n_sets,
				  .blocks = reader.parts.blocks };
	if (!reader.parts.failed)
		return 0;
	required_done(ret);
	return -ENOMEM;
}
