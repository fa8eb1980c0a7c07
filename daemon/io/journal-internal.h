#ifndef BANISH_DAEMON_IO_JOURNAL_INTERNAL_H
#define BANISH_DAEMON_IO_JOURNAL_INTERNAL_H

/* Shared by journal-open.c (which files), journal-select.c (which entries) and journal.c (where it
 * stands). */

#include "entry/entry.h"
#include "io/fields.h"
#include "io/liveend.h"
#include "io/matches.h"
#include "io/openfiles.h"

#include <systemd/sd-journal.h>

struct journal {
	sd_journal *handle;
	struct entry entry;
	struct fields fields;
	struct match_values values; /* of a reading of the past: for the handles of its parts */
	struct liveend end;
	const char *file;   /* borrowed; of single files no other comes */
	bool lenient;       /* of these some may be damaged, or gone */
	bool reads_engines; /* some jail of those that were selected */
	bool growing;       /* entries that are not there yet are read, too */
	bool watched;       /* journal_fd() was asked for */
	bool is_deaf;       /* ... and there is none */
	struct openfiles files;
	size_t n_refused;
	unsigned n_lost_pages; /* sigbus.h, when it was opened */
};

/* The journal is about to go elsewhere. */
static inline void journal_leave(struct journal *journal)
{
	fields_forget(&journal->fields);
	journal->end.reached = journal->end.empty;
}

#endif
