#ifndef BANISH_COUNT_WINDOW_INTERNAL_H
#define BANISH_COUNT_WINDOW_INTERNAL_H

/*
 * Shared by window.c (how often) and window-user.c (by whom). A source is one record of 64 bytes
 * that holds its first failure itself; up to three more stand in a block of 48 bytes, a longer
 * window in a block of its own. In a list that remembers users a failure takes 24 bytes instead of
 * 16: the record holds one as long as there is no block, where from then on all of them stand; a
 * short one has four.
 */

#include "base/hash.h"
#include "base/table.h"
#include "count/window.h"

#define WINDOW_SPARE_DEPTH 64 /* failures of a source, run-out ones included */

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

/* The i-th failure, oldest time first; borrowed until the window changes. */
struct stored_failure *window_slot(const struct windows *windows, struct window *window, size_t i);
void window_copy(const struct windows *windows, struct window *window, size_t to, size_t from);
void window_drop_failures(struct windows *windows, struct window *window, size_t from, size_t n);

/* Only of a list that remembers users. */
uint64_t window_user(const struct stored_failure *failure);
/* Which failure is missed least: one that weighs nothing and whose user was seen again later, else
 * one that weighs nothing, else the first. */
size_t window_find_idle(const struct windows *windows, struct window *window);
/* Takes out one failure that weighs nothing and that `failure`, about to come, stands for. False:
 * there is none. */
bool window_drop_repeat(struct windows *windows, struct window *window,
			const struct failure *failure);

static inline bool window_weighs(usec_t time, usec_t now, usec_t lifetime)
{
	return time <= now && now - time < lifetime;
}

#endif
