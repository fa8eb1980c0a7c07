#ifndef BANISH_ENTRY_LOGFMT_H
#define BANISH_ENTRY_LOGFMT_H

/*
 * One line of logfmt, as programs in Go write it, taken apart into keys and unquoted values. All or
 * nothing: a line that is not exactly of this grammar has no pairs at all. What stands inside a
 * value is never looked at, so nothing that a client typed can become a key.
 */

#include "entry/pairs.h"

/* The pairs borrow from `line` and are good until the next call. 0; -EINVAL: no logfmt, or more
 * than PAIRS_MAX; -ENOMEM. Without success there are no pairs. */
int logfmt_parse(struct pairs *pairs, struct span line) must_check;

#endif
