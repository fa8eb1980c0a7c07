#ifndef BANISH_IMPORT_PROOF_H
#define BANISH_IMPORT_PROOF_H

/*
 * What `banish check` will demand of a translated rule, demanded before it is written: every event
 * has an example, hostile names harm nobody, no pattern costs too much. An event that does not
 * stand that is dropped, with the reason.
 */

#include "base/address.h"
#include "config/rule.h"
#include "import/jail.h"

struct proof;

/* Both are borrowed; the arena is the import's. -EINVAL: the rule is no rule, the jail has the
 * reason and is listed; -ENOMEM. */
int proof_new(struct arena *arena, struct import_jail *jail, struct proof **ret) must_check;
struct proof *proof_free(struct proof *proof);
DEFINE_CLEANUP(struct proof *, proof_free)

const struct rule *proof_rule(const struct proof *proof);

/* A line that the service wrote: a better example than any. -ENOMEM. */
int proof_offer(struct proof *proof, struct span message) must_check;
/* No more examples are needed. */
bool proof_is_satisfied(const struct proof *proof);

/* What the rule makes of a line: 1: a failure of that address; 0: none. -ENOMEM. */
int proof_judge(struct proof *proof, struct span message, struct address *ret) must_check;

/* Drops what does not stand; without a failure that is left the jail is listed. -ENOMEM. */
int proof_finish(struct proof *proof) must_check;

#endif
