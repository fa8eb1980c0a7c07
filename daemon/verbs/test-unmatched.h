#ifndef BANISH_DAEMON_VERBS_TEST_UNMATCHED_H
#define BANISH_DAEMON_VERBS_TEST_UNMATCHED_H

/*
 * The shapes of lines with an address that no rule took: numbers and addresses folded, counted, the
 * most frequent first; so that an administrator finds what his rules miss.
 */

#include "base/util.h"

#include <stdio.h>

struct unmatched;

struct unmatched *unmatched_new(void);
struct unmatched *unmatched_free(struct unmatched *shapes);

/* Lines without an address are passed over; out of memory the line is just not counted. */
void unmatched_add(struct unmatched *shapes, struct span message);
void unmatched_print(const struct unmatched *shapes, uint64_t n_lines, uint64_t n_taken, FILE *out);

#endif
