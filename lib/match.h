#ifndef BANISH_MATCH_H
#define BANISH_MATCH_H

/*
 * One event compiled: a PCRE2 pattern or a logfmt condition, run over bytes. Knows nothing of rules or jails.
 */

#include "rule.h"
#include "util.h"

/* What a matching message told. Spans borrow from the message, or from the match until its next run. */
struct captures {
	struct span address, user, session; /* data NULL: the event has none */
	uint64_t attempts;                  /* announced total; 0 and has_attempts false: none */
	bool has_attempts;
};

struct match;

/* Compiles. -EINVAL: bad pattern, faults says where (`file` for the text); -ENOMEM. `jit`: try PCRE2 JIT
 * (refused under MemoryDenyWriteExecute, then the interpreter serves: no fault). */
int match_new(const char *file, const struct event *event, bool jit, struct faults *faults,
              struct match **ret) must_check;
struct match *match_free(struct match *match);
DEFINE_CLEANUP(struct match *, match_free)

/* 1: matches, `ret` filled; 0: does not; -E2BIG: gave up at the match limit (counts as no match, the caller
 * warns); other negative errno. */
int match_run(struct match *match, struct span message, struct captures *ret) must_check;

#endif
