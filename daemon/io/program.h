#ifndef BANISH_DAEMON_IO_PROGRAM_H
#define BANISH_DAEMON_IO_PROGRAM_H

/* Programs, found in PATH and without a shell. */

#include "base/util.h"

/* The name under which it finds the input, a regular file. */
#define PROGRAM_INPUT "/dev/fd/3"

/* Runs one at the terminal that is ours, to its end. 0; -EIO: it failed; -ENOENT: there is no such
 * program; other negative errno. */
int program_call(const char *const *words) must_check;

/* Runs one that answers on its standard output; what it says on standard error is dropped. `input`:
 * bytes for PROGRAM_INPUT. `ret`, owned by the caller and NUL-terminated: what it printed. -ENOENT:
 * there is no such program; -EIO: it failed; -EFBIG: it printed more than `max_size` bytes; other
 * negative errno. */
int program_run(const char *const *words, struct span input, size_t max_size, char **ret,
		size_t *ret_size) must_check;

#endif
