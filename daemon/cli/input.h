#ifndef BANISH_DAEMON_CLI_INPUT_H
#define BANISH_DAEMON_CLI_INPUT_H

/* What verbs need that read a journal of the past with the rules in force. */

#include "io/config.h"
#include "io/journal.h"
#include "cli/options.h"

struct reading {
	struct config *config;
	struct ruleset *ruleset;
	struct journal *journal; /* nothing is selected yet */
};

/* -EINVAL: faults, or it was said already why the journal cannot be read. */
int reading_open(const char *verb, const struct common *common, struct faults *faults,
		 struct reading *ret) must_check;
/* The journal alone. */
int reading_open_journal(const char *verb, const struct common *common,
			 struct journal **ret) must_check;
/* Goes to the next entry: 1; 0: there is none, or it is younger than --until. */
int reading_next(const struct reading *reading, const struct common *common) must_check;
void reading_done(struct reading *reading);

#endif
