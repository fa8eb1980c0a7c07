#ifndef BANISH_BASE_SUGGEST_H
#define BANISH_BASE_SUGGEST_H

/* "Did you mean": the word that was surely meant among those that are known. */

#include "base/util.h"

/* Begins as { .word = ... }; after all candidates `best` is the nearest, the first of equals; NULL:
 * none is near. */
struct suggestion {
	struct span word;
	const char *best; /* borrowed from the candidates */
	unsigned distance;
};

/* Up to two letters may be wrong, missing, too many or in turned order, but more than half must be
 * right. Upper case is no fault. */
void suggestion_try(struct suggestion *suggestion, const char *candidate);

#endif
