#include "match/part.h"

#define MIN_TEXT 3  /* bytes; a set with a shorter text is not worth looking for */
#define MAX_TEXT 64 /* bytes */
#define MAX_SETS 32 /* of one part */

struct required_block {
	struct required_block *next;
	char bytes[];
};

static void *allocate(struct parts *parts, size_t size)
{
	struct required_block *block = calloc(1, sizeof(*block) + size);

	if (!block) {
		parts->failed = true;
		return NULL;
	}
	block->next = parts->blocks;
	parts->blocks = block;
	return block->bytes;
}

struct part part_unknown(void)
{
	return (struct part){ .exact = false };
}

struct part part_literal(struct parts *parts, struct span text)
{
	struct part part = { .exact = true };
	char *copy = allocate(parts, text.size + 1);

	part.texts.texts = allocate(parts, sizeof(*part.texts.texts));
	if (!copy || !part.texts.texts)
		return part_unknown();
	memcpy(copy, text.data, text.size);
	part.texts.texts[0] = (struct span){ copy, text.size };
	part.texts.n_texts = 1;
	return part;
}

static bool contains(struct span text, struct span piece)
{
	return piece.size == 0 || memmem(text.data, text.size, piece.data, piece.size);
}

/* Leaves out every text that holds another one: finding the shorter says as much. */
static void part_settle(struct any_of *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n_texts; i++) {
		bool redundant = false;

		for (size_t j = 0; j < set->n_texts && !redundant; j++)
			redundant = j != i && contains(set->texts[i], set->texts[j]) &&
				    (set->texts[j].size < set->texts[i].size || j < i);
		if (!redundant)
			set->texts[n++] = set->texts[i];
	}
	set->n_texts = n;
	set->shortest = SIZE_MAX;
	for (size_t i = 0; i < n; i++)
		set->shortest = MIN(set->shortest, set->texts[i].size);
}

void part_require(struct parts *parts, struct part *part, struct any_of set)
{
	struct any_of copy = { .n_texts = set.n_texts };

	copy.texts = allocate(parts, set.n_texts * sizeof(*copy.texts));
	if (!part->sets)
		part->sets = allocate(parts, MAX_SETS * sizeof(*part->sets));
	if (!copy.texts || !part->sets || set.n_texts == 0)
		return;
	memcpy(copy.texts, set.texts, set.n_texts * sizeof(*copy.texts));
	part_settle(&copy);
	if (copy.shortest >= MIN_TEXT && part->n_sets < MAX_SETS)
		part->sets[part->n_sets++] = copy;
}

bool any_of_multiply(struct parts *parts, struct any_of a, struct any_of b, struct any_of *ret)
{
	struct any_of product = { 0 };

	if (a.n_texts * b.n_texts > RUN_TEXTS_MAX)
		return false;
	product.texts = allocate(parts, a.n_texts * b.n_texts * sizeof(*product.texts));
	if (!product.texts)
		return false;
	for (size_t i = 0; i < a.n_texts; i++) {
		for (size_t j = 0; j < b.n_texts; j++) {
			size_t size = a.texts[i].size + b.texts[j].size;
			char *text = size <= MAX_TEXT ? allocate(parts, size + 1) : NULL;

			if (!text)
				return false;
			memcpy(text, a.texts[i].data, a.texts[i].size);
			memcpy(text + a.texts[i].size, b.texts[j].data, b.texts[j].size);
			product.texts[product.n_texts++] = (struct span){ text, size };
		}
	}
	*ret = product;
	return true;
}

bool any_of_unite(struct parts *parts, struct any_of *set, struct any_of more, size_t max)
{
	struct span *texts;

	if (set->n_texts + more.n_texts > max)
		return false;
	texts = allocate(parts, (set->n_texts + more.n_texts) * sizeof(*texts));
	if (!texts)
		return false;
	if (set->n_texts > 0)
		memcpy(texts, set->texts, set->n_texts * sizeof(*texts));
	memcpy(texts + set->n_texts, more.texts, more.n_texts * sizeof(*texts));
	set->texts = texts;
	set->n_texts += more.n_texts;
	return true;
}

/* The set of a branch that tells most. */
static const struct any_of *best_set(const struct part *part)
{
	const struct any_of *best = NULL;

	for (size_t i = 0; i < part->n_sets; i++)
		if (!best || part->sets[i].shortest > best->shortest)
			best = &part->sets[i];
	return best;
}

struct part part_alternate(struct parts *parts, struct part a, struct part b)
{
	struct part part = part_unknown(), *sides[] = { &a, &b };
	struct any_of set = { 0 };

	if (a.exact && b.exact) {
		part.exact = true;
		part.texts = a.texts;
		if (any_of_unite(parts, &part.texts, b.texts, RUN_TEXTS_MAX))
			return part;
		part = part_unknown();
	}
	for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
		const struct any_of *best;

		if (sides[i]->exact)
			part_require(parts, sides[i], sides[i]->texts);
		best = best_set(sides[i]);
		if (!best || !any_of_unite(parts, &set, *best, SET_TEXTS_MAX))
			return part;
	}
	part_require(parts, &part, set);
	return part;
}

struct part part_repeat(struct parts *parts, struct part part, unsigned min, unsigned max)
{
	if (min == 1 && max == 1)
		return part;
	if (min > 0) {
		if (part.exact)
			part_require(parts, &part, part.texts);
		part.exact = false;
		return part;
	}
	if (max != 1 || !part.exact ||
	    !any_of_unite(parts, &part.texts, part_literal(parts, SPAN_LITERAL("")).texts,
			  RUN_TEXTS_MAX))
		return part_unknown();
	return part;
}

void required_done(struct required *required)
{
	while (required->blocks) {
		struct required_block *next = required->blocks->next;

		free(required->blocks);
		required->blocks = next;
	}
	*required = (struct required){ 0 };
}
