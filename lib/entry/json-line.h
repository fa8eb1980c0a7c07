#ifndef BANISH_ENTRY_JSON_LINE_H
#define BANISH_ENTRY_JSON_LINE_H

/*
 * One line that is a JSON object, as programs log it, taken apart into keys and values. All or
 * nothing, as with logfmt: what stands inside a value is never looked at, so nothing that a client
 * typed can become a key.
 */

#include "entry/pairs.h"

#define JSON_LINE_MAX_DEPTH 16 /* objects and lists in one another: bounds the recursion */

/* The value of a text is unquoted, that of null is empty; of all others it is what stands in the
 * line. What stands in an object has pairs, too, but not what stands in a list. The pairs borrow
 * from `line` and are good until the next call. 0; -EINVAL: no such line; -ENOMEM. Without success
 * there are no pairs. */
int json_line_parse(struct pairs *pairs, struct span line) must_check;

#endif
