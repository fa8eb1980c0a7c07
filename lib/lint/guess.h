#ifndef BANISH_LINT_GUESS_H
#define BANISH_LINT_GUESS_H

/* Does a pattern's cost grow that can only be looked at from outside? Pieces of texts that it
 * matches are repeated at many places of them. */

#include "config/rule.h"
#include "lint/pump.h"

/* 1: it grows, and `ret` shows it; 0: nothing of the kind was found; -ENODATA: the event has no
 * example to begin with; -ENOMEM. */
int guess_growth(struct pump *pump, const struct rule *rule, const struct event *event,
		 struct growth *ret) must_check;

#endif
