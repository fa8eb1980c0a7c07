#ifndef BANISH_IMPORT_OPTION_H
#define BANISH_IMPORT_OPTION_H

/* "sshd[mode=aggressive, x='a b']": a filter or action with what it is given. */

#include "import/ini.h"

struct given {
	const char *name;
	struct ini_option *options; /* the last given comes first */
};

/* Reads the next one at `*at`, and moves on; they stand in lines or between blanks. False: there
 * are no more. */
bool option_next(struct arena *arena, const char **at, struct given *ret);

/* The next line at `*at` that is not empty. False: there are no more. */
bool option_line(const char **at, struct span *ret);

/* The next word at `*at`, between blanks and commas. False: there are no more. */
bool option_word(const char **at, struct span *ret);

bool option_is_true(const char *value); /* NULL: no */

#endif
