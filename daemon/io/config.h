#ifndef BANISH_DAEMON_IO_CONFIG_H
#define BANISH_DAEMON_IO_CONFIG_H

/*
 * The configuration as it lies on disk: CONFDIR/banish.json, the shipped rules, the administrator's
 * rules. A file of the same name in CONFDIR/rules.d replaces the shipped one. Every verb loads it
 * through here, so that what `check` accepts is exactly what `run` gets.
 */

#include "config/policy.h"
#include "match/ruleset.h"

struct config {
	char *policy_file; /* path, for messages */
	bool has_policy;   /* else the built-in one with every rule in force */
	struct policy *policy;
	struct ignorelist **lists; /* of policy->ignore_files, in that order */
	size_t n_lists;
	struct rule **rules; /* all that were found; NULL elements never stand here */
	size_t n_rules;
};

enum config_need {
	CONFIG_POLICY_REQUIRED, /* run, check: no banish.json is a fault */
	CONFIG_POLICY_OPTIONAL, /* test, replay: without one every rule gets a jail with the
				   defaults */
	CONFIG_POLICY_NONE,     /* every rule gets such a jail, whatever banish.json says */
};

/* 0; -EINVAL with faults; other negative errno without (no memory). */
int config_load(const char *confdir, const char *rulesdir, enum config_need need,
		struct faults *faults, struct config **ret) must_check;
/* The policy and its lists alone. */
int config_load_policy(const char *confdir, struct faults *faults, struct config **ret) must_check;
struct config *config_free(struct config *config);
DEFINE_CLEANUP(struct config *, config_free)

/* Reads one list. -EINVAL with faults; other negative errno without: it cannot be read. */
int config_read_list(const char *path, enum ignore_source source, struct faults *faults,
		     struct ignorelist **ret) must_check;
/* What to do about the latter, in words. */
const char *config_explain_list(int error);

/* What `banish resolve` wrote of one host name, for verbs that look once (the daemon watches): 1;
 * 0: it has no answer, or none that makes sense, and stands for nobody; -ENOMEM. */
int config_read_answer(const char *name, struct ignorelist **ret) must_check;

/* Compiles the rules in force. The rules move into the ruleset, n_rules is 0 afterwards. */
int config_compile(struct config *config, bool jit, struct faults *faults,
		   struct ruleset **ret) must_check;

/* The same, but events that weigh nothing are reported, too: who wants to see successes. Slower. */
int config_compile_all(struct config *config, bool jit, struct faults *faults,
		       struct ruleset **ret) must_check;

/* Prints each note and each fault to stderr. */
void faults_print(const struct faults *faults);
/* The end of a verb: prints and frees the faults, or says the error `r` where there are none to say
 * it (-EINVAL has been said). Returns r. */
int faults_conclude(struct faults *faults, const char *verb, int r);

#endif
