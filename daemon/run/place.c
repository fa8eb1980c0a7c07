#include "run/place.h"

#include "io/log.h"

#include <errno.h>

void place_done(struct place *place)
{
	free(place->cursor);
	free(place->mark);
	*place = (struct place){ 0 };
}

int place_find_mark(struct place *place, struct journal *journal)
{
	int r;

	free(place->mark);
	place->mark = NULL;
	r = journal_find_end(journal);
	if (r >= 0)
		r = journal_seek_after(journal, place->cursor);
	if (r >= 0)
		r = journal_next(journal);
	if (r <= 0)
		return r;
	r = entry_time(journal_entry(journal), &place->mark_time);
	return r < 0 ? r : journal_cursor(journal, &place->mark);
}

/* Comparing cursors costs as much as reading the entry; times mostly tell them apart. */
bool place_is_at_mark(const struct place *place, struct journal *journal)
{
	usec_t time;

	if (!place->mark)
		return false;
	if (entry_time(journal_entry(journal), &time) >= 0 && time != place->mark_time)
		return false;
	return journal_stands_at(journal, place->mark);
}

int place_take(struct place *place, struct journal *journal)
{
	char *cursor;
	usec_t time;
	int r;

	r = entry_time(journal_entry(journal), &time);
	if (r >= 0)
		r = journal_cursor(journal, &cursor);
	if (r < 0)
		return place_pass_over(place, r);
	free(place->cursor);
	place->cursor = cursor;
	place->time = time;
	return 1;
}

/* To end for it would be to meet it again at the next start. */
int place_pass_over(struct place *place, int error)
{
	if (error == -ENOMEM)
		return error;
	if (!place->passed_over)
		log_say(LOG_FAULT, LOG_WARNING,
			"an entry of the journal cannot be read (%s), it and others like it are skipped: see journalctl --verify",
			error == -EBADMSG ? "it is damaged" : strerror(-error));
	place->passed_over = true;
	return 0;
}
