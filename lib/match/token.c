/*
 * ^(?:imap|pop3)-login: (?<user>[^,]*+), \d{1,3}$
 *
 * Understood are literals, classes, groups, look-around, repeats, references to groups, and options
 * but the extended ones. Not understood are \Q...\E, recursion, conditions, comments and verbs.
 */

#include "match/token.h"

#include <ctype.h>
#include <limits.h>

static struct token make(enum token_kind kind, const char *start, const char *end)
{
	return (struct token){ .kind = kind, .text = { start, (size_t)(end - start) } };
}

static void token_add(struct token *token, unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last && i < 256; i++)
		token->set[i / 8] |= (uint8_t)(1U << i % 8);
}

static void invert(struct token *token)
{
	for (size_t i = 0; i < sizeof(token->set); i++)
		token->set[i] = (uint8_t)~token->set[i];
}

static void add_ranges(struct token *token, const char *ranges)
{
	for (; *ranges; ranges += 2)
		token_add(token, (unsigned char)ranges[0], (unsigned char)ranges[1]);
}

/* The bytes of \d, \w, \s, \h, \v and their opposites; false: `letter` is none of them. */
static bool add_named(struct token *token, char letter)
{
	static const char letters[] = "wdshv";
	static const char *const ranges[] = { "09AZ__az", "09", "\t\r  ", "\t\t  \xa0\xa0",
					      "\n\r\x85\x85" };
	const char *at = letter ? strchr(letters, tolower((unsigned char)letter)) : NULL;
	struct token named = { 0 };

	if (!at)
		return false;
	add_ranges(&named, ranges[at - letters]);
	if (isupper((unsigned char)letter))
		invert(&named);
	for (size_t i = 0; i < sizeof(token->set); i++)
		token->set[i] |= named.set[i];
	return true;
}

/* Behind a backslash: one byte, in a class or outside. Moves behind it; false: it is something
 * else. */
static bool read_escaped_byte(const char **p, char *ret)
{
	static const char controls[] = "tnrfea", bytes[] = "\t\n\r\f\x1b\a";
	char digits[3] = { 0 };
	const char *control;
	char c = **p;

	if (c == '\0')
		return false;
	control = strchr(controls, c);
	if (!isalnum((unsigned char)c) || control) {
		*ret = control ? bytes[control - controls] : c;
		(*p)++;
		return true;
	}
	if (c != 'x' || !isxdigit((unsigned char)(*p)[1]) || !isxdigit((unsigned char)(*p)[2]))
		return false;
	memcpy(digits, *p + 1, 2);
	*ret = (char)strtoul(digits, NULL, 16);
	*p += 3;
	return true;
}

/* "\1", "\g{name}", "\k<name>"; but "\g<name>" calls a group, and "\12" may be a byte. */
static bool skip_reference(const char **p)
{
	static const char closers[] = "}>'", openers[] = "{<'";
	const char *at = *p, *opener;

	if (*at >= '1' && *at <= '9' && !isdigit((unsigned char)at[1])) {
		*p = at + 1;
		return true;
	}
	if ((*at != 'g' && *at != 'k') || at[1] == '\0')
		return false;
	opener = strchr(openers, at[1]);
	if (!opener || (*at == 'g' && *opener != '{'))
		return false;
	at = strchr(at + 2, closers[opener - openers]);
	if (!at)
		return false;
	*p = at + 1;
	return true;
}

static struct token token_read_escape(const char **p)
{
	const char *start = *p - 1;
	struct token token = make(TOKEN_BYTE, start, *p);

	if (skip_reference(p))
		return make(TOKEN_REFERENCE, start, *p);
	if (**p != '\0' && strchr("bBAZzGK", **p)) {
		(*p)++;
		return make(TOKEN_NOTHING, start, *p);
	}
	if (add_named(&token, **p)) {
		token.kind = TOKEN_CLASS;
		(*p)++;
	} else if (**p == 'N' && (*p)[1] != '{') {
		token.kind = TOKEN_CLASS;
		token_add(&token, '\n', '\n');
		invert(&token);
		(*p)++;
	} else if (!read_escaped_byte(p, &token.byte)) {
		return make(TOKEN_LOST, start, *p);
	}
	token.text.size = (size_t)(*p - start);
	return token;
}

/* "[:alpha:]" in a class, in the C locale. Moves behind it; false: it is something else. */
static bool add_posix(struct token *token, const char **p)
{
	static const struct {
		const char *name, *ranges;
	} classes[] = {
		{ "alnum", "09AZaz" },   { "alpha", "AZaz" },    { "ascii", "\x01\x7f" },
		{ "blank", "\t\t  " },   { "digit", "09" },      { "cntrl", "\x01\x1f\x7f\x7f" },
		{ "graph", "!~" },       { "lower", "az" },      { "print", " ~" },
		{ "punct", "!/:@[`{~" }, { "space", "\t\r  " },  { "upper", "AZ" },
		{ "word", "09AZ__az" },  { "xdigit", "09AFaf" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		size_t n = strlen(classes[i].name);

		if (strncmp(*p + 2, classes[i].name, n) != 0 || strncmp(*p + 2 + n, ":]", 2) != 0)
			continue;
		add_ranges(token, classes[i].ranges);
		if (classes[i].ranges[0] == '\x01') /* NUL would end the ranges */
			token_add(token, 0, 0);
		*p += n + 4;
		return true;
	}
	return false;
}

/* One member of a class, or the end of a range; false: not understood. */
static bool read_member(const char **p, char *ret)
{
	char c = **p;

	if (c == '\0' || (c == '[' && (*p)[1] && strchr(":.=", (*p)[1])))
		return false;
	(*p)++;
	if (c != '\\') {
		*ret = c;
		return true;
	}
	if (**p == 'b') {
		*ret = '\b';
		(*p)++;
		return true;
	}
	return read_escaped_byte(p, ret);
}

static struct token read_class(const char **p)
{
	const char *start = *p - 1;
	struct token token = make(TOKEN_CLASS, start, *p);
	bool negated = **p == '^', first = true;

	*p += negated;
	for (; **p != '\0' && (first || **p != ']'); first = false) {
		char from, to;

		if (strncmp(*p, "[:", 2) == 0 && add_posix(&token, p))
			continue;
		if (**p == '\\' && add_named(&token, (*p)[1])) {
			*p += 2;
			if (**p == '-' && (*p)[1] != ']')
				return make(TOKEN_LOST, start, *p);
			continue;
		}
		if (!read_member(p, &from))
			return make(TOKEN_LOST, start, *p);
		to = from;
		if (**p == '-' && (*p)[1] != ']' && (*p)[1] != '\0') {
			(*p)++;
			if (!read_member(p, &to))
				return make(TOKEN_LOST, start, *p);
		}
		token_add(&token, (unsigned char)from, (unsigned char)to);
	}
	if (**p != ']')
		return make(TOKEN_LOST, start, *p);
	(*p)++;
	if (negated)
		invert(&token);
	token.text.size = (size_t)(*p - start);
	return token;
}

/* "?<name>", "?P<name>" or "?'name'" */
static bool skip_name(const char **p)
{
	static const char *const heads[] = { "?<", "?P<", "?'" };

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		const char *name = *p + strlen(heads[i]), *end = name;

		if (strncmp(*p, heads[i], strlen(heads[i])) != 0)
			continue;
		while (isalnum((unsigned char)*end) || *end == '_')
			end++;
		if (end == name || (*end != '>' && *end != '\''))
			return false;
		*p = end + 1;
		return true;
	}
	return false;
}

/* Caseless, dotall, dupnames, ungreedy, no captures, and multiline, whose anchors take no bytes
 * either: "?s-J:" or "?i)". */
static bool skip_options(const char **p, bool *ret_closed, bool *ret_caseless)
{
	size_t n = 1 + strspn(*p + 1, "isJUnm-");

	if ((*p)[0] != '?' || n == 1 || ((*p)[n] != ')' && (*p)[n] != ':'))
		return false;
	*ret_closed = (*p)[n] == ')';
	*ret_caseless = memchr(*p, 'i', n);
	*p += n + 1;
	return true;
}

static struct token token_read_group(const char **p)
{
	static const char *const looks[] = { "?=", "?!", "?<=", "?<!" };
	static const char *const plain[] = { "?:", "?|", "?>" };
	const char *start = *p - 1;
	bool closed = false, caseless = false;
	struct token token;

	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		if (strncmp(*p, looks[i], strlen(looks[i])) == 0) {
			*p += strlen(looks[i]);
			token = make(TOKEN_LOOK, start, *p);
			token.behind = looks[i][1] == '<';
			return token;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		if (strncmp(*p, plain[i], 2) == 0) {
			*p += 2;
			return make(TOKEN_OPEN, start, *p);
		}
	}
	if (strncmp(*p, "?P=", 3) == 0 && strchr(*p, ')')) {
		*p = strchr(*p, ')') + 1;
		return make(TOKEN_REFERENCE, start, *p);
	}
	if (**p == '*' || (**p == '?' && !skip_name(p) && !skip_options(p, &closed, &caseless)))
		return make(TOKEN_LOST, start, *p);
	token = make(closed ? TOKEN_NOTHING : TOKEN_OPEN, start, *p);
	token.caseless = caseless;
	return token;
}

/* "{,n}" and "{ 1, 2 }" stand for themselves, from PCRE2 10.43 on they are repeats. */
static bool is_new_repeat(const char *p)
{
	size_t n = strspn(p, "0123456789, \t");

	return p[n] == '}' && strcspn(p, "0123456789") < n;
}

/* "{n}", "{n,}" or "{n,m}" is a repeat, any other brace stands for itself. */
static bool read_braces(const char **p, unsigned *min, unsigned *max)
{
	const char *at = *p;
	char *end;

	if (!isdigit((unsigned char)*at))
		return false;
	*min = *max = (unsigned)MIN(strtoul(at, &end, 10), 65535UL);
	at = end;
	if (*at == ',') {
		at++;
		*max = UINT_MAX;
		if (isdigit((unsigned char)*at)) {
			*max = (unsigned)MIN(strtoul(at, &end, 10), 65535UL);
			at = end;
		}
	}
	if (*at != '}')
		return false;
	*p = at + 1;
	return true;
}

/* Lazy or possessive: what it may match at most is the same. */
static struct token finish_repeat(struct token token, const char **p)
{
	token.kind = TOKEN_REPEAT;
	*p += **p == '?' || **p == '+';
	token.text.size = (size_t)(*p - token.text.data);
	return token;
}

struct token token_next(const char **p)
{
	const char *start = *p;
	struct token token;
	char c = **p;

	if (c == '\0')
		return make(TOKEN_END, start, start);
	(*p)++;
	token = make(TOKEN_BYTE, start, *p);
	token.byte = c;
	token.max = UINT_MAX;
	switch (c) {
	case '\\':
		return token_read_escape(p);
	case '[':
		return read_class(p);
	case '(':
		return token_read_group(p);
	case ')':
		token.kind = TOKEN_CLOSE;
		return token;
	case '|':
		token.kind = TOKEN_OR;
		return token;
	case '^':
	case '$':
		token.kind = TOKEN_NOTHING;
		return token;
	case '.': /* with (?s) a line feed, too: all who ask must allow for it */
		token.kind = TOKEN_CLASS;
		invert(&token);
		return token;
	case '?':
		token.max = 1;
		return finish_repeat(token, p);
	case '+':
		token.min = 1;
		return finish_repeat(token, p);
	case '*':
		return finish_repeat(token, p);
	case '{':
		if (read_braces(p, &token.min, &token.max))
			return finish_repeat(token, p);
		return is_new_repeat(*p) ? make(TOKEN_LOST, start, *p) : token;
	default:
		return token;
	}
}

unsigned token_count_branches(const char *at)
{
	unsigned n = 1;

	for (unsigned depth = 1; depth > 0;) {
		struct token token = token_next(&at);

		if (token.kind == TOKEN_END || token.kind == TOKEN_LOST)
			break;
		depth += token.kind == TOKEN_OPEN || token.kind == TOKEN_LOOK;
		depth -= token.kind == TOKEN_CLOSE;
		n += token.kind == TOKEN_OR && depth == 1;
	}
	return n;
}
