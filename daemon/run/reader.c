/*
 * From the journal to the engine. After a start or a reload the stretch before the cursor is read
 * again without acting, so that windows and sessions are what they were (warming), and a longer one
 * before it for notes alone, which are remembered for longer; from the cursor
 * on everything is decided at its own time, however late we are. Reading goes in slices, so that
 * the loop stays awake for the kernel, signals and the watchdog.
 *
 * Nothing is read that came after the end was looked up (liveend.h). Where it is reached the end is
 * looked up anew, and reading goes on after the last entry that was consumed.
 */
#include "run/daemon.h"

#include "cli/timestamp.h"
#include "io/log.h"

#include <errno.h>

#define SLICE_TIME  (USEC_PER_SEC / 20) /* a turn of the loop */
#define CLOCK_EVERY 32                  /* entries: some 50 us, or the match limit that often */

/* journald tells readers of new entries at most four times a second. While an attack is on we look
 * ourselves, every few milliseconds; it is over when no failure came for a while. */
#define READ_AHEAD_STEP (6 * USEC_PER_SEC / 1000)
#define ATTACK_LASTS    (5 * USEC_PER_SEC)

#define SAVE_CURSOR_DELAY \
	(30 * USEC_PER_SEC) /* a crash within it only means to read that much again */

/* 1: stands on the first entry after the cursor; 0: nothing follows it. */
static int go_after_cursor(struct daemon *daemon)
{
	int r;

	r = journal_seek_after(daemon->journal, daemon->cursor);
	return r < 0 ? r : journal_next(daemon->journal);
}

/* Where the warm stretch ends: before the first entry that follows the cursor, or, where nothing
 * does, with all there is. */
static int find_mark(struct daemon *daemon)
{
	int r;

	free(daemon->mark);
	daemon->mark = NULL;
	r = journal_find_end(daemon->journal);
	if (r >= 0)
		r = go_after_cursor(daemon);
	if (r <= 0)
		return r;
	r = entry_time(journal_entry(daemon->journal), &daemon->mark_time);
	return r < 0 ? r : journal_cursor(daemon->journal, &daemon->mark);
}

/* Before what comes after all that was consumed. */
static int go_on(struct daemon *daemon)
{
	return daemon->cursor ? journal_seek_after(daemon->journal, daemon->cursor)
			      : journal_seek_time(daemon->journal, daemon->begin);
}

/* 1: there is something new up to the end as it is now, which is read next; 0: there is not. */
static int reader_look(struct daemon *daemon)
{
	int r;

	r = journal_look_ahead(daemon->journal);
	if (r <= 0)
		return r;
	daemon->reading = true;
	r = go_on(daemon);
	return r < 0 ? r : 1;
}

static void go_to_work(struct daemon *daemon)
{
	daemon->warming = false;
	daemon->warm_from = 0;
	journal_ask_for_pieces(daemon->journal, true);
	/* what others did to the sets meanwhile waited in the socket: it belongs after the stretch
	 */
	if (daemon->nft_source)
		(void)sd_event_source_set_enabled(daemon->nft_source, SD_EVENT_ON);
	engine_warm_done(daemon->active.engine);
}

static usec_t reach_back(const struct daemon *daemon, usec_t reach)
{
	return daemon->cursor_time > reach ? daemon->cursor_time - reach : 0;
}

/* First notes, then all that counts. */
static int seek_stretch(struct daemon *daemon)
{
	usec_t reach = engine_reach(daemon->active.engine);
	usec_t notes = engine_note_reach(daemon->active.engine);
	int r;

	daemon->warm_from = 0;
	if (notes <= reach)
		return journal_seek_time(daemon->journal, reach_back(daemon, reach));
	daemon->warm_from = reach_back(daemon, reach);
	r = journal_select_notes(daemon->journal, daemon->active.ruleset);
	return r < 0 ? r : journal_seek_time(daemon->journal, reach_back(daemon, notes));
}

/* The stretch of the notes is over. */
static int leave_notes(struct daemon *daemon)
{
	usec_t from = daemon->warm_from;
	int r;

	daemon->warm_from = 0;
	r = journal_select(daemon->journal, daemon->active.ruleset, true);
	return r < 0 ? r : journal_seek_time(daemon->journal, from);
}

/* A cursor that libsystemd refuses. */
static void forget_place(struct daemon *daemon)
{
	log_say(LOG_STATE_READ, LOG_ERR,
		"the place in the journal (\"%s\") is refused: the journal is read from the longest "
		"findtime ago",
		daemon->cursor);
	free(daemon->cursor);
	daemon->cursor = NULL;
}

int reader_begin(struct daemon *daemon)
{
	usec_t findtime = engine_findtime(daemon->active.engine), now = daemon_now(daemon);
	int r;

	r = journal_select(daemon->journal, daemon->active.ruleset, true);
	if (r < 0)
		return r;
	if (!daemon->cursor) {
		/* the very first start, or the state is lost: act on what is found */
		daemon->reading = true;
		daemon->begin = now > findtime ? now - findtime : 0;
		go_to_work(daemon);
		r = journal_find_end(daemon->journal);
		return r < 0 ? r : go_on(daemon);
	}
	health_gap(daemon);
	r = find_mark(daemon);
	if (r == -EINVAL) {
		forget_place(daemon);
		return reader_begin(daemon);
	}
	if (r < 0)
		return r;
	daemon->warming = daemon->reading = true;
	/* all of the stretch lies there already */
	journal_ask_for_pieces(daemon->journal, false);
	if (daemon->nft_source)
		(void)sd_event_source_set_enabled(daemon->nft_source, SD_EVENT_OFF);
	return seek_stretch(daemon);
}

/* Comparing cursors costs as much as reading the entry; times mostly tell them apart. */
static bool stands_at_mark(struct daemon *daemon)
{
	usec_t time;

	if (!daemon->mark)
		return false;
	if (entry_time(journal_entry(daemon->journal), &time) >= 0 && time != daemon->mark_time)
		return false;
	return journal_stands_at(daemon->journal, daemon->mark);
}

/* An entry that cannot be read. To end for it would be to meet it again at the next start. */
static int pass_over(struct daemon *daemon, int error)
{
	if (error == -ENOMEM)
		return error;
	if (!daemon->passed_over)
		log_say(LOG_FAULT, LOG_WARNING,
			"an entry of the journal cannot be read (%s), passing over it and others like it: see journalctl --verify",
			error == -EBADMSG ? "it is damaged" : strerror(-error));
	daemon->passed_over = true;
	return 0;
}

/* 1: the entry belongs to the warm stretch; 0: it does not, work begins with it; negative errno. */
static int warm(struct daemon *daemon)
{
	int r;

	if (stands_at_mark(daemon)) {
		go_to_work(daemon);
		return 0;
	}
	r = engine_warm(daemon->active.engine, journal_entry(daemon->journal));
	if (r < 0)
		r = pass_over(daemon, r);
	return r < 0 ? r : 1;
}

static int warm_notes(struct daemon *daemon)
{
	const struct entry *entry = journal_entry(daemon->journal);
	usec_t time;
	int r;

	r = entry_time(entry, &time);
	if (r >= 0 && time >= daemon->warm_from)
		return leave_notes(daemon);
	if (r >= 0)
		r = engine_warm_notes(daemon->active.engine, entry);
	return r < 0 ? pass_over(daemon, r) : 0;
}

static int reader_read_entry(struct daemon *daemon)
{
	int r;

	if (daemon->warm_from > 0)
		return warm_notes(daemon);
	if (daemon->warming) {
		r = warm(daemon);
		if (r != 0)
			return MIN(r, 0);
	}
	health_entry(daemon);
	r = engine_feed(daemon->active.engine, journal_entry(daemon->journal));
	return r < 0 ? pass_over(daemon, r) : commit_decisions(daemon);
}

/* We stand on the last entry that was consumed. One that does not tell its place is no place: then
 * it is that of an earlier one. */
static int take_position(struct daemon *daemon)
{
	char *cursor;
	usec_t time;
	int r;

	r = entry_time(journal_entry(daemon->journal), &time);
	if (r >= 0)
		r = journal_cursor(daemon->journal, &cursor);
	if (r < 0)
		return pass_over(daemon, r);
	free(daemon->cursor);
	daemon->cursor = cursor;
	daemon->cursor_time = time;
	return 0;
}

static uint64_t told(const struct daemon *daemon)
{
	const struct engine_statistics *s = engine_statistics(daemon->active.engine);

	return s->failures + s->prevented;
}

static int look_again(struct daemon *daemon)
{
	uint64_t now;
	int r;

	r = sd_event_now(daemon->event, CLOCK_MONOTONIC, &now);
	if (r < 0 || now >= daemon->attack_until)
		return r < 0 ? r : sd_event_source_set_enabled(daemon->read_ahead, SD_EVENT_OFF);
	r = sd_event_source_set_time(daemon->read_ahead, now + READ_AHEAD_STEP);
	return r < 0 ? r : sd_event_source_set_enabled(daemon->read_ahead, SD_EVENT_ONESHOT);
}

/* 1: more may wait; 0: read to the end that was found. */
static int read_slice(struct daemon *daemon, size_t *ret_n)
{
	bool was_warming = daemon->warming;
	/* sd_event_now() stands still during a turn */
	usec_t end = timestamp_monotonic() + SLICE_TIME;
	size_t n = 0;
	int r;

	while ((r = journal_next(daemon->journal)) > 0) {
		r = reader_read_entry(daemon);
		if (r < 0)
			return r;
		r = 1;
		if (++n % CLOCK_EVERY == 0 && timestamp_monotonic() >= end)
			break;
	}
	if (r < 0)
		return r;
	if (r == 0 && daemon->warm_from > 0) {
		*ret_n = 0;
		r = leave_notes(daemon);
		return r < 0 ? r : 1;
	}
	if (r == 0 && daemon->warming) {
		/* there was no mark, or what it stood for is gone: read on from the cursor */
		go_to_work(daemon);
		*ret_n = 0;
		r = go_on(daemon);
		return r < 0 ? r : 1;
	}
	*ret_n = was_warming && daemon->warming ? 0 : n;
	return r;
}

static int read_now(struct daemon *daemon)
{
	return sd_event_source_set_enabled(daemon->reader, SD_EVENT_ONESHOT);
}

static int on_read(sd_event_source *source, void *userdata)
{
	struct daemon *daemon = userdata;
	uint64_t before = told(daemon);
	size_t n = 0;
	int more, r;

	more = read_slice(daemon, &n);
	if (more < 0) {
		log_say(LOG_FAULT, LOG_ERR, "the journal cannot be read: %s", strerror(-more));
		return more;
	}
	if (n > 0) {
		r = take_position(daemon);
		if (r < 0)
			return r;
		health_batch(daemon);
		commit_soon(daemon, SAVE_CURSOR_DELAY);
	}
	r = commit_all(daemon);
	if (r >= 0 && more == 0) {
		daemon->reading = false;
		more = reader_look(daemon);
	}
	if (r < 0 || more < 0)
		return MIN(r, more);
	if (told(daemon) != before) {
		r = sd_event_now(daemon->event, CLOCK_MONOTONIC, &daemon->attack_until);
		if (r < 0)
			return r;
		daemon->attack_until += ATTACK_LASTS;
	}
	return more > 0 ? read_now(daemon) : look_again(daemon);
}

static int on_look_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *daemon = userdata;
	int r;

	if (daemon->reading) /* it goes on anyway */
		return 0;
	r = reader_look(daemon);
	return r < 0 ? r : r > 0 ? read_now(daemon) : look_again(daemon);
}

/* The journal cannot tell by its descriptor alone on some file systems; then it names a time to
 * look at. */
static int arm_journal_timer(struct daemon *daemon)
{
	usec_t when;
	int r;

	r = journal_timeout(daemon->journal, &when);
	if (r < 0 || when == USEC_INFINITY)
		return sd_event_source_set_enabled(daemon->journal_timer, SD_EVENT_OFF);
	r = sd_event_source_set_time(daemon->journal_timer, when);
	return r < 0 ? r : sd_event_source_set_enabled(daemon->journal_timer, SD_EVENT_ONESHOT);
}

static int process(struct daemon *daemon)
{
	int r;

	r = journal_process(daemon->journal);
	if (r < 0) {
		log_say(LOG_FAULT, LOG_ERR, "the journal cannot be followed: %s", strerror(-r));
		return r;
	}
	r = arm_journal_timer(daemon);
	if (r < 0 || daemon->reading)
		return r;
	r = go_on(daemon); /* so that nothing is missed */
	if (r >= 0)
		r = reader_look(daemon);
	return r > 0 ? read_now(daemon) : r;
}

static int on_journal(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	return process(userdata);
}

static int on_journal_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	return process(userdata);
}

int reader_attach(struct daemon *daemon)
{
	sd_event *event = daemon->event;
	int fd, r;

	fd = journal_fd(daemon->journal);
	if (fd < 0)
		return fd;
	r = sd_event_add_io(event, &daemon->journal_source, fd,
			    (uint32_t)journal_poll_events(daemon->journal), on_journal, daemon);
	if (r >= 0)
		r = sd_event_add_time(event, &daemon->journal_timer, CLOCK_MONOTONIC, USEC_INFINITY,
				      0, on_journal_timer, daemon);
	if (r >= 0) /* 1 us of accuracy: the default would merge our few milliseconds with others'
		       timers */
		r = sd_event_add_time(event, &daemon->read_ahead, CLOCK_MONOTONIC, USEC_INFINITY, 1,
				      on_look_again, daemon);
	if (r >= 0)
		r = sd_event_source_set_enabled(daemon->read_ahead, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(event, &daemon->reader, on_read, daemon);
	if (r >= 0) /* a long catch-up lets everything else go first */
		r = sd_event_source_set_priority(daemon->reader, SD_EVENT_PRIORITY_IDLE);
	return r < 0 ? r : arm_journal_timer(daemon);
}
