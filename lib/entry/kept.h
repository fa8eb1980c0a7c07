#ifndef BANISH_ENTRY_KEPT_H
#define BANISH_ENTRY_KEPT_H

/* Fields of one entry, asked for by name, each once, and kept: what a source answers only lasts
 * until the next question. */

#include "base/util.h"
#include "entry/entry.h"

struct kept {
	const struct entry *entry; /* borrowed; NULL: all fields are missing */
	struct kept_field *list;   /* owned */
	size_t n;
};

/* All zero bytes is a good beginning. Done with kept_done(). */
void kept_begin(struct kept *kept, const struct entry *entry);
/* From now on asks this entry, another view of the same; what was got stays. */
void kept_look_at(struct kept *kept, const struct entry *entry);
void kept_done(struct kept *kept);

/* 1: found, `ret` is good until kept_begin(); 0: there is no such field; negative errno. */
int kept_get(struct kept *kept, const char *name, struct span *ret) must_check;

#endif
