#include "io/liveend.h"

#include <errno.h>
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
static void wait_until_written(sd_journal *handle)
{
	const struct timespec step = { .tv_nsec = WRITING_STEP * 1000 };
	const void *data;
	size_t size;

	for (int i = 0;
	     i < WRITING_STEPS && sd_journal_get_data(handle, "MESSAGE", &data, &size) < 0; i++)
		(void)nanosleep(&step, NULL);
}

static int liveend_note(struct liveend *end, sd_journal *handle)
{
	cleanup(freep) char *cursor = NULL;
	usec_t time;
	int r;

	wait_until_written(handle);
	r = sd_journal_get_realtime_usec(handle, &time);
	if (r >= 0)
		r = sd_journal_get_cursor(handle, &cursor);
	if (r < 0)
		return r;
	liveend_done(end);
	*end = (struct liveend){ TAKE_PTR(cursor), time, false, false };
	return 1;
}

/* Only after an entry was noted: then the files that hold what comes before it are there. */
static int hear_of_files(sd_journal *handle)
{
	return MIN(sd_journal_process(handle), 0);
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
	heard = hear_of_files(handle);
	return heard < 0 ? heard : r;
}

int liveend_look_ahead(struct liveend *end, sd_journal *handle)
{
	size_t n = 0;
	int r;

	/* A file that journald has just removed must not be touched any more. */
	r = hear_of_files(handle);
	while (r >= 0 && n < NEAR && (r = sd_journal_next(handle)) > 0)
		n++;
	if (r < 0 || n == 0)
		return r;
	r = n < NEAR ? liveend_note(end, handle) : -EBADMSG;
	if (r == -EBADMSG)
		return liveend_find(end, handle);
	if (r > 0)
		r = hear_of_files(handle);
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
