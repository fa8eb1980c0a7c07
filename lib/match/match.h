#ifndef BANISH_MATCH_H
#define BANISH_MATCH_H

/*
 * One event compiled: a PCRE2 pattern or a logfmt condition, run over bytes. Knows nothing of rules
 * or jails.
 */

#include "base/fault.h"
#include "base/util.h"
#include "config/rule.h"
#include "entry/field.h"

/* What a matching text told. Spans borrow from the text, or from the subject's logfmt. */
struct captures {
	struct span address, user, session; /* data NULL: the event has none */
	struct span secret; /* what stands for the password; never shown, never kept */
	uint64_t attempts;  /* announced total; 0 and has_attempts false: none */
	bool has_attempts;
};

/* PCRE2's scratch memory; one serves all matches of a set, so that no match allocates. */
struct matcher;

int matcher_new(struct matcher **ret) must_check;
struct matcher *matcher_free(struct matcher *matcher);
DEFINE_CLEANUP(struct matcher *, matcher_free)

struct match;

enum match_flags {
	MATCH_JIT = 1 << 0, /* try JIT; where it is refused (MemoryDenyWriteExecute) the interpreter
			       serves */
	MATCH_MEASURE =
		1 << 1, /* for measure_steps(): without the short cuts that depend on the text */
};

/* Compiles; `event` is borrowed and must outlive the match. -EINVAL: a pattern that is bad or not
 * anchored, faults says where (`file` for the text); -ENOMEM. */
int match_new(const char *file, const struct event *event, enum match_flags flags,
	      struct faults *faults, struct match **ret) must_check;
struct match *match_free(struct match *match);
DEFINE_CLEANUP(struct match *, match_free)

/* 1: matches, `ret` filled; 0: does not; -E2BIG: gave up at the match limit (counts as no match,
 * the caller warns); other negative errno. */
int match_run(const struct match *match, struct matcher *matcher, struct subject *subject,
	      struct captures *ret) must_check;

/* One run of the interpreter, for measure.c: 1: matches, or with `partial` ends where more could
 * follow; 0: no; -E2BIG: needs `limit` steps or more. */
int match_try(const struct match *match, struct matcher *matcher, struct span text, bool partial,
	      uint64_t limit) must_check;

/* The most steps that match_run() spends on a text of this size. */
uint64_t match_limit(size_t size);

#endif
