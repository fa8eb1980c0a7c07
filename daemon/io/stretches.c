#include "io/stretches.h"

#include "base/array.h"

#include <errno.h>

#define MIN_STRETCHES 4    /* for fewer no process is worth its start */
#define MAX_STRETCHES 1024 /* of what is longer each is larger */
#define PARTS         64   /* of the time, where numbers say nothing */

#define NARROWED_EVERY \
	3 /* halves: then an eighth of the files is opened, so that a seek goes not to all */

struct cutting {
	struct journal *whole, *journal; /* ... of which the probes are made */
	const struct parts *parts;
	struct stretches *stretches;
	uint64_t size; /* entries */
	usec_t part;   /* time */
};

void stretches_done(struct stretches *stretches)
{
	for (size_t i = 0; i < stretches->n; i++)
		free(stretches->list[i].cursor);
	free(stretches->list);
	*stretches = (struct stretches){ 0 };
}

static int stretches_add(struct stretches *stretches, struct stretch *stretch)
{
	if (!array_grow(stretches->list, stretches->n))
		return -ENOMEM;
	stretches->list[stretches->n++] = *stretch;
	stretch->cursor = NULL;
	return 0;
}

/* "s=NUMBERING;i=NUMBER;b=...". */
static uint64_t number_of(const char *cursor)
{
	const char *number = strstr(cursor, ";i=");

	return number ? strtoull(number + strlen(";i="), NULL, 16) : 0;
}

/* What the journal stands on; its cursor is the caller's. -EBADMSG: damaged. */
static int stretches_look(struct journal *journal, struct stretch *ret)
{
	int r;

	r = entry_time(journal_entry(journal), &ret->time);
	if (r >= 0)
		r = journal_cursor(journal, &ret->cursor);
	if (r >= 0)
		ret->number = number_of(ret->cursor);
	return r;
}

/* 1: the first entry at or after that time; 0: none can be read there. */
static int stretches_probe(struct journal *journal, usec_t time, struct stretch *ret)
{
	int r;

	*ret = (struct stretch){ 0 };
	r = journal_seek_time(journal, time);
	if (r >= 0)
		r = journal_next(journal);
	if (r > 0)
		r = stretches_look(journal, ret) < 0 ? 0 : 1;
	return r;
}

static bool are_numbered_alike(const struct stretch *a, const struct stretch *b)
{
	size_t size = strcspn(a->cursor, ";");

	return a->number > 0 && b->number > a->number && strncmp(a->cursor, b->cursor, size) == 0;
}

static bool is_long(const struct cutting *cutting, const struct stretch *low,
		    const struct stretch *high)
{
	return are_numbered_alike(low, high) ? high->number - low->number > cutting->size
					     : high->time - low->time > cutting->part;
}

/* The same, probed in those files alone that hold what lies between; `ret`: their journal. */
static struct cutting cut_narrowed(const struct cutting *cutting, const struct stretch *low,
				   const struct stretch *high, struct journal **ret)
{
	struct cutting narrowed = *cutting;
	int r;

	r = journal_open_part(cutting->whole, cutting->parts, low->cursor, high->cursor, ret);
	if (r < 0) /* it goes without */
		narrowed.parts = NULL;
	else
		narrowed.journal = *ret;
	return narrowed;
}

/* Half by half, as long as there is more than a stretch between the two; every step halves the
 * time. */
static int cut_between(const struct cutting *cutting, const struct stretch *low,
		       const struct stretch *high, unsigned depth)
{
	usec_t middle = low->time + (high->time - MIN(high->time, low->time)) / 2;
	cleanup(journal_freep) struct journal *part = NULL;
	struct stretch found, nearer = *high;
	struct cutting narrowed;
	int r;

	if (middle <= low->time || !is_long(cutting, low, high))
		return 0;
	if (cutting->parts && depth == NARROWED_EVERY) {
		narrowed = cut_narrowed(cutting, low, high, &part);
		return cut_between(&narrowed, low, high, 0);
	}
	r = stretches_probe(cutting->journal, middle, &found);
	if (r <= 0 || found.time < middle || found.time >= high->time) {
		free(found.cursor);
		nearer.time = middle;
		return r < 0 ? r : cut_between(cutting, low, &nearer, depth + 1);
	}
	nearer = found; /* its cursor stays where it is in the list */
	r = cut_between(cutting, low, &found, depth + 1);
	if (r < 0)
		free(found.cursor);
	else
		r = stretches_add(cutting->stretches, &found);
	return r < 0 ? r : cut_between(cutting, &nearer, high, depth + 1);
}

int stretches_cut(struct journal *journal, const struct parts *parts, usec_t since, usec_t until,
		  uint64_t size, struct stretches *ret)
{
	struct stretches stretches = { 0 };
	struct stretch first = { 0 }, last = { 0 }, begin = { 0 };
	struct cutting cutting = { journal, journal, parts, &stretches, size, 0 };
	int r;

	r = stretches_add(&stretches, &begin);
	if (r >= 0)
		r = journal_seek_last(journal);
	if (r > 0)
		r = stretches_look(journal, &last) < 0 ? 0 : 1;
	if (r > 0)
		r = stretches_probe(journal, since, &first);
	if (r > 0 && last.time > first.time) {
		last.time = MIN(last.time, until);
		cutting.part = (last.time - MIN(first.time, last.time)) / PARTS;
		if (are_numbered_alike(&first, &last))
			cutting.size = MAX(size, (last.number - first.number) / MAX_STRETCHES);
		r = cut_between(&cutting, &first, &last, 0);
	}
	while (stretches.n > 1 && stretches.n < MIN_STRETCHES)
		free(stretches.list[--stretches.n].cursor);
	free(first.cursor);
	free(last.cursor);
	if (r < 0)
		stretches_done(&stretches);
	else
		*ret = stretches;
	return MIN(r, 0);
}
