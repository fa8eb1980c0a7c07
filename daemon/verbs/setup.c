/*
 * banish setup - from an installed package to a policy: looks which services run here that a
 * shipped rule knows, writes a banish.json for them, and shows what it would have done last week.
 * Nothing is written over a file that is there, and nothing is asked.
 */
#include "base/buffer.h"
#include "base/util.h"
#include "cli/caller.h"
#include "cli/input.h"
#include "cli/rehearsal.h"
#include "cli/survey.h"
#include "cli/timestamp.h"
#include "cli/verb.h"
#include "config/draft.h"
#include "io/file.h"
#include "io/program.h"
#include "io/units.h"
#include "verbs/service-ports.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPAN     USEC_PER_WEEK
#define PATIENCE (5 * USEC_PER_SEC) /* for a look around in the journal */
#define ENTRIES  20                 /* the last that a match finds, until one is the rule's */
#define ENABLE   "systemctl enable --now banish"

struct setup {
	struct common common;
	bool ignores_caller, enables;
	char *policy_file;     /* owned */
	struct config *config; /* owned; the one that is there, or none */
	struct ruleset *ruleset;
	struct journal *journal;
	struct units *units;
	struct draft draft;
	char ignore[PREFIX_TEXT_MAX]; /* who calls; "": nobody knows */
	bool is_new;                  /* there was no policy before */
};

static void setup_done(struct setup *setup)
{
	draft_done(&setup->draft);
	units_free(setup->units);
	journal_free(setup->journal);
	ruleset_free(setup->ruleset);
	config_free(setup->config);
	free(setup->policy_file);
}

static const struct policy *setup_policy(const struct setup *setup)
{
	return setup->is_new ? NULL : setup->config->policy;
}

/* The policy that is there; without one no jail is in force. */
static int setup_open(struct setup *setup, struct faults *faults)
{
	const struct common *common = &setup->common;
	int r;

	if (asprintf(&setup->policy_file, "%s/banish.json", common->confdir) < 0) {
		setup->policy_file = NULL;
		return -ENOMEM;
	}
	setup->is_new = file_absent(setup->policy_file);
	r = config_load(common->confdir, common->rulesdir,
			setup->is_new ? CONFIG_POLICY_NONE : CONFIG_POLICY_REQUIRED, faults,
			&setup->config);
	if (r < 0)
		return r;
	if (setup->is_new)
		setup->config->policy->n_jails = 0;
	r = config_compile_all(setup->config, false, faults, &setup->ruleset);
	if (r >= 0)
		r = units_open(&setup->units);
	return r < 0 ? r : input_open_journal("setup", common, &setup->journal);
}

/* Who calls, as the host that a jail would ban. */
static int setup_find_caller(struct setup *setup)
{
	const struct settings *defaults = &setup->config->policy->defaults;
	struct address address;
	struct prefix prefix;
	int r = caller_find(&address);

	if (r < 0)
		return r;
	if (r > 0) {
		prefix = address_widen(&address, address.family == AF_INET ? defaults->prefix4
									   : defaults->prefix6);
		if (policy_ignores(setup->config->policy, &prefix))
			setup->ignores_caller = false;
		else
			prefix_format(&prefix, setup->ignore);
	} else if (setup->ignores_caller) {
		fprintf(stderr,
			"banish setup: --ignore-me: you did not log in over the network, or "
			"nobody knows from where: write your address into \"ignoreip\" of "
			"banish.json yourself\n");
		return -EINVAL;
	}
	return 0;
}

/* Whether a unit that the rule reads runs. */
static int is_running(const struct setup *setup, const struct rule *rule, const char **ret)
{
	struct unit_walk walk = { 0 };
	bool runs = false;

	while (!runs && (*ret = selectors_next_unit(rule->selectors, rule->n_selectors, &walk))) {
		struct unit answer;
		int r = units_ask(setup->units, *ret, &answer);

		if (r < 0)
			return r;
		runs = answer.state == UNIT_ACTIVE;
		unit_done(&answer);
	}
	return runs;
}

/* When the last entry came that the jail reads; 0: never. */
static int find_last(const struct setup *setup, struct ruleset *all, unsigned index, usec_t *ret)
{
	int r = journal_select_jail(setup->journal, ruleset_jail(all, index));

	*ret = 0;
	if (r > 0)
		r = journal_seek_last_of(setup->journal, ENTRIES);
	for (size_t n = 0; r > 0 && n < ENTRIES; n++) {
		const struct entry *entry = journal_entry(setup->journal);
		usec_t time;

		r = ruleset_selects(all, index, entry);
		if (r > 0 && entry_time(entry, &time) >= 0)
			*ret = time;
		if (r >= 0 || r == -EBADMSG)
			r = journal_next(setup->journal);
	}
	return MIN(r, 0);
}

/* What its jail should close. */
static int tell_ports(const char *name, const char *why, const struct ports *ports)
{
	cleanup(freep) char *list = NULL;
	struct buffer text = { 0 };

	ports_write(ports, &text);
	list = buffer_take(&text);
	if (!list)
		return -ENOMEM;
	printf("  %s: it %s: \"ports\": %s\n", name, why, list);
	return 0;
}

/* Of a service that has a jail already. */
static int tell_open_ports(const struct setup *setup, struct ruleset *all, const struct rule *rule)
{
	cleanup(ports_done) struct ports ports = { 0 };
	const char *name = NULL;

	for (unsigned i = 0; i < ruleset_n_jails(setup->ruleset); i++) {
		const struct jail *jail = ruleset_jail(setup->ruleset, i);
		int r;

		if (strcmp(jail->rule->name, rule->name) != 0)
			continue;
		ports_done(&ports);
		r = service_ports(all, rule, &jail->settings.ports, &ports);
		if (r <= 0)
			return r;
		name = jail->name;
	}
	if (name)
		return tell_ports(name, "has a jail, but listens where that closes nothing",
				  &ports);
	return 0;
}

static int look_for_service(struct setup *setup, struct ruleset *all, unsigned index)
{
	const struct rule *rule = ruleset_jail(all, index)->rule;
	const char *refused = draft_refuses(rule), *unit;
	cleanup(ports_done) struct ports ports = { 0 };
	usec_t last, now = timestamp_now();
	int running, r;

	if (ruleset_jail_on(setup->ruleset, rule->name))
		return tell_open_ports(setup, all, rule);
	running = is_running(setup, rule, &unit);
	r = running < 0 ? running : find_last(setup, all, index, &last);
	if (r < 0)
		return r;
	if (!running && (last == 0 || now - MIN(last, now) > SPAN))
		return 0;
	if (last == 0)
		refused = "nothing of it is in the journal that the rule reads: banish.rules(5) "
			  "says what it needs";
	if (refused) {
		printf("  %s: left out: %s\n", rule->name, refused);
		return 0;
	}
	if (running)
		printf("  %s: %s runs\n", rule->name, unit);
	else
		printf("  %s: it has logged in the last week\n", rule->name);
	r = service_ports(all, rule, &rule->ports, &ports);
	if (r > 0)
		r = tell_ports(rule->name, "listens on ports that the rule does not name", &ports);
	return r < 0 ? r
		     : draft_add(&setup->draft, setup_policy(setup), rule->name,
				 ports.n_ranges > 0 ? &ports : NULL);
}

static int look_for_services(struct setup *setup, struct faults *faults)
{
	const struct common *common = &setup->common;
	cleanup(config_freep) struct config *config = NULL;
	cleanup(ruleset_freep) struct ruleset *all = NULL;
	int r;

	r = config_load(common->confdir, common->rulesdir, CONFIG_POLICY_NONE, faults, &config);
	if (r >= 0)
		r = config_compile_all(config, false, faults, &all);
	for (unsigned i = 0; r >= 0 && i < ruleset_n_jails(all); i++)
		r = look_for_service(setup, all, i);
	return r;
}

/* Who wrote the container's last entry, and whether that makes a jail. */
static int look_for_container(struct setup *setup, const char *name, const char *rule)
{
	struct draft_container container = { .name = name };
	const struct {
		const char *field;
		struct span *value;
	} fields[] = {
		{ "_SYSTEMD_UNIT", &container.unit },
		{ "_SYSTEMD_CGROUP", &container.cgroup },
		{ "_UID", &container.uid },
	};
	char texts[ARRAY_SIZE(fields)][DRAFT_UNIT_SIZE * 2];
	const char *error = NULL;
	int r;

	r = journal_select_value(setup->journal, "CONTAINER_NAME", name);
	if (r >= 0)
		r = journal_seek_last_of(setup->journal, 1);
	for (size_t i = 0; r > 0 && i < ARRAY_SIZE(fields); i++) {
		struct span value;
		int n = entry_field(journal_entry(setup->journal), fields[i].field, &value);

		if (n < 0 && n != -EBADMSG)
			return n;
		if (n <= 0 || value.size > sizeof(texts[i]))
			continue;
		memcpy(texts[i], value.data, value.size); /* the next question moves it */
		*fields[i].value = (struct span){ texts[i], value.size };
	}
	if (r >= 0)
		r = draft_add_container(&setup->draft, setup_policy(setup), rule, &container,
					&error);
	if (r < 0)
		return r;
	printf("  %s: %scontainer %s%s%s\n", rule, error ? "left out: " : "", name,
	       error ? ": " : " has logged", error ?: "");
	return 0;
}

static int look_for_containers(struct setup *setup)
{
	cleanup(survey_done) struct survey survey = { 0 };
	int r = survey_take(setup->journal, &setup->common, setup->ruleset, timestamp_now(),
			    PATIENCE, &survey);

	for (size_t i = 0; r >= 0 && i < survey.n_overlooked; i++) {
		const struct overlooked *overlooked = &survey.overlooked[i];
		size_t size = strlen(OVERLOOKED_CONTAINER);

		if (strncmp(overlooked->source, OVERLOOKED_CONTAINER, size) == 0)
			r = look_for_container(setup, overlooked->source + size, overlooked->rule);
	}
	return r;
}

static int setup_refuse(const char *what, int error)
{
	fprintf(stderr, "banish setup: cannot %s: %s%s\n", what, strerror(-error),
		error == -EACCES || error == -EPERM ? ": run it as root" : "");
	return -EINVAL;
}

static int setup_write(const struct setup *setup)
{
	cleanup(freep) char *text = NULL, *what = NULL;
	int r;

	text = draft_write(&setup->draft, setup->ignores_caller ? setup->ignore : NULL);
	if (!text || asprintf(&what, "write %s", setup->policy_file) < 0) {
		what = NULL;
		return -ENOMEM;
	}
	if (mkdir(setup->common.confdir, 0755) < 0 && errno != EEXIST)
		return setup_refuse(what, -errno);
	r = file_create(setup->policy_file, text, strlen(text));
	if (r < 0)
		return r == -ENOMEM ? r : setup_refuse(what, r);
	printf("Written: %s\n", setup->policy_file);
	return 0;
}

/* What a new policy would have that this one has not. */
static int print_difference(const struct setup *setup)
{
	cleanup(freep) char *jails = draft_write_jails(&setup->draft);

	if (!jails && setup->draft.n_jails > 0)
		return -ENOMEM;
	printf("%s is there, and stays as it is.", setup->policy_file);
	if (setup->draft.n_jails == 0)
		printf(" All that was found has a jail.\n");
	else
		printf(" Its \"jails\" lack:\n\n%s\n", jails);
	if (setup->ignores_caller)
		printf("Its \"ignoreip\" lacks: \"%s\"\n", setup->ignore);
	if (setup->draft.n_jails > 0 || setup->ignores_caller)
		printf("Then: banish check && systemctl reload banish\n");
	return 0;
}

/* The daemon's own verbs, on what is there now. */
static int setup_check(const struct setup *setup)
{
	char *words[] = { (char[]){ "check" },
			  (char[]){ "--config" },
			  (char *)(uintptr_t)setup->common.confdir,
			  (char[]){ "--rules" },
			  (char *)(uintptr_t)setup->common.rulesdir,
			  NULL };

	printf("\nbanish check:\n");
	(void)fflush(stdout);
	return verb_check(ARRAY_SIZE(words) - 1, words) == EXIT_YES ? 0 : -EINVAL;
}

static int enable_unit(void)
{
	static const char *const words[] = { "systemctl", "enable", "--now", OWN_UNIT, NULL };
	int r;

	(void)fflush(stdout);
	r = program_call(words);
	if (r < 0 && r != -EIO)
		return setup_refuse("call systemctl", r);
	if (r == 0) {
		printf("\nbanish runs, and starts at boot. banish status: is all well?\n");
		return 0;
	}
	fprintf(stderr, "banish setup: the policy is written, but \"" ENABLE "\" failed%s\n",
		geteuid() == 0 ? "" : ": run it as root");
	return -EINVAL;
}

/* What is left to do. */
static int conclude(const struct setup *setup)
{
	struct unit unit;
	int r;

	if (*setup->ignore && !setup->ignores_caller)
		printf("\nYou log in from %s: if your own typing errors shall not ban you there, put "
		       "it into \"ignoreip\".\n",
		       setup->ignore);
	r = units_ask(setup->units, "fail2ban.service", &unit);
	if (r < 0)
		return r;
	if (unit.state == UNIT_ACTIVE)
		printf("\nfail2ban runs here, too: \"banish import fail2ban --output DIR\" takes "
		       "over its configuration.\n");
	unit_done(&unit);
	if (setup->enables)
		return enable_unit();
	r = units_ask(setup->units, OWN_UNIT, &unit);
	if (r < 0)
		return r;
	if (unit.state == UNIT_ACTIVE)
		printf("\nbanish runs already.\n");
	else
		printf("\nNow enable it: " ENABLE "\n");
	unit_done(&unit);
	return 0;
}

static int setup_run(struct setup *setup, struct faults *faults)
{
	int r;

	r = setup_open(setup, faults);
	if (r >= 0)
		r = setup_find_caller(setup);
	if (r < 0)
		return r;
	printf("Found here, with a shipped rule and without a jail:\n");
	r = look_for_services(setup, faults);
	if (r >= 0)
		r = look_for_containers(setup);
	if (r < 0)
		return r;
	if (setup->draft.n_jails == 0)
		printf("  nothing%s\n", setup->is_new ? "" : " more");
	if (setup->is_new && setup->draft.n_jails == 0) {
		fprintf(stderr,
			"banish setup: nothing to protect yet, so nothing is written: no "
			"service that a shipped rule knows has logged here; banish.rules(5) "
			"lists what they need\n");
		return -EINVAL;
	}
	printf("\n");
	r = setup->is_new ? setup_write(setup) : print_difference(setup);
	if (r >= 0)
		r = setup_check(setup);
	if (r >= 0)
		r = rehearse(&setup->common, setup->journal, faults);
	return r < 0 ? r : conclude(setup);
}

int verb_setup(int argc, char **argv)
{
	cleanup(setup_done) struct setup setup = { .common = COMMON_DEFAULTS };
	const struct option_row rows[] = {
		OPTION_CONFIG(setup.common),
		OPTION_PLACE(setup.common),
		{ "ignore-me", NULL, "put the address that you log in from into ignoreip",
		  &setup.ignores_caller, NULL },
		{ "yes", NULL, "enable and start it, too", &setup.enables, NULL },
	};
	const struct usage usage = USAGE(
		"setup", "", 0, 0, rows,
		"Writes a banish.json for the services that run here, checks it, shows whom it would\n"
		"have banned last week, and says how to enable it. Never asks, and never writes over a\n"
		"banish.json that is there: then it prints what that lacks.");
	struct faults faults = { 0 };
	int first, exit_code, r;

	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	if (setup.enables && strcmp(setup.common.confdir, CONFDIR) != 0) {
		fprintf(stderr, "banish setup: the unit that --yes enables reads " CONFDIR
				": leave out --config, or --yes\n");
		return EXIT_USAGE;
	}
	r = setup_run(&setup, &faults);
	r = faults_conclude(&faults, "setup", r);
	return r < 0 ? EXIT_NO : EXIT_YES;
}
