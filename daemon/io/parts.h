#ifndef BANISH_DAEMON_IO_PARTS_H
#define BANISH_DAEMON_IO_PARTS_H

/*
 * The files of a journal by what their headers say, so that who reads a part of it opens those few
 * that can hold it. At each step libsystemd (252) compares what all open files have next, 120
 * instructions each: with 140 files that was a quarter of all that reading took.
 */

#include "io/openfiles.h"

#include <systemd/sd-journal.h>

struct parts;

/* The files stay open. -ENODATA: their headers do not tell them apart. */
int parts_open(const struct openfiles *files, struct parts **ret) must_check;
struct parts *parts_free(struct parts *parts);
DEFINE_CLEANUP(struct parts *, parts_free)

size_t parts_count(const struct parts *parts);
/* Opens those that can hold entries from the cursor `first` to the cursor `last`; NULL: from the
 * beginning, to the end. */
int parts_open_journal(const struct parts *parts, const char *first, const char *last,
		       sd_journal **ret) must_check;
/* Equal where these would be the same files. */
uint64_t parts_chosen(const struct parts *parts, const char *first, const char *last);

#endif
