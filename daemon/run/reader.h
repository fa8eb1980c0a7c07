#ifndef BANISH_DAEMON_RUN_READER_H
#define BANISH_DAEMON_RUN_READER_H

/*
 * From the journal to the engine: hands out entries. After a start or a reload the stretch before
 * the cursor is read again without acting, so that windows and sessions are what they were, and a
 * longer one before it for notes alone, which are remembered for longer; from the cursor on
 * everything is decided at its own time, however late we are. Reading goes in slices, so that the
 * loop stays awake for the kernel, signals and the watchdog.
 *
 * Nothing is read that came after the end was looked up (liveend.h). Where it is reached the end is
 * looked up anew, and reading goes on after the last entry that was consumed.
 */

#include "io/journal.h"
#include "ledger/ledger.h"
#include "run/active.h"
#include "run/dirty.h"
#include "run/members.h"
#include "run/missing.h"
#include "run/place.h"

#include <systemd/sd-event.h>

struct reader {
	/* A folder of several machines: of what follows only what they have in common is used. */
	bool many;
	struct members members;

	struct journal *journal;
	const struct entry *entry;     /* the journal's: that it stands on */
	const struct ruleset *ruleset; /* borrowed: those in force */
	sd_event *event;               /* borrowed */
	unsigned *dirty;               /* the hub's */

	/* up to the mark everything was consumed before the last stop */
	bool warming;
	usec_t warm_from; /* 0, or: before it only notes are read, after it all is */
	struct place place;
	usec_t begin;            /* as long as there is no cursor: what is read begins here */
	bool reading;            /* more is left before the end that was found */
	bool cursor_is_selected; /* it was consumed by the rules in force */

	struct missing missing;
	usec_t read_all; /* CLOCK_REALTIME: when nothing was left to read, last */

	usec_t attack_until; /* CLOCK_MONOTONIC; until then we read ahead of journald's notification
			      */

	usec_t slice_end; /* CLOCK_MONOTONIC */
	size_t n_read;    /* entries of this slice; of them to act on: */
	size_t n_new;
	bool more; /* it is not the end that was found */

	sd_event_source *reading_source, *read_ahead, *journal_source, *journal_timer;
};

/* What fails was said. */
int reader_open(struct reader *reader, const char *file, const char *directory) must_check;
int reader_attach(struct reader *reader, sd_event *event) must_check;
void reader_done(struct reader *reader);

/* The place after the entry that was consumed last; and where it was before the last stop. */
struct position reader_position(const struct reader *reader);
int reader_set_position(struct reader *reader, const struct position *position) must_check;
/* These rules and this engine are in force: finds where to read from. */
int reader_begin(struct reader *reader, const struct active *active, usec_t now) must_check;

/* DIRTY_ENTRIES: begin a slice, take its entries, end it. 1: an entry, `entry`; 0: the slice is
 * over. Before the first entry to act on `warming` becomes false. */
void reader_begin_slice(struct reader *reader);
int reader_next(struct reader *reader, enum reader_use *ret) must_check;
/* The engine could not read the entry: 0, it is passed over, or -ENOMEM. */
int reader_pass_over(struct reader *reader, int error) must_check;
/* All entries to act on that were handed out are consumed: the cursor stands after them. */
int reader_consumed(struct reader *reader) must_check;
/* `attack`: there were failures. */
int reader_end_slice(struct reader *reader, bool attack) must_check;

/* DIRTY_JOURNAL, DIRTY_LOOK. What fails was said. */
int reader_process(struct reader *reader) must_check;
int reader_look_again(struct reader *reader) must_check;

#endif
