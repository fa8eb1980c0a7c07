/*
 * banish report - what happened: who was banned, how often, which networks and accounts. What the
 * daemon said is in its journal entries; the failures are counted by reading the watched units once
 * more. Nothing is changed.
 */
#include "report/report.h"

#include "cli/input.h"
#include "cli/timestamp.h"
#include "cli/verb.h"

#include <errno.h>
#include <stdio.h>

#define SPAN (24 * USEC_PER_HOUR)

static void report_done(struct report *report)
{
	tally_free(report->logins);
	history_done(&report->history);
	journal_free(report->journal);
	ruleset_free(report->ruleset);
	config_free(report->config);
}

/* With faults in it there is still a report of what the daemon said. */
static int report_load_config(struct report *report)
{
	struct faults faults = { 0 };
	int r;

	r = config_load(report->common.confdir, report->common.rulesdir, CONFIG_POLICY_REQUIRED,
			&faults, &report->config);
	if (r >= 0)
		r = config_compile_all(report->config, true, &faults, &report->ruleset);
	if (r == -EINVAL) {
		fprintf(stderr, "banish report: failures are not counted: %s\n",
			faults.n_lines > 0 ? faults.lines[0] : "the configuration has faults");
		r = 0;
	}
	faults_done(&faults);
	return r;
}

static int report_find(struct report *report)
{
	struct history *history = &report->history;
	int r;

	r = report_load_config(report);
	if (r >= 0)
		r = input_open_journal("report", &report->common, &report->journal);
	if (r < 0)
		return r;
	history->since = report->common.since;
	history->until = report->common.until;
	r = history_read_said(history, report->journal);
	if (r < 0 || !report->ruleset)
		return r;
	r = history_count(history,
			  &(struct history_source){ report->journal, report->ruleset,
						    report->config->policy, true, USEC_INFINITY });
	if (r >= 0)
		r = history_find_banned_logins(history, report->ruleset, &report->logins);
	return r;
}

static int parse_top(const char *text, void *target)
{
	unsigned long n;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	n = strtoul(text, &end, 10);
	if (*end || n > REPORT_MAX_TOP)
		return -EINVAL;
	*(usec_t *)target = n;
	return 0;
}

/* Where nothing is said: the last day. */
static int settle_span(struct report *report)
{
	usec_t now;
	int r;

	r = parse_time("now", &now);
	if (r < 0)
		return r;
	if (report->common.until == USEC_INFINITY)
		report->common.until = now;
	if (report->common.since == USEC_INFINITY)
		report->common.since =
			report->common.until > SPAN ? report->common.until - SPAN : 0;
	if (report->common.since <= report->common.until)
		return 0;
	fprintf(stderr, "banish report: --since is later than --until\n");
	return 1;
}

int verb_report(int argc, char **argv)
{
	cleanup(report_done) struct report report = { .common = COMMON_DEFAULTS,
						      .top = REPORT_TOP };
	const struct option_row rows[] = {
		OPTION_CONFIG(report.common),
		OPTION_JSON(report.common),
		{ "top", "NUMBER", "lines of each list (default 10, at most 10000)", &report.top,
		  parse_top },
		OPTION_JOURNAL(report.common),
	};
	const struct usage usage = USAGE(
		"report", "", 0, 0, rows,
		"Tells what happened in the last day, or the time given: failures and bans by jail, the\n"
		"worst offenders, networks and accounts, and the warnings.");
	int first, exit_code, r;

	report.common.since = USEC_INFINITY; /* 1970 may be asked for */
	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	r = settle_span(&report);
	if (r > 0)
		return EXIT_USAGE;
	if (r >= 0)
		r = report_find(&report);
	if (r >= 0)
		r = report_print(&report);
	if (r < 0 && r != -EINVAL) /* that has been said */
		fprintf(stderr, "banish report: %s\n", strerror(-r));
	return r < 0 ? EXIT_NO : EXIT_YES;
}
