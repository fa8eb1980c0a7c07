#ifndef BANISH_DAEMON_RUN_MISSING_H
#define BANISH_DAEMON_RUN_MISSING_H

/*
 * What of the journal is not there, and is said: files that cannot be opened now, for want of a
 * descriptor, which reading waits for; files that cannot be read at all; entries that journald
 * deleted before they were read.
 */

#include "io/journal.h"

struct missing {
	usec_t since; /* CLOCK_MONOTONIC; 0, or: a file cannot be opened now */
	bool given_up;
	size_t n_refused;    /* said already */
	usec_t deleted_said; /* CLOCK_REALTIME */
};

/* A file cannot be opened now, `error`: true while it is waited for. */
bool missing_waits(struct missing *missing, int error);
/* All files are open. True: one was waited for till now. */
bool missing_is_found(struct missing *missing);

/* Files with entries that libsystemd cannot read. */
void missing_say_refused(struct missing *missing, const struct journal *journal);
/* The place, that of an entry of this time, is gone before all after it was read. */
void missing_say_deleted(struct missing *missing, usec_t place, usec_t now);

#endif
