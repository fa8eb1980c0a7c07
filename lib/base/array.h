#ifndef BANISH_BASE_ARRAY_H
#define BANISH_BASE_ARRAY_H

/*
 * Arrays that grow by one item at a time: a pointer, zeroed at first, and how many there are. The
 * room is the power of two above that number, so nobody has to remember it; it doubles, so that n
 * items cost n steps.
 */

#include "base/util.h"

/* Room for one more behind the `n` items, which may have moved. False: no memory, and nothing has
 * changed. Only for arrays that grow in no other way. */
#define array_grow(items, n) array_make_room(&(items), (n), sizeof(*(items)))

/* `items` is the address of the pointer. */
bool array_make_room(void *items, size_t n, size_t size) must_check;

/* The same for arrays that are emptied and filled again and keep their room meanwhile: `*max` fit.
 * 0, or -ENOMEM: all is as it was. */
int array_reserve(void *items, size_t n, size_t *max, size_t size) must_check;

#endif
