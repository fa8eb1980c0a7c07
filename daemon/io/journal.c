#include "io/journal.h"

#include "io/journal-internal.h"
#include "io/sigbus.h"

#include <errno.h>

struct journal *journal_free(struct journal *journal)
{
	if (!journal)
		return NULL;
	sd_journal_close(journal->handle);
	fields_done(&journal->fields);
	liveend_done(&journal->end);
	openfiles_done(&journal->files);
	free(journal);
	return NULL;
}

size_t journal_n_machines(struct journal *journal)
{
	const void *data;
	size_t size, n = 0;

	if (sd_journal_query_unique(journal->handle, "_MACHINE_ID") < 0)
		return 0;
	SD_JOURNAL_FOREACH_UNIQUE(journal->handle, data, size)
	n++;
	return n;
}

bool journal_is_volatile(struct journal *journal)
{
	return !journal->file && !journal->files.directory &&
	       sd_journal_has_persistent_files(journal->handle) == 0;
}

int journal_fd(struct journal *journal)
{
	int fd = sd_journal_get_fd(journal->handle);

	journal->watched = true;
	journal->is_deaf = fd < 0;
	return fd;
}

int journal_query_values(struct journal *journal, const char *field)
{
	return sd_journal_query_unique(journal->handle, field);
}

int journal_next_value(struct journal *journal, struct span *ret)
{
	const char *data, *value;
	size_t size;
	int r;

	r = sd_journal_enumerate_available_unique(journal->handle, (const void **)&data, &size);
	if (r <= 0)
		return r;
	value = memchr(data, '=', size);
	if (!value)
		return -EBADMSG;
	*ret = (struct span){ value + 1, size - (size_t)(value + 1 - data) };
	return 1;
}

int journal_go_to(struct journal *journal, const char *cursor)
{
	int r;

	journal_leave(journal);
	r = sd_journal_seek_cursor(journal->handle, cursor);
	if (r >= 0)
		r = sd_journal_next(journal->handle);
	return r <= 0 ? r : sd_journal_test_cursor(journal->handle, cursor);
}

void journal_set_unordered(struct journal *journal, bool unordered)
{
	journal->entry.unordered = unordered;
}

int journal_seek_time(struct journal *journal, usec_t time)
{
	journal_leave(journal);
	return sd_journal_seek_realtime_usec(journal->handle, time);
}

int journal_seek_after(struct journal *journal, const char *cursor)
{
	int r;

	journal_leave(journal);
	r = liveend_seek_after(journal->handle, cursor, journal->end.cursor);
	if (r > 0)
		liveend_note_move(&journal->end, journal->handle);
	return r;
}

int journal_seek_last(struct journal *journal)
{
	journal_leave(journal);
	return liveend_go_to_last(journal->handle);
}

int journal_seek_last_of(struct journal *journal, size_t n)
{
	int r;

	journal_leave(journal);
	r = sd_journal_seek_tail(journal->handle);
	if (r >= 0)
		r = sd_journal_previous_skip(journal->handle, n);
	return MIN(r, 1);
}

int journal_find_end(struct journal *journal)
{
	journal_leave(journal);
	return liveend_find(&journal->end, journal->handle);
}

int journal_settle(struct journal *journal)
{
	int r;

	r = journal->file || journal->files.directory ? 0 : journal_find_end(journal);
	return MIN(r, 0);
}

int journal_look_ahead(struct journal *journal)
{
	fields_forget(&journal->fields);
	return liveend_look_ahead(&journal->end, journal->handle);
}

int journal_next(struct journal *journal)
{
	int r;

	if (journal->end.reached)
		return 0;
	fields_forget(&journal->fields);
	r = sd_journal_next(journal->handle);
	if (r > 0)
		liveend_note_move(&journal->end, journal->handle);
	return r;
}

const struct entry *journal_entry(struct journal *journal)
{
	return &journal->entry;
}

int journal_cursor(struct journal *journal, char **ret)
{
	return sd_journal_get_cursor(journal->handle, ret);
}

bool journal_stands_at(struct journal *journal, const char *cursor)
{
	return sd_journal_test_cursor(journal->handle, cursor) > 0;
}

int journal_oldest(struct journal *journal, usec_t *ret)
{
	int r;

	r = sd_journal_get_cutoff_realtime_usec(journal->handle, ret, NULL);
	return r == 0 ? -ENODATA : MIN(r, 0);
}

int journal_newest(struct journal *journal, usec_t *ret)
{
	int r;

	r = sd_journal_get_cutoff_realtime_usec(journal->handle, NULL, ret);
	return r == 0 ? -ENODATA : MIN(r, 0);
}

int journal_begins_late(struct journal *journal)
{
	cleanup(freep) char *cursor = NULL;
	const char *number;
	int r;

	journal_leave(journal);
	sd_journal_flush_matches(journal->handle);
	r = sd_journal_seek_head(journal->handle);
	if (r >= 0)
		r = sd_journal_next(journal->handle);
	if (r > 0)
		r = sd_journal_get_cursor(journal->handle, &cursor);
	if (r < 0 || !cursor)
		return r;
	number = strstr(cursor, ";i=");
	return number && strtoull(number + strlen(";i="), NULL, 16) > 1;
}

int journal_is_whole(struct journal *journal, usec_t now)
{
	if (journal->is_deaf || journal->n_lost_pages != sigbus_count())
		return 0;
	return journal->file ? 1 : openfiles_check(&journal->files, now);
}

size_t journal_n_refused(const struct journal *journal)
{
	return journal->n_refused;
}

int journal_poll_events(struct journal *journal)
{
	return sd_journal_get_events(journal->handle);
}

int journal_timeout(struct journal *journal, usec_t *ret)
{
	return sd_journal_get_timeout(journal->handle, ret);
}

int journal_process(struct journal *journal)
{
	int r;

	r = sd_journal_process(journal->handle);
	return r < 0 ? r : r != SD_JOURNAL_NOP;
}
