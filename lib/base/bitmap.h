#ifndef BANISH_BASE_BITMAP_H
#define BANISH_BASE_BITMAP_H

/* A set of small numbers, in an array of words. */

#include "base/util.h"

static inline size_t bitmap_words(size_t n_bits)
{
	return (n_bits + 63) / 64;
}

static inline void bitmap_set(uint64_t *bitmap, size_t i)
{
	bitmap[i / 64] |= (uint64_t)1 << i % 64;
}

static inline bool bitmap_has(const uint64_t *bitmap, size_t i)
{
	return bitmap[i / 64] >> i % 64 & 1;
}

/* The first member in [from, end), or end. */
static inline size_t bitmap_next(const uint64_t *bitmap, size_t from, size_t end)
{
	while (from < end) {
		uint64_t word = bitmap[from / 64] >> from % 64;

		if (word)
			return MIN(from + (size_t)__builtin_ctzll(word), end);
		from = (from / 64 + 1) * 64;
	}
	return end;
}

#endif
