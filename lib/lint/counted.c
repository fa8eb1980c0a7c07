#include "lint/counted.h"

#include "match/token.h"

#include <errno.h>
#include <limits.h>

#define MAX_TIMES 16 /* PCRE2 writes out a group as often as it may come, if that has an end */

static bool is_item(const struct token *token)
{
	return token->kind == TOKEN_BYTE || token->kind == TOKEN_CLASS ||
	       token->kind == TOKEN_REFERENCE;
}

int counted_pattern(const char *pattern, char **ret)
{
	/* Each item grows by "(?:" and ")" at most. */
	cleanup(freep) char *counted = malloc(5 * strlen(pattern) + 1);
	char *out = counted;

	if (!counted)
		return -ENOMEM;
	for (const char *p = pattern;;) {
		struct token token = token_next(&p), after;
		const char *q = p;
		bool repeated;

		if (token.kind == TOKEN_LOST)
			return -ENODATA;
		if (token.kind == TOKEN_END)
			break;
		after = token_next(&q);
		repeated = is_item(&token) && after.kind == TOKEN_REPEAT &&
			   (after.max == UINT_MAX ? after.min : after.max) <= MAX_TIMES;
		if (repeated)
			out = mempcpy(out, "(?:", 3);
		out = mempcpy(out, token.text.data, token.text.size);
		if (repeated)
			*out++ = ')';
	}
	*out = '\0';
	*ret = TAKE_PTR(counted);
	return 0;
}
