#ifndef BANISH_BASE_FAULT_H
#define BANISH_BASE_FAULT_H

/*
 * What is wrong with the administrator's files, one line each:
 *     /etc/banish/banish.json:7:15: "findtim" is not a key of a jail: did you mean "findtime"?
 * The parsers fill it, the verbs print it. Nothing in lib/ prints.
 */

#include "base/util.h"

struct faults {
	char **lines; /* owned */
	size_t n_lines;
	char **notes; /* owned; what was understood, but was hardly meant so */
	size_t n_notes;
};

/* Adds one line. -ENOMEM is the only error; at most 100 lines are kept, one broken file must not
 * flood. */
int faults_add(struct faults *faults, const char *format, ...) printf_like(2, 3);
/* The same of a note; one that is there already is not told again. */
int faults_note(struct faults *faults, const char *format, ...) printf_like(2, 3);
void faults_done(struct faults *faults);

#endif
