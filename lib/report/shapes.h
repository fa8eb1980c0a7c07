#ifndef BANISH_REPORT_SHAPES_H
#define BANISH_REPORT_SHAPES_H

/*
 * The shapes of lines with an address that no rule took: numbers and addresses folded, counted, so
 * that an administrator finds what his rules miss.
 */

#include "base/util.h"

#define SHAPES_MAX 500 /* different ones; later ones are only counted */
#define SHAPE_SIZE 120 /* bytes of a line that make its shape; more until the first address */
#define SHAPE_MAX  240

struct shapes {
	struct shape {
		char text[SHAPE_MAX + 1]; /* printable ASCII */
		uint64_t count;
	} * items; /* owned; in the order in which they came */
	size_t n_items;
	uint64_t n_others;
};

void shapes_done(struct shapes *shapes);
/* A line without an address is passed over. 0 or -ENOMEM. */
int shapes_add(struct shapes *shapes, struct span message) must_check;
/* The most frequent first, from now on. */
void shapes_sort(struct shapes *shapes);

/* Of its words one speaks of a failure: "failed", "invalid", "denied". */
bool shape_is_failure(const char *shape);

#endif
