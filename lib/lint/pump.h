#ifndef BANISH_LINT_PUMP_H
#define BANISH_LINT_PUMP_H

/*
 * A pattern put to a text of which one piece is repeated, twice and four times as often: does its
 * cost grow faster than the text? Costs are steps of PCRE2's interpreter, never time.
 */

#include "base/util.h"
#include "config/rule.h"
#include "lint/growth.h"

#define PUMP_ENDS_MAX 4096 /* bytes of a trial that are not repeated */

/* As a tail: it fits nowhere, but where anything does. */
#define PUMP_ODD SPAN_LITERAL("\x01")

/* What stands before the piece, and behind its repetitions. */
struct ruletest {
	struct span head, piece, tail;
};

struct pump;

/* The event is borrowed. -EINVAL: no pattern, or one that does not compile; -ENOMEM. */
int pump_new(const struct rule *rule, const struct event *event, struct pump **ret) must_check;
struct pump *pump_free(struct pump *pump);
DEFINE_CLEANUP(struct pump *, pump_free)

/* 1: it grows, and `ret` shows it; 0: it does not. The piece has at most GROWTH_PIECE_MAX bytes. */
int pump_try(struct pump *pump, const struct ruletest *ruletest, struct growth *ret) must_check;

/* The text of the last trial matched: what would have been tried, had it failed, is not known. */
bool pump_matched(const struct pump *pump);

/* How many bytes of the text could begin a match. */
size_t pump_reach(struct pump *pump, struct span text);

#endif
