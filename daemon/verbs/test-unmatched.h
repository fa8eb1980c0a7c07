#ifndef BANISH_DAEMON_VERBS_TEST_UNMATCHED_H
#define BANISH_DAEMON_VERBS_TEST_UNMATCHED_H

/*
 * The shapes of lines with an address that no rule took: numbers and addresses folded, counted, the
 * most frequent first; so that an administrator finds what his rules miss.
 */

#include "base/util.h"

#include <stdio.h>

struct shapes;

struct shapes *shapes_new(void);
struct shapes *shapes_free(struct shapes *shapes);

/* Lines without an address are passed over; out of memory the line is just not counted. */
void shapes_add(struct shapes *shapes, struct span message);
void shapes_print(const struct shapes *shapes, uint64_t n_lines, uint64_t n_taken, FILE *out);

#endif
