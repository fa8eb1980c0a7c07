/*
 * l=info m="failed authentication attempt" pkg=imapserver username="x\" remote=9.9.9.9"
 * remote=10.80.25.8 cid=1a2
 *
 *     line   = pair *( " " pair )
 *     pair   = 1*bare "=" ( *bare / quoted )
 *     bare   = a byte of '!' ... '~', but none of '"' '\' '='
 *     quoted = '"' *( UTF-8 without controls, '"' and '\' / escape ) '"'
 *     escape = Go's of %q: \a \b \f \n \r \t \v \\ \" \xHH \uHHHH \UHHHHHHHH
 *
 * Programs in other languages have other escapes. Those are left as they stand: if such a line had
 * no keys at all, a client could choose a name that hides him (Cyrus writes \x{1b}).
 *
 * A piece from the middle of a line is refused unless it begins at a key and ends between two pairs
 * or in a bare value: nobody but the journal can tell those from whole lines (see ruleset.h). No
 * piece can begin a new line in disguise, because a raw quote never stands inside a value.
 *
 * One pass; each value is unquoted into the scratch buffer at most once, and never gets longer by
 * it.
 */

#include "entry/logfmt.h"

#include "base/utf8.h"

#include <errno.h>

#define RUNE_MAX 0x10ffff

/* What is left of the line, and where the next unquoted byte goes. */
struct logfmt_reader {
	const unsigned char *p, *end;
	char *output;
};

/* Cuts a run of bare bytes off the front. */
static struct span read_bare(struct logfmt_reader *reader)
{
	const unsigned char *start = reader->p;

	while (reader->p<reader->end && * reader->p> ' ' && *reader->p < 0x7f &&
	       *reader->p != '"' && *reader->p != '\\' && *reader->p != '=')
		reader->p++;
	return (struct span){ (const char *)start, (size_t)(reader->p - start) };
}

/* `p` stands behind the backslash. \xHH is a byte, \uHHHH and \UHHHHHHHH are runes. Of any other
 * escape the backslash stands for itself. */
static void logfmt_read_escape(struct logfmt_reader *reader)
{
	static const char names[] = "abfnrtv\\\"", bytes[] = "\a\b\f\n\r\t\v\\\"";
	const unsigned char *start = reader->p;
	unsigned char c = *reader->p;
	const char *name = memchr(names, c, sizeof(names) - 1);
	size_t n_digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
	uint32_t value;

	reader->p++;
	if (name) {
		*reader->output++ = bytes[name - names];
	} else if (n_digits > 0 && (size_t)(reader->end - reader->p) >= n_digits &&
		   pairs_read_hex((const char *)reader->p, n_digits, &value) && value <= RUNE_MAX &&
		   (value < 0xd800 || value > 0xdfff)) { /* surrogates */
		reader->p += n_digits;
		if (c == 'x')
			*reader->output++ = (char)value;
		else
			reader->output = utf8_put(reader->output, value);
	} else {
		*reader->output++ = '\\';
		reader->p = start;
	}
}

/* Skips text up to the next quote or backslash, which must be there. */
static int skip_text(struct logfmt_reader *reader)
{
	while (reader->p < reader->end && *reader->p != '"' && *reader->p != '\\') {
		size_t length = utf8_length(reader->p, (size_t)(reader->end - reader->p));

		if (length == 0 || *reader->p < ' ' || *reader->p == 0x7f)
			return -EINVAL;
		reader->p += length;
	}
	return reader->p < reader->end ? 0 : -EINVAL;
}

/* `p` stands behind the opening quote. Text without an escape stays where it is. */
static int read_quoted(struct logfmt_reader *reader, struct span *ret)
{
	const unsigned char *run = reader->p;
	char *value = reader->output;
	bool escaped = false;
	int r;

	for (;;) {
		size_t size;

		r = skip_text(reader);
		if (r < 0)
			return r;
		size = (size_t)(reader->p - run);
		if (*reader->p++ == '"' && !escaped) {
			*ret = (struct span){ (const char *)run, size };
			return 0;
		}
		memcpy(reader->output, run, size);
		reader->output += size;
		if (reader->p[-1] == '"')
			break;
		if (reader->p == reader->end)
			return -EINVAL;
		logfmt_read_escape(reader);
		escaped = true;
		run = reader->p;
	}
	*ret = (struct span){ value, (size_t)(reader->output - value) };
	return 0;
}

static int read_pair(struct logfmt_reader *reader, struct pair *ret)
{
	const unsigned char *start;
	int r = 0;

	ret->key = read_bare(reader);
	if (ret->key.size == 0 || reader->p == reader->end || *reader->p != '=')
		return -EINVAL;
	start = ++reader->p;
	if (reader->p == reader->end || *reader->p != '"') {
		ret->value = read_bare(reader);
	} else {
		reader->p++;
		r = read_quoted(reader, &ret->value);
	}
	ret->quoted = (struct span){ (const char *)start, (size_t)(reader->p - start) };
	return r;
}

int logfmt_parse(struct pairs *pairs, struct span line)
{
	struct logfmt_reader reader;
	int r;

	r = pairs_begin(pairs, line);
	if (r < 0)
		return r;
	reader.p = (const unsigned char *)line.data;
	reader.end = reader.p + line.size;
	reader.output = pairs->scratch;
	do {
		struct pair *pair;

		r = pairs_add(pairs, &pair);
		if (r == 0)
			r = read_pair(&reader, pair);
		if (r == 0 && reader.p == reader.end)
			return 0;
		if (r == 0 && *reader.p++ != ' ')
			r = -EINVAL;
	} while (r == 0);
	pairs->n = 0;
	return r;
}
