#include "cli/progress.h"

#include "cli/timestamp.h"
#include "report/human.h"

#include <stdio.h>
#include <unistd.h>

#define LOOK_EVERY  1024 /* entries */
#define SHOW_EVERY  (USEC_PER_SEC / 4)
#define SHOWN_AFTER USEC_PER_SEC /* what is read sooner needs none */

void progress_begin(struct progress *progress, usec_t last)
{
	const char *terminal = getenv("TERM");

	*progress = (struct progress){ .last = last };
	progress->on = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
	progress->begun = progress->looked = timestamp_monotonic();
}

/* "2026-11-22 03:04:05, 45%, 120k entries a second, 12s left": it fits in 80 columns. */
static void progress_show(struct progress *progress, usec_t time, usec_t spent)
{
	char when[TIMESTAMP_TEXT_MAX], rate[FIGURE_TEXT_MAX], age[FIGURE_TEXT_MAX];
	usec_t whole = progress->last - MIN(progress->first, progress->last);
	usec_t done = MIN(time - MIN(progress->first, time), whole);
	double part = whole > 0 ? (double)done / (double)whole : 1;

	when[0] = '\0';
	timestamp_format(time, when);
	when[MIN(strlen(when), strlen("2026-11-22 03:04"))] = '\0';
	fprintf(stderr, "\r%s, %d%%, %s entries a second", when, (int)(part * 100),
		human_count(progress->n * USEC_PER_SEC / MAX(spent, (usec_t)1), rate));
	if (part > 0.01)
		fprintf(stderr, ", %s left",
			human_age((usec_t)((double)spent / part * (1 - part)), age));
	fputs("\033[K", stderr);
	progress->shown = true;
}

void progress_step(struct progress *progress, const struct entry *entry, uint64_t n)
{
	usec_t now, time;

	if (!progress->on || (n - progress->n < LOOK_EVERY && progress->first > 0))
		return;
	progress->n = n;
	if (progress->first == 0) {
		if (entry_time(entry, &time) >= 0)
			progress->first = time;
		return;
	}
	now = timestamp_monotonic();
	if (now - progress->begun < SHOWN_AFTER || now - progress->looked < SHOW_EVERY ||
	    entry_time(entry, &time) < 0)
		return;
	progress->looked = now;
	progress_show(progress, time, now - progress->begun);
}

void progress_hide(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
