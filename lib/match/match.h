#ifndef BANISH_MATCH_H
#define BANISH_MATCH_H

/*
 * One event compiled: a PCRE2 pattern, or conditions on keys, run over bytes. Knows nothing of
 * rules or jails.
 */

#include "base/fault.h"
#include "base/util.h"
#include "config/rule.h"
#include "entry/field.h"
#include "match/regex.h"

/* What a matching text told. Spans borrow from the text, the subject's pairs or the matcher. */
struct captures {
	struct span address, user, session; /* data NULL: the event has none */
	struct span secret; /* what stands for the password; never shown, never kept */
	uint64_t attempts;  /* announced total; 0 and has_attempts false: none */
	bool has_attempts;
};

struct match;

/* Compiles; `event` is borrowed and must outlive the match. -EINVAL: a pattern that is bad or not
 * anchored, faults says where (`file` for the text); -ENOMEM. */
int match_new(const char *file, const struct event *event, enum match_flags flags,
	      struct faults *faults, struct match **ret) must_check;
struct match *match_free(struct match *match);
DEFINE_CLEANUP(struct match *, match_free)

/* Other fields are those of the matcher's entry. 1: matches, `ret` filled; 0: does not; -E2BIG:
 * gave up at the match limit (counts as no match, the caller warns); other negative errno. */
int match_run(const struct match *match, struct matcher *matcher, struct subject *subject,
	      struct captures *ret) must_check;

/* One run of the interpreter, for measure.c: 1: matches, or with `partial` ends where more could
 * follow; 0: no; -E2BIG: needs `limit` steps or more. */
int match_try(const struct match *match, struct matcher *matcher, struct span text, bool partial,
	      uint64_t limit) must_check;

#endif
