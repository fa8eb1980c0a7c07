#include "io/liveend.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

/* Entries. So many are sooner stepped over than looked up in many files from their end. */
#define NEAR 32

/* How long an entry can be without its message because it is being written. */
#define WRITING_STEP  (USEC_PER_SEC / 5000)
#define WRITING_STEPS 250

void liveend_done(struct liveend *end)
{
	free(end->cursor);
	*end = (struct liveend){ 0 };
}

int liveend_go_to_last(sd_journal *handle)
{
	int r;

	r = sd_journal_seek_tail(handle);
	return r < 0 ? r : sd_journal_previous(handle);
}

/*
 * An entry can be seen before the last of what was written for it can: between two stores of
 * journald a value that is new takes itself for damaged, and libsystemd leaves it out as if the
 * entry had no such field. Mostly that is its message; journald may have lost its processor just
 * then. Of the entries before it journald has written all.
 */
static int liveend_note(struct liveend *end, sd_journal *handle)
{
	const struct timespec step = { .tv_nsec = WRITING_STEP * 1000 };
	cleanup(freep) char *cursor = NULL;
	const void *data;
	size_t size;
	usec_t time;
	int r;

	for (int i = 0;
	     i < WRITING_STEPS && sd_journal_get_data(handle, "MESSAGE", &data, &size) < 0; i++)
		(void)nanosleep(&step, NULL);
	r = sd_journal_get_realtime_usec(handle, &time);
	if (r >= 0)
		r = sd_journal_get_cursor(handle, &cursor);
	if (r < 0)
		return r;
	liveend_done(end);
	*end = (struct liveend){ TAKE_PTR(cursor), time, false, false };
	return 1;
}

int liveend_find(struct liveend *end, sd_journal *handle)
{
	int r, heard;

	liveend_done(end);
	r = liveend_go_to_last(handle);
	/* a damaged entry does not tell its place: one before it does */
	while (r > 0 && (r = liveend_note(end, handle)) == -EBADMSG)
		r = sd_journal_previous(handle);
	if (r < 0)
		return r;
	end->reached = end->empty = r == 0;
	/* only after an entry was noted: then the files that hold what comes before it are there */
	heard = sd_journal_process(handle);
	return heard < 0 ? heard : r;
}

int liveend_look_ahead(struct liveend *end, sd_journal *handle)
{
	size_t n = 0;
	int r;

	/* A file that journald has just removed must not be touched any more. */
	r = sd_journal_process(handle);
	while (r >= 0 && n < NEAR && (r = sd_journal_next(handle)) > 0)
		n++;
	if (r < 0 || n == 0)
		return r;
	r = n < NEAR ? liveend_note(end, handle) : -EBADMSG;
	if (r == -EBADMSG)
		return liveend_find(end, handle);
	if (r > 0)
		r = sd_journal_process(handle);
	return r < 0 ? r : 1;
}

void liveend_note_move(struct liveend *end, sd_journal *handle)
{
	usec_t time;

	if (!end->cursor)
		return;
	/* comparing cursors costs as much as reading the entry; times mostly tell them apart */
	if (sd_journal_get_realtime_usec(handle, &time) >= 0 && time != end->time)
		return;
	end->reached = sd_journal_test_cursor(handle, end->cursor) > 0;
}

/*
 * From a cursor to the entry after it, in a journal of several files. A cursor is
 * "s=NUMBERING;i=NUMBER;b=BOOT;m=MONOTONIC;t=TIME;x=HASH".
 *
 * Files that number by themselves, as those of users do, are sought by the boot's own clock. Older
 * libsystemd finds nothing at all in one of them that has entries of that boot, but only earlier
 * ones: what a later boot wrote into it would not be read. So the boot is left out where it is
 * over, and the time of day decides.
 */
static const char *find_boot(const char *cursor)
{
	const char *boot = strstr(cursor, ";b=");

	return boot ? boot : "";
}

int liveend_seek_after(sd_journal *handle, const char *cursor, const char *last)
{
	const char *boot = find_boot(cursor), *rest = strstr(boot, ";t=");
	const char *text = strstr(cursor, ";t=");
	usec_t wanted = text ? strtoull(text + 3, NULL, 16) : 0, time;
	cleanup(freep) char *place = NULL, *found = NULL;
	int r;

	if (!last) {
		r = liveend_go_to_last(handle);
		if (r > 0)
			r = sd_journal_get_cursor(handle, &found);
		if (r < 0)
			return r;
		last = found;
	}
	if (last && rest && strncmp(boot, find_boot(last), strlen(";b=") + 32) != 0)
		r = asprintf(&place, "%.*s%s", (int)(boot - cursor), cursor, rest);
	else
		r = (place = strdup(cursor)) ? 0 : -1;
	if (r < 0) {
		place = NULL;
		return -ENOMEM;
	}
	/* of the same microsecond others can come first, which lie in another file */
	r = sd_journal_seek_cursor(handle, place);
	while (r >= 0 && (r = sd_journal_next(handle)) > 0) {
		if (sd_journal_test_cursor(handle, cursor) > 0)
			return 1;
		if (sd_journal_get_realtime_usec(handle, &time) < 0 || time != wanted)
			break;
	}
	if (r < 0)
		return r;
	/* The cursor's own entry is gone (vacuumed, or no match selects it any more): the first one
	 * after it must not be lost. */
	return sd_journal_seek_cursor(handle, place);
}
