#ifndef BANISH_REPORT_TALLY_H
#define BANISH_REPORT_TALLY_H

/*
 * Counting by name, without an end: who came how often. Names come from strangers, so the table is
 * bounded; the name that was not met for longest goes first, so who comes often stays, and how many
 * went is told. As long as none did, all numbers are exact.
 */

#include "base/hash.h"
#include "base/table.h"

struct tally_item {
	struct table_head head;
	unsigned group; /* names of different groups are different */
	uint64_t count; /* 0: just made; the caller's from here on */
	uint64_t weight;
	uint64_t peak;
	usec_t first, last;
	usec_t time; /* a sum */
	char name[];
};

struct tally {
	struct table table;
	struct table_list list; /* the one not met for longest first; n: how many there are */
	uint8_t seed[HASH_SEED_SIZE];
	size_t max_items, name_size;
	uint64_t n_folded; /* items that had to go */
};

/* `name_size`: bytes of the longest name and its NUL; longer ones are cut. */
void tally_init(struct tally *tally, const uint8_t seed[static HASH_SEED_SIZE], size_t max_items,
		size_t name_size);
void tally_done(struct tally *tally);

/* The item of that name, made where there is none. Borrowed until the next call. NULL: no memory.
 */
struct tally_item *tally_note(struct tally *tally, unsigned group, const char *name) must_check;

/* Without making one; NULL: none. Borrowed likewise, as is what tally_next() answers. */
const struct tally_item *tally_find(const struct tally *tally, unsigned group, const char *name);
/* All of them, the one not met for longest first; start with NULL. */
const struct tally_item *tally_next(const struct tally *tally, const struct tally_item *item);

/* The first `max_items` in the order of `compare` (negative: a before b), those alike in the order
 * of their names; how many there are. Borrowed until the next tally_note(). */
typedef int (*tally_compare_t)(const struct tally_item *a, const struct tally_item *b);
size_t tally_top(const struct tally *tally, tally_compare_t compare, size_t max_items,
		 const struct tally_item **ret);

#endif
