#ifndef BANISH_LINT_H
#define BANISH_LINT_H

/*
 * What `check` demands of a rule beyond that it can be read and that its examples hold. Only single
 * lines are looked at here: addresses that a session remembers are the engine's. 0: nothing to
 * object to; -EINVAL: faults were added; -ENOMEM.
 */

#include "base/fault.h"
#include "base/util.h"
#include "config/rule.h"

/* Whatever a client writes in the place of a user name or password, and wherever else the line
 * repeats it: the same address, or none. */
int lint_hostile(const struct rule *rule, struct faults *faults) must_check;

/* No pattern's cost grows faster than the line, or comes near the match limit. Takes a few
 * thousandths of a second a pattern. */
int lint_cost(const struct rule *rule, struct faults *faults) must_check;

/* No possessive piece takes what must come behind it. */
int lint_possessive(const struct rule *rule, struct faults *faults) must_check;

/* Every event has an example. */
int lint_examples(const struct rule *rule, struct faults *faults) must_check;

#endif
