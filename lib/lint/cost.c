/*
 * Which lines are pumped. A pattern grows dear where two of its repeats can share the same bytes,
 * or where one can begin anew in the midst of another. So the pieces are what stands at a place of
 * a line, the bytes that classes of the pattern share, and what the pattern spells; and the places
 * those where an item of the pattern begins, or a word of an example. The matcher itself says
 * whether it would take more than one of a piece there: if not, that is left out, cheaply.
 */
#include "lint/cost.h"

#include "base/printable.h"
#include "match/token.h"

#include <ctype.h>
#include <errno.h>

#define MAX_LINE     400 /* bytes */
#define MAX_STARTS   100 /* places of a line */
#define MAX_EXAMPLES 2
#define N_WRITTEN    3 /* lines written off the pattern */
#define MAX_LINES    (MAX_EXAMPLES + N_WRITTEN)
#define MAX_CLASSES  16
#define MAX_PIECES   32 /* that are tried wherever they fit */
#define MAX_WORDS    3  /* in a row that a piece holds */
#define MAX_COPIES   8  /* of what must come several times, in a written line */

static const char signs[] = "a1 ,=:\".-/@"; /* where the pattern does not tell */
#define N_SIGNS (sizeof(signs) - 1)

struct line {
	char text[MAX_LINE];
	size_t size;
	size_t starts[MAX_STARTS];
	size_t n_starts;
};

struct search {
	struct pump *pump;
	struct line lines[MAX_LINES];
	size_t n_lines, n_examples; /* the latter come first */
	struct span pieces[MAX_PIECES];
	size_t n_pieces;
	bool understood;        /* the pattern, to its end */
	bool looks_ahead;       /* or is not understood */
	bool taken[MAX_PIECES]; /* in this line */
	char tail[MAX_LINE + 2];
};

/* Which of the lines that a pattern could match is written. */
struct writing {
	const char *at; /* in the pattern */
	struct line *line;
	unsigned variant;
	bool in_literal;
};

static void line_start(struct line *line)
{
	if (line->n_starts > 0 && line->starts[line->n_starts - 1] == line->size)
		return;
	if (line->n_starts < MAX_STARTS)
		line->starts[line->n_starts++] = line->size;
}

static void line_put(struct line *line, const char *bytes, size_t size)
{
	size_t n = MIN(size, MAX_LINE - line->size);

	if (n > 0)
		memmove(line->text + line->size, bytes, n);
	line->size += n;
}

/* A letter if the class has one, and so on; empty if nothing is in it. Not the caller's. */
static struct span typical_byte(const struct token *token)
{
	static const char bytes[] = "aqz1 ,!\"#$%&'()*+-./:;<=>?@[\\]^_`{|}~"
				    "jkxvwybcdefghilmnoprstu"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ023456789\t\n\r\x01\x7f\x80";

	for (size_t i = 0; i < sizeof(bytes); i++)
		if (token_has(token, bytes[i]))
			return (struct span){ &bytes[i], 1 };
	return (struct span){ 0 };
}

static bool is_followed_by_repeat(const char *at)
{
	return token_next(&at).kind == TOKEN_REPEAT;
}

/* What was written from `mark` on may be repeated: as often as it must, and if it need not come at
 * all, in every other line not. */
static void write_repeat(struct writing *writing, size_t mark, bool written)
{
	const char *at = writing->at;
	struct token token = token_next(&at);
	struct line *line = writing->line;
	size_t size = line->size - mark;

	if (token.kind != TOKEN_REPEAT)
		return;
	writing->at = at;
	if (!written)
		return;
	if (token.min == 0 && ((writing->variant & 1 && token.max == 1) || token.max == 0)) {
		line->size = mark;
		while (line->n_starts > 0 && line->starts[line->n_starts - 1] > mark)
			line->n_starts--;
	}
	for (unsigned i = 1; i < MIN(token.min, MAX_COPIES); i++)
		line_put(line, line->text + mark, size);
}

/* Bytes in a row that come once each are one word. */
static void write_item(struct writing *writing, const struct token *token)
{
	bool literal = token->kind == TOKEN_BYTE && !is_followed_by_repeat(writing->at);
	struct span byte =
		token->kind == TOKEN_CLASS ? typical_byte(token) : (struct span){ &token->byte, 1 };

	if (!writing->in_literal || !literal)
		line_start(writing->line);
	writing->in_literal = literal;
	line_put(writing->line, byte.data, byte.size);
}

/* One branch of each group; what is looked at ahead in the last line only. False: the pattern is at
 * its end, or not understood any more. */
static bool write_group(struct writing *writing, bool wanted, unsigned depth)
{
	size_t branch = writing->variant % token_count_branches(writing->at);

	for (size_t i = 0;;) {
		struct token token = token_next(&writing->at);
		bool written = wanted && i == branch;
		size_t mark = writing->line->size;

		switch (token.kind) {
		case TOKEN_END:
		case TOKEN_LOST:
			return false;
		case TOKEN_CLOSE:
			writing->in_literal = false;
			return true;
		case TOKEN_OR:
			writing->in_literal = false;
			i++;
			break;
		case TOKEN_OPEN:
		case TOKEN_LOOK:
			if (token.kind == TOKEN_LOOK)
				written = written && !token.behind &&
					  writing->variant == N_WRITTEN - 1;
			if (written)
				line_start(writing->line);
			writing->in_literal = false;
			if (depth == 0 || !write_group(writing, written, depth - 1))
				return false;
			break;
		case TOKEN_BYTE:
		case TOKEN_CLASS:
			if (written)
				write_item(writing, &token);
			break;
		case TOKEN_NOTHING:
		case TOKEN_REPEAT:
		case TOKEN_REFERENCE:
			break;
		}
		if (token.kind != TOKEN_OR)
			write_repeat(writing, mark, written);
	}
}

static void search_add_line(struct search *search, const struct line *line)
{
	struct span text = { line->text, line->size };

	for (size_t i = 0; i < search->n_lines; i++) {
		const struct line *other = &search->lines[i];

		if (span_equal(text, (struct span){ other->text, other->size }) &&
		    line->n_starts == other->n_starts &&
		    memcmp(line->starts, other->starts, sizeof(line->starts)) == 0)
			return;
	}
	search->lines[search->n_lines++] = *line;
}

static void search_add_examples(struct search *search, const struct rule *rule,
				const struct event *event)
{
	for (size_t i = 0; i < rule->n_examples && search->n_lines < MAX_EXAMPLES; i++) {
		const struct example *example = &rule->examples[i];
		const char *text = example->message;
		struct line line = { 0 };

		if (!example->event || strcmp(example->event, event->name) != 0)
			continue;
		for (size_t k = 0; k < MAX_LINE && text[k]; k++) {
			/* A word begins; or any sign, of a line that is all there is to go by. */
			if (k == 0 ||
			    (isalnum((unsigned char)text[k]) ? !isalnum((unsigned char)text[k - 1])
							     : !search->understood))
				line_start(&line);
			line_put(&line, &text[k], 1);
		}
		search_add_line(search, &line);
	}
	search->n_examples = search->n_lines;
}

/* From start i to start k, the last being the end of the line. */
static struct span line_cut(const struct line *line, size_t i, size_t k)
{
	size_t end = k < line->n_starts ? line->starts[k] : line->size;

	return (struct span){ line->text + line->starts[i], end - line->starts[i] };
}

static void search_add_piece(struct search *search, struct span piece)
{
	if (piece.size == 0 || piece.size > PUMP_PIECE_MAX || search->n_pieces == MAX_PIECES)
		return;
	for (size_t i = 0; i < search->n_pieces; i++)
		if (span_equal(search->pieces[i], piece))
			return;
	search->pieces[search->n_pieces++] = piece;
}

/* Bytes that two repeats could share: one of each class and of what two have in common. */
static void search_add_shared_bytes(struct search *search, const char *pattern)
{
	struct token classes[MAX_CLASSES], token;
	size_t n = 0;

	do {
		token = token_next(&pattern);
		search->looks_ahead |= token.kind == TOKEN_LOOK && !token.behind;
		if (token.kind == TOKEN_BYTE && is_followed_by_repeat(pattern))
			token.set[(unsigned char)token.byte / 8] |=
				(uint8_t)(1 << (unsigned char)token.byte % 8);
		else if (token.kind != TOKEN_CLASS)
			continue;
		if (n < MAX_CLASSES)
			classes[n++] = token;
	} while (token.kind != TOKEN_END && token.kind != TOKEN_LOST);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k <= i; k++) {
			struct token both = classes[i];

			for (size_t b = 0; b < sizeof(both.set); b++)
				both.set[b] &= classes[k].set[b];
			search_add_piece(search, typical_byte(&both));
		}
	search->understood = token.kind == TOKEN_END;
	search->looks_ahead |= !search->understood;
}

/* The repeats must fail at last, so that all of it is tried: where what comes fits nowhere, or if
 * it does, the rest of the line does not, or nothing comes. What is looked at ahead may want to see
 * the rest. */
static int try_piece(struct search *search, const struct line *line, size_t place,
		     struct span piece, struct cost *ret)
{
	struct span rest = { search->tail, line->size - place + 2 };
	struct trial trial = { .head = { line->text, place }, .piece = piece };
	const struct span tails[] = { search->looks_ahead ? rest : PUMP_ODD,
				      search->looks_ahead ? PUMP_ODD : rest,
				      { 0 } };
	int r = 2;

	search->tail[0] = search->tail[rest.size - 1] = *PUMP_ODD.data;
	memcpy(search->tail + 1, line->text + place, line->size - place);
	for (size_t i = 0; i < ARRAY_SIZE(tails) && r == 2; i++) {
		trial.tail = tails[i];
		r = pump_try(search->pump, &trial, &ret->pumped);
	}
	if (r == 1) {
		(void)printable_tail(trial.head, COST_HEAD_MAX, ret->head);
		(void)printable_tail(piece, PUMP_PIECE_MAX, ret->piece);
	}
	return r == 2 ? 0 : r;
}

static bool line_has_start(const struct line *line, size_t place)
{
	for (size_t i = 0; i < line->n_starts && line->starts[i] <= place; i++)
		if (line->starts[i] == place)
			return true;
	return false;
}

/* A line before it was pumped at this place, with what goes to `end` if that is more; of examples
 * that are understood it was one word at most. */
static bool is_known(const struct search *search, const struct line *line, size_t place, size_t end,
		     size_t n_words)
{
	size_t first = search->understood && n_words > 1 ? search->n_examples : 0;

	for (const struct line *other = search->lines + first; other < line; other++)
		if (other->size >= end && memcmp(other->text, line->text, end) == 0 &&
		    line_has_start(other, place) &&
		    (line_has_start(other, end) || other->size == end))
			return true;
	return false;
}

static int try_place(struct search *search, const struct line *line, size_t start, struct cost *ret)
{
	size_t place = line->starts[start];
	bool known = is_known(search, line, place, place, 0);
	bool example = (size_t)(line - search->lines) < search->n_examples;
	size_t max_words = search->understood && example ? 1 : MAX_WORDS;
	struct span head = { line->text, place };
	int r = 0;

	for (size_t n = 1; r == 0 && n <= max_words && start + n <= line->n_starts; n++) {
		struct span piece = line_cut(line, start, start + n);

		if (piece.size > 0 && piece.size <= PUMP_PIECE_MAX &&
		    !is_known(search, line, place, place + piece.size, n) &&
		    pump_takes(search->pump, head, piece))
			r = try_piece(search, line, place, piece, ret);
	}
	for (size_t i = 0; r == 0 && !known && i < search->n_pieces; i++) {
		if (search->taken[i] || !pump_takes(search->pump, head, search->pieces[i]))
			continue;
		search->taken[i] = true;
		r = try_piece(search, line, place, search->pieces[i], ret);
	}
	return r;
}

int cost_find(const struct rule *rule, const struct event *event, struct cost *ret)
{
	cleanup(freep) struct search *search = calloc(1, sizeof(*search));
	cleanup(pump_freep) struct pump *pump = NULL;
	int r;

	if (!search)
		return -ENOMEM;
	r = pump_new(rule, event, &pump);
	if (r < 0)
		return r;
	search->pump = pump;
	search_add_shared_bytes(search, event->pattern);
	search_add_examples(search, rule, event);
	for (unsigned i = 0; i < N_WRITTEN; i++) {
		struct line line = { 0 };
		struct writing writing = { .at = event->pattern, .line = &line, .variant = i };

		(void)write_group(&writing, true, 32);
		search_add_line(search, &line);
	}
	for (size_t i = 0; !search->understood && i < N_SIGNS; i++)
		search_add_piece(search, (struct span){ &signs[i], 1 });
	for (size_t i = search->understood ? search->n_examples : 0; i < search->n_lines; i++)
		for (size_t k = 0; k < search->lines[i].n_starts; k++)
			search_add_piece(search, line_cut(&search->lines[i], k, k + 1));

	for (size_t i = 0; r == 0 && i < search->n_lines; i++) {
		const struct line *line = &search->lines[i];

		memset(search->taken, 0, sizeof(search->taken));
		for (size_t k = 0; r == 0 && k < line->n_starts; k++) {
			struct span head = { line->text, line->starts[k] };

			if (head.size > 0 && !pump_takes(pump, head, (struct span){ 0 }))
				break; /* nothing leads on from here */
			r = try_place(search, line, k, ret);
		}
	}
	return r;
}
