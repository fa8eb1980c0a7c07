/*
 * A pattern is read as a sequence of items. An item is exact if it can only be one of a few texts;
 * exact items that follow each other multiply into runs, and each run that ends is a set of which
 * one text must stand there:
 *     ^(?:imap|pop3)-login: (?:Aborted|Disconnected) \(auth failed, \d+
 * has the run "imap-login: Aborted (auth failed, " and its three variants.
 * Whatever only restricts a match (look-around, atomic groups, possessive repeats, anchors) may be
 * read as if it were not there: the sets stay true. Whatever could widen it (case-insensitive,
 * references, conditions) is not read at all, and the pattern demands nothing.
 */

#include "required.h"

#include "part.h"

#include <ctype.h>
#include <errno.h>

#define MAX_DEPTH 64

struct reader {
	const char *p;
	unsigned depth;
	bool lost; /* something was not understood */
	struct parts parts;
};

static struct part read_alternatives(struct reader *reader);

/* Letters that do not widen what the letters of a pattern match: dotall, dupnames, ungreedy, no
 * captures, and multiline, whose anchors take no bytes either. */
static bool skip_options(struct reader *reader)
{
	size_t n = strspn(reader->p, "sJUnm-");

	if (n == 0 || (reader->p[n] != ')' && reader->p[n] != ':'))
		return false;
	reader->p += n;
	return true;
}

/* Behind "(": what kind of group this is. `look`: it looks around and takes no bytes; `closed`:
 * "(?s)". */
static bool read_group_head(struct reader *reader, bool *look, bool *closed)
{
	static const char *const looks[] = { "?=", "?!", "?<=", "?<!" };
	static const char *const plain[] = { "?:", "?|", "?>" };
	static const char *const named[] = { "?<", "?P<", "?'" };

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		*look = strncmp(reader->p, looks[i], strlen(looks[i])) == 0;
		if (*look) {
			reader->p += strlen(looks[i]);
			return true;
		}
	}
	if (reader->p[0] != '?')
		return reader->p[0] != '*';
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		if (strncmp(reader->p, plain[i], 2) == 0) {
			reader->p += 2;
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		size_t n = strlen(named[i]);

		if (strncmp(reader->p, named[i], n) != 0)
			continue;
		reader->p += n;
		while (isalnum((unsigned char)*reader->p) || *reader->p == '_')
			reader->p++;
		if (*reader->p != '>' && *reader->p != '\'')
			return false;
		reader->p++;
		return true;
	}
	reader->p++;
	if (!skip_options(reader))
		return false;
	*closed = *reader->p == ')';
	reader->p += *reader->p == ':';
	return true;
}

static struct part read_group(struct reader *reader)
{
	bool look = false, closed = false;
	struct part part;

	if (!read_group_head(reader, &look, &closed) || ++reader->depth > MAX_DEPTH) {
		reader->lost = true;
		return part_unknown();
	}
	part = closed ? part_literal(&reader->parts, SPAN_LITERAL("")) : read_alternatives(reader);
	reader->depth--;
	if (*reader->p != ')') {
		reader->lost = true;
		return part_unknown();
	}
	reader->p++;
	return look ? part_literal(&reader->parts, SPAN_LITERAL("")) : part;
}

/* \xHH and nothing shorter or longer. */
static struct part read_hex(struct reader *reader)
{
	char digits[3] = { 0 }, byte;

	if (!isxdigit((unsigned char)reader->p[0]) || !isxdigit((unsigned char)reader->p[1])) {
		reader->lost = true;
		return part_unknown();
	}
	memcpy(digits, reader->p, 2);
	reader->p += 2;
	byte = (char)strtoul(digits, NULL, 16);
	return part_literal(&reader->parts, (struct span){ &byte, 1 });
}

/* Behind the backslash, outside a class. */
static struct part read_escape(struct reader *reader)
{
	static const char controls[] = "tnrfea", bytes[] = "\t\n\r\f\x1b\a";
	char c = *reader->p;
	const char *control;

	if (c == '\0') {
		reader->lost = true;
		return part_unknown();
	}
	reader->p++;
	if (!isalnum((unsigned char)c))
		return part_literal(&reader->parts, (struct span){ &c, 1 });
	control = strchr(controls, c);
	if (control)
		return part_literal(&reader->parts, (struct span){ &bytes[control - controls], 1 });
	if (c == 'x')
		return read_hex(reader);
	if (strchr("bBAZzGK", c))
		return part_literal(&reader->parts, SPAN_LITERAL(""));
	if (!strchr("dDwWsShHvVNR", c))
		reader->lost = true;
	return part_unknown();
}

/* A few single bytes are exact, everything else in brackets is some byte. */
static struct part read_class(struct reader *reader)
{
	struct part part = { .exact = true };
	bool few = *reader->p != '^', first = true;

	reader->p += !few;
	for (; *reader->p && (first || *reader->p != ']'); first = false) {
		char c = *reader->p++;

		if (c == '[' && *reader->p && strchr(":.=", *reader->p)) {
			reader->lost = true; /* rare enough */
			return part_unknown();
		}
		if (c == '\\') {
			c = *reader->p;
			if (c == '\0' || strchr("QEco", c)) {
				reader->lost = true;
				return part_unknown();
			}
			few = few && !isalnum((unsigned char)c);
			reader->p++;
		}
		few = few && *reader->p != '-' && c != '-';
		few = few &&
		      any_of_unite(&reader->parts, &part.texts,
				   part_literal(&reader->parts, (struct span){ &c, 1 }).texts,
				   RUN_TEXTS_MAX);
	}
	if (*reader->p != ']') {
		reader->lost = true;
		return part_unknown();
	}
	reader->p++;
	return few ? part : part_unknown();
}

/* "{n}", "{n,}" or "{n,m}" is a repeat, any other brace stands for itself. */
static bool read_braces(struct reader *reader, unsigned *min, unsigned *max)
{
	const char *p = reader->p + 1;
	char *end;

	if (!isdigit((unsigned char)*p))
		return false;
	*min = *max = (unsigned)MIN(strtoul(p, &end, 10), 65535UL);
	p = end;
	if (*p == ',') {
		p++;
		*max = isdigit((unsigned char)*p) ? (unsigned)MIN(strtoul(p, &end, 10), 65535UL)
						  : UINT32_MAX;
		p += strspn(p, "0123456789");
	}
	if (*p != '}')
		return false;
	reader->p = p + 1;
	return true;
}

static struct part read_repeats(struct reader *reader, struct part part)
{
	for (;;) {
		unsigned min = 0, max = UINT32_MAX;

		if (*reader->p == '?')
			max = 1;
		else if (*reader->p == '+')
			min = 1;
		else if (*reader->p == '{') {
			if (!read_braces(reader, &min, &max))
				return part;
			reader->p--;
		} else if (*reader->p != '*')
			return part;
		reader->p++;
		/* Lazy or possessive. */
		reader->p += *reader->p == '?' || *reader->p == '+';
		part = part_repeat(&reader->parts, part, min, max);
	}
}

/* Bytes that stand for themselves, up to the next that does not; the last one may be repeated on
 * its own. */
static struct part read_literal(struct reader *reader)
{
	const char *start = reader->p - 1;
	size_t n = 1 + strcspn(reader->p, "\\[]{}()^$.|?*+");

	if (n > 1 && start[n] && strchr("?*+{", start[n]))
		n--;
	reader->p = start + n;
	return part_literal(&reader->parts, (struct span){ start, n });
}

static struct part read_item(struct reader *reader)
{
	char c = *reader->p++;
	struct part part;

	switch (c) {
	case '(':
		part = read_group(reader);
		break;
	case '[':
		part = read_class(reader);
		break;
	case '\\':
		part = read_escape(reader);
		break;
	case '.':
		part = part_unknown();
		break;
	case '^':
	case '$':
		part = part_literal(&reader->parts, SPAN_LITERAL(""));
		break;
	default:
		part = read_literal(reader);
	}
	return read_repeats(reader, part);
}

static struct part read_sequence(struct reader *reader)
{
	struct part whole = part_literal(&reader->parts, SPAN_LITERAL("")), part;
	struct any_of empty = whole.texts, run = whole.texts;

	while (*reader->p && *reader->p != '|' && *reader->p != ')' && !reader->lost &&
	       !reader->parts.failed) {
		part = read_item(reader);
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

static struct part read_alternatives(struct reader *reader)
{
	struct part part = read_sequence(reader);

	while (*reader->p == '|' && !reader->lost && !reader->parts.failed) {
		reader->p++;
		part = part_alternate(&reader->parts, part, read_sequence(reader));
	}
	return part;
}

int required_of_pattern(const char *pattern, struct required *ret)
{
	struct reader reader = { .p = pattern };
	struct part part = part_unknown();

	part = read_alternatives(&reader);
	if (part.exact)
		part_require(&reader.parts, &part, part.texts);
	*ret = (struct required){ .blocks = reader.parts.blocks };
	if (reader.parts.failed) {
		required_done(ret);
		return -ENOMEM;
	}
	if (!reader.lost && *reader.p == '\0') {
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
