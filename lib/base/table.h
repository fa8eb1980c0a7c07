#ifndef BANISH_BASE_TABLE_H
#define BANISH_BASE_TABLE_H

/*
 * A hash table of records that begin with a table_head, and lists that keep them in order of age. A
 * table that a log line can grow is bounded by its user: take the oldest of a list out before
 * adding.
 *
 * What costs is a record that is not in the processor's cache, so a link tells more than where the
 * record lies: some bits of its hash, and whether the chain ends with it. Most searches for what is
 * not there end without looking at any record.
 */

#include "base/pool.h"

struct table_head {
	uint32_t next;         /* link in the bucket's chain */
	uint32_t older, newer; /* in the list */
	uint32_t hash;
};

struct table_list {
	uint32_t oldest, newest;
	uint32_t n;
};

struct table {
	struct pool records;
	uint32_t *buckets;  /* links */
	uint32_t n_buckets; /* a power of two */
	uint32_t n;
};

typedef bool (*table_equal_t)(const void *record, const void *key);

void table_init(struct table *table, size_t record_size);
void table_done(struct table *table);
void table_list_init(struct table_list *list);
/* So many records will come: room for their links is made at once. */
void table_expect(struct table *table, size_t n);

/* NULL: no such record. */
void *table_find(const struct table *table, uint64_t hash, table_equal_t equal, const void *key);
/* A zeroed record, the newest of `list`. NULL: no memory. */
void *table_add(struct table *table, struct table_list *list, uint64_t hash);
void table_remove(struct table *table, struct table_list *list, void *record);

/* Soon such a record is looked for: its bucket comes into the cache, or, once that is there, the
 * record. */
void table_fetch_bucket(const struct table *table, uint64_t hash);
void table_fetch_record(const struct table *table, uint64_t hash);
/* Once an event, where the oldest are taken out: what that touches comes into the cache. */
void table_prefetch_oldest(const struct table *table, const struct table_list *list);

/* Takes it out of one list and makes it the newest of another. */
void table_move(struct table *table, struct table_list *from, struct table_list *to, void *record);
/* Makes it the newest. */
void table_touch(struct table *table, struct table_list *list, void *record);
/* NULL: the list is empty, or there is none newer. */
void *table_oldest(const struct table *table, const struct table_list *list);
void *table_newer(const struct table *table, const void *record);

/* How a record is named by 32 bits; table_at() is the way back. */
uint32_t table_index(const struct table *table, const struct table_list *list, const void *record);
void *table_at(const struct table *table, uint32_t index);

#endif
