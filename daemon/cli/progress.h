#ifndef BANISH_DAEMON_CLI_PROGRESS_H
#define BANISH_DAEMON_CLI_PROGRESS_H

/* How far the reading of a long journal is: one line on stderr that is written over and over, only
 * where that is a terminal. */

#include "entry/entry.h"

struct progress {
	bool on, shown;
	usec_t first, last;   /* the stretch of the journal; first 0: not known yet */
	usec_t begun, looked; /* CLOCK_MONOTONIC */
	uint64_t n;           /* entries, when it was looked last */
};

/* `last`: where the reading ends, or the journal. */
void progress_begin(struct progress *progress, usec_t last);
/* `n` entries were read, this one last. */
void progress_step(struct progress *progress, const struct entry *entry, uint64_t n);
/* Before anything else is printed, and at the end. */
void progress_hide(struct progress *progress);

#endif
