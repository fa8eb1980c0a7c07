#ifndef BANISH_REGEX_H
#define BANISH_REGEX_H

/* One PCRE2 pattern of an event, compiled, and run over bytes within limits. */

#include "base/fault.h"
#include "base/util.h"
#include "config/event.h"
#include "entry/kept.h"

enum match_flags {
	MATCH_JIT = 1 << 0, /* try JIT; where it is refused (MemoryDenyWriteExecute) the interpreter
			       serves */
	MATCH_MEASURE =
		1 << 1, /* for measure_steps(): without the short cuts that depend on the text */
};

/* What a named group captures. */
enum regex_group {
	GROUP_ADDRESS,
	GROUP_USER,
	GROUP_ATTEMPTS,
	GROUP_SESSION,
	GROUP_SECRET,
	N_GROUPS
};

/* Scratch memory of PCRE2, and other fields of the entry in question; one serves all matches of a
 * set, so that no match allocates. */
struct matcher;

int matcher_new(struct matcher **ret) must_check;
struct matcher *matcher_free(struct matcher *matcher);
DEFINE_CLEANUP(struct matcher *, matcher_free)

struct kept *matcher_kept(struct matcher *matcher);

struct regex;

/* Compiles; the event is for its name and position in faults (`file` for the text). -EINVAL: a
 * pattern that is bad or not anchored; -ENOMEM. */
int regex_new(const char *file, const struct event *event, const char *pattern,
	      enum match_flags flags, struct faults *faults, struct regex **ret) must_check;
struct regex *regex_free(struct regex *regex);
DEFINE_CLEANUP(struct regex *, regex_free)

/* Whether there is such a group; NULL has none. */
bool regex_has(const struct regex *regex, enum regex_group group);

/* 1: matches; what was captured is put into `found`, the rest of which stays, and `ret_end` is
 * where the match ends; 0: does not; -E2BIG: gave up at the match limit; other negative errno. */
int regex_run(const struct regex *regex, struct matcher *matcher, struct span text,
	      struct span found[static N_GROUPS], size_t *ret_end) must_check;

/* One run of the interpreter: 1: matches, or with `partial` ends where more could follow; 0: no;
 * -E2BIG: needs `limit` steps or more. */
int regex_try(const struct regex *regex, struct matcher *matcher, struct span text, bool partial,
	      uint64_t limit) must_check;

/* The most steps that regex_run() spends on a text of this size. */
uint64_t match_limit(size_t size);

#endif
