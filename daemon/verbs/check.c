/*
 * banish check - loads the configuration exactly as `run` does, lets every rule prove itself on its
 * own examples, and prints each fault. The administrator's safe rehearsal.
 */
#include "cli/history.h"
#include "cli/options.h"
#include "cli/ruletest.h"
#include "cli/survey.h"
#include "cli/timestamp.h"
#include "cli/verb.h"
#include "io/config.h"
#include "io/listfile.h"
#include "io/log.h"
#include "lint/lint.h"
#include "verbs/check-counts.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define PATIENCE       (3 * USEC_PER_SEC) /* for a look around in the journal */
#define BLIND_AFTER    (24 * USEC_PER_HOUR)
/* Who asks is waiting. */
#define FRONT_SPAN     (24 * USEC_PER_HOUR)
#define FRONT_PATIENCE USEC_PER_SEC

static const char *or_none(const char *text)
{
	return text ?: "none";
}

/* What the trial said against what the example promises: at most one fault an example. */
static int check_compare(const struct rule *rule, const struct example *example, int answer,
			 const struct verdict_of_hit *hit, struct faults *faults)
{
	const char *event = answer == RULETEST_HIT ? rule->events[hit->event].name : NULL;
	struct span user = answer == RULETEST_HIT ? hit->user : (struct span){ 0 };
	char address[ADDRESS_TEXT_MAX] = "";
	struct address wanted;

	if (answer == RULETEST_HIT && hit->has_address)
		address_format(&hit->address, address);
	if (strcmp(or_none(event), or_none(example->event)) != 0)
		return faults_add(
			faults,
			"%s:%u:%u: example: the event is %s, not %s: mend the pattern or the example",
			rule->file, example->line, example->column, or_none(event),
			or_none(example->event));
	if (example->address && (address_parse(span_of(example->address), &wanted) < 0 ||
				 !*address || !address_equal(&wanted, &hit->address)))
		return faults_add(faults, "%s:%u:%u: example: the address is %s, not %s",
				  rule->file, example->line, example->column,
				  *address ? address : "none", example->address);
	if (example->user && (!event || !span_equal(user, span_of(example->user)))) {
		if (!user.data)
			user = SPAN_LITERAL("none");
		return faults_add(faults, "%s:%u:%u: example: the user is %.*s, not %s", rule->file,
				  example->line, example->column, (int)MIN(user.size, 256),
				  user.data, example->user);
	}
	return 0;
}

/* The examples of a rule are one stream: sessions join. */
static int run_examples(struct ruletest *ruletest, struct faults *faults)
{
	const struct rule *rule = ruletest_jail(ruletest)->rule;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < rule->n_examples; i++) {
		const struct example *example = &rule->examples[i];
		const struct sample sample = { .message = span_of(example->message),
					       .example = example,
					       .time = USEC_PER_HOUR + i };
		const struct verdict_of_hit *hit = NULL;

		r = ruletest_feed(ruletest, &sample, &hit);
		if (r >= 0)
			r = check_compare(rule, example, r, hit, faults);
	}
	return r;
}

/* The rest of what a rule has to prove. */
static int lint(const struct rule *rule, struct faults *faults)
{
	int r = lint_examples(rule, faults);

	if (r >= 0 || r == -EINVAL)
		r = lint_hostile(rule, faults);
	if (r >= 0 || r == -EINVAL)
		r = lint_possessive(rule, faults);
	if (r >= 0 || r == -EINVAL)
		r = lint_cost(rule, faults);
	return r == -EINVAL ? 0 : r;
}

static int try_rules(struct config *config, struct faults *faults)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < config->n_rules; i++) {
		cleanup(ruletest_freep) struct ruletest *ruletest = NULL;

		if (rule_is_built_in(config->rules[i]))
			continue;
		r = ruletest_new(config->rules[i], config->policy_file, config->policy, NULL,
				 faults, &ruletest);
		if (r == -EINVAL) { /* a bad pattern */
			r = 0;
			continue;
		}
		if (r >= 0)
			r = run_examples(ruletest, faults);
		if (r >= 0)
			r = lint(ruletest_jail(ruletest)->rule, faults);
	}
	return r;
}

/* A unit as which all containers of an engine log, or all that a user runs. */
static const char *check_find_shared_unit(const struct condition *unit)
{
	static const char *const beginnings[] = { "user@", "docker.service", "podman.service" };
	static const char *const scopes[] = { "libpod-", "docker-" };

	for (size_t i = 0; i < unit->n_values; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(beginnings); k++)
			if (strncmp(unit->values[i], beginnings[k], strlen(beginnings[k])) == 0)
				return unit->values[i];
		for (size_t k = 0; unit->is_prefix && k < ARRAY_SIZE(scopes); k++)
			if (strncmp(unit->values[i], scopes[k], strlen(scopes[k])) == 0)
				return unit->values[i];
	}
	return NULL;
}

/* Who else than the container that is meant could write such entries. */
static void check_selector(const struct selector *selector, const char *policy_file,
			   const struct jail_policy *jail)
{
	const struct condition *unit = selector_find(selector, "_SYSTEMD_UNIT");
	const char *shared = unit ? check_find_shared_unit(unit) : NULL;
	bool names_container = false, names_place = unit != NULL;

	for (size_t i = 0; i < selector->n_conditions; i++) {
		const struct condition *condition = &selector->conditions[i];
		bool is_place = strcmp(condition->field, "_SYSTEMD_CGROUP") == 0 ||
				strcmp(condition->field, "_SYSTEMD_SLICE") == 0;

		if (strncmp(condition->field, "CONTAINER_", 10) == 0)
			names_container |= condition_is_match(condition);
		names_place |= is_place;
		if (strcmp(condition->field, "_SYSTEMD_CGROUP") == 0)
			shared = NULL;
	}
	if (shared && !names_container)
		fprintf(stderr,
			"%s:%u:%u: warning: jail \"%s\": \"%s\" alone lets every container have "
			"addresses banned: add CONTAINER_NAME or _SYSTEMD_CGROUP beside it\n",
			policy_file, jail->line, jail->column, jail->name, shared);
	if (names_container && !names_place)
		fprintf(stderr,
			"%s:%u:%u: warning: jail \"%s\": a container that has the journal's socket can "
			"give itself this name: add _SYSTEMD_UNIT, such as "
			"{\"prefix\": \"libpod-conmon-\"}\n",
			policy_file, jail->line, jail->column, jail->name);
}

static void check_selectors(const struct jail *jail, const char *policy_file,
			    const struct jail_policy *policy)
{
	for (size_t i = 0; i < jail->n_selectors; i++)
		check_selector(&jail->selectors[i], policy_file, policy);
}

/* Whether units log what a rule knows and no jail reads. */
static int check_sources(struct journal *journal, const struct common *common,
			 struct ruleset *ruleset)
{
	cleanup(survey_done) struct survey survey = { 0 };
	usec_t now = timestamp_now();
	int r;

	r = survey_take(journal, common, ruleset, now, PATIENCE, &survey);
	for (size_t i = 0; r >= 0 && i < survey.n_overlooked; i++) {
		const struct overlooked *overlooked = &survey.overlooked[i];
		cleanup(freep) char *text = NULL;
		usec_t last = 0;

		if (!overlooked_matters(overlooked))
			continue;
		for (unsigned k = 0; r >= 0 && k < ruleset_n_jails(ruleset); k++) {
			const struct jail *jail = ruleset_jail(ruleset, k);
			usec_t time = 0;

			if (strcmp(jail->rule->name, overlooked->rule) != 0)
				continue;
			r = journal_select_jail(journal, jail);
			if (r > 0)
				r = journal_seek_last(journal);
			if (r > 0)
				r = entry_time(journal_entry(journal), &time);
			last = MAX(last, time);
		}
		text = overlooked_say(overlooked, overlooked->jail[0] && now > last &&
							  now - last >= BLIND_AFTER);
		if (!text)
			return -ENOMEM;
		fprintf(stderr, "%s: %s\n", overlooked->jail[0] ? "warning" : "note", text);
	}
	return r == -ENOMEM ? r : 0;
}

/* Of the last day: is there a proxy or NAT in front? */
static int check_front(struct journal *journal, struct ruleset *ruleset,
		       const struct policy *policy)
{
	cleanup(history_done) struct history history = { .until = timestamp_now() };
	cleanup(freep) char *text = NULL;
	int r;

	history.since = history.until > FRONT_SPAN ? history.until - FRONT_SPAN : 0;
	r = history_count(&history,
			  &(struct history_source){ journal, ruleset, policy, FRONT_PATIENCE });
	if (r >= 0)
		r = front_explain(&history.front, &text);
	if (text)
		fprintf(stderr, "note: %s\n", text);
	return r == -ENOMEM ? r : 0;
}

static int check_read_list(const char *path, struct blocklist *list)
{
	struct listfile file;
	int r = listfile_open(path, &file);

	if (r < 0)
		return r;
	do
		r = listfile_read(&file, list);
	while (r > 0);
	listfile_close(&file);
	return r;
}

/* A file that is missing or broken is no fault of the configuration: the next one may be right. */
static int check_lists(const struct config *config)
{
	for (size_t i = 0; i < config->policy->n_lists; i++) {
		const struct list_policy *list = &config->policy->lists[i];
		cleanup(blocklist_done) struct blocklist blocklist = { 0 };
		cleanup(freep) char *text = NULL;
		int r = check_read_list(list->file, &blocklist);

		if (r == -ENOMEM)
			return r;
		if (r == 0) {
			printf("list %s: %zu network%s, %zu private or unassigned left out\n",
			       list->name, blocklist.networks.n_prefixes,
			       PLURAL(blocklist.networks.n_prefixes), blocklist.n_left_out);
			continue;
		}
		text = listfile_explain(list->file, blocklist.line, r);
		if (!text)
			return -ENOMEM;
		fprintf(stderr, "%s:%u:%u: warning: list \"%s\": %s\n", config->policy_file,
			list->line, list->column, list->name, text);
	}
	return 0;
}

/* What other hosts need to hear us, and we them. */
static void check_fleet(const struct policy *policy, const char *policy_file)
{
	const char *directory = policy->fleet.directory ?: FLEET_DIRECTORY;

	if (policy_find_jail(policy, FLEET_NAME) && access(directory, R_OK | X_OK) < 0)
		fprintf(stderr,
			"%s: warning: jail \"fleet\": %s: %s: no other host is heard: let "
			"systemd-journal-remote write there, and the user banish read it\n",
			policy_file, directory, strerror(errno));
	if (policy->fleet.share && access(FLEET_SOCKET, F_OK) < 0)
		fprintf(stderr,
			"%s: warning: \"share\": %s: %s: no other host hears of bans: start "
			"systemd-journald@banish-fleet.socket\n",
			policy_file, FLEET_SOCKET, strerror(errno));
}

static int check(const struct common *common, bool quiet, bool verbose, struct faults *faults)
{
	cleanup(config_freep) struct config *config = NULL, *again = NULL;
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	cleanup(journal_freep) struct journal *journal = NULL;
	size_t n_rules, n_jails, n_examples = 0;
	int r;

	r = config_load(common->confdir, common->rulesdir, CONFIG_POLICY_REQUIRED, faults, &config);
	if (r < 0)
		return r;
	n_rules = config->n_rules;
	for (size_t i = 0; i < config->n_rules; i++)
		n_rules -= rule_is_built_in(config->rules[i]);
	n_jails = config->policy->n_jails;
	for (size_t i = 0; i < config->n_rules; i++)
		n_examples += config->rules[i]->n_examples;
	ruletest_set_mode(config->policy, MODE_AGGRESSIVE); /* a rule proves all of its events */
	r = try_rules(config, faults);
	if (r < 0)
		return r;

	/* and as a whole, as `run` compiles it; the rules were used up by their trials */
	r = config_load(common->confdir, common->rulesdir, CONFIG_POLICY_REQUIRED, faults, &again);
	if (r >= 0 && faults->n_lines == 0)
		r = config_compile_all(again, true, faults, &ruleset);
	if (r < 0 || faults->n_lines > 0)
		return r < 0 ? r : -EINVAL;
	if (quiet)
		return 0;
	/* the machine's; where it cannot be read nothing is said of it */
	r = journal_open(NULL, NULL, false, &journal);
	if (r >= 0)
		r = check_front(journal, ruleset, again->policy);
	if (r == -ENOMEM)
		return r;
	for (unsigned i = 0; i < ruleset_n_jails(ruleset); i++) {
		const struct jail *jail = ruleset_jail(ruleset, i);
		bool told = false; /* of an earlier jail that stands on this rule */

		for (unsigned k = 0; k < i; k++)
			told |= ruleset_jail(ruleset, k)->rule == jail->rule;
		if (!told)
			check_counts(jail->rule, verbose);
		check_selectors(jail, again->policy_file, &again->policy->jails[i]);
	}
	check_fleet(again->policy, again->policy_file);
	if (n_jails == 0)
		fprintf(stderr,
			"%s: warning: no jail is in force, so nobody is ever banned: write "
			"\"jails\", such as {\"jails\": {\"dovecot\": {}}}\n",
			again->policy_file);
	r = journal ? check_sources(journal, common, ruleset) : 0;
	if (r >= 0)
		r = check_lists(again);
	if (r < 0)
		return r;
	printf("OK: %zu jail%s, %zu rule%s, %zu example%s passed\n", n_jails, PLURAL(n_jails),
	       n_rules, PLURAL(n_rules), n_examples, PLURAL(n_examples));
	return 0;
}

int verb_check(int argc, char **argv)
{
	struct common common = COMMON_DEFAULTS;
	bool quiet = false, verbose = false;
	const struct option_row rows[] = {
		OPTION_CONFIG(common),
		{ "quiet", NULL, "print faults only, do not look into the journal", &quiet, NULL },
		{ "verbose", NULL, "also say what each rule counts, and which events tell it",
		  &verbose, NULL },
	};
	const struct usage usage = USAGE(
		"check", "", 0, 0, rows,
		"Loads the configuration exactly as `run` does, tests every rule (an example of each event,\n"
		"hostile user names, the cost of its patterns), prints each fault. Exit 0: all is\n"
		"well; 1: it is not.");
	struct faults faults = { 0 };
	int first, exit_code, r;

	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	r = check(&common, quiet, verbose, &faults);
	r = faults_conclude(&faults, "check", r);
	return r < 0 ? EXIT_NO : EXIT_YES;
}
