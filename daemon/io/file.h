#ifndef BANISH_DAEMON_IO_FILE_H
#define BANISH_DAEMON_IO_FILE_H

/* Whole files: read bounded, replaced atomically. */

#include "base/util.h"

/* Reads a whole file; a NUL is put behind it. -EFBIG: more than `max_size` bytes; -EISDIR; other
 * negative errno. */
int file_read(const char *path, size_t max_size, char **ret, size_t *ret_size) must_check;

/* The last `max_size` bytes of a regular file, all of a shorter one; a NUL is put behind them. */
int file_read_end(const char *path, size_t max_size, char **ret, size_t *ret_size) must_check;

/* Hands each whole line to `take` (without its end; borrowed for the call) as the file is read;
 * stops when it returns negative. `ret_size`: bytes of whole lines. 1: something follows them; 0;
 * errors as above, which may come after some lines. */
int file_read_lines(const char *path, size_t max_size,
		    int (*take)(void *userdata, struct span line), void *userdata,
		    size_t *ret_size) must_check;

/* True if there is no such path (a path that cannot be looked up is not absent). */
bool file_absent(const char *path);

/* 1: the next piece, borrowed until the next call; 0: that was all; negative errno. */
typedef int (*file_next_t)(void *userdata, struct span *ret);

/* Writes to a temporary beside it, syncs, renames, syncs the folder: after a crash the old file or
 * the new one stands there, whole. On failure the old one is kept and the temporary is gone. */
int file_replace(const char *path, file_next_t next, void *userdata) must_check;
/* The same in a folder whose files others read: the temporary is hidden (begins with a dot). */
int file_publish(const char *folder, const char *name, const char *data, size_t size) must_check;
/* The same where there is nothing yet: -EEXIST else, and what is there stays. */
int file_create(const char *path, const char *data, size_t size) must_check;
/* The same as file_publish() for nobody but its owner, wherever it is. -EINVAL: there is something, and no regular
 * file. */
int file_save_private(const char *path, const char *data, size_t size) must_check;

#endif
