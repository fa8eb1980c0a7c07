#include "import/envelope.h"

#include <ctype.h>

/* The end of "host program[pid]:". */
static const char *const pids[] = { "\\[\\d+\\]:", "\\[\\d*\\]:", "\\[.*\\]:", "\\[[0-9]+\\]:",
				    NULL };

size_t envelope_skip_any(const char *at, const char *const *pieces)
{
	for (; *pieces; pieces++)
		if (strncmp(at, *pieces, strlen(*pieces)) == 0)
			return strlen(*pieces);
	return 0;
}

/* "\S+ name\[\d+\]: ", as filters write what stands before a message in a file. How many bytes it
 * takes; 0: something else stands there. */
static size_t skip_envelope(const char *at)
{
	static const char *const hosts[] = { "\\S+", ".*?", ".*", ".+", "[\\w.-]+", NULL };
	static const char *const blanks[] = { "\\s+", "\\s*", " ", NULL };
	const char *start = at;
	size_t n = envelope_skip_any(at, hosts);

	at += n;
	if (n > 0)
		at += envelope_skip_any(at, blanks);
	n = 0;
	while (isalnum((unsigned char)at[n]) || (at[n] != '\0' && strchr("/_-", at[n])))
		n++;
	at += n;
	if (n == 0)
		return 0;
	n = envelope_skip_any(at, pids);
	if (n == 0)
		return 0;
	at += n;
	at += *at == '?';
	return (size_t)(at + envelope_skip_any(at, blanks) - start);
}

/* Behind the ")" of the group at "("; NULL: it has no end. */
static const char *find_group_end(const char *at)
{
	unsigned depth = 0;
	bool in_class = false;

	for (; *at; at++) {
		if (*at == '\\' && at[1]) {
			at++;
		} else if (in_class) {
			in_class = *at != ']';
		} else if (*at == '[') {
			at += at[1] == '^';
			at += at[1] == ']'; /* the first of a class is no end */
			in_class = true;
		} else if (*at == '(') {
			depth++;
		} else if (*at == ')' && --depth == 0) {
			return at + 1;
		}
	}
	return NULL;
}

/* "?", "*", "{0,2}": how many bytes say that it may be missing. */
static size_t skip_optional(const char *at)
{
	const char *end = strncmp(at, "{0,", 3) == 0 ? strchr(at, '}') : NULL;

	if (end)
		return (size_t)(end - at) + 1;
	return *at == '?' || *at == '*';
}

/* "(?:\S+ name\[\d+\]:)?": how many bytes such a group takes, and what says that it may be missing.
 */
static size_t skip_optional_envelope(const char *at)
{
	const char *end = at[0] == '(' ? find_group_end(at) : NULL;
	bool found = false;
	size_t n;

	if (!end)
		return 0;
	n = skip_optional(end);
	for (const char *inner = at; inner < end; inner++)
		found = found || envelope_skip_any(inner, pids) > 0;
	return found && n > 0 ? (size_t)(end - at) + n : 0;
}

/* A blank at `n` that has to stand may be missing: in fail2ban's line it is the envelope's. */
static const char *loosen_blank(struct arena *arena, const char *expression, size_t n)
{
	static const char *const blanks[] = { "\\s", " ", NULL };
	size_t size;

	if (arena->failed) /* then it is "" */
		return expression;
	while (strncmp(expression + n, "(?:", 3) == 0)
		n += 3;
	size = envelope_skip_any(expression + n, blanks);
	n += size;
	if (size == 0 || skip_optional(expression + n) > 0)
		return expression;
	return arena_format(arena, "%.*s%s%s", (int)n, expression, expression[n] == '+' ? "*" : "?",
			    expression + n + (expression[n] == '+'));
}

/* One that may be missing can stay. */
static const char *keep_envelope(struct arena *arena, const char *expression)
{
	size_t start = *expression == '^', n = skip_optional_envelope(expression + start);

	return n > 0 ? loosen_blank(arena, expression, start + n) : expression;
}

/* Groups stay, what in them stands before the message goes. */
const char *envelope_remove(struct arena *arena, const char *expression)
{
	static const char *const kept[] = { "^", "\\s*", "(?:", "(?!\\[)", NULL };
	const char *at = expression, *end, *removed;
	size_t n;

	while ((n = envelope_skip_any(at, kept)) > 0)
		at += n;
	n = skip_envelope(at);
	if (n == 0)
		return keep_envelope(arena, expression);
	end = at + n;
	if (strncmp(end, ")\\s+", 4) == 0) /* its blank stands behind its group */
		return arena_format(arena, "%.*s)%s", (int)(at - expression), expression, end + 4);
	removed = arena_format(arena, "%.*s%s", (int)(at - expression), expression, end);
	n = *end == ')' ? skip_optional(end + 1) : 0;
	return n > 0 ? loosen_blank(arena, removed, (size_t)(at - expression) + 1 + n) : removed;
}
