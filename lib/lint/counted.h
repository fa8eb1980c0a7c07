#ifndef BANISH_LINT_COUNTED_H
#define BANISH_LINT_COUNTED_H

#include "base/util.h"

/*
 * The same pattern in a form that hides no cost, with every repeated byte or class as a group:
 * PCRE2 runs over "[^<]*+" in one step, however long it is, but takes a step for each "(?:[^<])".
 * What may come many times, but not without end, is left as it is. 0: owned by the caller;
 * -ENODATA: not understood; -ENOMEM.
 */
int counted_pattern(const char *pattern, char **ret) must_check;

#endif
