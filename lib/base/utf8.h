#ifndef BANISH_BASE_UTF8_H
#define BANISH_BASE_UTF8_H

#include "base/util.h"

/* How many bytes the UTF-8 character at `p` has, of `size` that are left (at least 1). 0: there is
 * none; overlong forms, surrogates and what lies beyond U+10FFFF are none (RFC 3629, section 4). */
size_t utf8_length(const void *p, size_t size);

/* Writes it, in at most 4 bytes; the place behind it. */
char *utf8_put(char *output, uint32_t character);

#endif
