#include "lint/possessive.h"

#include "match/token.h"

#include <limits.h>

/* What is known where the pattern is read. */
struct possessive_reader {
	const char *p;
	bool pending; /* right before it stands a possessive piece without end */
	struct token piece;
	const char *piece_end;
};

static void token_fill(struct token *token)
{
	if (token->kind == TOKEN_BYTE)
		token->set[(unsigned char)token->byte / 8] |=
			(uint8_t)(1 << (unsigned char)token->byte % 8);
}

static bool class_is_within(const struct token *token, const struct token *other)
{
	for (size_t i = 0; i < sizeof(token->set); i++)
		if (token->set[i] & ~other->set[i])
			return false;
	return true;
}

/* Behind its opening: the group has no other branch, and must come. */
static bool is_plain_group(const char *at)
{
	for (unsigned depth = 1; depth > 0;) {
		struct token token = token_next(&at);

		if (token.kind == TOKEN_END || token.kind == TOKEN_LOST ||
		    (token.kind == TOKEN_OR && depth == 1))
			return false;
		depth += token.kind == TOKEN_OPEN || token.kind == TOKEN_LOOK;
		depth -= token.kind == TOKEN_CLOSE;
	}
	return token_next(&at).kind != TOKEN_REPEAT;
}

/* A byte or class, with its repeat. True: it can never come. */
static bool possessive_item(struct possessive_reader *reader, struct token *item)
{
	const char *at = reader->p;
	struct token repeat = token_next(&at);
	bool repeated = repeat.kind == TOKEN_REPEAT;
	bool needed = !repeated || repeat.min > 0;

	token_fill(item);
	/* What need not come, and cannot, leaves the piece right before what comes then. */
	reader->pending = reader->pending && class_is_within(item, &reader->piece);
	if (reader->pending && needed)
		return true;
	reader->p = repeated ? at : reader->p;
	if (repeated && repeat.max == UINT_MAX && repeat.text.size > 1 &&
	    repeat.text.data[repeat.text.size - 1] == '+') {
		reader->pending = true;
		reader->piece = *item;
		reader->piece_end = at;
	}
	return false;
}

bool possessive_find(const char *pattern, struct possessive *ret)
{
	struct possessive_reader reader = { .p = pattern };

	for (;;) {
		struct token token = token_next(&reader.p);

		switch (token.kind) {
		case TOKEN_END:
		case TOKEN_LOST:
			return false;
		case TOKEN_BYTE:
		case TOKEN_CLASS:
			if (!possessive_item(&reader, &token))
				break;
			ret->piece.data = reader.piece.text.data;
			ret->piece.size = (size_t)(reader.piece_end - ret->piece.data);
			ret->behind = token.text;
			return true;
		case TOKEN_OPEN:
			reader.pending = reader.pending && is_plain_group(reader.p);
			break;
		case TOKEN_NOTHING:
		case TOKEN_CLOSE:
			break;
		case TOKEN_LOOK:
		case TOKEN_OR:
		case TOKEN_REPEAT: /* of a group */
		case TOKEN_REFERENCE:
			reader.pending = false;
			break;
		}
	}
}
