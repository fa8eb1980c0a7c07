#ifndef BANISH_LINT_POSSESSIVE_H
#define BANISH_LINT_POSSESSIVE_H

/*
 * "\S++\." never matches: the possessive piece takes the dot as well, and gives nothing back. Seen
 * is what must come right behind such a piece, one byte or class, be it in a group.
 */

#include "base/util.h"

struct possessive {
	struct span piece, behind; /* borrow from the pattern */
};

/* The first such place; false: there is none that was understood. */
bool possessive_find(const char *pattern, struct possessive *ret);

#endif
