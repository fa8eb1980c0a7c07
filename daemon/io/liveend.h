#ifndef BANISH_DAEMON_IO_LIVEEND_H
#define BANISH_DAEMON_IO_LIVEEND_H

/*
 * The end up to which a journal that is being written can be read without a loss.
 *
 * libsystemd merges the files of a journal by time and does not look back: an entry that becomes
 * visible in one file while an entry after it is taken from another is not delivered any more, not
 * by this handle and not from a later cursor; and nobody hears of a new file before
 * sd_journal_process(). journald writes one entry after the other, whatever the file. So whenever
 * an entry can be seen, all that come before it can be seen, too, by who begins to look only then:
 * the last entry is looked up, new files are heard of, and only then all up to that entry is read,
 * and nothing after it.
 */

#include "base/util.h"

#include <systemd/sd-journal.h>

struct liveend {
	char *cursor; /* owned; NULL: there is no end, all is read that comes */
	usec_t time;
	bool reached; /* nothing is left before it */
	bool empty;   /* there was no entry at all, so nothing is */
};

/* The last entry that the matches deliver now is the end; new files are heard of. `handle` stands
 * nowhere in particular then: seek. 1: there is one; 0: there is no entry, and nothing to read. */
int liveend_find(struct liveend *end, sd_journal *handle) must_check;
/* The same, seen from the last entry before the end that was reached, which is cheap where little
 * follows it. 0: nothing does, and the end is as it was. Now and then an entry is missed until
 * another follows in its file, or until `handle` was told to seek. */
int liveend_look_ahead(struct liveend *end, sd_journal *handle) must_check;
/* `handle` has moved to an entry. */
void liveend_note_move(struct liveend *end, sd_journal *handle);
/* There is no end. */
void liveend_done(struct liveend *end);

/* Goes to the last entry that the matches deliver. 1: stands on it; 0: there is none. */
int liveend_go_to_last(sd_journal *handle) must_check;

/* The next sd_journal_next() answers the first entry after the cursor's. `last`: cursor of an entry
 * at the end; NULL: it is looked up. 1: stands on the cursor's entry; 0: that is gone, or nothing
 * follows. */
int liveend_seek_after(sd_journal *handle, const char *cursor, const char *last) must_check;

#endif
