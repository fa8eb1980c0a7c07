#ifndef BANISH_DAEMON_VERBS_TEST_UNMATCHED_H
#define BANISH_DAEMON_VERBS_TEST_UNMATCHED_H

/*
 * The shapes of lines with an address that no rule took: numbers and addresses folded, counted, the
 * most frequent first; so that an administrator finds what his rules miss.
 */

#include "base/util.h"

#include <stdio.h>

#define MAX_SHAPES 500 /* different ones; later ones are only counted */
#define SHAPE_SIZE 120 /* bytes of a line that make its shape */

struct unmatched {
	struct shape {
		char text[SHAPE_SIZE + 1];
		uint64_t count;
	} items[MAX_SHAPES];
	size_t n_items;
	uint64_t n_others;
};

/* Lines without an address are passed over; beyond MAX_SHAPES they are just counted. */
void unmatched_add(struct unmatched *shapes, struct span message);
void unmatched_print(const struct unmatched *shapes, uint64_t n_lines, uint64_t n_taken, FILE *out);

#endif
