#ifndef BANISH_DAEMON_IO_LISTFILE_H
#define BANISH_DAEMON_IO_LISTFILE_H

/* Files of networks that others publish (config/blocklist.h), read in pieces. */

#include "config/blocklist.h"

#include <sys/stat.h>

/* 0, with the file's status at that time; an error of blocklist_feed(), at `list->line`; -ENOENT,
 * -EISDIR, -ENODEV (no regular file), -EFBIG, other negative errno: it cannot be read. */
int listfile_read(const char *path, struct blocklist *list, struct stat *ret) must_check;

/* "PATH:LINE: what is wrong", without a word of the file's text; `line` of the blocklist. Owned;
 * NULL: no memory. */
char *listfile_explain(const char *path, unsigned line, int error) must_check;

#endif
