/*
 * banish report - what happened: who was banned, how often, which networks and accounts. What the
 * daemon said is in its journal entries; the failures are counted by reading the watched units once
 * more. Nothing is changed.
 */
#include "report/report.h"

#include "base/printable.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/timestamp.h"
#include "cli/verb.h"
#include "cli/warnings.h"
#include "io/file.h"
#include "io/terminal.h"
#include "report/html.h"
#include "report/human.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SPAN          (24 * USEC_PER_HOUR) /* where nothing is said */
#define TOP           10                   /* lines of a list, unless --top says otherwise */
#define MAX_TOP       10000
#define WARNING_SHOWN 1024 /* bytes */
#define MAX_WARNINGS  16
#define MOMENT        (60 * USEC_PER_SEC) /* that the journal may begin later: nobody misses it */

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
	history->timed = report->html || report->common.json || terminal_width() > 0;
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

/* A paragraph. */
static void printf_like(2, 3) report_say(const struct report *report, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (report->page)
		html_paragraph(report->page, text);
	else
		(void)output_say("%s",
				 text); /* for lack of memory it is missing, and then more is */
}

/* Whose report this is: mails come from many machines. */
static void print_head(const struct report *report)
{
	char since[TIMESTAMP_TEXT_MAX], until[TIMESTAMP_TEXT_MAX], age[FIGURE_TEXT_MAX],
		host[65] = "", title[80], period[2 * TIMESTAMP_TEXT_MAX + FIGURE_TEXT_MAX];
	bool here = !report->common.file && !report->common.directory;

	if (here && gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	snprintf(title, sizeof(title), "banish%s%s", *host ? " on " : "", host);
	snprintf(period, sizeof(period), "%s to %s (%s)",
		 timestamp_format(report->history.since, since),
		 timestamp_format(report->history.until, until),
		 human_age(report->history.until - report->history.since, age));
	if (report->page)
		html_begin(report->page, title, period);
	else
		report_say(report, "%s, %s", title, period);
	if (report->history.oldest > report->history.since + MOMENT)
		report_say(report, "The journal begins at %s, earlier events are not known.",
			   timestamp_format(report->history.oldest, since));
}

static void print_tail(const struct report *report)
{
	const char *gap = report->page ? "" : "\n"; /* of a text */
	const struct digest *digest = report->history.digest;
	size_t n = digest->offenders.list.n;
	uint64_t starts = digest->n_starts;

	if (digest->offenders.n_folded > 0)
		report_say(report, "%sMore than %zu offenders: the lists hold the latest of them.",
			   gap, n);
	else if (n > report->top)
		report_say(report, "%s%zu offenders in all; \"--top 100\" shows more of them.", gap,
			   n);
	if (digest->n_unnamed > 0)
		report_say(report,
			   "%s%" PRIu64
			   " more offender%s banned in a flood: counted above, but in no list.",
			   gap, digest->n_unnamed, PLURAL(digest->n_unnamed));
	if (digest->n_entries == 0)
		report_say(report,
			   "%sThe daemon logged nothing in this time: banish status tells whether "
			   "it runs.",
			   gap);
	if (starts > 0)
		report_say(report, "%sThe daemon was started %" PRIu64 " time%s.", gap, starts,
			   PLURAL(starts));
	if (report->page && report->history.n_lost > 0)
		report_say(report,
			   "journald dropped %" PRIu64
			   " entries of banish itself: bans may be missing here.",
			   report->history.n_lost);
}

static uint64_t report_n_offenders(const struct digest *digest)
{
	return digest->offenders.list.n + digest->offenders.n_folded + digest->n_unnamed;
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
				    ROW_NUMBER("offenders", report_n_offenders(digest)),
				    ROW_NUMBER("starts", digest->n_starts),
				    ROW_NUMBER("lost", history->n_lost),
				    ROW_END,
			    });
}

/* The sums and the pictures of a page. */
static int report_draw(const struct report *report, const struct sums *sums)
{
	const struct history *history = &report->history;
	const struct digest *digest = history->digest;
	bool counted = report->ruleset;
	const struct {
		const char *what, *title;
		uint64_t tenths;
		bool known;
	} figures[] = {
		{ "failures", "Failures", sums->failures, counted },
		{ "prevented", "Prevented", sums->prevented, counted },
		{ "bans", "Bans", sums->bans * WEIGHT_ONE, true },
		{ "by_hand", "Bans by hand", sums->by_hand * WEIGHT_ONE, true },
		{ "unbans", "Unbans", sums->unbans * WEIGHT_ONE, true },
		{ "offenders", "Offenders", report_n_offenders(digest) * WEIGHT_ONE, true },
	};
	char number[WEIGHT_TEXT_MAX], zone[32];
	time_t since = (time_t)(history->since / USEC_PER_SEC);
	struct tm local = { 0 };

	html_figures_begin(report->page);
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		html_figure(report->page, figures[i].what, figures[i].title,
			    figures[i].known ? weight_format(figures[i].tenths, number) : "-");
	html_figures_end(report->page,
			 "Failures: counted, by the rules and the policy as they are now. "
			 "Prevented: failures of offenders who were banned already. Bans: made by "
			 "the daemon; by hand: by somebody. Unbans: bans that somebody ended. "
			 "Offenders: who was banned by the daemon.");
	(void)localtime_r(&since, &local); /* or UTC */
	if (strftime(zone, sizeof(zone), "%Z", &local) == 0)
		strcpy(zone, "UTC");
	return html_series(report->page, &history->series, zone, counted);
}

/* On a page. */
static int report_draw_warnings(const struct report *report)
{
	static const struct html_table table = {
		"warning", "Warnings",
		"What banish warned of, the latest of each kind; of accounts see above."
	};
	static const char *const head[] = { "LAST", "TIMES", "WARNING" };
	const struct digest_remark *sorted[DIGEST_MAX_REMARKS];
	cleanup(columns_done) struct columns columns = { .alignment = "<><" };
	size_t n = warnings_find(&report->history, false, sorted);
	char time[TIMESTAMP_TEXT_MAX], times[FIGURE_TEXT_MAX];
	int r;

	r = columns_add(&columns, head);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		cleanup(freep) char *text =
			bytes_to_display(span_of(sorted[i]->message), WARNING_SHOWN);

		if (!text)
			return -ENOMEM;
		snprintf(times, sizeof(times), "%" PRIu64, sorted[i]->count);
		r = columns_add(&columns,
				(const char *const[]){ timestamp_format(sorted[i]->last, time),
						       times, text });
	}
	if (r >= 0 && n > 0)
		html_table(report->page, &table, &columns);
	return r;
}

static int report_print_tables(const struct report *report)
{
	const struct history *history = &report->history;
	const struct digest *digest = history->digest;
	const struct {
		enum report_list list;
		const struct tally *tally;
	} lists[] = {
		{ LIST_EVENTS, &history->events },     { LIST_OFFENDERS, &digest->offenders },
		{ LIST_REPEATED, &digest->offenders }, { LIST_LOGINS, &history->banned_logins },
		{ LIST_NETWORKS, &digest->networks },  { LIST_ACCOUNTS, &digest->accounts },
		{ LIST_MEMBERS, &digest->members },
	};
	int r;

	r = report_print_jails(report);
	if (r >= 0 && terminal_width() > 0 && !report->common.json && !report->page)
		r = report_chart(report);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(lists); i++)
		r = report_print_list(report, lists[i].list, lists[i].tally);
	if (r < 0)
		return r;
	return report->common.json ? warnings_print_json(history)
	       : report->page      ? report_draw_warnings(report)
				   : warnings_print(history, MAX_WARNINGS, false);
}

/* For people, as text or as a page, or as JSON. */
static int report_print(const struct report *report)
{
	const struct digest *digest = report->history.digest;
	const struct sums sums = report_add_up(report);
	bool json = report->common.json;
	bool quiet = digest->n_remarks + sums.bans + sums.by_hand + sums.unbans + sums.failures +
			     sums.prevented + report->history.n_lost ==
		     0;
	int r = 0;

	if (!json)
		print_head(report);
	if (report->page)
		r = report_draw(report, &sums);
	if (!json && quiet)
		report_say(report, "%sNothing happened: no failure, no ban, no warning.",
			   report->page ? "" : "\n");
	else if (r >= 0)
		r = report_print_tables(report);
	if (r >= 0)
		r = report_print_listed(report);
	if (r >= 0 && json)
		r = report_print_summary(report, &sums);
	else if (r >= 0)
		print_tail(report);
	return r;
}

/* All of the page or nothing: who looks at it while it is made sees the one before. */
static int report_write_page(struct report *report)
{
	cleanup(freep) char *text = NULL;
	size_t size;
	int r;

	report->page = open_memstream(&text, &size);
	if (!report->page)
		return -ENOMEM;
	r = report_print(report);
	html_end(report->page);
	if (fclose(report->page) != 0)
		r = -ENOMEM;
	if (r >= 0 && strcmp(report->html, "-") == 0) {
		(void)fwrite(text, 1, size, stdout); /* main() looks for errors */
		return 0;
	}
	if (r >= 0) {
		r = file_save_private(report->html, text, size);
		if (r == -EINVAL)
			fprintf(stderr,
				"banish report: %s is not a regular file; \"-\" is stdout\n",
				report->html);
		else if (r < 0)
			fprintf(stderr, "banish report: cannot write %s: %s\n", report->html,
				strerror(-r));
		r = r < 0 ? -EINVAL : 0; /* that has been said */
	}
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
		{ "html", "FILE", "write a page with pictures for a browser (\"-\": stdout)",
		  &report.html, NULL },
		{ "top", "NUMBER", "lines of each list (default 10, at most 10000)", &report.top,
		  parse_top },
		OPTION_JOURNAL(report.common),
		OPTION_LOOKS(report.looks),
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
	if (report.html && common->json) {
		fprintf(stderr, "banish report: --html and --json exclude each other\n");
		return EXIT_USAGE;
	}
	if (common->since > common->until) {
		fprintf(stderr, "banish report: --since is later than --until\n");
		return EXIT_USAGE;
	}
	terminal_init(report.looks.color);
	r = report_find(&report);
	if (r >= 0 && !report.html && !common->json && !report.looks.no_pager)
		terminal_page();
	if (r >= 0)
		r = report.html ? report_write_page(&report) : report_print(&report);
	terminal_close();
	if (r < 0 && r != -EINVAL) /* that has been said */
		fprintf(stderr, "banish report: %s\n", strerror(-r));
	return r < 0 ? EXIT_NO : EXIT_YES;
}
