#ifndef BANISH_DAEMON_IO_LISTFILE_H
#define BANISH_DAEMON_IO_LISTFILE_H

/* Files of networks that others publish (config/blocklist.h), read in pieces. */

#include "config/blocklist.h"

#include <sys/stat.h>

struct listfile {
	int fd;             /* owned */
	struct stat status; /* when it was opened */
	size_t n_read;      /* bytes */
};

/* 0; -EISDIR, -ENODEV (no regular file), other negative errno: it cannot be read. */
int listfile_open(const char *path, struct listfile *ret) must_check;
/* The next 64 KiB of it. 1: there may be more; 0: that was all, the list is finished; an error of
 * blocklist_feed(), at `list->line`; -EFBIG, other negative errno: it cannot be read. */
int listfile_read(struct listfile *file, struct blocklist *list) must_check;
void listfile_close(struct listfile *file);

/* "PATH:LINE: what is wrong", without a word of the file's text; `line` of the blocklist. Owned;
 * NULL: no memory. */
char *listfile_explain(const char *path, unsigned line, int error) must_check;

#endif
