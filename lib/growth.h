#ifndef BANISH_GROWTH_H
#define BANISH_GROWTH_H

/*
 * Does the cost of a pattern grow faster than the line? Pieces of texts that it nearly matches are
 * repeated at many places of them, and where that is dear, repeated twice and four times as often.
 * Costs are steps of PCRE2's interpreter, never time.
 */

#include "rule.h"
#include "util.h"

#define GROWTH_PIECE_MAX 64 /* bytes */

struct growth {
	char piece[GROWTH_PIECE_MAX + 1]; /* what was repeated, fit to be printed */
	size_t repeats[3];
	uint64_t steps[3];
};

/* 1: yes, and `ret` shows it; 0: nothing of the kind was found; -EINVAL: no pattern, or one that
 * does not compile; -ENOMEM. The examples of the rule are where the search begins. */
int growth_find(const struct rule *rule, const struct event *event, struct growth *ret) must_check;

#endif
