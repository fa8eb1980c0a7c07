#ifndef BANISH_DAEMON_IO_STRETCHES_H
#define BANISH_DAEMON_IO_STRETCHES_H

/*
 * A journal of the past cut into stretches that can be read apart from each other. Between two
 * stands an entry, which a seek to a time found: one ends with it, the next begins after its
 * cursor, so that together they are what one reader is given, in its order. Where one does not meet
 * it, it reads on into the next.
 */

#include "io/journal.h"

struct stretch {
	char *cursor; /* owned: of the entry before it; NULL: it begins with the first there is */
	usec_t time;  /* of that entry */
	uint64_t number; /* journald's of that entry; 0: not known */
};

struct stretches {
	struct stretch *list; /* owned, in order */
	size_t n;
};

/* Cuts what the matches deliver between the times into stretches of about `size` entries of the
 * journal, by journald's numbers and by time; `parts` NULL: it is a whole. The place is lost. One
 * stretch: not worth it. */
int stretches_cut(struct journal *journal, const struct parts *parts, usec_t since, usec_t until,
		  uint64_t size, struct stretches *ret) must_check;
void stretches_done(struct stretches *stretches);

#endif
