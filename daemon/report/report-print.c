/* How `banish report` is shown to people: lists in a mail of 80 columns. */
#include "report/report.h"

#include "cli/output.h"
#include "cli/timestamp.h"
#include "io/log.h"
#include "report/columns.h"
#include "report/human.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define USER_SHOWN   32 /* bytes of an account's name in a column */
#define MAX_WARNINGS 16
#define MOMENT       (60 * USEC_PER_SEC) /* that the journal may begin later: nobody misses it */

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
		printf("The journal begins at %s, nothing is known of what was before.\n",
		       timestamp_format(report->history.oldest, since));
}

/* Attempts, rounded up: what is there is never 0. */
static const char *attempts(uint64_t tenths, char text[static FIGURE_TEXT_MAX])
{
	return human_count(tenths / WEIGHT_ONE + (tenths % WEIGHT_ONE > 0), text);
}

static int report_add_jail(struct columns *columns, const struct report_jail *jail)
{
	char failures[FIGURE_TEXT_MAX], prevented[FIGURE_TEXT_MAX], bans[FIGURE_TEXT_MAX],
		again[FIGURE_TEXT_MAX], by_hand[FIGURE_TEXT_MAX], unbans[FIGURE_TEXT_MAX];
	const char *const cells[] = {
		jail->name,
		jail->count ? attempts(jail->count->failures, failures) : NULL,
		jail->count ? attempts(jail->count->prevented, prevented) : NULL,
		human_count(jail->said.bans, bans),
		human_count(jail->said.again, again),
		human_count(jail->said.by_hand, by_hand),
		human_count(jail->said.unbans, unbans),
	};

	return columns_add(columns, cells);
}

static int print_sheet(const struct columns *columns)
{
	cleanup(freep) char *text = NULL;
	int r;

	r = columns_format(columns, &text);
	if (r >= 0)
		fputs(text, stdout);
	return r;
}

static int report_print_jails(const struct report *report)
{
	static const char *const head[] = { "JAIL",  "FAILURES", "PREVENTED", "BANS",
					    "AGAIN", "BY HAND",  "UNBANS" };
	cleanup(columns_freep) struct columns *columns = NULL;
	struct report_jail jail;
	int r;

	r = columns_new("<>>>>>>", &columns);
	if (r >= 0)
		r = columns_add(columns, head);
	for (size_t i = 0; r >= 0 && report_next_jail(report, &i, &jail);)
		r = report_add_jail(columns, &jail);
	if (r < 0 || columns_n_rows(columns) == 1)
		return r;
	putchar('\n');
	return print_sheet(columns);
}

/* `figures`: bans, logins, the time of the last. */
static int add_login(const struct report *report, struct columns *columns,
		     const struct tally_item *item, const char *const figures[3])
{
	cleanup(freep) char *shown = NULL;
	char prefix[PREFIX_TEXT_MAX];
	const char *user;

	history_split_login(item, prefix, &user);
	shown = bytes_to_display(span_of(user), USER_SHOWN);
	if (!shown)
		return -ENOMEM;
	return columns_add(columns, (const char *[]){ prefix, report_jail_name(report, item),
						      figures[0], figures[1], figures[2], shown });
}

static int report_add_item(const struct report *report, enum report_list list,
			   struct columns *columns, const struct tally_item *item)
{
	char last[TIMESTAMP_TEXT_MAX], count[FIGURE_TEXT_MAX], weight[FIGURE_TEXT_MAX],
		peak[FIGURE_TEXT_MAX];
	cleanup(freep) char *user = NULL;

	timestamp_format(item->last, last);
	human_count(item->count, count);
	human_count(item->peak, peak);
	human_count(item->weight, weight);
	switch (list) {
	case REPORT_OFFENDERS:
		return columns_add(columns,
				   (const char *[]){ item->name, report_jail_name(report, item),
						     count, attempts(item->weight, weight), last });
	case REPORT_REPEATED:
		return columns_add(columns,
				   (const char *[]){ item->name, report_jail_name(report, item),
						     count, peak, last });
	case REPORT_LOGINS:
		return add_login(report, columns, item, (const char *[]){ weight, count, last });
	case REPORT_NETWORKS:
		return columns_add(columns,
				   (const char *[]){ item->name, count,
						     human_count(item->weight, weight), last });
	case REPORT_ACCOUNTS:
		break;
	}
	user = bytes_to_display(span_of(item->name), USER_SHOWN);
	if (!user)
		return -ENOMEM;
	return columns_add(columns, (const char *[]){ report_jail_name(report, item), peak, count,
						      last, user });
}

static int report_print_list(const struct report *report, enum report_list list)
{
	static const struct {
		const char *title, *alignment, *head[6];
	} lists[] = {
		[REPORT_OFFENDERS] = { "Worst offenders",
				       "<<>><",
				       { "PREFIX", "JAIL", "BANS", "FAILURES", "LAST BAN" } },
		[REPORT_REPEATED] = { "Offenders who came back",
				      "<<>><",
				      { "PREFIX", "JAIL", "BANS", "OFFENCE", "LAST BAN" } },
		[REPORT_LOGINS] = { "Banned, but got in too (a user of yours, or a guessed password)",
				    "<<>><<",
				    { "PREFIX", "JAIL", "BANS", "LOGINS", "LAST LOGIN",
				      "ACCOUNT" } },
		[REPORT_NETWORKS] = { "Networks with several offenders",
				      "<>><",
				      { "NETWORK", "OFFENDERS", "BANS", "LAST BAN" } },
		[REPORT_ACCOUNTS] = { "Accounts under attack",
				      "<>><<",
				      { "JAIL", "HOSTS", "TIMES", "LAST", "ACCOUNT" } },
	};
	cleanup(columns_freep) struct columns *columns = NULL;
	cleanup(freep) const struct tally_item **items = NULL;
	size_t n;
	int r;

	r = report_list(report, list, &items, &n);
	if (r < 0 || n == 0)
		return r;
	r = columns_new(lists[list].alignment, &columns);
	if (r >= 0)
		r = columns_add(columns, lists[list].head);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = report_add_item(report, list, columns, items[i]);
	if (r < 0)
		return r;
	printf("\n%s:\n", lists[list].title);
	return print_sheet(columns);
}

static void print_tail(const struct report *report)
{
	const struct digest *digest = report->history.digest;
	size_t n = tally_n_items(digest_offenders(digest));
	uint64_t starts = digest_count(digest, log_id(LOG_START));

	if (tally_n_folded(digest_offenders(digest)) > 0)
		printf("\nMore than %zu offenders: the lists are of those who came last.\n", n);
	else if (n > report->top)
		printf("\n%zu offenders in all; \"--top 100\" shows more of them.\n", n);
	if (digest_n_unnamed(digest) > 0)
		printf("\n%" PRIu64
		       " offenders more were banned in a flood, and are in the numbers but in no list.\n",
		       digest_n_unnamed(digest));
	if (digest_count(digest, NULL) == 0)
		printf("\nThe daemon said nothing in this time: banish status tells whether it "
		       "runs.\n");
	if (starts > 0)
		printf("\nThe daemon was started %" PRIu64 " time%s.\n", starts,
		       history_plural(starts));
}

static bool is_quiet(const struct report *report)
{
	struct report_jail jail;
	size_t n;

	(void)digest_remarks(report->history.digest, &n);
	for (size_t i = 0; report_next_jail(report, &i, &jail);) {
		const struct digest_jail *said = &jail.said;

		n += said->bans + said->by_hand + said->unbans;
		n += jail.count ? jail.count->failures + jail.count->prevented : 0;
	}
	return n == 0 && report->history.n_lost == 0;
}

int report_print_text(const struct report *report)
{
	int r;

	print_head(report);
	if (is_quiet(report)) {
		printf("\nNothing happened: no failure, no ban, no warning.\n");
		print_tail(report);
		return 0;
	}
	r = report_print_jails(report);
	for (enum report_list list = REPORT_OFFENDERS; r >= 0 && list <= REPORT_ACCOUNTS; list++)
		r = report_print_list(report, list);
	if (r >= 0)
		r = history_print_warnings(&report->history, MAX_WARNINGS, false);
	if (r >= 0)
		print_tail(report);
	return r;
}
