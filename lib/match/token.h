#ifndef BANISH_MATCH_TOKEN_H
#define BANISH_MATCH_TOKEN_H

/*
 * A PCRE2 pattern, token by token, as far as it is understood without PCRE2. For those who look at
 * patterns from outside: what they require, what they could match, what they cost.
 */

#include "base/util.h"

enum token_kind {
	TOKEN_END,
	TOKEN_BYTE,    /* `byte` itself */
	TOKEN_CLASS,   /* one byte of `set` */
	TOKEN_NOTHING, /* takes no bytes: an anchor, "(?s)" */
	TOKEN_OPEN,    /* a group begins, capturing or not */
	TOKEN_LOOK,    /* a group begins that only looks around */
	TOKEN_CLOSE,
	TOKEN_OR,
	TOKEN_REPEAT,    /* of what was before: `min` to `max` times */
	TOKEN_REFERENCE, /* what a group before it has matched, once more */
	TOKEN_LOST,      /* not understood, or an option that changes what other tokens mean */
};

struct token {
	enum token_kind kind;
	struct span text; /* borrowed from the pattern */
	char byte;
	uint8_t set[32];   /* a bit a byte */
	unsigned min, max; /* UINT_MAX: without end */
	bool behind;       /* TOKEN_LOOK: at what was before */
	bool caseless; /* TOKEN_OPEN, TOKEN_NOTHING: from here on letters may match both cases */
};

/* Reads the token at `*p` and moves on. After TOKEN_END or TOKEN_LOST there is nothing more to
 * read. */
struct token token_next(const char **p);

/* How many alternatives a group has, from behind its opening; at least 1. */
unsigned token_count_branches(const char *at);

static inline bool token_has(const struct token *token, char byte)
{
	return token->set[(unsigned char)byte / 8] >> ((unsigned char)byte % 8) & 1;
}

#endif
