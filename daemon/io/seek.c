/*
 * From a cursor to the entry after it, in a journal of several files. A cursor is
 * "s=NUMBERING;i=NUMBER;b=BOOT;m=MONOTONIC;t=TIME;x=HASH".
 *
 * Files that number by themselves, as those of users do, are sought by the boot's own clock. Older
 * libsystemd finds nothing at all in one of them that has entries of that boot, but only earlier
 * ones: what a later boot wrote into it would not be read. So the boot is left out where it is
 * over, and the time of day decides.
 */
#include "io/seek.h"

#include "io/liveend.h"

#include <errno.h>
#include <stdio.h>

static const char *find_boot(const char *cursor)
{
	const char *boot = strstr(cursor, ";b=");

	return boot ? boot : "";
}

/* Without b= and m=; owned by the caller. */
static char *strip_boot(const char *cursor)
{
	const char *boot = find_boot(cursor), *rest = strstr(boot, ";t=");
	char *text;

	if (!rest)
		return strdup(cursor);
	return asprintf(&text, "%.*s%s", (int)(boot - cursor), cursor, rest) < 0 ? NULL : text;
}

static bool is_same_boot(const char *a, const char *b)
{
	return strncmp(find_boot(a), find_boot(b), strlen(";b=") + 32) == 0;
}

/* 1: the last entry is of another boot; 0: of the same, or there is none. */
static int has_another_boot(sd_journal *handle, const char *cursor)
{
	cleanup(freep) char *last = NULL;
	int r;

	r = liveend_go_to_last(handle);
	if (r > 0)
		r = sd_journal_get_cursor(handle, &last);
	return r < 0 || !last ? r : !is_same_boot(cursor, last);
}

/* Of the same microsecond others can come first, which lie in another file. */
static int go_to_cursor(sd_journal *handle, const char *cursor, const char *place)
{
	const char *text = strstr(cursor, ";t=");
	usec_t wanted = text ? strtoull(text + 3, NULL, 16) : 0, time;
	int r;

	r = sd_journal_seek_cursor(handle, place);
	while (r >= 0 && (r = sd_journal_next(handle)) > 0) {
		if (sd_journal_test_cursor(handle, cursor) > 0)
			return 1;
		r = sd_journal_get_realtime_usec(handle, &time);
		if (r < 0 || time != wanted)
			return 0;
	}
	return r;
}

int seek_after(sd_journal *handle, const char *cursor, const char *last)
{
	cleanup(freep) char *place = NULL;
	int r;

	r = last ? !is_same_boot(cursor, last) : has_another_boot(handle, cursor);
	if (r < 0)
		return r;
	place = r > 0 ? strip_boot(cursor) : strdup(cursor);
	if (!place)
		return -ENOMEM;
	r = go_to_cursor(handle, cursor, place);
	if (r != 0)
		return r;
	/* The cursor's own entry is gone (vacuumed, or no match selects it any more): the first one
	 * after it must not be lost. */
	return sd_journal_seek_cursor(handle, place);
}
