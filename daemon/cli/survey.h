#ifndef BANISH_DAEMON_CLI_SURVEY_H
#define BANISH_DAEMON_CLI_SURVEY_H

/*
 * A look around, for `check` and `status`: the last entries of each unit and container, whatever
 * the jails read, matched with all rules, in force or not. What a rule knows and no jail reads is
 * overlooked; what a jail reads and no rule knows has a shape. Everything is bounded.
 */

#include "cli/options.h"
#include "io/journal.h"
#include "report/diagnosis.h"

/* Of the lines of one jail that no event takes. */
struct survey_shape {
	char *text; /* owned; NULL: none, or too few to be told */
	uint64_t n;
};

struct survey {
	struct overlooked *overlooked; /* owned */
	size_t n_overlooked;
	struct survey_shape *shapes; /* owned; one a jail in force */
	size_t n_shapes;
};

/* `ruleset`: those in force; `common` says where all rules lie. The journal's matches and its place
 * are lost. `patience`: real time; what was not seen by then is left out. -ENOMEM, or the journal's
 * error. */
int survey_take(struct journal *journal, const struct common *common, struct ruleset *ruleset,
		usec_t now, usec_t patience, struct survey *ret) must_check;
void survey_done(struct survey *survey);

#endif
