#ifndef BANISH_DAEMON_CLI_OUTPUT_H
#define BANISH_DAEMON_CLI_OUTPUT_H

/*
 * What verbs print: JSON objects, one a line, and text made of bytes that strangers chose. cJSON
 * prints large numbers as floats ("1.76377e+15"); times must stay exact, so numbers go in as their
 * own text.
 */

#include "base/address.h"
#include "base/util.h"
#include "base/weight.h"

#include <cjson/cJSON.h>

/* All return false when memory is out. */
bool print_add_number(cJSON *object, const char *key, uint64_t number);
bool print_add_weight(cJSON *object, const char *key, uint64_t tenths); /* 50 -> 5, 45 -> 4.5 */
bool print_add_until(cJSON *object, const char *key, usec_t time);      /* USEC_INFINITY -> null */
bool print_add_text(cJSON *object, const char *key, const char *text);  /* NULL -> null */
bool print_add_bytes(cJSON *object, const char *key,
		     struct span bytes); /* data NULL -> null; see bytes_to_text() */
bool print_add_address(cJSON *object, const char *key,
		       const struct address *address); /* NULL -> null */
bool print_add_prefix(cJSON *object, const char *key, const struct prefix *prefix);

/* Prints the object as one line to stdout and deletes it, or, if it is not `whole`, only that. 0 or
 * -ENOMEM. */
int print_line(cJSON *object, bool whole) must_check;

/* A NUL-terminated copy that is valid UTF-8: each byte that is not, and NUL, becomes U+FFFD. NULL:
 * no memory. */
char *bytes_to_text(struct span bytes) must_check;
/* The same for a terminal: control characters, and what has no width or turns the direction, become
 * '?' too, and it is cut to `max` bytes with
 * "..." at the end. */
char *bytes_to_display(struct span bytes, size_t max) must_check;

#endif
