#ifndef BANISH_RULESET_H
#define BANISH_RULESET_H

/*
 * The rules in force, compiled and indexed: from an entry to the events it holds. A rule is in force when a
 * jail of its name stands in the policy; jail and rule share one index. An entry can be read by several rules;
 * in each the first event that matches decides. Pieces of a line that journald split never match.
 */

#include "entry.h"
#include "match.h"
#include "policy.h"
#include "rule.h"

struct jail {
	char name[NAME_SIZE];
	const struct rule *rule; /* borrowed from the ruleset */
	struct settings settings; /* its ports: the policy's if it names any, else the rule's (borrowed) */
};

struct hit {
	unsigned jail;             /* index */
	unsigned event;            /* index into the rule's events */
	struct captures captures;
};

struct ruleset;

struct ruleset_statistics {
	uint64_t limit_hits; /* messages that ran into a match limit */
	uint64_t split;      /* pieces of split lines that were passed over */
};

/* Takes the rules (an array of owned pointers, moved out on success). `policy` is borrowed for the call only.
 * -EINVAL with faults: a jail without a rule, a bad pattern. */
int ruleset_new(struct rule **rules, size_t n_rules, const struct policy *policy, bool jit,
                struct faults *faults, struct ruleset **ret) must_check;
struct ruleset *ruleset_free(struct ruleset *ruleset);
DEFINE_CLEANUP(struct ruleset *, ruleset_free)

size_t ruleset_n_jails(const struct ruleset *ruleset);
const struct jail *ruleset_jail(const struct ruleset *ruleset, unsigned index);
const struct event *ruleset_event(const struct ruleset *ruleset, unsigned jail, unsigned event);

/* How many hits the entry holds, in order of jail; 0 mostly. They are read with ruleset_hit() until the next
 * scan. Negative errno: the entry's source failed. */
int ruleset_scan(struct ruleset *ruleset, const struct entry *entry) must_check;
const struct hit *ruleset_hit(const struct ruleset *ruleset, size_t i);

const struct ruleset_statistics *ruleset_statistics(const struct ruleset *ruleset);

#endif
