#ifndef BANISH_DAEMON_IO_PROGRAM_H
#define BANISH_DAEMON_IO_PROGRAM_H

/* A program that answers on its standard output. */

#include "base/util.h"

/* The name under which it finds the input, a regular file. */
#define PROGRAM_INPUT "/dev/fd/3"

/* Runs it, found in PATH and without a shell, and waits for its end; what it says on standard error
 * is dropped. `input`: bytes for PROGRAM_INPUT. `ret`, owned by the caller and NUL-terminated: what
 * it printed. -ENOENT: there is no such program; -EIO: it failed; -EFBIG: it printed more than
 * `max_size` bytes; other negative errno. */
int program_run(const char *const *words, struct span input, size_t max_size, char **ret,
		size_t *ret_size) must_check;

#endif
