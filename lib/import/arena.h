#ifndef BANISH_IMPORT_ARENA_H
#define BANISH_IMPORT_ARENA_H

/*
 * Memory of one import, freed as a whole, and texts that grow in it. What an import may need is
 * bounded: beyond that, as without memory, `failed` is set and stays so. Whoever only makes texts
 * need not look: they are "" from then on.
 */

#include "base/util.h"

#define ARENA_MAX ((size_t)64 << 20) /* bytes; a Debian with every jail needs 6 MB */

struct arena {
	struct arena_block *blocks; /* owned */
	size_t used;                /* bytes */
	bool failed;
};

void arena_done(struct arena *arena);

/* Zeroed. NULL: failed. */
void *arena_take(struct arena *arena, size_t size);
const char *arena_copy(struct arena *arena, struct span text);
/* In lower case. */
const char *arena_lower(struct arena *arena, struct span text);
const char *arena_format(struct arena *arena, const char *format, ...) printf_like(2, 3);

struct text {
	struct arena *arena;
	char *data;
	size_t n, room;
};

void text_put(struct text *text, struct span piece);
void text_add(struct text *text, const char *piece);
void text_format(struct text *text, const char *format, ...) printf_like(2, 3);
/* As a JSON string, quotes included. */
void text_quote(struct text *text, struct span piece);
/* NUL-terminated, never NULL; more may follow, in another place. */
const char *text_end(struct text *text);

#endif
