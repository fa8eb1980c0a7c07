#ifndef BANISH_LINT_H
#define BANISH_LINT_H

/*
 * What `check` demands of a rule beyond that it can be read. Only single lines are looked at here:
 * addresses that a session remembers are the engine's.
 */

#include "fault.h"
#include "rule.h"
#include "util.h"

/* Each example is of the event it names, and what that line itself tells is as it says. */
int lint_examples(const struct rule *rule, struct faults *faults) must_check;

/* Whatever a client writes in the place of a user name: the same address, or none. */
int lint_hostile(const struct rule *rule, struct faults *faults) must_check;

/* No pattern's cost grows faster than the line. Takes a hundredth of a second a pattern, as a rule
 * of thumb. */
int lint_growth(const struct rule *rule, struct faults *faults) must_check;

/* All of them. 0: nothing to object to; -EINVAL: faults were added; -ENOMEM. */
int lint_rule(const struct rule *rule, struct faults *faults) must_check;

#endif
