#ifndef BANISH_DAEMON_RUN_HEALTH_H
#define BANISH_DAEMON_RUN_HEALTH_H

/*
 * Saying when we are blind: journald dropped messages of a unit we watch, the journal was vacuumed
 * past the cursor, a rule has matched nothing for days while its unit logs, a pattern ran into its
 * match limit, failures whose session is not known. And when banned hosts go on failing.
 */

#include "count/reach.h"
#include "io/journal.h"
#include "run/active.h"

/* One a jail. */
struct silence {
	uint64_t hits, limit_hits; /* as of the last look */
	usec_t since;              /* of the last hit, or of the start */
	unsigned samples;          /* entries of its unit seen since then */
	bool said;
	usec_t limit_said;
	uint64_t lost; /* failures, as of the last time that it was said */
	usec_t lost_said;
	struct reach reach;
};

struct health {
	struct silence *silences;
	usec_t last_look;
	usec_t begun; /* with these rules; what was logged before was read late */
};

/* These are the rules in force now. */
int health_reset(struct health *health, const struct ruleset *ruleset, usec_t now) must_check;
/* Of each entry that is read; and of the last one of those that were read at once. */
void health_entry(const struct ruleset *ruleset, const struct entry *entry);
/* Of each entry that was fed, before the next. */
void health_verdicts(struct health *health, const struct active *active, const struct entry *entry);
void health_batch(struct health *health, const struct active *active, const struct entry *entry,
		  usec_t now);
/* Reading goes on after an entry of that time. `member`: whose journal it is; NULL: the only one.
 */
void health_gap(struct journal *journal, const char *member, usec_t cursor_time, usec_t findtime);

#endif
