#ifndef BANISH_BRIDGE_H
#define BANISH_BRIDGE_H

/*
 * A set-off bridges the time from the line that was told first to the line that it was set off
 * against. Whoever begins to read in between takes the second for the first, and so on with all
 * that follow: a warm-up must not begin on a bridge. Where one begins on another they are one.
 */

#include "util.h"

#define BRIDGES_MAX 256 /* of more the two oldest become one, which is never wrong */

struct bridge {
	usec_t begin, end;
};

/* In order, each beginning after the end of the one before. */
struct bridges {
	struct bridge list[BRIDGES_MAX];
	size_t n;
};

void bridges_note(struct bridges *bridges, usec_t begin, usec_t end);
/* The latest time up to `time` from which can be read: entries of that time included. */
usec_t bridges_before(const struct bridges *bridges, usec_t time);
/* Nobody will ask for a time before this. */
void bridges_forget(struct bridges *bridges, usec_t time);

#endif
