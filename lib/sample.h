#ifndef BANISH_SAMPLE_H
#define BANISH_SAMPLE_H

/* Material from a pattern, for those who try it: texts that look like what it matches, and the
 * pattern itself in a form that hides no cost. */

#include "util.h"

/* A text of up to `size` bytes that the pattern could match, were it not for look-around and
 * references: each optional piece once, and of each alternative and class another one with another
 * `variant`. Its length; 0: the pattern is not understood. */
size_t sample_text(const char *pattern, unsigned variant, char *buffer, size_t size);

/*
 * The same pattern, with every repeated byte or class as a group: PCRE2 runs over "[^<]*+" in one
 * step, however long it is, but takes a step for each "(?:[^<])". 0: owned by the caller; -ENODATA:
 * not understood; -ENOMEM.
 */
int sample_counted(const char *pattern, char **ret) must_check;

#endif
