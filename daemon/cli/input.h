#ifndef BANISH_DAEMON_CLI_INPUT_H
#define BANISH_DAEMON_CLI_INPUT_H

/* What verbs need that read a journal of the past with the rules in force. */

#include "cli/options.h"
#include "io/config.h"
#include "io/journal.h"

struct input {
	struct config *config;
	struct ruleset *ruleset;
	struct journal *journal; /* nothing is selected yet */
};

/* -EINVAL: faults, or it was said already why the journal cannot be read. */
int input_open(const char *verb, const struct common *common, struct faults *faults,
	       struct input *ret) must_check;
/* The configuration alone; `all`: hits that weigh nothing are reported, too. Says so where there is
 * no policy. Both are the caller's, the ruleset goes first. -EINVAL: faults. */
int input_load(const char *confdir, const char *rulesdir, bool all, struct faults *faults,
	       struct config **ret, struct ruleset **ret_ruleset) must_check;
/* The journal alone. */
int input_open_journal(const char *verb, const struct common *common,
		       struct journal **ret) must_check;
/* Goes to the next entry: 1; 0: there is none, or it is younger than --until. */
int input_next(struct journal *journal, const struct common *common) must_check;
void input_done(struct input *input);

#endif
