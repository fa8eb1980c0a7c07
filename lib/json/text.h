#ifndef BANISH_JSON_TEXT_H
#define BANISH_JSON_TEXT_H

/*
 * The text of a JSON file, strictly: RFC 8259 and nothing besides it but comments. cJSON keeps no
 * positions and lets through what an administrator surely did not mean; so the text is checked here
 * first.
 */

#include "base/util.h"

#define JSONTEXT_MAX_SIZE  (1024 * 1024) /* bytes; a policy or rule file is a thousandth of it */
#define JSONTEXT_MAX_DEPTH 32            /* bounds the recursion here and in cJSON */

struct jsontext_error {
	size_t offset;    /* of the byte that is wrong */
	const char *what; /* "what: hint", static */
};

/*
 * Overwrites the comments with spaces (newlines stay, so that every position stays) and checks what
 * is left: one value, no byte order mark, valid UTF-8, no trailing comma, no `01`, no raw control
 * character, no \u0000, no lone surrogate. 0 or -EINVAL. Duplicate keys are the tree's affair.
 */
int jsontext_check(char *text, size_t size, struct jsontext_error *reterr) must_check;

/* In a text that was checked and ends with NUL: the first byte at or after `at` that is no white
 * space. */
const char *jsontext_skip_space(const char *at);

/* In the same: the first byte after the key or value at `at`, which is no list and no object. */
const char *jsontext_skip_scalar(const char *at);

#endif
