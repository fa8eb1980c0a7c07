#ifndef BANISH_DAEMON_IO_JOURNAL_H
#define BANISH_DAEMON_IO_JOURNAL_H

/*
 * The source: a position in the systemd journal, and the entry that stands there as the engine sees
 * it. Journal matches (OR over the rules' objects, AND inside one) keep out entries that no
 * selector wants, so other units cost nothing; with many rules all entries are delivered, which is
 * cheaper.
 */

#include "entry/entry.h"
#include "io/parts.h"
#include "match/ruleset.h"

struct journal;

/* Where both are NULL, the machine's journal: all local files, those of users too; else a file or
 * glob ("{a,b}" too), or a folder. -ENODATA: no file of the system's journal can be read (none
 * there, or no right to). Where descriptors or memory are too few for all its files: -EMFILE,
 * -ENFILE, -ENOMEM; the soft limit is raised. Both names are borrowed. `live`: it is followed;
 * entries that are not there yet may be pieces of split lines even if none is now; and of single
 * files those that cannot be opened are left out, journal_n_refused(). */
int journal_open(const char *file, const char *directory, bool live,
		 struct journal **ret) must_check;
/* Root, or of the group that journald's files ask for. */
bool journal_may_read(void);
/* What to do about such an error, for after "cannot ...: ". */
const char *journal_explain(int error);
struct journal *journal_free(struct journal *journal);
DEFINE_CLEANUP(struct journal *, journal_free)

/* Replaces the matches by those of the rules in force; for the daemon also journald's own
 * "Suppressed N messages". */
int journal_select(struct journal *journal, const struct ruleset *ruleset,
		   bool with_suppressed) must_check;
/* The same for a reading of what is there now, and for two sets of rules, which may be one. 1; 0:
 * with so many rules all is read. The place is lost: seek then. */
int journal_select_past(struct journal *journal, const struct ruleset *a,
			const struct ruleset *b) must_check;
/* The same for one jail of them, whatever the others read. */
int journal_select_past_of(struct journal *journal, const struct ruleset *ruleset,
			   unsigned jail) must_check;
/* Only the entries of rules that have notes. */
int journal_select_notes(struct journal *journal, const struct ruleset *ruleset) must_check;

/* Replaces the matches by: what banish.service said of one of these prefixes. */
int journal_select_said(struct journal *journal, const struct prefix *prefixes,
			size_t n_prefixes) must_check;

/* By: what banish.service said, of one kind or all; `fields` ("NAME=value") hold too. Or, with
 * `with_suppressed`, what journald says that it dropped of that. */
int journal_select_own(struct journal *journal, const char *const *fields, size_t n_fields,
		       bool with_suppressed) must_check;
/* By: what this jail reads. 1; 0: only reading can tell, so nothing is selected. */
int journal_select_jail(struct journal *journal, const struct jail *jail) must_check;

/* 1: stands on the cursor's entry, which the matches have to deliver; 0: it is gone. */
int journal_go_to(struct journal *journal, const char *cursor) must_check;
/* Whether entries are asked if they are pieces of a split line: always while the journal is growing
 * (of pieces of container engines, if a selected jail reads any), else only if it holds any now. */
void journal_ask_for_pieces(struct journal *journal, bool growing);

/* Beside this one others are read, and their entries may be fed before earlier ones of this. Of the
 * entry on which it stands, and those to come. */
void journal_set_unordered(struct journal *journal, bool unordered);

/* The next journal_next() answers the first entry at or after `time`. */
int journal_seek_time(struct journal *journal, usec_t time) must_check;
/* The next journal_next() answers the first entry after the cursor's. 1; 0: that one is gone. */
int journal_seek_after(struct journal *journal, const char *cursor) must_check;
/* Goes to the last entry that the matches deliver. 1: stands on it; 0: there is none. */
int journal_seek_last(struct journal *journal) must_check;

/* For a look around, whatever the rules read: the values that a field has in any entry, each once:
 * 1, borrowed until the next call; 0: no more. */
int journal_query_values(struct journal *journal, const char *field) must_check;
int journal_next_value(struct journal *journal, struct span *ret) must_check;
/* Only entries with that value. */
int journal_select_value(struct journal *journal, const char *field, const char *value) must_check;
/* Goes to the first of the last `n` entries that the matches deliver. 1: stands on it; 0: there is
 * none. */
int journal_seek_last_of(struct journal *journal, size_t n) must_check;

/* The live end (liveend.h): from now on journal_next() answers 0 behind the entry that is the last
 * now. The place is lost: seek then. 1: there is such an entry; 0: there is none. */
int journal_find_end(struct journal *journal) must_check;
/* For one reading of the past, after the matches and before the seek: the same for the machine's
 * journal, which grows meanwhile; files that were named are read as they are. */
int journal_settle(struct journal *journal) must_check;
/* journal_find_end() after journal_next() has answered 0. 0: it seems that there is nothing new;
 * before a seek to the last entry that was read it is sure. */
int journal_look_ahead(struct journal *journal) must_check;

/* 1: stands on an entry; 0: nothing new; negative errno. libsystemd (252) passes over damaged files
 * by itself; asking a damaged entry for a field answers -EBADMSG: go on with the next. */
int journal_next(struct journal *journal) must_check;
/* Valid until the next move; its MESSAGE stays where it is as long as the journal stands on the
 * entry. */
const struct entry *journal_entry(struct journal *journal);
int journal_cursor(struct journal *journal, char **ret) must_check; /* owned by the caller */
/* -ENODATA: what it consists of can only be read as a whole. */
int journal_list_parts(const struct journal *journal, struct parts **ret) must_check;
/* Another handle on the same journal up to the same end, with what journal_select_past() or
 * journal_select_past_of() selects, in this process or one that was forked since, where libsystemd
 * refuses the first handle. It has at least what lies from the cursor `first` to the cursor `last`
 * (NULL: from the beginning, to the end); `parts` NULL: all. The rules are borrowed. */
int journal_open_part(const struct journal *whole, const struct parts *parts, const char *first,
		      const char *last, struct journal **ret) must_check;
bool journal_stands_at(struct journal *journal, const char *cursor);

/* Time of the oldest entry there is, any unit. 0 or negative errno; -ENODATA: empty. */
int journal_oldest(struct journal *journal, usec_t *ret) must_check;
/* The same of the newest. */
int journal_newest(struct journal *journal, usec_t *ret) must_check;

/* 1: journald has deleted what came before that: its numbers begin later than at 1; 0: it has not.
 * The matches and the place are lost. */
int journal_begins_late(struct journal *journal) must_check;
/* The machine's journal is in memory only, and gone at the next boot. */
bool journal_is_volatile(struct journal *journal);
/* Machines that wrote entries of it; 0: not known. */
size_t journal_n_machines(struct journal *journal);

/* 1: all its files are open, but those that libsystemd refuses (openfiles.h); 0: some are not, and
 * opening the journal anew helps; negative errno: that does not help now, either. A file can be
 * missing after journal_process(), and after journal_look_ahead() or journal_find_end(), which call
 * it. `now`: CLOCK_REALTIME. */
int journal_is_whole(struct journal *journal, usec_t now) must_check;
/* Opens it anew: no matches, no place, no end, and journal_fd() answers another. Negative errno: it
 * is as before, or not whole. */
int journal_renew(struct journal *journal) must_check;
/* Files with entries that it refuses: damaged, or of a later version. */
size_t journal_n_refused(const struct journal *journal);

/* For the event loop: the descriptor with its poll events, the time when to look even so
 * (CLOCK_MONOTONIC, USEC_INFINITY: never), and what to call when either fires: 1 if something is
 * new, 0, negative errno. */
int journal_fd(struct journal *journal);
int journal_poll_events(struct journal *journal);
int journal_timeout(struct journal *journal, usec_t *ret) must_check;
int journal_process(struct journal *journal) must_check;

#endif
