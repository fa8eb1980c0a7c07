#ifndef BANISH_ENTRY_STRIP_H
#define BANISH_ENTRY_STRIP_H

/*
 * What a container's own log daemon puts in front of each line: a time, or time, host and program.
 * A jail with "strip" reads such a line as the program wrote it. Fixed texts, each as a whole or
 * not at all, so that nothing behind the program's colon is ever looked at twice.
 */

#include "config/policy.h"
#include "entry/entry.h"

#define STRIP_TIMES   4  /* envelopes at most: stacks nest them */
#define STRIP_PROGRAM 64 /* bytes; no tag of syslog is longer */

/* The text without its envelopes, and without line ends behind it. `program`: of the innermost
 * envelope that names one, else absent; borrows from the text. */
struct span strip_text(const struct strip *strip, struct span text, struct span *program);

/* An entry as the rule of such a jail sees it: MESSAGE is stripped, and the program is its
 * SYSLOG_IDENTIFIER. */
struct stripped {
	struct entry entry;
	const struct entry *whole; /* borrowed; changes from one entry to the next */
	const struct strip *strip;
	char program[STRIP_PROGRAM];
};

/* The entry's source is what it lies in: it must not move afterwards. */
void stripped_init(struct stripped *stripped, const struct strip *strip);

#endif
