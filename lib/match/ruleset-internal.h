#ifndef BANISH_MATCH_RULESET_INTERNAL_H
#define BANISH_MATCH_RULESET_INTERNAL_H

/* Shared by ruleset.c (what is in force) and scan.c (the search). The events of all rules are
 * numbered through, jail by jail, and a set of them is a bitmap. */

#include "entry/field.h"
#include "entry/linebreak.h"
#include "entry/selector.h"
#include "entry/strip.h"
#include "match/match.h"
#include "match/sieve.h"

#define MESSAGE_FIELD 0 /* its place among the fields */

struct compiled {
	const struct event *event;
	struct match *match;
	unsigned jail, field;
};

struct ruleset {
	struct rule **rules; /* in force, by jail */
	struct jail *jails;
	size_t n_jails;
	unsigned *first;    /* [n_jails + 1]: number of a jail's first event */
	bool *select_first; /* by jail: it has events on other fields than MESSAGE */
	struct compiled *events;
	size_t n_events;
	struct stripped *views; /* by jail; of those that strip */
	struct event_field *fields;
	unsigned *views_of; /* by field: jail + 1 whose view has it; 0: the entry */
	size_t n_fields;
	struct matcher *matcher;
	struct sieve *sieve;
	struct selection *selection;
	struct linebreak linebreak;
	bool was_piece;

	uint64_t *candidates, *elsewhere, *silent; /* bitmaps of events */
	bool has_elsewhere, has_silent;
	bool all_by_unit;   /* every selector names units, and not ours */
	uint64_t n_silent;  /* entries that only silent events could match */
	uint64_t *narrowed; /* bitmap of jails */
	struct hit *hits;
	size_t n_hits;
	struct jail_statistics *jail_statistics;
};

/* The entry as the jail's rule sees it. */
const struct entry *ruleset_view(struct ruleset *ruleset, unsigned jail, const struct entry *entry);

#endif
