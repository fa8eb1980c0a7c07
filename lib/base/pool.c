#include "base/pool.h"

#include "base/array.h"

#include <assert.h>

/* Bytes: a record of 64 lies in one line. POOL_CHUNK records are always a multiple of it. */
#define CACHE_LINE 64

void pool_init(struct pool *pool, size_t size)
{
	assert(size >= sizeof(pool->free));
	*pool = (struct pool){ .size = size, .free = POOL_NONE };
}

void pool_done(struct pool *pool)
{
	for (uint32_t i = 0; i < pool->n_chunks; i++)
		free(pool->chunks[i]);
	free(pool->chunks);
	pool_init(pool, pool->size);
}

void *pool_take(struct pool *pool, uint32_t *ret_index)
{
	uint32_t index = pool->free;
	void *record;

	if (index != POOL_NONE) {
		record = pool_at(pool, index);
		memcpy(&pool->free, record, sizeof(pool->free));
	} else {
		if (pool->n_used == pool->n_chunks * POOL_CHUNK) {
			if (pool->n_chunks >= POOL_NONE / POOL_CHUNK ||
			    !array_grow(pool->chunks, pool->n_chunks))
				return NULL;
			record = aligned_alloc(CACHE_LINE, POOL_CHUNK * pool->size);
			if (!record)
				return NULL;
			pool->chunks[pool->n_chunks++] = record;
		}
		index = pool->n_used++;
		record = pool_at(pool, index);
	}
	memset(record, 0, pool->size);
	*ret_index = index;
	return record;
}

void pool_give(struct pool *pool, uint32_t index)
{
	memcpy(pool_at(pool, index), &pool->free, sizeof(pool->free));
	pool->free = index;
}
