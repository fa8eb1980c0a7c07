#ifndef BANISH_LINT_GROWTH_H
#define BANISH_LINT_GROWTH_H

/*
 * Does the cost of a pattern grow faster than the line? What the pattern itself seems to take in
 * several ways is repeated, behind what leads there; if the pattern is not understood, pieces of
 * its examples at many places of them.
 */

#include "base/util.h"
#include "config/rule.h"

#define GROWTH_PIECE_MAX 64 /* bytes */

struct growth {
	char piece[GROWTH_PIECE_MAX + 1]; /* what was repeated, fit to be printed */
	size_t repeats[3];
	uint64_t steps[3]; /* of PCRE2's interpreter */
};

/* 1: yes, and `ret` shows it; 0: nothing of the kind was found; -ENODATA: the pattern is not
 * understood, or too large, and the rule has no example of the event; -EINVAL: no pattern, or one
 * that does not compile; -ENOMEM. */
int growth_find(const struct rule *rule, const struct event *event, struct growth *ret) must_check;

#endif
