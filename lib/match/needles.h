#ifndef BANISH_MATCH_NEEDLES_H
#define BANISH_MATCH_NEEDLES_H

/*
 * What a sieve looks for: of the sets that each event requires, the few that tell it best from the
 * others, as needles that know their events.
 */

#include "base/util.h"
#include "config/rule.h"

#define N_PLANES 3 /* sets of one event that are looked for */
#define GRAM     4 /* bytes; no needle is shorter */

/* The events whose set of one plane a needle meets: a list, or a bitmap if that is shorter. */
struct marks {
	uint32_t *events;
	size_t n_events;
	uint64_t *bitmap;
};

/* The k-th plane of a needle: the events whose k-th set holds it. */
struct needle {
	char *text;
	size_t size;
	uint64_t found; /* for the sieve */
	struct marks marks[N_PLANES];
};

struct needles {
	struct needle *list; /* owned */
	size_t n;
	size_t shortest;            /* bytes */
	size_t n_words;             /* of a bitmap of events */
	uint64_t *unused[N_PLANES]; /* owned; events that have no set in this plane */
	bool has_always;            /* some event requires nothing */
};

/* The events, numbered by their place; those on another field than MESSAGE are in no plane at all.
 * 0 or -ENOMEM: call needles_done() either way. */
int needles_init(struct needles *needles, const struct event *const *events,
		 size_t n_events) must_check;
void needles_done(struct needles *needles);

#endif
