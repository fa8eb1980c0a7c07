/*
 * journald numbers the entries of all files that it fills one after the other, and libsystemd goes
 * by these numbers wherever two files have the same numbering: what is before the part, or behind
 * it, is so in every comparison. Files with another numbering (of users, of other machines) are all
 * opened. Where times contradict the numbers, since the clock was set back, nothing is left out:
 * there it hangs on what is open which entry comes next.
 */
#include "io/parts.h"

#include <errno.h>
#include <stdio.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#define NAME_ROOM sizeof("/proc/self/fd/2147483647")

struct parts {
	struct openfiles_header *list; /* owned, its descriptors too */
	size_t n;
};

struct parts *parts_free(struct parts *parts)
{
	if (!parts)
		return NULL;
	for (size_t i = 0; i < parts->n; i++)
		close(parts->list[i].fd);
	free(parts->list);
	free(parts);
	return NULL;
}

static bool parts_agree(const struct openfiles_header *a, const struct openfiles_header *b)
{
	return memcmp(a->numbering, b->numbering, sizeof(a->numbering)) != 0 ||
	       a->last >= b->first || a->end <= b->begin;
}

static bool parts_are_in_order(const struct parts *parts)
{
	bool in_order = true;

	for (size_t i = 0; in_order && i < parts->n; i++) {
		const struct openfiles_header *file = &parts->list[i];

		in_order = file->first <= file->last && file->begin <= file->end;
		for (size_t k = 0; in_order && k < parts->n; k++)
			in_order = parts_agree(file, &parts->list[k]);
	}
	return in_order;
}

int parts_open(const struct openfiles *files, struct parts **ret)
{
	cleanup(parts_freep) struct parts *parts = calloc(1, sizeof(*parts));
	int r;

	if (!parts)
		return -ENOMEM;
	r = openfiles_list(files, &parts->list, &parts->n);
	if (r < 0)
		return r;
	if (parts->n == 0 || !parts_are_in_order(parts))
		return -ENODATA;
	*ret = TAKE_PTR(parts);
	return 0;
}

size_t parts_count(const struct parts *parts)
{
	return parts->n;
}

/* Of "s=NUMBERING;i=NUMBER;b=...": the number, if it is one of the file's numbering. */
static bool parts_number_of(const char *cursor, const struct openfiles_header *file, uint64_t *ret)
{
	char text[SD_ID128_STRING_MAX];
	sd_id128_t id;
	const char *number = cursor ? strstr(cursor, ";i=") : NULL;

	memcpy(&id, file->numbering, sizeof(id));
	sd_id128_to_string(id, text);
	if (!number || strncmp(cursor, "s=", 2) != 0 || number - cursor - 2 != (long)strlen(text) ||
	    strncmp(cursor + 2, text, strlen(text)) != 0)
		return false;
	*ret = strtoull(number + 3, NULL, 16);
	return true;
}

static bool parts_may_hold(const struct openfiles_header *file, const char *first, const char *last)
{
	uint64_t number;

	return !(parts_number_of(first, file, &number) && file->last < number) &&
	       !(parts_number_of(last, file, &number) && file->first > number);
}

uint64_t parts_chosen(const struct parts *parts, const char *first, const char *last)
{
	uint64_t print = 0xcbf29ce484222325;

	for (size_t i = 0; i < parts->n; i++)
		print = (print ^ parts_may_hold(&parts->list[i], first, last)) * 0x100000001b3;
	return print;
}

int parts_open_journal(const struct parts *parts, const char *first, const char *last,
		       sd_journal **ret)
{
	cleanup(freep) char *names = calloc(parts->n, NAME_ROOM);
	cleanup(freep) const char **paths = calloc(parts->n + 1, sizeof(*paths));
	size_t n = 0;

	if (!names || !paths)
		return -ENOMEM;
	for (size_t i = 0; i < parts->n; i++) {
		char *name = names + n * NAME_ROOM;

		if (!parts_may_hold(&parts->list[i], first, last))
			continue;
		/* the same file, wherever journald has moved it meanwhile */
		(void)snprintf(name, NAME_ROOM, "/proc/self/fd/%d", parts->list[i].fd);
		paths[n++] = name;
	}
	return n > 0 ? sd_journal_open_files(ret, paths, 0) : -ENODATA;
}
