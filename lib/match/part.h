#ifndef BANISH_MATCH_PART_H
#define BANISH_MATCH_PART_H

/* The arithmetic behind required.c: what parts of a pattern say, put one after the other or side by
 * side. */

#include "match/required.h"

#define RUN_TEXTS_MAX 16 /* that one exact part can be */
#define SET_TEXTS_MAX 64

/* All memory of one reading; see required_done(). */
struct parts {
	struct required_block *blocks;
	bool failed; /* no memory: what was answered since is of no use */
};

/* What a part of the pattern says. */
struct part {
	bool exact;          /* it can only be one of `texts` */
	struct any_of texts; /* if exact; "" may be among them */
	struct any_of *sets; /* if not: required by it */
	size_t n_sets;
};

/* Any text at all. */
struct part part_unknown(void);

/* Exactly this text; "" for what takes no bytes. */
struct part part_literal(struct parts *parts, struct span text);

/* The part demands one of these texts, too; kept only if that says something. */
void part_require(struct parts *parts, struct part *part, struct any_of set);

/* `a` or `b`: exact if both are, else what either demands. */
struct part part_alternate(struct parts *parts, struct part a, struct part b);

/* Between `min` and `max` times. */
struct part part_repeat(struct parts *parts, struct part part, unsigned min, unsigned max);

/* Each text of `a` before each of `b`. False: too many, or too long. */
bool any_of_multiply(struct parts *parts, struct any_of a, struct any_of b, struct any_of *ret);

/* Appends; false: too many. */
bool any_of_unite(struct parts *parts, struct any_of *set, struct any_of more, size_t max);

#endif
