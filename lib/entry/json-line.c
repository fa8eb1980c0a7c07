/*
 * {"level":"warn","msg":"login failed","request":{"remote_ip":"192.0.2.7"},"user":"x\",\"a\":1"}
 *
 * RFC 8259, but that bytes above 0x7f stand for themselves, be they UTF-8 or not, and that a lone
 * surrogate (\ud800) is left as it stands: JavaScript writes it, and a line that was refused for it
 * would let a client choose to be unseen. White space may stand around the object.
 *
 * One pass; each text is unquoted into the scratch buffer at most once, and never gets longer by
 * it.
 */

#include "entry/json-line.h"

#include "base/utf8.h"

#include <errno.h>

#define NOWHERE SIZE_MAX /* the parent of what stands in a list: no pair */

/* What is left of the line, and where the next unquoted byte goes. */
struct json_line {
	const char *p, *end;
	char *output;
	struct pairs *pairs;
	unsigned depth;
};

static void json_line_skip_space(struct json_line *line)
{
	while (line->p < line->end && memchr(" \t\r\n", *line->p, 4))
		line->p++;
}

/* Takes this byte, perhaps with white space before it. */
static bool json_line_take(struct json_line *line, char byte)
{
	json_line_skip_space(line);
	if (line->p == line->end || *line->p != byte)
		return false;
	line->p++;
	return true;
}

/* "\uXXXX" at `p`: the number behind it. */
static bool json_line_unit(const struct json_line *line, const char *p, uint32_t *ret)
{
	return line->end - p >= 6 && p[0] == '\\' && p[1] == 'u' && pairs_read_hex(p + 2, 4, ret);
}

/* `p` stands at the backslash. */
static int json_line_escape(struct json_line *line)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *name =
		line->end - line->p >= 2 ? memchr(names, line->p[1], sizeof(names) - 1) : NULL;
	uint32_t unit, low;

	if (name) {
		*line->output++ = bytes[name - names];
		line->p += 2;
		return 0;
	}
	if (!json_line_unit(line, line->p, &unit))
		return -EINVAL;
	if (unit < 0xd800 || unit > 0xdfff) {
		line->output = utf8_put(line->output, unit);
		line->p += 6;
	} else if (unit < 0xdc00 && json_line_unit(line, line->p + 6, &low) && low >= 0xdc00 &&
		   low <= 0xdfff) {
		line->output =
			utf8_put(line->output, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
		line->p += 12;
	} else {
		line->output = mempcpy(line->output, line->p, 6);
		line->p += 6;
	}
	return 0;
}

/* `p` stands at the opening quote. Text without an escape stays where it is. */
static int json_line_text(struct json_line *line, struct span *ret)
{
	const char *run = ++line->p;
	char *value = line->output;
	bool escaped = false;

	for (;;) {
		size_t size;

		while (line->p < line->end && *line->p != '"' && *line->p != '\\' &&
		       (unsigned char)*line->p >= ' ')
			line->p++;
		if (line->p == line->end || (unsigned char)*line->p < ' ')
			return -EINVAL;
		size = (size_t)(line->p - run);
		if (*line->p == '"' && !escaped) {
			line->p++;
			*ret = (struct span){ run, size };
			return 0;
		}
		line->output = mempcpy(line->output, run, size);
		if (*line->p == '"')
			break;
		if (json_line_escape(line) < 0)
			return -EINVAL;
		escaped = true;
		run = line->p;
	}
	line->p++;
	*ret = (struct span){ value, (size_t)(line->output - value) };
	return 0;
}

static size_t json_line_digits(struct json_line *line)
{
	const char *start = line->p;

	while (line->p < line->end && *line->p >= '0' && *line->p <= '9')
		line->p++;
	return (size_t)(line->p - start);
}

/* "-12.5e+3" */
static int json_line_number(struct json_line *line)
{
	bool zero;

	line->p += *line->p == '-';
	zero = line->p < line->end && *line->p == '0';
	line->p += zero;
	if (!zero && json_line_digits(line) == 0)
		return -EINVAL;
	if (line->p < line->end && *line->p == '.') {
		line->p++;
		if (json_line_digits(line) == 0)
			return -EINVAL;
	}
	if (line->p < line->end && (*line->p == 'e' || *line->p == 'E')) {
		line->p++;
		line->p += line->p < line->end && (*line->p == '+' || *line->p == '-');
		if (json_line_digits(line) == 0)
			return -EINVAL;
	}
	return 0;
}

static int json_line_word(struct json_line *line, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(line->end - line->p) < size || memcmp(line->p, word, size) != 0)
		return -EINVAL;
	line->p += size;
	return 0;
}

static int json_line_object(struct json_line *line, size_t parent);
static int json_line_list(struct json_line *line);

/* `number` is the pair it is the value of. */
static int json_line_value(struct json_line *line, size_t number, struct span *ret,
			   struct span *ret_quoted)
{
	const char *start;
	int r;

	json_line_skip_space(line);
	if (line->p == line->end)
		return -EINVAL;
	start = line->p;
	*ret = (struct span){ 0 };
	switch (*start) {
	case '"':
		r = json_line_text(line, ret);
		break;
	case '{':
		r = json_line_object(line, number);
		break;
	case '[':
		r = json_line_list(line);
		break;
	case 't':
		r = json_line_word(line, "true");
		break;
	case 'f':
		r = json_line_word(line, "false");
		break;
	case 'n':
		r = json_line_word(line, "null");
		break;
	default:
		r = json_line_number(line);
		break;
	}
	*ret_quoted = (struct span){ start, (size_t)(line->p - start) };
	if (!ret->data)
		*ret = (struct span){ start, *start == 'n' ? 0 : ret_quoted->size };
	return r;
}

static int json_line_member(struct json_line *line, size_t parent)
{
	struct span key, value, quoted;
	struct pair *pair;
	size_t number = NOWHERE;
	int r;

	json_line_skip_space(line);
	if (line->p == line->end || *line->p != '"')
		return -EINVAL;
	r = json_line_text(line, &key);
	if (r < 0)
		return r;
	if (!json_line_take(line, ':'))
		return -EINVAL;
	if (parent != NOWHERE) {
		r = pairs_add(line->pairs, &pair);
		if (r < 0)
			return r;
		pair->key = key;
		pair->parent = parent;
		number = line->pairs->n;
	}
	r = json_line_value(line, number, &value, &quoted);
	if (r == 0 && number != NOWHERE) {
		pair = &line->pairs->list[number - 1]; /* what stood in it may have moved it */
		pair->value = value;
		pair->quoted = quoted;
	}
	return r;
}

/* `p` stands at the opening brace. */
static int json_line_object(struct json_line *line, size_t parent)
{
	int r = 0;

	line->p++;
	if (json_line_take(line, '}'))
		return 0;
	if (++line->depth > JSON_LINE_MAX_DEPTH)
		return -EINVAL;
	do
		r = json_line_member(line, parent);
	while (r == 0 && json_line_take(line, ','));
	line->depth--;
	return r < 0 ? r : json_line_take(line, '}') ? 0 : -EINVAL;
}

/* `p` stands at the opening bracket. */
static int json_line_list(struct json_line *line)
{
	struct span value, quoted;
	int r = 0;

	line->p++;
	if (json_line_take(line, ']'))
		return 0;
	if (++line->depth > JSON_LINE_MAX_DEPTH)
		return -EINVAL;
	do
		r = json_line_value(line, NOWHERE, &value, &quoted);
	while (r == 0 && json_line_take(line, ','));
	line->depth--;
	return r < 0 ? r : json_line_take(line, ']') ? 0 : -EINVAL;
}

int json_line_parse(struct pairs *pairs, struct span text)
{
	struct json_line line = { .p = text.data, .end = text.data + text.size, .pairs = pairs };
	int r;

	r = pairs_begin(pairs, text);
	if (r < 0)
		return r;
	line.output = pairs->scratch;
	json_line_skip_space(&line);
	r = line.p < line.end && *line.p == '{' ? json_line_object(&line, 0) : -EINVAL;
	json_line_skip_space(&line);
	if (r == 0 && line.p == line.end)
		return 0;
	pairs->n = 0;
	return r < 0 ? r : -EINVAL;
}
