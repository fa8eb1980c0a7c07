#include "run/reader.h"

#include "cli/timestamp.h"
#include "io/log.h"

#include <errno.h>

#define SLICE_TIME (USEC_PER_SEC / 20) /* a turn of the loop */

/* journald tells readers of new entries at most four times a second. While an attack is on we look
 * ourselves, every few milliseconds; it is over when no failure came for a while. */
#define READ_AHEAD_STEP   (6 * USEC_PER_SEC / 1000)
#define READ_MISSING_STEP (USEC_PER_SEC / 10) /* while a file is waited for */
#define ATTACK_LASTS      (5 * USEC_PER_SEC)

/* Who is that late has missed what was deleted meanwhile; before, it was hardly anything. */
#define NOTICE_WITHIN (2 * USEC_PER_SEC)

/* Opens the journal anew, with all its files. 0; negative errno: it stands nowhere, but goes on. */
static int reader_renew(struct reader *reader)
{
	sd_event_source *source = reader->journal_source;
	int fd, r;

	/* the new descriptor may have the number of the old one */
	r = source ? sd_event_source_set_enabled(source, SD_EVENT_OFF) : 0;
	if (r >= 0)
		r = journal_renew(reader->journal);
	if (journal_select(reader->journal, reader->ruleset, true) < 0)
		return -ENOMEM;
	fd = source ? journal_fd(reader->journal) : 0;
	if (fd < 0)
		return fd;
	if (r >= 0)
		missing_say_refused(&reader->missing, reader->journal);
	if (r < 0 || !source)
		return r;
	r = sd_event_source_set_io_fd(source, fd);
	return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ON);
}

/* 1: all files of the journal are open; 2: so they are, or are given up, and the journal stands
 * nowhere; 0: one is waited for: look again soon. */
static int reader_check(struct reader *reader)
{
	bool renewed;
	int r;

	r = journal_is_whole(reader->journal, wakeup_time(reader->event));
	renewed = r == 0;
	if (renewed)
		r = reader_renew(reader);
	if (r < 0)
		return missing_waits(&reader->missing, r) ? 0 : 2;
	/* it stands behind what was looked at while it waited, and not read */
	return missing_is_found(&reader->missing) || renewed ? 2 : 1;
}

/* Before what comes after all that was consumed. */
static int go_on(struct reader *reader)
{
	return reader->place.cursor ? journal_seek_after(reader->journal, reader->place.cursor)
				    : journal_seek_time(reader->journal, reader->begin);
}

/* What is new up to the end as it is now is read next, in a slice of its own. Where there is
 * nothing, and as long as an attack is on or a file is waited for, it is looked again soon. */
static int reader_look(struct reader *reader)
{
	usec_t now, oldest;
	int files, r;

	reader->reading = false;
	r = journal_look_ahead(reader->journal);
	if (r < 0)
		return r;
	files = reader_check(reader);
	if (files == 2)
		r = journal_find_end(reader->journal);
	if (r < 0)
		return r;
	/* has journald deleted what came since all was read? */
	if (files > 0 && reader->place.cursor && reader->read_all > 0 &&
	    journal_oldest(reader->journal, &oldest) >= 0 &&
	    oldest > reader->read_all + NOTICE_WITHIN)
		missing_say_deleted(&reader->missing, reader->place.time,
				    wakeup_time(reader->event));
	if (files > 0 && r > 0) {
		reader->reading = true;
		reader->read_all = 0;
		r = go_on(reader);
		return r < 0 ? r
			     : sd_event_source_set_enabled(reader->reading_source,
							   SD_EVENT_ONESHOT);
	}
	if (files > 0)
		reader->read_all = wakeup_time(reader->event);
	r = sd_event_now(reader->event, CLOCK_MONOTONIC, &now);
	if (r < 0 || (now >= reader->attack_until && reader->missing.since == 0))
		return r < 0 ? r : sd_event_source_set_enabled(reader->read_ahead, SD_EVENT_OFF);
	r = sd_event_source_set_time(reader->read_ahead,
				     now + (reader->missing.since > 0 ? READ_MISSING_STEP
								      : READ_AHEAD_STEP));
	return r < 0 ? r : sd_event_source_set_enabled(reader->read_ahead, SD_EVENT_ONESHOT);
}

static void reader_go_to_work(struct reader *reader)
{
	reader->warming = false;
	reader->warm_from = 0;
	journal_ask_for_pieces(reader->journal, true);
}

static usec_t reach_back(const struct reader *reader, usec_t reach)
{
	return reader->place.time > reach ? reader->place.time - reach : 0;
}

/* The stretch of the notes is over. */
static int leave_notes(struct reader *reader)
{
	usec_t from = reader->warm_from;
	int r;

	reader->warm_from = 0;
	r = journal_select(reader->journal, reader->ruleset, true);
	return r < 0 ? r : journal_seek_time(reader->journal, from);
}

static int reader_begin_members(struct reader *reader, const struct active *active, usec_t now)
{
	int r;

	r = members_begin(&reader->members, active, &reader->place, now);
	reader->warming = members_are_warming(&reader->members);
	return r;
}

int reader_begin(struct reader *reader, const struct active *active, usec_t now)
{
	usec_t findtime = engine_findtime(active->engine);
	usec_t reach = engine_reach(active->engine), notes = engine_note_reach(active->engine);
	int r;

	if (reader->many)
		return reader_begin_members(reader, active, now);
	reader->ruleset = active->ruleset;
	reader->reading = true;
	reader->cursor_is_selected = false;
	r = journal_is_whole(reader->journal, now);
	r = r == 0 ? reader_renew(reader) : journal_select(reader->journal, reader->ruleset, true);
	if (r >= 0)
		missing_say_refused(&reader->missing, reader->journal);
	if (r >= 0 && reader->place.cursor)
		r = place_find_mark(&reader->place, reader->journal);
	if (r == -EINVAL && reader->place.cursor) {
		log_say(LOG_STATE_READ, LOG_ERR,
			"libsystemd refuses the journal cursor (\"%s\"): the journal is read from the longest "
			"findtime ago",
			reader->place.cursor);
		free(reader->place.cursor);
		reader->place.cursor = NULL;
		r = 0;
	}
	if (r >= 0)
		r = sd_event_source_set_enabled(reader->reading_source, SD_EVENT_ONESHOT);
	if (r < 0)
		return r;
	if (!reader->place.cursor) {
		/* the very first start, or the state is lost: act on what is found */
		reader->begin = now > findtime ? now - findtime : 0;
		reader_go_to_work(reader);
		r = journal_find_end(reader->journal);
		return r < 0 ? r : go_on(reader);
	}
	reader->warming = true;
	/* all of the stretch lies there already */
	journal_ask_for_pieces(reader->journal, false);
	reader->warm_from = 0;
	if (notes <= reach)
		return journal_seek_time(reader->journal, reach_back(reader, reach));
	/* first notes, then all that counts */
	reader->warm_from = reach_back(reader, reach);
	r = journal_select_notes(reader->journal, reader->ruleset);
	return r < 0 ? r : journal_seek_time(reader->journal, reach_back(reader, notes));
}

void reader_begin_slice(struct reader *reader)
{
	/* sd_event_now() stands still during a turn */
	reader->slice_end = timestamp_monotonic() + SLICE_TIME;
	reader->n_read = reader->n_new = 0;
	reader->more = true;
}

static int reader_next_of_members(struct reader *reader, enum reader_use *ret)
{
	int r;

	if (reader->n_read > 0 && timestamp_monotonic() >= reader->slice_end)
		return 0;
	r = members_next(&reader->members, ret, &reader->entry);
	reader->warming = members_are_warming(&reader->members);
	reader->n_read += r > 0;
	reader->n_new += r > 0 && *ret == READER_NEW;
	return r;
}

int reader_next(struct reader *reader, enum reader_use *ret)
{
	usec_t time;
	int r;

	if (reader->many)
		return reader_next_of_members(reader, ret);
	if (!reader->reading) /* a file is waited for */
		reader->more = false;
	while (reader->more) {
		/* asked each time: with patterns that run into the match limit one entry can
		 * take as long as thousands */
		if (reader->n_read > 0 && timestamp_monotonic() >= reader->slice_end)
			return 0;
		r = journal_next(reader->journal);
		if (r < 0)
			return r;
		if (r == 0 && reader->warm_from > 0)
			return leave_notes(reader);
		if (r == 0 && reader->warming) {
			/* there was no mark, or what it stood for is gone: read on from the cursor
			 */
			reader_go_to_work(reader);
			r = go_on(reader);
			return MIN(r, 0);
		}
		if (r == 0)
			reader->more = false;
		if (r == 0)
			break;
		reader->n_read++;
		if (reader->warm_from > 0) {
			*ret = READER_NOTES;
			r = entry_time(reader->entry, &time);
			if (r < 0)
				return place_pass_over(&reader->place, r);
			if (time < reader->warm_from)
				return 1;
			/* notes are over where the stretch of all that counts begins */
			r = leave_notes(reader);
			if (r < 0)
				return r;
			continue;
		}
		*ret = READER_WARM;
		if (reader->warming && !place_is_at_mark(&reader->place, reader->journal))
			return 1;
		if (reader->warming)
			reader_go_to_work(reader);
		reader->n_new++;
		*ret = READER_NEW;
		return 1;
	}
	return 0;
}

int reader_pass_over(struct reader *reader, int error)
{
	return place_pass_over(&reader->place, error);
}

/* We stand on the last of them. */
int reader_consumed(struct reader *reader)
{
	int r;

	if (reader->many)
		return members_consumed(&reader->members, &reader->place);
	r = place_take(&reader->place, reader->journal);

	reader->cursor_is_selected |= r > 0;
	return MIN(r, 0);
}

int reader_end_slice(struct reader *reader, bool attack)
{
	int r;

	if (reader->many)
		return members_go_on(&reader->members);
	if (attack) {
		r = sd_event_now(reader->event, CLOCK_MONOTONIC, &reader->attack_until);
		if (r < 0)
			return r;
		reader->attack_until += ATTACK_LASTS;
	}
	return reader->more ? sd_event_source_set_enabled(reader->reading_source, SD_EVENT_ONESHOT)
			    : reader_look(reader);
}

int reader_look_again(struct reader *reader)
{
	return reader->reading ? 0 : reader_look(reader); /* it goes on anyway */
}

/* The journal cannot tell by its descriptor alone on some file systems; then it names a time to
 * look at. */
static int arm_journal_timer(struct reader *reader)
{
	usec_t when;
	int r;

	r = journal_timeout(reader->journal, &when);
	if (r < 0 || when == USEC_INFINITY)
		return sd_event_source_set_enabled(reader->journal_timer, SD_EVENT_OFF);
	r = sd_event_source_set_time(reader->journal_timer, when);
	return r < 0 ? r : sd_event_source_set_enabled(reader->journal_timer, SD_EVENT_ONESHOT);
}

int reader_process(struct reader *reader)
{
	bool changed;
	int r;

	r = journal_process(reader->journal);
	if (r < 0) {
		log_say(LOG_FAULT, LOG_ERR, "the journal cannot be followed: %s", strerror(-r));
		return r;
	}
	changed = r > 0;
	r = arm_journal_timer(reader);
	if (r < 0)
		return r;
	if (!reader->reading) {
		r = go_on(reader); /* so that nothing is missed */
		return r < 0 ? r : reader_look(reader);
	}
	if (!changed)
		return 0;
	/* files came or went before the end was reached */
	r = journal_is_whole(reader->journal, wakeup_time(reader->event));
	if (reader->warming)
		/* the engine has not seen what it had to see: from the beginning */
		return r > 0 ? 0 : r < 0 ? r : -ESTALE;
	if (r <= 0)
		return reader_look(reader);
	if (!reader->cursor_is_selected)
		return 0;
	r = journal_seek_after(reader->journal, reader->place.cursor);
	if (r == 0)
		missing_say_deleted(&reader->missing, reader->place.time,
				    wakeup_time(reader->event));
	return MIN(r, 0);
}

static int reader_on_read(sd_event_source *source, void *userdata)
{
	struct reader *reader = userdata;

	*reader->dirty |= DIRTY_ENTRIES;
	return 0;
}

static int reader_on_look(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct reader *reader = userdata;

	*reader->dirty |= DIRTY_LOOK;
	return 0;
}

static int reader_on_journal(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct reader *reader = userdata;

	*reader->dirty |= DIRTY_JOURNAL;
	return 0;
}

static int reader_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct reader *reader = userdata;

	*reader->dirty |= DIRTY_JOURNAL;
	return 0;
}

int reader_open(struct reader *reader, const char *file, const char *directory)
{
	int r;

	reader->many = directory && members_suits(directory);
	if (reader->many)
		return members_open(&reader->members, directory);
	r = journal_open(file, directory, true, &reader->journal);
	if (r >= 0)
		reader->entry = journal_entry(reader->journal);
	else if (r != -ENOMEM) /* verb_run() says that */
		log_say(LOG_FAULT, LOG_ERR, "cannot read the journal: %s", journal_explain(r));
	return r == -ENODATA && !journal_may_read() ? -EACCES : r;
}

int reader_attach(struct reader *reader, sd_event *event)
{
	int fd, r;

	reader->event = event;
	if (reader->many)
		return members_attach(&reader->members, event);
	fd = journal_fd(reader->journal);
	if (fd < 0)
		return fd;
	r = sd_event_add_io(event, &reader->journal_source, fd,
			    (uint32_t)journal_poll_events(reader->journal), reader_on_journal,
			    reader);
	if (r >= 0)
		r = sd_event_add_time(event, &reader->journal_timer, CLOCK_MONOTONIC, USEC_INFINITY,
				      0, reader_on_timer, reader);
	if (r >= 0) /* 1 us of accuracy: the default would merge our few milliseconds with others'
		       timers */
		r = sd_event_add_time(event, &reader->read_ahead, CLOCK_MONOTONIC, USEC_INFINITY, 1,
				      reader_on_look, reader);
	if (r >= 0)
		r = sd_event_source_set_enabled(reader->read_ahead, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(event, &reader->reading_source, reader_on_read, reader);
	if (r >= 0) /* a long catch-up lets everything else go first */
		r = sd_event_source_set_priority(reader->reading_source, SD_EVENT_PRIORITY_IDLE);
	return r < 0 ? r : arm_journal_timer(reader);
}

struct position reader_position(const struct reader *reader)
{
	return (struct position){ reader->place.time, span_of(reader->place.cursor) };
}

int reader_set_position(struct reader *reader, const struct position *position)
{
	if (!position->cursor.data)
		return 0;
	reader->place.cursor = strndup(position->cursor.data, position->cursor.size);
	reader->place.time = position->time;
	return reader->place.cursor ? 0 : -ENOMEM;
}

void reader_done(struct reader *reader)
{
	sd_event_source_unref(reader->reading_source);
	sd_event_source_unref(reader->read_ahead);
	sd_event_source_unref(reader->journal_source);
	sd_event_source_unref(reader->journal_timer);
	journal_free(reader->journal);
	place_done(&reader->place);
	members_done(&reader->members);
}
