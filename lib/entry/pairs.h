#ifndef BANISH_ENTRY_PAIRS_H
#define BANISH_ENTRY_PAIRS_H

/* The keys and values of one line, whatever the format it was written in. */

#include "base/util.h"

#define PAIRS_MAX 1000 /* of a line; servers write 30, but some write every header of a request */

struct pair {
	struct span key;    /* borrows from the line or from `scratch` */
	struct span value;  /* unquoted; likewise */
	struct span quoted; /* the value as it stands in the line */
	size_t parent;      /* the pair whose value it stands in, its number + 1; 0: none */
};

/* All zero bytes is a good beginning; used for one line after the other it soon allocates no more.
 */
struct pairs {
	struct pair *list; /* owned */
	size_t n, allocated;
	char *scratch; /* owned; as long as the longest line so far that held an escape */
	size_t scratch_size;
};

/* No pairs, and room to unquote all values of the line, so that nothing moves while it is read. 0
 * or -ENOMEM. */
int pairs_begin(struct pairs *pairs, struct span line) must_check;

/* One more, which is the caller's to fill. 0; -EINVAL: above PAIRS_MAX; -ENOMEM. */
int pairs_add(struct pairs *pairs, struct pair **ret) must_check;

/*
 * 0: no such key; 1: `ret` is its value; 2: it is ambiguous, standing there more than once with
 * different values. Which of them is true nobody can tell, so an ambiguous key is never to be
 * trusted: it gives no address and meets no condition. Twice the same value is no contradiction.
 * The key of a nested pair is its parent's, a dot, and its own.
 */
int pairs_get(const struct pairs *pairs, struct span key, struct span *ret) must_check;

void pairs_done(struct pairs *pairs);

/* The number that these hexadecimal digits are; false: some are none. */
bool pairs_read_hex(const char *digits, size_t n, uint32_t *ret);

#endif
