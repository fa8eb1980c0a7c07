/*
 * Reads the end of the machine's journal while it is written, without a pause, as `banish run`
 * does, and prints the MESSAGE of each entry that the rules in force select, up to the one that is
 * said to be the last. With "naive" it reads as libsystemd alone would have it.
 *
 *   live-reader look|naive CONFDIR RULESDIR LAST
 */
#include "io/config.h"
#include "io/journal.h"

#include <stdio.h>
#include <time.h>

static bool take(struct journal *journal, const char *last)
{
	struct span message;

	if (entry_field(journal_entry(journal), "MESSAGE", &message) <= 0) {
		fprintf(stderr, "live-reader: an entry without a message\n");
		return false;
	}
	printf("%.*s\n", (int)message.size, message.data);
	return span_equal(message, span_of(last));
}

static int take_all(struct journal *journal, const char *last, bool *done)
{
	int r;

	while ((r = journal_next(journal)) > 0)
		*done |= take(journal, last);
	return r;
}

/* As reader.c goes on. Now and then it seeks first, as that does when journald tells of news. */
static int look(struct journal *journal, usec_t begin, char **cursor, unsigned n, const char *last,
		bool *done)
{
	int r = 0;

	if (n % 64 == 0 && *cursor)
		r = journal_seek_after(journal, *cursor);
	else if (n % 64 == 0)
		r = journal_seek_time(journal, begin);
	if (r >= 0)
		r = journal_look_ahead(journal);
	if (r <= 0)
		return r;
	r = *cursor ? journal_seek_after(journal, *cursor) : journal_seek_time(journal, begin);
	if (r >= 0)
		r = take_all(journal, last, done);
	if (r < 0)
		return r;
	free(*cursor);
	return journal_cursor(journal, cursor);
}

int main(int argc, char **argv)
{
	const bool naive = argc == 5 && strcmp(argv[1], "naive") == 0;
	usec_t begin = (usec_t)time(NULL) * USEC_PER_SEC;
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	cleanup(journal_freep) struct journal *journal = NULL;
	cleanup(config_freep) struct config *config = NULL;
	cleanup(freep) char *cursor = NULL;
	struct faults faults = { 0 };
	bool done = false;
	int r;

	if (argc != 5)
		return 2;
	r = config_load(argv[2], argv[3], CONFIG_POLICY_REQUIRED, &faults, &config);
	if (r >= 0)
		r = config_compile(config, true, &faults, &ruleset);
	if (r >= 0)
		r = journal_open(NULL, NULL, true, &journal);
	if (r >= 0)
		r = journal_select(journal, ruleset, true);
	if (r >= 0)
		r = journal_fd(journal);
	if (r >= 0)
		r = journal_seek_time(journal, begin);
	fprintf(stderr, "ready\n");
	for (unsigned n = 0; r >= 0 && !done; n++) {
		if (!naive) {
			r = look(journal, begin, &cursor, n, argv[4], &done);
			continue;
		}
		r = journal_process(journal);
		if (r >= 0)
			r = take_all(journal, argv[4], &done);
	}
	if (r < 0)
		fprintf(stderr, "live-reader: %s\n", strerror(-r));
	return r < 0;
}
