/*
 * For each stretch those files are opened that can hold it, so that the others cost nothing.
 *
 * An entry says for itself what it hits, but for pieces of split lines, which hang on entries
 * before: a stretch does not end while one is awaited. Then it reads on, and what others read of
 * that is passed over.
 */
#include "io/finder.h"

#include "match/hits.h"

#include <errno.h>
#include <unistd.h>

#define SEND_SIZE  (64 * 1024) /* bytes */
#define TELL_EVERY 4096        /* entries without hits: so that progress is seen */

static int finder_send(struct finder *finder)
{
	size_t sent = 0;

	if (finder->out.failed)
		return -ENOMEM;
	while (sent < finder->out.size) {
		ssize_t n = write(finder->fd, finder->out.data + sent, finder->out.size - sent);

		if (n < 0 && errno != EINTR)
			return -errno;
		sent += (size_t)MAX(n, 0);
	}
	finder->out.size = 0;
	return 0;
}

/* Something that may decide; what succeeds or is a note does not. */
static bool has_failures(const struct finder *finder)
{
	for (size_t i = 0; i < finder->n_rulesets; i++) {
		const struct ruleset *ruleset = finder->rulesets[i];
		const struct hit *hit;

		for (size_t k = 0; k < ruleset_n_hits(ruleset); k++) {
			hit = ruleset_hit(ruleset, k);
			if (ruleset_event(ruleset, hit->jail, hit->event)->outcome ==
			    OUTCOME_FAILURE)
				return true;
		}
	}
	return false;
}

/* What was found in the entry, or where the stretch ends. */
static int finder_tell(struct finder *finder, struct frame *frame)
{
	size_t begin = finder->out.size;
	cleanup(freep) char *cursor = NULL;
	struct span machine = { 0 };
	int r = 0;

	if (!frame->ends && finder->with_cursors && has_failures(finder)) {
		r = journal_cursor(finder->journal, &cursor);
		if (r < 0)
			return r;
		frame->cursor_size = (uint32_t)strlen(cursor);
	}
	if (!frame->ends && journal_entry(finder->journal)->many_machines)
		r = entry_field(journal_entry(finder->journal), "_MACHINE_ID", &machine);
	if (r < 0)
		return r;
	frame->machine_size = r > 0 ? (uint32_t)machine.size : 0;
	frame->stretch = finder->stretch;
	frame->n_entries = finder->n_entries;
	finder->n_entries = 0;
	buffer_put(&finder->out, (const char *)frame, sizeof(*frame));
	for (size_t i = 0; !frame->ends && i < finder->n_rulesets; i++)
		hits_pack(finder->rulesets[i], &finder->out);
	if (cursor)
		buffer_put(&finder->out, cursor, frame->cursor_size);
	if (frame->machine_size > 0)
		buffer_put(&finder->out, machine.data, frame->machine_size);
	if (finder->out.failed)
		return -ENOMEM;
	frame->size = (uint32_t)(finder->out.size - begin);
	memcpy(finder->out.data + begin, frame, sizeof(*frame));
	return frame->ends || finder->out.size >= SEND_SIZE ? finder_send(finder) : 0;
}

/* 1: it hits something; 0; negative errno. */
static int finder_scan(const struct finder *finder)
{
	int hits = 0;

	for (size_t i = 0; i < finder->n_rulesets; i++) {
		int r = ruleset_scan(finder->rulesets[i], journal_entry(finder->journal));

		if (r < 0 && r != -EBADMSG)
			return r;
		hits += r > 0;
	}
	return hits > 0;
}

static bool finder_may_end(const struct finder *finder)
{
	for (size_t i = 0; i < finder->n_rulesets; i++)
		if (ruleset_awaits_pieces(finder->rulesets[i]))
			return false;
	return true;
}

/* Opens what lies from the cursor `first` to the cursor `last`. */
static int finder_open(struct finder *finder, const char *first, const char *last)
{
	uint64_t chosen = finder->parts ? parts_chosen(finder->parts, first, last) : 0;

	finder->is_part = finder->parts && last;
	if (finder->journal && finder->chosen == chosen)
		return 0;
	finder->chosen = chosen;
	finder->journal = journal_free(finder->journal);
	return journal_open_part(finder->whole, finder->parts, first, last, &finder->journal);
}

/* A part has at least the entry that ends it: if it has not, nobody knows what else is missing. */
static int finder_next(const struct finder *finder)
{
	int r;

	r = journal_next(finder->journal);
	return r == 0 && finder->is_part ? -ESTALE : r;
}

/* 1: on its first entry; 0: there is none. */
static int finder_go_to(struct finder *finder)
{
	const struct stretch *stretch = &finder->stretches->list[finder->stretch];
	bool is_last = finder->stretch + 1 == finder->stretches->n;
	int r;

	r = finder_open(finder, stretch->cursor, is_last ? NULL : stretch[1].cursor);
	if (r < 0)
		return r;
	for (size_t i = 0; i < finder->n_rulesets; i++)
		ruleset_forget_pieces(finder->rulesets[i]);
	if (stretch->cursor) {
		r = journal_seek_after(finder->journal, stretch->cursor);
		if (r == 0)
			return -ESTALE;
	} else {
		r = journal_seek_time(finder->journal, finder->since);
	}
	return r < 0 ? r : finder_next(finder);
}

/* After an entry at this time: behind the one that ends a part other files are needed, too. */
static int finder_go_on(struct finder *finder, usec_t time, bool met)
{
	const struct stretch *end = &finder->stretches->list[finder->stretch + 1];
	int r;

	if (!finder->is_part)
		return 0;
	if (!met)
		return time > end->time ? -ESTALE : 0;
	r = finder_open(finder, end->cursor, NULL);
	if (r >= 0)
		r = journal_seek_after(finder->journal, end->cursor);
	return r == 0 ? -ESTALE : MIN(r, 0);
}

/* Whether the entry, at this time, is the last before another stretch; `next` is the first that may
 * follow. */
static bool finder_meets(const struct finder *finder, usec_t time, uint32_t *next, uint32_t *ret)
{
	const struct stretches *stretches = finder->stretches;

	for (uint32_t i = *next; i < stretches->n && stretches->list[i].time <= time; i++) {
		if (stretches->list[i].time < time ||
		    !journal_stands_at(finder->journal, stretches->list[i].cursor))
			continue;
		*next = i + 1;
		*ret = i;
		return finder_may_end(finder);
	}
	return false;
}

/* Reads one stretch. Answers the next one, NO_STRETCH after the last entry. -ESTALE: the clock was
 * set back, or the entry before the stretch is gone. */
static int finder_read(struct finder *finder, uint32_t *ret_next)
{
	uint32_t next = finder->stretch + 1, met;
	usec_t latest = 0, time;
	int r;

	*ret_next = NO_STRETCH;
	r = finder_go_to(finder);
	for (; r > 0; r = finder_next(finder)) {
		bool is_known = entry_time(journal_entry(finder->journal), &time) >= 0;

		if (is_known && time > finder->until)
			return 0;
		if (is_known && time < latest)
			return -ESTALE;
		latest = is_known ? time : latest;
		finder->n_entries++;
		r = finder_scan(finder);
		if (r < 0)
			return r;
		if (is_known && (r > 0 || finder->n_entries >= TELL_EVERY))
			r = finder_tell(finder, &(struct frame){ .time = time });
		if (r < 0)
			return r;
		if (is_known && finder_meets(finder, time, &next, &met)) {
			*ret_next = met;
			return 0;
		}
		r = is_known ? finder_go_on(finder, time, next > finder->stretch + 1) : 0;
		if (r < 0)
			return r;
	}
	return r;
}

void finder_run(struct finder *finder)
{
	uint32_t next = 0;
	int r;

	for (; finder->stretch < finder->stretches->n; finder->stretch += finder->step) {
		int error = finder_read(finder, &next);

		r = finder_tell(finder, &(struct frame){ .ends = true,
							 .next = next,
							 .error = MIN(error, 0) });
		if (r < 0 || error < 0)
			return;
	}
}
