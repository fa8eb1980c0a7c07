#ifndef BANISH_DAEMON_IO_SEEK_H
#define BANISH_DAEMON_IO_SEEK_H

#include "base/util.h"

#include <systemd/sd-journal.h>

/* The next sd_journal_next() answers the first entry after the cursor's. `last`: cursor of an entry
 * at the end; NULL: it is looked up. 1: stands on the cursor's entry; 0: that is gone, or nothing
 * follows. */
int seek_after(sd_journal *handle, const char *cursor, const char *last) must_check;

#endif
