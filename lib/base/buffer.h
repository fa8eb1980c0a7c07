#ifndef BANISH_BASE_BUFFER_H
#define BANISH_BASE_BUFFER_H

/*
 * A text that grows, zeroed at first. After the first failure it swallows the rest, so that only
 * who takes it in the end has to look. It always ends with NUL, but `data` is NULL while nothing
 * was put in.
 */

#include "base/util.h"

#include <stdarg.h>

struct buffer {
	char *data; /* owned: free() */
	size_t size, max;
	bool failed; /* there was no memory */
};

void buffer_put(struct buffer *buffer, const char *data, size_t size);
/* The arguments are not in the buffer itself. */
void buffer_print(struct buffer *buffer, const char *format, ...) printf_like(2, 3);
/* The text, which is the caller's from now on; NULL: failed, and nothing is left. */
char *buffer_take(struct buffer *buffer);

/* As vasprintf(), but the text, which is the caller's; NULL: no memory. */
char *text_of_format(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

#endif
