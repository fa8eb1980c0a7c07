#ifndef BANISH_BASE_POOL_H
#define BANISH_BASE_POOL_H

/*
 * Records of one size, named by a 32-bit index: links cost half of a pointer and there is no
 * allocator's header beside each. Memory comes in chunks that never move, so a pointer holds until
 * its record is given back.
 */

#include "base/util.h"

#define POOL_NONE UINT32_MAX

#define POOL_CHUNK 512 /* records */

struct pool {
	size_t size; /* bytes of a record */
	char **chunks;
	uint32_t n_chunks, n_used;
	uint32_t free; /* head of the list of records given back */
};

void pool_init(struct pool *pool, size_t size);
void pool_done(struct pool *pool);

/* A zeroed record and its index; NULL: no memory. */
void *pool_take(struct pool *pool, uint32_t *ret_index);
void pool_give(struct pool *pool, uint32_t index);

static inline void *pool_at(const struct pool *pool, uint32_t index)
{
	return pool->chunks[index / POOL_CHUNK] + index % POOL_CHUNK * pool->size;
}

#endif
