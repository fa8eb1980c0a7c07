/*
 * A recursive descent over the text that builds nothing. The first fault ends it: after a syntax
 * error the rest of a file is guesswork.
 */
#include "json/text.h"

#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>

/* cJSON 1.7.15 copies a number into 64 bytes and fails on a longer one. */
#define MAX_NUMBER_SIZE 40

struct jsontext {
	const char *begin, *at, *end;
	unsigned depth;
	struct jsontext_error *error;
};

static int fail(struct jsontext *json, const char *at, const char *what)
{
	if (at < json->end && *at == '#')
		what = "a comment that begins with \"#\": write \"//\" instead";
	*json->error = (struct jsontext_error){ (size_t)(at - json->begin), what };
	return -EINVAL;
}

/* -1 at the end. */
static int peek(const struct jsontext *json)
{
	return json->at < json->end ? (unsigned char)*json->at : -1;
}

static bool is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct jsontext *json)
{
	while (is_space(peek(json)))
		json->at++;
}

/* Four hexadecimal digits; -1: these are none. */
static int read_hex4(struct jsontext *json)
{
	int value = 0;

	for (unsigned i = 0; i < 4; i++) {
		int c = peek(json);

		if (!isxdigit(c))
			return -1;
		value = value * 16 + (isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
		json->at++;
	}
	return value;
}

static int check_escape(struct jsontext *json)
{
	const char *begin = json->at++;
	int c = peek(json), high, low;

	if (c <= 0 || !strchr("\"\\/bfnrtu", c))
		return fail(json, begin, "unknown escape: a backslash itself is written \\\\");
	json->at++;
	if (c != 'u')
		return 0;
	high = read_hex4(json);
	if (high < 0)
		return fail(json, begin, "\\u needs four hexadecimal digits: \\u00e9 is one");
	if (high == 0)
		return fail(json, begin, "\\u0000 is not allowed: remove it");
	if (high < 0xd800 || high > 0xdfff)
		return 0;
	if (high <= 0xdbff && json->end - json->at >= 6 && memcmp(json->at, "\\u", 2) == 0) {
		json->at += 2;
		low = read_hex4(json);
		if (low >= 0xdc00 && low <= 0xdfff)
			return 0;
	}
	return fail(json, begin, "half of a surrogate pair: write the character itself");
}

static int check_string(struct jsontext *json)
{
	const char *begin = json->at++;
	int c, r;

	while ((c = peek(json)) >= 0) {
		if (c == '"') {
			json->at++;
			return 0;
		}
		if (c == '\\') {
			r = check_escape(json);
			if (r < 0)
				return r;
			continue;
		}
		if (c == '\n' || c == '\r')
			break;
		if (c < 0x20)
			return fail(json, json->at,
				    "a raw control character in a text: write \\t or \\u001b");
		json->at++;
	}
	return fail(json, begin, "a text without its closing quote: add it on this line");
}

static bool skip_digits(struct jsontext *json)
{
	const char *begin = json->at;

	while (isdigit(peek(json)))
		json->at++;
	return json->at > begin;
}

static int check_number(struct jsontext *json)
{
	const char *begin = json->at;

	if (peek(json) == '-')
		json->at++;
	if (peek(json) == '0') {
		json->at++;
		if (isdigit(peek(json)))
			return fail(json, begin, "a number begins with 0: remove the zeros");
	} else if (!skip_digits(json)) {
		return fail(json, begin, "not a number: digits must follow the minus");
	}
	if (peek(json) == '.') {
		json->at++;
		if (!skip_digits(json))
			return fail(json, begin, "not a number: digits must follow the point");
	}
	if (peek(json) == 'e' || peek(json) == 'E') {
		json->at++;
		if (peek(json) == '-' || peek(json) == '+')
			json->at++;
		if (!skip_digits(json))
			return fail(json, begin, "not a number: digits must follow the exponent");
	}
	if (json->at - begin > MAX_NUMBER_SIZE)
		return fail(json, begin, "a number of too many digits: round it");
	return 0;
}

static int check_value(struct jsontext *json);

static int check_key(struct jsontext *json)
{
	int r;

	if (peek(json) != '"')
		return fail(json, json->at, "a key is missing: it needs double quotes");
	r = check_string(json);
	if (r < 0)
		return r;
	skip_space(json);
	if (peek(json) != ':')
		return fail(json, json->at, "a colon is missing: add it after the key");
	json->at++;
	skip_space(json);
	return 0;
}

/* `close` is '}' or ']'; the json stands on the opening one. */
static int check_container(struct jsontext *json, int close)
{
	const char *comma;
	int r;

	json->at++;
	skip_space(json);
	if (peek(json) == close) {
		json->at++;
		return 0;
	}
	for (;;) {
		if (close == '}') {
			r = check_key(json);
			if (r < 0)
				return r;
		}
		r = check_value(json);
		if (r < 0)
			return r;
		skip_space(json);
		if (peek(json) == close) {
			json->at++;
			return 0;
		}
		if (peek(json) != ',')
			return fail(json, json->at,
				    close == '}'
					    ? "a comma or \"}\" is missing: add it before this"
					    : "a comma or \"]\" is missing: add it before this");
		comma = json->at++;
		skip_space(json);
		if (peek(json) == close)
			return fail(json, comma, "a comma after the last one: remove it");
	}
}

static int check_value(struct jsontext *json)
{
	static const char *const words[] = { "true", "false", "null" };
	int c, r;

	c = peek(json);
	if (c == '{' || c == '[') {
		if (++json->depth > JSONTEXT_MAX_DEPTH)
			return fail(json, json->at, "nested too deeply: 32 levels are allowed");
		r = check_container(json, c == '{' ? '}' : ']');
		json->depth--;
		return r;
	}
	if (c == '"')
		return check_string(json);
	if (c == '-' || isdigit(c))
		return check_number(json);
	if (c < 0)
		return fail(json, json->at, "the file ends too early: something is not closed");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(json->end - json->at) >= n && memcmp(json->at, words[i], n) == 0) {
			json->at += n;
			return 0;
		}
	}
	return fail(json, json->at, "not a JSON value: a text needs double quotes");
}

/* Newlines stay, so that every position stays. */
static int blank_comments(char *text, size_t size, struct jsontext_error *reterr)
{
	for (size_t i = 0, stop; i < size; i++) {
		const char *end;
		bool block;

		if (text[i] == '"') {
			for (i++; i < size && text[i] != '"'; i++)
				i += text[i] == '\\';
			continue;
		}
		if (text[i] != '/' || i + 1 == size || (text[i + 1] != '/' && text[i + 1] != '*'))
			continue;
		block = text[i + 1] == '*';
		end = block ? memmem(text + i + 2, size - i - 2, "*/", 2)
			    : memchr(text + i, '\n', size - i);
		if (block && !end) {
			*reterr =
				(struct jsontext_error){ i,
							 "a comment without its end: add \"*/\"" };
			return -EINVAL;
		}
		stop = end ? (size_t)(end - text) + 2 * block : size;
		for (; i < stop; i++)
			if (text[i] != '\n')
				text[i] = ' ';
		i--;
	}
	return 0;
}

static bool is_name(const char *begin, const char *end)
{
	for (const char *p = begin; p < end; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-')
			return false;
	return begin < end && isalpha((unsigned char)*begin);
}

/* A file of another format, maybe with comments of its own above it, is told so: its first line is
 * like "jails:", "- sshd" or "---", or fail2ban's "[sshd]". A fault of JSON stays as it was told.
 */
static int explain_format(struct jsontext *json)
{
	const char *line = json->begin, *end = json->end, *stop, *colon;

	while (line < end && (*line == '#' || is_space(*line))) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		line = is_space(*line) ? line + 1 : newline ?: end;
	}
	for (stop = line; stop < end && !strchr("\r\n#", *stop);)
		stop++;
	while (stop > line && is_space(stop[-1]))
		stop--;
	if (stop > line && *line == '[' && stop[-1] == ']' && is_name(line + 1, stop - 1))
		return fail(
			json, line,
			"this looks like INI: write JSON, see banish.json(5) and banish.rules(5)");
	colon = memchr(line, ':', (size_t)(stop - line));
	if ((colon && is_name(line, colon)) ||
	    (stop - line >= 2 && line[0] == '-' && is_space(line[1])) ||
	    (stop - line == 3 && memcmp(line, "---", 3) == 0))
		return fail(
			json, line,
			"this looks like YAML: write JSON, see banish.json(5) and banish.rules(5)");
	return -EINVAL;
}

int jsontext_check(char *text, size_t size, struct jsontext_error *reterr)
{
	struct jsontext json = { .begin = text, .at = text, .end = text + size, .error = reterr };
	const char *nul;
	size_t n;
	int r;

	if (size > JSONTEXT_MAX_SIZE)
		return fail(&json, text, "the file is too large: 1 MiB is allowed");
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return fail(&json, text, "a byte order mark: save the file as UTF-8 without it");
	for (const char *at = text; at < json.end; at += n) {
		n = (unsigned char)*at < 0x80 ? 1 : utf8_length(at, (size_t)(json.end - at));
		if (n == 0)
			return fail(&json, at,
				    "the text is not UTF-8 here: save the file as UTF-8");
	}
	nul = memchr(text, 0, size);
	if (nul)
		return fail(&json, nul, "a NUL byte: save the file as UTF-8 text");
	r = blank_comments(text, size, reterr);
	if (r < 0)
		return r;

	skip_space(&json);
	if (peek(&json) < 0)
		return fail(&json, text, "the file is empty: the least it can hold is {}");
	r = check_value(&json);
	if (r < 0)
		return explain_format(&json);
	skip_space(&json);
	if (peek(&json) >= 0)
		return fail(&json, json.at, "more text after the end: remove it");
	return 0;
}

const char *jsontext_skip_space(const char *at)
{
	while (is_space((unsigned char)*at))
		at++;
	return at;
}

const char *jsontext_skip_scalar(const char *at)
{
	if (*at != '"')
		return at + strcspn(at, ",]} \t\r\n");
	for (at++; *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at + 1;
}
