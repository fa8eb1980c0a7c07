/*
 * First nodes that need no byte to be passed, as in Thompson's construction: "(?:a|b)*c" is
 *
 *         +------------------+
 *         v                  |
 *     -> fork -> fork -> a --+       "a" has a step to each of a, b and c, and so has "b".
 *         |       |          |
 *         |       +----> b --+
 *         +--> c
 *
 * Then the steps of a state are the bytes that are met from there. Where one is met on two ways,
 * PCRE2 tries both: each node is passed twice, no more, to see that.
 */

#include "lint/automaton.h"

#include "base/bitmap.h"
#include "match/token.h"

#include <errno.h>
#include <limits.h>

#define MAX_DEPTH 64
#define MAX_STEPS (1 << 20)
#define MAX_COPIES                                                                         \
	3 /* "x{3}" is xxx; what comes more often counts as without end. In a pattern that \
	     would become too large so does all that comes twice */
#define NOWHERE UINT32_MAX

/* A byte of the pattern makes two nodes, a repeat of it two more. The rest is for copies. */
#define MAX_NODES(length) (16384 + 4 * (length))

/* A place of the pattern. Without a state it is passed for nothing. */
struct node {
	uint32_t out, other; /* NOWHERE: none */
	uint32_t state;      /* 0: none */
	bool looked;         /* the end of what is looked at ahead */
	bool at_end;         /* "$": no byte comes behind it */
};

/* The nodes of a part of the pattern: where it begins, and a node without `out` where it ends. */
struct piece {
	uint32_t start, end;
};

struct builder {
	const char *p;
	struct token token; /* the one that is to be read next */
	unsigned depth, max_copies;
	bool lost, full, caseless;
	struct automaton *automaton;
	struct node *nodes;
	uint32_t n_nodes, max_nodes;
	size_t max_steps;
	uint32_t *passed; /* by node: the walk that passed it, twice if the lowest bit is set */
	uint32_t *met;    /* by state: the walk that met it */
	uint32_t *stack;
};

static struct piece automaton_read_alternatives(struct builder *builder);

static void automaton_move_on(struct builder *builder)
{
	builder->token = token_next(&builder->p);
	builder->lost |= builder->token.kind == TOKEN_LOST;
	builder->caseless |= builder->token.caseless;
}

/* The last node stands for all that there is no room for. */
static uint32_t automaton_add_node(struct builder *builder, uint32_t out, uint32_t other)
{
	builder->full |= builder->n_nodes == builder->max_nodes - 1;
	if (!builder->full)
		builder->n_nodes++;
	builder->nodes[builder->n_nodes] = (struct node){ out, other, 0, false, false };
	return builder->n_nodes;
}

static struct piece nothing(struct builder *builder)
{
	uint32_t node = automaton_add_node(builder, NOWHERE, NOWHERE);

	return (struct piece){ node, node };
}

static struct piece join(struct builder *builder, struct piece a, struct piece b)
{
	builder->nodes[a.end].out = b.start;
	return (struct piece){ a.start, b.end };
}

/* One byte of the token's set. */
static struct piece one_byte(struct builder *builder)
{
	uint32_t end = automaton_add_node(builder, NOWHERE, NOWHERE);
	uint32_t start = automaton_add_node(builder, end, NOWHERE);
	struct token token = builder->token;
	struct state *state;

	if (builder->full)
		return (struct piece){ start, end };
	state = &builder->automaton->states[builder->automaton->n_states];
	builder->nodes[start].state = builder->automaton->n_states++;
	if (token.kind == TOKEN_REFERENCE)
		memset(token.set, 0xff, sizeof(token.set));
	if (token.kind == TOKEN_BYTE)
		token.set[(unsigned char)token.byte / 8] |=
			(uint8_t)(1U << (unsigned char)token.byte % 8);
	for (size_t i = 0; i < 256; i++)
		if (token_has(&token, (char)i))
			bitmap_set(state->set, i);
	return (struct piece){ start, end };
}

/* As often as one likes; at least once, or not at all. */
static struct piece loop(struct builder *builder, struct piece piece, bool optional)
{
	uint32_t end = automaton_add_node(builder, NOWHERE, NOWHERE);
	uint32_t fork = automaton_add_node(builder, piece.start, end);

	builder->nodes[piece.end].out = fork;
	return (struct piece){ optional ? fork : piece.start, end };
}

static struct piece option(struct builder *builder, struct piece piece)
{
	builder->nodes[piece.end].out = automaton_add_node(builder, NOWHERE, NOWHERE);
	piece.end = builder->nodes[piece.end].out;
	piece.start = automaton_add_node(builder, piece.start, piece.end);
	return piece;
}

static struct piece automaton_read_group(struct builder *builder)
{
	const struct token token = builder->token;
	struct piece piece, around;

	automaton_move_on(builder);
	builder->lost |= ++builder->depth > MAX_DEPTH;
	piece = builder->lost ? nothing(builder) : automaton_read_alternatives(builder);
	builder->depth--;
	builder->lost |= builder->token.kind != TOKEN_CLOSE;
	if (token.kind != TOKEN_LOOK)
		return piece;
	builder->nodes[piece.end].looked = true;
	around = nothing(builder);
	if (!token.behind)
		around.start = automaton_add_node(builder, piece.start, around.end);
	return around;
}

/* What stands at the token, once. The token is then the one behind it. */
static struct piece read_atom(struct builder *builder)
{
	struct piece piece;

	switch (builder->token.kind) {
	case TOKEN_OPEN:
	case TOKEN_LOOK:
		piece = automaton_read_group(builder);
		break;
	case TOKEN_BYTE:
	case TOKEN_CLASS:
		piece = one_byte(builder);
		break;
	case TOKEN_REFERENCE: /* may be any text */
		piece = loop(builder, one_byte(builder), true);
		break;
	case TOKEN_NOTHING:
		piece = nothing(builder);
		builder->nodes[piece.start].at_end =
			span_equal(builder->token.text, SPAN_LITERAL("$"));
		break;
	case TOKEN_REPEAT: /* of nothing: PCRE2 refuses it */
	case TOKEN_END:
	case TOKEN_CLOSE:
	case TOKEN_OR:
	case TOKEN_LOST:
		builder->lost = true;
		return nothing(builder);
	}
	automaton_move_on(builder);
	return piece;
}

/* The atom once more, from where it was read first. */
static struct piece copy_atom(struct builder *builder, const struct builder *before)
{
	const char *p = builder->p;
	struct token token = builder->token;
	struct piece piece;

	builder->p = before->p;
	builder->token = before->token;
	piece = read_atom(builder);
	builder->p = p;
	builder->token = token;
	return piece;
}

static struct piece repeat(struct builder *builder, const struct builder *before,
			   struct piece piece, unsigned min, unsigned max)
{
	bool endless = max > builder->max_copies;
	unsigned n_copies = endless ? MIN(MAX(min, 1), builder->max_copies) : max;

	if (max == 0)
		return nothing(builder);
	if (endless && n_copies == 1)
		return loop(builder, piece, min == 0);
	if (min == 0)
		piece = option(builder, piece);
	for (unsigned i = 1; i < n_copies && !builder->lost && !builder->full; i++) {
		struct piece copy = copy_atom(builder, before);

		if (endless && i + 1 == n_copies)
			copy = loop(builder, copy, i >= min);
		else if (i >= min)
			copy = option(builder, copy);
		piece = join(builder, piece, copy);
	}
	return piece;
}

static struct piece automaton_read_item(struct builder *builder)
{
	const struct builder before = *builder;
	struct piece piece = read_atom(builder);

	while (builder->token.kind == TOKEN_REPEAT && !builder->lost) {
		unsigned min = builder->token.min, max = builder->token.max;

		automaton_move_on(builder);
		piece = repeat(builder, &before, piece, min, max);
		if (max > builder->max_copies)
			for (uint32_t i = before.n_nodes; i <= builder->n_nodes; i++)
				builder->automaton->states[builder->nodes[i].state].repeated = true;
	}
	return piece;
}

static bool automaton_goes_on(const struct builder *builder)
{
	return builder->token.kind != TOKEN_END && !builder->lost && !builder->full;
}

static struct piece automaton_read_sequence(struct builder *builder)
{
	struct piece whole = nothing(builder);

	while (automaton_goes_on(builder) && builder->token.kind != TOKEN_OR &&
	       builder->token.kind != TOKEN_CLOSE)
		whole = join(builder, whole, automaton_read_item(builder));
	return whole;
}

static struct piece automaton_read_alternatives(struct builder *builder)
{
	struct piece whole = automaton_read_sequence(builder);

	while (automaton_goes_on(builder) && builder->token.kind == TOKEN_OR) {
		struct piece next;
		uint32_t end;

		automaton_move_on(builder);
		next = automaton_read_sequence(builder);
		end = automaton_add_node(builder, NOWHERE, NOWHERE);
		builder->nodes[whole.end].out = end;
		builder->nodes[next.end].out = end;
		whole.start = automaton_add_node(builder, whole.start, next.start);
		whole.end = end;
	}
	return whole;
}

/* In UTF-8 and Unicode more letters have two cases; patterns have neither. */
static void automaton_fold(struct automaton *automaton)
{
	for (uint32_t i = 0; i < automaton->n_states; i++) {
		/* 'A' to 'Z' are bits 1 to 26 of the second word, small letters 32 further on. */
		uint64_t *letters = &automaton->states[i].set[1];
		uint64_t both = (*letters | *letters >> 32) & 0x7fffffe;

		*letters |= both | both << 32;
	}
}

static void add_step(struct builder *builder, struct state *from, uint32_t to)
{
	struct automaton *automaton = builder->automaton;

	if (automaton->n_steps == builder->max_steps) {
		size_t max = 2 * builder->max_steps;
		struct step *steps = NULL;

		if (max <= MAX_STEPS)
			steps = realloc(automaton->steps, max * sizeof(*steps));
		builder->full |= !steps;
		if (!steps)
			return;
		automaton->steps = steps;
		builder->max_steps = max;
	}
	automaton->steps[automaton->n_steps++] = (struct step){ to, false };
	from->n_steps++;
}

static void add_twice(struct automaton *automaton, const struct state *from, uint32_t to)
{
	for (uint32_t i = 0; i < from->n_steps; i++)
		if (automaton->steps[from->first_step + i].state == to)
			automaton->steps[from->first_step + i].twice = true;
}

/* The steps of one state: what is met from `node` on. */
static void automaton_walk(struct builder *builder, uint32_t number, uint32_t node, uint32_t last)
{
	struct state *from = &builder->automaton->states[number];
	size_t n = 0;

	from->first_step = (uint32_t)builder->automaton->n_steps;
	builder->stack[n++] = node;
	while (n > 0) {
		const struct node *at = &builder->nodes[builder->stack[n - 1]];
		uint32_t *passed = &builder->passed[builder->stack[--n]];

		if (*passed / 2 != number + 1)
			*passed = 2 * (number + 1);
		else if (*passed % 2 == 0)
			*passed += 1;
		else
			continue;
		from->final |= at == &builder->nodes[last];
		from->looked |= at->looked;
		if (at->at_end) {
			from->final = true;
			continue;
		}
		if (at->state > 0 && builder->met[at->state] != number + 1) {
			builder->met[at->state] = number + 1;
			add_step(builder, from, at->state);
		} else if (at->state > 0) {
			add_twice(builder->automaton, from, at->state);
		}
		if (at->state == 0 && at->out != NOWHERE)
			builder->stack[n++] = at->out;
		if (at->state == 0 && at->other != NOWHERE)
			builder->stack[n++] = at->other;
	}
}

static int automaton_make_room(struct builder *builder)
{
	struct automaton *automaton = builder->automaton;
	size_t n = builder->max_nodes;

	builder->max_steps = 1024;
	automaton->steps = calloc(builder->max_steps, sizeof(*automaton->steps));
	automaton->states = calloc(n + 1, sizeof(*automaton->states));
	builder->nodes = calloc(n, sizeof(*builder->nodes));
	builder->passed = calloc(n, sizeof(*builder->passed));
	builder->met = calloc(n + 1, sizeof(*builder->met));
	/* Each node is passed twice at most, and puts two others there. */
	builder->stack = calloc(4 * n + 1, sizeof(*builder->stack));
	return automaton->steps && automaton->states && builder->nodes && builder->passed &&
			       builder->met && builder->stack
		       ? 0
		       : -ENOMEM;
}

static void automaton_builder_done(struct builder *builder)
{
	free(builder->nodes);
	free(builder->passed);
	free(builder->met);
	free(builder->stack);
}

static int automaton_build(struct automaton *automaton, const char *pattern, unsigned max_copies)
{
	cleanup(automaton_builder_done) struct builder builder = { .p = pattern,
								   .max_copies = max_copies,
								   .max_nodes = (uint32_t)MAX_NODES(
									   strlen(pattern)),
								   .automaton = automaton };
	struct piece whole;
	int r;

	*automaton = (struct automaton){ .n_states = 1 };
	r = automaton_make_room(&builder);
	if (r < 0)
		return r;
	automaton_move_on(&builder);
	whole = automaton_read_alternatives(&builder);
	if (builder.full)
		return -E2BIG;
	if (builder.lost || builder.token.kind != TOKEN_END)
		return -ENODATA;
	if (builder.caseless)
		automaton_fold(automaton);
	automaton->states[0].repeated = false;
	automaton_walk(&builder, 0, whole.start, whole.end);
	for (uint32_t i = 0; i <= builder.n_nodes && !builder.full; i++)
		if (builder.nodes[i].state > 0)
			automaton_walk(&builder, builder.nodes[i].state, builder.nodes[i].out,
				       whole.end);
	return builder.full ? -E2BIG : 0;
}

int automaton_init(struct automaton *automaton, const char *pattern)
{
	int r = automaton_build(automaton, pattern, MAX_COPIES);

	if (r != -E2BIG)
		return r;
	automaton_done(automaton);
	return automaton_build(automaton, pattern, 1);
}

void automaton_done(struct automaton *automaton)
{
	free(automaton->states);
	free(automaton->steps);
	*automaton = (struct automaton){ 0 };
}
