#ifndef BANISH_DAEMON_CLI_RULETEST_H
#define BANISH_DAEMON_CLI_RULETEST_H

/*
 * One jail on trial: alone, with an engine of its own that never decides. What would this line
 * tell, and whom? `check` runs a rule's examples through it, `test` the administrator's lines; the
 * matching and the joining by session are the engine's own.
 */

#include "engine/engine.h"
#include "match/ruleset.h"

#include <cjson/cJSON.h>

/* A line on its way through trials. */
struct sample {
	struct span message;
	usec_t time;
	const char *unit, *identifier; /* as the user said, NULL: not said */
	const cJSON *fields;           /* the entry of `journalctl -o json`, or NULL */
	const struct example *example; /* whose fields these are, or NULL */
	bool strict; /* a field that is not there is not there; else it is what the rule wants */
};

struct ruletest;

/* Sets every jail's mode, in force or not. */
void ruletest_set_mode(struct policy *policy, enum mode mode);

/* Holds the rule too. `jail`: of the policy, what it says of the rule holds; NULL: the defaults.
 * `policy` gives ignoreip; both are borrowed. */
int ruletest_new(struct rule *rule, const char *policy_file, const struct policy *policy,
		 const struct jail_policy *jail, struct faults *faults,
		 struct ruletest **ret) must_check;
struct ruletest *ruletest_free(struct ruletest *ruletest);
DEFINE_CLEANUP(struct ruletest *, ruletest_free)

const struct jail *ruletest_jail(const struct ruletest *ruletest);

enum ruletest_answer {
	RULETEST_NOT_SELECTED, /* the rule does not read such entries */
	RULETEST_NO_EVENT,     /* it does, but no event of it matches */
	RULETEST_HIT,          /* *ret says what it tells; borrowed until the next feed */
};

/* An enum ruletest_answer, or negative errno. */
int ruletest_feed(struct ruletest *ruletest, const struct sample *sample,
		  const struct verdict_of_hit **ret) must_check;

/* Says in words why the sample just fed hit nothing. */
int ruletest_explain(struct ruletest *ruletest, const struct sample *sample, char *buffer,
		     size_t size) must_check;

#endif
