#ifndef BANISH_BASE_PRINTABLE_H
#define BANISH_BASE_PRINTABLE_H

/*
 * Bytes that strangers chose, on their way to a terminal, a mail or a log. What is not UTF-8
 * becomes U+FFFD; control characters, and what has no width or turns the direction of a line, never
 * get out as they are.
 */

#include "base/util.h"

/* The character that `bytes` (at least one) begin with: how many bytes it has, and its number; of
 * what is not UTF-8, and of NUL, one byte and U+FFFD. */
size_t printable_next(struct span bytes, uint32_t *ret);

/* False: C0, DEL, C1 (U+009B is CSI), separators of lines, marks and embeddings of directions, the
 * soft hyphen, what joins or has no width, tags. */
bool printable_is_shown(uint32_t character);

/* A NUL-terminated copy that is valid UTF-8, whatever it does to a terminal. NULL: no memory. */
char *bytes_to_text(struct span bytes) must_check;
/* The same for people: '?' for each byte of what is not shown, and cut to `max` bytes with "..." at
 * the end. */
char *bytes_to_display(struct span bytes, size_t max) must_check;

/* The end of the text, of at most `max` bytes, with '?' for what is not plain ASCII. Returns the
 * buffer, of max + 1 bytes. */
char *printable_tail(struct span text, size_t max, char *buffer);

/* The next character inside a JSON string, as ASCII where it is not shown ("\u009b");
 * NUL-terminated. Returns how many of the `bytes` (at least one) it stands for. */
#define PRINTABLE_JSON_MAX 13 /* bytes */
size_t printable_json(struct span bytes, char buffer[static PRINTABLE_JSON_MAX]);

#endif
