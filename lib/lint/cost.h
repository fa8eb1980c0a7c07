#ifndef BANISH_LINT_COST_H
#define BANISH_LINT_COST_H

/*
 * Does a pattern cost more than the line is long? Lines are pumped: in the examples of the event,
 * and in lines that are written off the pattern, pieces are repeated at many places, and the steps
 * of the matcher are measured as the line grows. What is found is so; that nothing is found is no
 * proof: the guarantee is the match limit at run time.
 */

#include "base/util.h"
#include "config/rule.h"
#include "lint/pump.h"

#define COST_HEAD_MAX 40 /* bytes */

struct cost {
	char head[COST_HEAD_MAX + 1];   /* the end of what stands before the piece, and */
	char piece[PUMP_PIECE_MAX + 1]; /* what was repeated; both fit to be printed */
	struct pumped pumped;
};

/* 1: yes, and `ret` shows it; 0: nothing of the kind was found; -EINVAL: no pattern, or one that
 * does not compile; -ENOMEM. */
int cost_find(const struct rule *rule, const struct event *event, struct cost *ret) must_check;

#endif
