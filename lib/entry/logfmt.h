#ifndef BANISH_ENTRY_LOGFMT_H
#define BANISH_ENTRY_LOGFMT_H

/*
 * One line of logfmt, as programs in Go write it, taken apart into keys and unquoted values. All or
 * nothing: a line that is not exactly of this grammar has no pairs at all. What stands inside a
 * value is never looked at, so nothing that a client typed can become a key.
 */

#include "base/util.h"

#define LOGFMT_MAX_PAIRS 128 /* the longest line of mox has 25 */

struct logfmt_pair {
	struct span key; /* borrows from the line */
	struct span
		value; /* borrows from the line, or from `scratch` where it had to be unquoted */
};

/* All zero bytes is a good beginning; used for one line after the other it allocates no more. */
struct logfmt {
	struct logfmt_pair pairs[LOGFMT_MAX_PAIRS];
	size_t n_pairs;
	char *scratch; /* owned; as long as the longest line so far that held an escape */
	size_t scratch_size;
};

/* The pairs borrow from `line` and are good until the next call. 0; -EINVAL: no logfmt, or more
 * than LOGFMT_MAX_PAIRS; -ENOMEM. Without success there are no pairs. */
int logfmt_parse(struct logfmt *logfmt, struct span line) must_check;

/*
 * 0: no such key; 1: `ret` is its value; 2: it is ambiguous, standing there more than once with
 * different values. Which of them is true nobody can tell, so an ambiguous key is never to be
 * trusted: it gives no address and meets no condition. Twice the same value is no contradiction.
 */
int logfmt_get(const struct logfmt *logfmt, struct span key, struct span *ret) must_check;

void logfmt_done(struct logfmt *logfmt);

#endif
