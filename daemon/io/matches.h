#ifndef BANISH_DAEMON_IO_MATCHES_H
#define BANISH_DAEMON_IO_MATCHES_H

/*
 * Matches of a journal. Each function adds to the handle's, in libsystemd's way: those of one field
 * are OR, of different fields AND, after a disjunction OR. They keep out entries that no selector
 * wants, so that other units cost nothing, and only say that some rule may want one; rules look
 * again. Answers are 0 or more, or libsystemd's negative errno.
 */

#include "match/ruleset.h"

#include <systemd/sd-journal.h>

/* libsystemd looks up every match anew at each step, half a microsecond each (measured, 252), while
 * an entry that no rule wanted costs about two. With more matches than these all is read: the rules
 * ask for the selecting fields themselves. */
#define MATCHES_MAX 8

struct match_value {
	const char *field, *value; /* borrowed of the rules */
};

/* What keeps out most of what no rule in force reads. */
struct match_values {
	bool all; /* nothing: all must be read */
	struct match_value list[MATCHES_MAX];
	size_t n;
};

int matches_add(sd_journal *handle, const char *field, const char *value) must_check;
/* ... and a disjunction behind it. `strips`: its jail sees the entry without its envelope. */
int matches_add_selector(sd_journal *handle, const struct selector *selector,
			 bool strips) must_check;
/* Of each selector the values of one field. `past`: all is written that will be read, so values
 * that are not there need no match; the handle has none afterwards. All must be read where no match
 * can stand for a selector, or so many cost more. */
int matches_of_rules(sd_journal *handle, const struct ruleset *const *rulesets, size_t n_rulesets,
		     bool past, struct match_values *ret) must_check;
/* The same of one jail, of what is written already. */
int matches_of_jail(sd_journal *handle, const struct ruleset *ruleset, unsigned jail,
		    struct match_values *ret) must_check;
/* 1; 0: all is read. */
int matches_add_values(sd_journal *handle, const struct match_values *values) must_check;
/* The same of the rules that have notes, for a following reader. */
int matches_add_notes(sd_journal *handle, const struct ruleset *ruleset) must_check;
/* What journald says that it dropped. */
int matches_add_suppressed(sd_journal *handle) must_check;

/* No match can say which entries the selector takes: all must be read. */
bool matches_nothing(const struct selector *selector, bool strips);

#endif
