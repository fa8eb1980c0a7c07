#include "config/pattern.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

void defines_done(struct defines *defines)
{
	for (size_t i = 0; i < defines->n; i++) {
		free(defines->list[i].name);
		free(defines->list[i].text);
	}
	free(defines->list);
	*defines = (struct defines){ 0 };
}

int defines_expand(const struct defines *defines, const char *text, char **ret,
		   struct span *reterr_name)
{
	cleanup(freep) char *buffer = malloc(PATTERN_MAX_SIZE + 1);
	size_t n = 0;

	if (!buffer)
		return -ENOMEM;
	for (; *text; text++) {
		struct span piece = { text, 1 };
		const char *end;

		if (text[0] == '%' && text[1] == '{' && !isdigit((unsigned char)text[2]) &&
		    text[2] != ',' && (end = strchr(text, '}'))) {
			struct span name = { text + 2, (size_t)(end - text) - 2 };
			size_t i = 0;

			while (i < defines->n && !span_equal(span_of(defines->list[i].name), name))
				i++;
			if (i == defines->n) {
				*reterr_name = name;
				return -ENOENT;
			}
			piece = span_of(defines->list[i].text);
			text = end;
		}
		if (piece.size > PATTERN_MAX_SIZE - n)
			return -E2BIG;
		memcpy(buffer + n, piece.data, piece.size);
		n += piece.size;
	}
	*ret = strndup(buffer, n);
	return *ret ? 0 : -ENOMEM;
}

/* Behind `\`: the last byte of the escape or the quoted text. `at` stands on the backslash. */
static const char *skip_escape(const char *at)
{
	const char *end;

	if (at[1] == 'Q') {
		end = strstr(at, "\\E");
		return end ? end + 1 : at + strlen(at) - 1;
	}
	return at[1] ? at + 1 : at;
}

/* The last byte of the class whose `[` is at `at`, or of the text if it has no end. NULL: it quotes
 * with \Q or \E, and where it ends is hard to say. */
static const char *skip_class(const char *at)
{
	static const char names[] = "^abcdefghijklmnopqrstuvwxyz";

	at++;
	if (*at == '^')
		at++;
	if (*at == ']')
		at++;
	for (; *at && *at != ']'; at++) {
		if (*at == '\\') {
			if (at[1] == 'Q' || at[1] == 'E')
				return NULL;
			at = skip_escape(at);
		} else if (at[0] == '[' && at[1] == ':') {
			const char *end = at + 2 + strspn(at + 2, names);

			if (end[0] == ':' && end[1] == ']')
				at = end + 1;
		}
	}
	return *at ? at : at - 1;
}

/* Letters of an option setting `(?i)` or `(?i-s:` at `at`; 0: it is none. */
static size_t option_letters(const char *at)
{
	size_t n;

	if (strncmp(at, "(?", 2) != 0)
		return 0;
	n = strspn(at + 2, "^-imsxnJUar");
	return n > 0 && (at[2 + n] == ')' || at[2 + n] == ':') ? n : 0;
}

static bool has_option(const char *at, char letter)
{
	size_t n = option_letters(at);

	return n > 0 && memchr(at + 2, letter, n);
}

/* A `|` outside all groups: what follows it has no anchor. */
static const char *alternation_fault(const char *pattern)
{
	size_t depth = 0;

	for (const char *at = pattern; *at; at++) {
		if (*at == '\\') {
			at = skip_escape(at);
		} else if (*at == '[') {
			at = skip_class(at);
			if (!at)
				return "\\Q or \\E inside [...] hides its end: escape each character";
		} else if (strncmp(at, "(?#", 3) == 0 || strncmp(at, "(*", 2) == 0) {
			at += strcspn(at, ")");
			if (!*at)
				return NULL; /* not closed: PCRE2 refuses it */
		} else if (*at == '(') {
			if (has_option(at, 'x'))
				return "option x hides what the pattern is: write it without x";
			depth++;
		} else if (*at == ')' && depth > 0) {
			depth--;
		} else if (*at == '|' && depth == 0) {
			return "only the first alternative is anchored: write ^(?:...|...)";
		}
	}
	return NULL;
}

const char *pattern_anchor_fault(const char *pattern)
{
	const char *at = pattern;
	size_t n = option_letters(at);

	if (n > 0 && at[2 + n] == ')' && !has_option(at, 'm'))
		at += n + 3;
	if (at[0] != '^' && strncmp(at, "\\A", 2) != 0)
		return "the pattern is not anchored: begin it with ^";
	return alternation_fault(pattern);
}

bool pattern_names_group(const char *pattern, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = pattern; (at = strstr(at, name)); at++)
		if (at > pattern &&
		    ((at[-1] == '<' && at[n] == '>') || (at[-1] == '\'' && at[n] == '\'')))
			return true;
	return false;
}
