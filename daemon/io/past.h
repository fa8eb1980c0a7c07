#ifndef BANISH_DAEMON_IO_PAST_H
#define BANISH_DAEMON_IO_PAST_H

/*
 * One reading of the past, on all processors: processes read a stretch of the journal each and find
 * the hits in it; who asks is given these in the journal's order, as one reader would find them. A
 * short journal, or one processor, is read as ever. Either way each entry goes to the engine.
 */

#include "io/journal.h"

struct past;

/* All borrowed while it is read. */
struct past_wish {
	struct journal *journal;
	struct ruleset *rulesets[2]; /* the second NULL: there is one */
	usec_t since, until;
	bool with_cursors; /* of failures; see past_cursor() */
	/* For tests; 0: as it is best. */
	unsigned n_workers;
	uint64_t stretch; /* entries */
};

/* Selects what the rules read, settles and seeks. */
int past_open(const struct past_wish *wish, struct past **ret) must_check;
struct past *past_free(struct past *past);
DEFINE_CLEANUP(struct past *, past_free)

/* 1: stands on an entry; 0: there is none left, or it is younger than `until`; negative errno. Only
 * entries with hits are told for sure. */
int past_next(struct past *past) must_check;
/* For engine_feed(), until the next move. Of its fields only the hits and the time are there. */
const struct entry *past_entry(const struct past *past);
/* Of an entry that has a failure. Owned by the caller. */
int past_cursor(const struct past *past, char **ret) must_check;
/* How many entries were read so far, this one included. */
uint64_t past_n_entries(const struct past *past);

#endif
