/*
 * banish report - what happened: who was banned, how often, which networks and accounts. What the
 * daemon said is in its journal entries; the failures are counted by reading the watched units once
 * more. Nothing is changed.
 */
#include "report/report.h"

#include "cli/input.h"
#include "cli/output.h"
#include "cli/timestamp.h"
#include "cli/verb.h"
#include "report/human.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define SPAN         (24 * USEC_PER_HOUR) /* where nothing is said */
#define TOP          10                   /* lines of a list, unless --top says otherwise */
#define MAX_TOP      10000
#define MAX_WARNINGS 16
#define MOMENT       (60 * USEC_PER_SEC) /* that the journal may begin later: nobody misses it */

static void report_done(struct report *report)
{
	history_done(&report->history);
	journal_free(report->journal);
	ruleset_free(report->ruleset);
	config_free(report->config);
}

/* What there is to be told. With faults in the configuration that is what the daemon said. */
static int report_find(struct report *report)
{
	struct history *history = &report->history;
	cleanup(faults_done) struct faults faults = { 0 };
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
						    report->config->policy, USEC_INFINITY });
	if (r >= 0)
		r = history_find_banned_logins(history, report->ruleset);
	return r;
}

/* Whose report this is: mails come from many machines. */
static void print_head(const struct report *report)
{
	char since[TIMESTAMP_TEXT_MAX], until[TIMESTAMP_TEXT_MAX], age[FIGURE_TEXT_MAX],
		host[65] = "";
	bool here = !report->common.file && !report->common.directory;

	if (here && gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	printf("banish%s%s, %s to %s (%s)\n", *host ? " on " : "", host,
	       timestamp_format(report->history.since, since),
	       timestamp_format(report->history.until, until),
	       human_age(report->history.until - report->history.since, age));
	if (report->history.oldest > report->history.since + MOMENT)
		printf("The journal begins at %s, earlier events are not known.\n",
		       timestamp_format(report->history.oldest, since));
}

static void print_tail(const struct report *report)
{
	const struct digest *digest = report->history.digest;
	size_t n = digest->offenders.list.n;
	uint64_t starts = digest->n_starts;

	if (digest->offenders.n_folded > 0)
		printf("\nMore than %zu offenders: the lists hold the latest of them.\n", n);
	else if (n > report->top)
		printf("\n%zu offenders in all; \"--top 100\" shows more of them.\n", n);
	if (digest->n_unnamed > 0)
		printf("\n%" PRIu64
		       " more offender%s banned in a flood: counted above, but in no list.\n",
		       digest->n_unnamed, PLURAL(digest->n_unnamed));
	if (digest->n_entries == 0)
		printf("\nThe daemon logged nothing in this time: banish status tells whether it "
		       "runs.\n");
	if (starts > 0)
		printf("\nThe daemon was started %" PRIu64 " time%s.\n", starts, PLURAL(starts));
}

/* The sums of all jails. */
static struct sums {
	uint64_t failures, prevented; /* tenths */
	uint64_t bans, by_hand, unbans;
} report_add_up(const struct report *report)
{
	const struct digest *digest = report->history.digest;
	struct sums sums = { 0 };

	for (size_t i = 0; report->ruleset && i < ruleset_n_jails(report->ruleset); i++) {
		sums.failures += report->history.jails[i].failures;
		sums.prevented += report->history.jails[i].prevented;
	}
	for (size_t i = 0; i < digest->n_jails; i++) {
		sums.bans += digest->jails[i].bans;
		sums.by_hand += digest->jails[i].by_hand;
		sums.unbans += digest->jails[i].unbans;
	}
	return sums;
}

static int report_print_summary(const struct report *report, const struct sums *sums)
{
	const struct history *history = &report->history;
	const struct digest *digest = history->digest;
	enum row_kind if_counted = IF_KNOWN(report->ruleset, KIND_WEIGHT);

	return output_print(true, NULL,
			    (const struct row[]){
				    ROW_TEXT("what", "summary"),
				    ROW_TIME("since_usec", history->since),
				    ROW_TIME("until_usec", history->until),
				    ROW_TIME("oldest_usec", history->oldest ?: USEC_INFINITY),
				    ROW("failures", if_counted, number, sums->failures),
				    ROW("prevented", if_counted, number, sums->prevented),
				    ROW_NUMBER("bans", sums->bans),
				    ROW_NUMBER("by_hand", sums->by_hand),
				    ROW_NUMBER("unbans", sums->unbans),
				    ROW_NUMBER("offenders", digest->offenders.list.n +
								    digest->offenders.n_folded +
								    digest->n_unnamed),
				    ROW_NUMBER("starts", digest->n_starts),
				    ROW_NUMBER("lost", history->n_lost),
				    ROW_END,
			    });
}

/* For people, or as JSON. */
static int report_print(const struct report *report)
{
	const struct digest *digest = report->history.digest;
	const struct sums sums = report_add_up(report);
	bool json = report->common.json;
	int r;

	if (!json)
		print_head(report);
	if (!json && digest->n_remarks + sums.bans + sums.by_hand + sums.unbans + sums.failures +
				     sums.prevented + report->history.n_lost ==
			     0) {
		printf("\nNothing happened: no failure, no ban, no warning.\n");
		print_tail(report);
		return 0;
	}
	r = report_print_jails(report);
	if (r >= 0)
		r = report_print_list(report, LIST_OFFENDERS, &digest->offenders);
	if (r >= 0)
		r = report_print_list(report, LIST_REPEATED, &digest->offenders);
	if (r >= 0)
		r = report_print_list(report, LIST_LOGINS, &report->history.banned_logins);
	if (r >= 0)
		r = report_print_list(report, LIST_NETWORKS, &digest->networks);
	if (r >= 0)
		r = report_print_list(report, LIST_ACCOUNTS, &digest->accounts);
	if (r >= 0)
		r = json ? history_print_warnings_json(&report->history)
			 : history_print_warnings(&report->history, MAX_WARNINGS, false);
	if (r >= 0 && json)
		r = report_print_summary(report, &sums);
	else if (r >= 0)
		print_tail(report);
	return r;
}

static int parse_top(const char *text, void *target)
{
	unsigned long n;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	n = strtoul(text, &end, 10);
	if (*end || n > MAX_TOP)
		return -EINVAL;
	*(usec_t *)target = n;
	return 0;
}

int verb_report(int argc, char **argv)
{
	cleanup(report_done) struct report report = { .common = COMMON_DEFAULTS, .top = TOP };
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
	struct common *common = &report.common;
	int first, exit_code, r;

	common->since = USEC_INFINITY; /* 1970 may be asked for */
	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	if (common->until == USEC_INFINITY)
		common->until = timestamp_now();
	if (common->since == USEC_INFINITY)
		common->since = common->until > SPAN ? common->until - SPAN : 0;
	if (common->since > common->until) {
		fprintf(stderr, "banish report: --since is later than --until\n");
		return EXIT_USAGE;
	}
	r = report_find(&report);
	if (r >= 0)
		r = report_print(&report);
	if (r < 0 && r != -EINVAL) /* that has been said */
		fprintf(stderr, "banish report: %s\n", strerror(-r));
	return r < 0 ? EXIT_NO : EXIT_YES;
}
