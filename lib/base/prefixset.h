#ifndef BANISH_BASE_PREFIXSET_H
#define BANISH_BASE_PREFIXSET_H

/* Many prefixes, asked quickly: sorted, none inside another, halves put together, so that one
 * search tells. */

#include "base/address.h"

struct prefixset {
	struct prefix *prefixes; /* owned */
	size_t n_prefixes;
	bool sorted;
};

/* The prefix is masked. -ENOMEM. */
int prefixset_add(struct prefixset *set, const struct prefix *prefix) must_check;
/* All addresses from `first` up to the one before `end`; NULL: up to the last there is. */
int prefixset_add_interval(struct prefixset *set, const struct address *first,
			   const struct address *end) must_check;
/* From now on, and until the next is added, the array is as said above; by family, then address.
 * The questions below do it too. */
void prefixset_sort(struct prefixset *set);
void prefixset_done(struct prefixset *set);

/* True if the set's prefixes hold all of it. */
bool prefixset_covers(struct prefixset *set, const struct prefix *prefix);
bool prefixset_contains(struct prefixset *set, const struct address *address);

#endif
