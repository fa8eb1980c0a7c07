#ifndef BANISH_DAEMON_RUN_PLACE_H
#define BANISH_DAEMON_RUN_PLACE_H

/* How far a journal is read, and where, after a start or a reload, the stretch ends that is only
 * read again. */

#include "io/journal.h"

/* What an entry is for; after a start or a reload in this order. */
enum reader_use {
	READER_NOTES, /* engine_warm_notes() */
	READER_WARM,  /* engine_warm() */
	READER_NEW    /* to act on */
};

struct place {
	char *cursor; /* of the last entry that was consumed; NULL: none yet */
	usec_t time;
	char *mark; /* cursor of the first entry after the warm stretch; NULL: it is all */
	usec_t mark_time;
	bool passed_over; /* an entry that cannot be read: said already */
};

void place_done(struct place *place);

/* Where the warm stretch ends: before the first entry that follows the cursor, or, where nothing
 * does, with all there is. */
int place_find_mark(struct place *place, struct journal *journal) must_check;
bool place_is_at_mark(const struct place *place, struct journal *journal);

/* All up to the entry on which the journal stands is consumed. One that does not tell its place is
 * no place: then it is that of an earlier one. */
int place_take(struct place *place, struct journal *journal) must_check;

/* An entry could not be read: 0, it is passed over, or -ENOMEM. */
int place_pass_over(struct place *place, int error) must_check;

#endif
