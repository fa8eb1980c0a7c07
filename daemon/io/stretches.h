#ifndef BANISH_DAEMON_IO_STRETCHES_H
#define BANISH_DAEMON_IO_STRETCHES_H

/*
 * A journal of the past cut into stretches that can be read apart from each other. A stretch begins
 * with the entry that a seek to a time answers, its cursor says which; the one before ends where it
 * meets just that entry, so that together they are what one reader is given, in its order. Where it
 * does not meet it, it reads on into the next.
 */

#include "io/journal.h"

struct stretch {
	usec_t sought;   /* journal_seek_time() to this goes there */
	usec_t time;     /* of its first entry */
	char *cursor;    /* owned: its first entry's; NULL: the first that there is */
	uint64_t number; /* journald's of that entry; 0: not known */
};

struct stretches {
	struct stretch *list; /* owned, in order */
	size_t n;
};

/* Cuts what the matches deliver between the times into stretches of about `size` entries of the
 * journal, by journald's numbers and by time. The place is lost. One stretch: not worth it. */
int stretches_cut(struct journal *journal, usec_t since, usec_t until, uint64_t size,
		  struct stretches *ret) must_check;
void stretches_done(struct stretches *stretches);

#endif
