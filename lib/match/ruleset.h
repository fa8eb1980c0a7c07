#ifndef BANISH_MATCH_RULESET_H
#define BANISH_MATCH_RULESET_H

/*
 * The rules in force, compiled and indexed: from an entry to the events it holds. A rule is in
 * force as each jail that names it. An entry can be read by several jails; in each the first event
 * of its rule that matches decides. Pieces of a line that
 * journald or a container engine split never match, nor does what banish.service says itself.
 */

#include "config/policy.h"
#include "config/rule.h"
#include "entry/entry.h"
#include "match/match.h"

struct jail {
	char name[NAME_SIZE];
	const struct rule *rule; /* borrowed from the ruleset */
	const struct selector
		*selectors; /* the jail's own (borrowed from the policy), else the rule's */
	size_t n_selectors;
	struct strip strip;
	bool is_container; /* the selectors show, or what is stripped, that it reads one */
	bool reads_engine; /* ... or it may, since it reads what it chose itself */
	bool *takes; /* by event of the rule: it is among the jail's events, and of its mode */
	struct settings settings; /* its ports: the policy's if it names any, else the rule's */
};

struct hit {
	unsigned jail;  /* index */
	unsigned event; /* index into the rule's events */
	struct captures captures;
};

struct jail_statistics {
	uint64_t hits; /* of any outcome: shows that the rule understands its unit */
	uint64_t limit_hits;
};

struct ruleset;

/* Takes the rules: on success the pointers are moved out of the array (and set to NULL), which
 * stays the caller's. `policy` is borrowed until the ruleset is freed, `policy_file` is quoted in
 * faults. `jit`: try PCRE2 JIT. -EINVAL with faults: a jail without a rule, an event that its rule
 * has not, a bad pattern. */
int ruleset_new(struct rule **rules, size_t n_rules, const struct policy *policy,
		const char *policy_file, bool jit, struct faults *faults,
		struct ruleset **ret) must_check;
struct ruleset *ruleset_free(struct ruleset *ruleset);
DEFINE_CLEANUP(struct ruleset *, ruleset_free)

/* From now on a selecting field that the entry does not have agrees with every rule, or (false, as
 * at first) with none that asks for it: for messages without a journal around them (`banish test`).
 */
void ruleset_assume_missing(struct ruleset *ruleset, bool assume);

/* From now on hits that weigh nothing whatever came before are not reported: successes that
 * forgive nothing, and events that the jail does not take. They still end the search of their
 * rule. Decisions stay the same, and most lines of a mail server cost a fraction. In
 * jail_statistics they are then counted by samples. */
void ruleset_leave_out_weightless(struct ruleset *ruleset);

size_t ruleset_n_jails(const struct ruleset *ruleset);
const struct jail *ruleset_jail(const struct ruleset *ruleset, unsigned index);
/* The first that stands on the rule of that name; NULL: none. */
const struct jail *ruleset_jail_on(const struct ruleset *ruleset, const char *rule);
const struct event *ruleset_event(const struct ruleset *ruleset, unsigned jail, unsigned event);

/* Whether the jail's rule has notes that it takes. */
bool ruleset_has_notes(const struct ruleset *ruleset, unsigned jail);

/* The selectors of the jails, one after the other: an entry that agrees with none of them
 * cannot hit. NULL past the last. The same selector can come twice. */
const struct selector *ruleset_selector(const struct ruleset *ruleset, size_t i);

/* Some jail may read what a container engine wrote, as far as its selectors show. */
bool ruleset_reads_engines(const struct ruleset *ruleset);

/* How many hits the entry holds, in order of jail; 0 mostly. They are read with ruleset_hit() until
 * the next scan. Negative errno: the entry's source failed. */
int ruleset_scan(struct ruleset *ruleset, const struct entry *entry) must_check;
size_t ruleset_n_hits(const struct ruleset *ruleset);
const struct hit *ruleset_hit(const struct ruleset *ruleset, size_t i);
/* Of a line that was split not all pieces have come: what the entries to come are hangs on those
 * before. */
bool ruleset_awaits_pieces(const struct ruleset *ruleset);
/* Another stretch of a journal begins: none is awaited. */
void ruleset_forget_pieces(struct ruleset *ruleset);

/* 1: the jail reads entries like this one; 0: it does not; negative errno. */
int ruleset_selects(struct ruleset *ruleset, unsigned jail, const struct entry *entry) must_check;

/* Says in words why the scan of this entry, just done, hit nothing. Negative errno: the entry's
 * source failed. */
int ruleset_explain(struct ruleset *ruleset, const struct entry *entry, char *buffer,
		    size_t size) must_check;

const struct jail_statistics *ruleset_jail_statistics(const struct ruleset *ruleset, unsigned jail);

#endif
