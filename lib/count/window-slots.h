#ifndef BANISH_COUNT_WINDOW_SLOTS_H
#define BANISH_COUNT_WINDOW_SLOTS_H

/*
 * Where failures stand. A source is one record of 64 bytes that holds its first failure itself; up
 * to three more stand in a block of 48 bytes, a longer window in a block of its own. In a list that
 * remembers users a failure takes 24 bytes instead of 16: the record holds one as long as there is
 * no block, where from then on all of them stand; a short one has four.
 */

#include "base/hash.h"
#include "base/table.h"
#include "count/failure.h"

/* Failures in a short block: beside the one that stands in the record of a list without users, what
 * maxretry 5 lets a source have. */
#define WINDOW_SHORT       3
#define WINDOW_SHORT_USERS 4

/* Packed: four failures and their source fit in 128 bytes. In a list that remembers users the
 * user's 8 bytes follow. */
struct stored_failure {
	uint64_t time : 56; /* enough until the year 4253 */
	uint64_t weight : 24;
	uint64_t secret : 48;
} __attribute__((packed));

struct window {
	struct table_head head;
	uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint16_t list;
	uint16_t n;
	uint16_t capacity; /* of the block: 0, a short one's, or more */
	bool touched;      /* since it came to where it stands in its list */
	union {
		struct {
			struct stored_failure first; /* of a list without users */
			union {
				uint32_t short_block; /* index in windows->blocks */
				char *block;
			};
		};
		struct {
			struct stored_failure failure;
			uint64_t user;
		} single; /* of a list with users, while capacity is 0 */
	};
};

struct window_list {
	struct table_list sources;
	usec_t lifetime;
	bool users; /* are remembered */
};

struct window_key {
	uint8_t address[16];
	uint16_t list;
};

struct windows {
	uint8_t seed[HASH_SEED_SIZE];
	struct table table;
	struct pool blocks[2]; /* of lists without and with users */
	struct window_list *lists;
	size_t n_lists;
	struct window_key last; /* that was looked for, and its hash */
	uint64_t last_hash;
	size_t hand; /* list that windows_expire looks at next */
	size_t max_sources;
	size_t n_long, max_long; /* bytes in long blocks */
	uint64_t n_evicted;
};

static inline size_t window_stride(const struct window_list *list)
{
	return sizeof(struct stored_failure) + (list->users ? sizeof(uint64_t) : 0);
}

static inline uint16_t window_short_size(const struct windows *windows, const struct window *window)
{
	return windows->lists[window->list].users ? WINDOW_SHORT_USERS : WINDOW_SHORT;
}

static inline char *window_block(const struct windows *windows, const struct window *window)
{
	const struct pool *pool = &windows->blocks[windows->lists[window->list].users];

	return window->capacity == window_short_size(windows, window)
		       ? pool_at(pool, window->short_block)
		       : window->block;
}

/* The i-th failure, oldest time first; borrowed until the window changes. */
static inline struct stored_failure *window_slot(const struct windows *windows,
						 struct window *window, size_t i)
{
	const struct window_list *list = &windows->lists[window->list];

	if (list->users) {
		if (window->capacity == 0)
			return (void *)&window->single;
		i++;
	} else if (i == 0) {
		return &window->first;
	}
	return (void *)(window_block(windows, window) + (i - 1) * window_stride(list));
}

/* Before the window is forgotten; of its failures it keeps none then. */
void window_release_block(struct windows *windows, struct window *window);

void window_copy(const struct windows *windows, struct window *window, size_t to, size_t from);
void window_drop_failures(struct windows *windows, struct window *window, size_t from, size_t n);
/* Room for more failures. -ENOMEM. */
int window_enlarge(struct windows *windows, struct window *window) must_check;

/* Only of a list that remembers users. */
static inline uint64_t window_user(const struct stored_failure *failure)
{
	uint64_t user;

	memcpy(&user, failure + 1, sizeof(user));
	return user;
}

#endif
