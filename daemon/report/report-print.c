/* How `banish report` is shown: JSON, or lists in a mail of 80 columns. */
#include "report/report.h"

#include "cli/output.h"
#include "cli/timestamp.h"
#include "io/log.h"
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
		printf("The journal begins at %s, earlier events are not known.\n",
		       timestamp_format(report->history.oldest, since));
}

/* A line of a list: of a table for people, or an object. */
static int report_add(const struct report *report, struct columns *columns, const char *const *keys,
		      const struct row *rows)
{
	return report->common.json ? output_print(true, NULL, rows)
				   : output_add_cells(columns, keys, rows);
}

static int report_add_jail(const struct report *report, struct columns *columns,
			   const char *const *keys, const struct report_jail *jail)
{
	const struct history_count none = { 0 }, *count = jail->count ?: &none;
	enum row_kind if_counted = IF_KNOWN(jail->count, KIND_WEIGHT);
	const struct row rows[] = {
		ROW_TEXT("what", "jail"),
		ROW_TEXT("jail", jail->name),
		ROW("failures", if_counted, number, count->failures),
		ROW("prevented", if_counted, number, count->prevented),
		ROW_NUMBER("bans", jail->said.bans),
		ROW_NUMBER("network_bans", jail->said.networks),
		ROW_NUMBER("again", jail->said.again),
		ROW_NUMBER("by_hand", jail->said.by_hand),
		ROW_NUMBER("unbans", jail->said.unbans),
		ROW_END,
	};

	return report_add(report, columns, keys, rows);
}

static int report_print_columns(const struct columns *columns)
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
	static const char *const keys[] = { "jail",  "failures", "prevented", "bans",
					    "again", "by_hand",  "unbans",    NULL };
	cleanup(columns_freep) struct columns *columns = NULL;
	struct report_jail jail;
	int r;

	r = columns_new("<>>>>>>", &columns);
	if (r >= 0)
		r = columns_add(columns, head);
	for (size_t i = 0; r >= 0 && report_next_jail(report, &i, &jail);)
		r = report_add_jail(report, columns, keys, &jail);
	if (r < 0 || columns_n_rows(columns) == 1)
		return r;
	putchar('\n');
	return report_print_columns(columns);
}

/* The lists: what an item is called, its table, and which rows are the cells of that. */
static const struct report_table {
	const char *what, *title, *alignment, *head[7], *keys[7];
} tables[] = {
	[REPORT_OFFENDERS] = { "offender",
			       "Worst offenders",
			       "<<>><",
			       { "PREFIX", "JAIL", "BANS", "FAILURES", "LAST BAN" },
			       { "prefix", "jail", "bans", "failures", "last_usec" } },
	[REPORT_REPEATED] = { "repeated",
			      "Offenders who came back",
			      "<<>><",
			      { "PREFIX", "JAIL", "BANS", "OFFENCE", "LAST BAN" },
			      { "prefix", "jail", "bans", "offence", "last_usec" } },
	[REPORT_LOGINS] = { "login",
			    "Banned, but logged in too (a user of yours, or a guessed password)",
			    "<<>><<",
			    { "PREFIX", "JAIL", "BANS", "LOGINS", "LAST LOGIN", "ACCOUNT" },
			    { "prefix", "jail", "bans", "logins", "last_usec", "user" } },
	[REPORT_NETWORKS] = { "network",
			      "Networks with several offenders",
			      "<>><",
			      { "NETWORK", "OFFENDERS", "BANS", "LAST BAN" },
			      { "prefix", "offenders", "bans", "last_usec" } },
	[REPORT_ACCOUNTS] = { "account",
			      "Accounts under attack",
			      "<>><<",
			      { "JAIL", "HOSTS", "TIMES", "LAST", "ACCOUNT" },
			      { "jail", "hosts", "warnings", "last_usec", "user" } },
};

static int report_add_login(const struct report *report, struct columns *columns,
			    const struct tally_item *item)
{
	const struct report_table *table = &tables[REPORT_LOGINS];
	char prefix[PREFIX_TEXT_MAX];
	const char *user;

	history_split_login(item, prefix, &user);
	return report_add(report, columns, table->keys,
			  (const struct row[]){
				  ROW_TEXT("what", table->what),
				  ROW_TEXT("jail", report_jail_name(report, item)),
				  ROW_TEXT("prefix", prefix),
				  ROW_BYTES("user",
					    *user || !report->common.json ? span_of(user)
									  : (struct span){ 0 },
					    USER_SHOWN),
				  ROW_NUMBER("bans", item->weight),
				  ROW_NUMBER("logins", item->count),
				  ROW_TIME("last_usec", item->last),
				  ROW_END,
			  });
}

static int report_add_item(const struct report *report, enum report_list list,
			   struct columns *columns, const struct tally_item *item)
{
	const struct report_table *table = &tables[list];
	const struct row what = ROW_TEXT("what", table->what);
	const struct row jail = ROW_TEXT("jail", report_jail_name(report, item));
	const struct row last = ROW_TIME("last_usec", item->last);

	switch (list) {
	case REPORT_LOGINS:
		return report_add_login(report, columns, item);
	case REPORT_OFFENDERS:
	case REPORT_REPEATED:
		return report_add(report, columns, table->keys,
				  (const struct row[]){
					  what,
					  jail,
					  ROW_TEXT("prefix", item->name),
					  ROW_NUMBER("bans", item->count),
					  ROW_WEIGHT("failures", item->weight),
					  ROW_NUMBER("offence", item->peak),
					  last,
					  ROW_END,
				  });
	case REPORT_NETWORKS:
		return report_add(report, columns, table->keys,
				  (const struct row[]){
					  what,
					  ROW_TEXT("prefix", item->name),
					  ROW_NUMBER("offenders", item->count),
					  ROW_NUMBER("bans", item->weight),
					  last,
					  ROW_END,
				  });
	case REPORT_ACCOUNTS:
		break;
	}
	return report_add(report, columns, table->keys,
			  (const struct row[]){
				  what,
				  jail,
				  ROW_BYTES("user", span_of(item->name), USER_SHOWN),
				  ROW_NUMBER("hosts", item->peak),
				  ROW_NUMBER("warnings", item->count),
				  last,
				  ROW_END,
			  });
}

static int report_print_list(const struct report *report, enum report_list list)
{
	cleanup(columns_freep) struct columns *columns = NULL;
	cleanup(freep) const struct tally_item **items = NULL;
	size_t n;
	int r;

	r = report_list(report, list, &items, &n);
	if (r < 0 || n == 0)
		return r;
	r = columns_new(tables[list].alignment, &columns);
	if (r >= 0)
		r = columns_add(columns, tables[list].head);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = report_add_item(report, list, columns, items[i]);
	if (r < 0 || report->common.json)
		return r;
	printf("\n%s:\n", tables[list].title);
	return report_print_columns(columns);
}

static void print_tail(const struct report *report)
{
	const struct digest *digest = report->history.digest;
	size_t n = tally_n_items(digest_offenders(digest));
	uint64_t starts = digest_count(digest, log_id(LOG_START));

	if (tally_n_folded(digest_offenders(digest)) > 0)
		printf("\nMore than %zu offenders: the lists hold the latest of them.\n", n);
	else if (n > report->top)
		printf("\n%zu offenders in all; \"--top 100\" shows more of them.\n", n);
	if (digest_n_unnamed(digest) > 0)
		printf("\n%" PRIu64
		       " more offender%s banned in a flood: counted above, but in no list.\n",
		       digest_n_unnamed(digest), PLURAL(digest_n_unnamed(digest)));
	if (digest_count(digest, NULL) == 0)
		printf("\nThe daemon logged nothing in this time: banish status tells whether it "
		       "runs.\n");
	if (starts > 0)
		printf("\nThe daemon was started %" PRIu64 " time%s.\n", starts, PLURAL(starts));
}

/* The sums of all jails. */
static void report_add_up(const struct report *report, struct history_count *ret_count,
			  struct digest_jail *ret_said)
{
	struct report_jail jail;

	*ret_count = (struct history_count){ 0 };
	*ret_said = (struct digest_jail){ 0 };
	for (size_t i = 0; report_next_jail(report, &i, &jail);) {
		ret_count->failures += jail.count ? jail.count->failures : 0;
		ret_count->prevented += jail.count ? jail.count->prevented : 0;
		ret_said->bans += jail.said.bans;
		ret_said->by_hand += jail.said.by_hand;
		ret_said->unbans += jail.said.unbans;
	}
}

static bool is_quiet(const struct report *report)
{
	struct history_count count;
	struct digest_jail said;
	size_t n;

	(void)digest_remarks(report->history.digest, &n);
	report_add_up(report, &count, &said);
	return n + said.bans + said.by_hand + said.unbans + count.failures + count.prevented +
		       report->history.n_lost ==
	       0;
}

static int report_print_summary(const struct report *report)
{
	const struct history *history = &report->history;
	const struct tally *offenders = digest_offenders(history->digest);
	enum row_kind if_counted = IF_KNOWN(report->ruleset, KIND_WEIGHT);
	struct history_count count;
	struct digest_jail said;

	report_add_up(report, &count, &said);
	return output_print(
		true, NULL,
		(const struct row[]){
			ROW_TEXT("what", "summary"),
			ROW_TIME("since_usec", history->since),
			ROW_TIME("until_usec", history->until),
			ROW_TIME("oldest_usec", history->oldest ?: USEC_INFINITY),
			ROW("failures", if_counted, number, count.failures),
			ROW("prevented", if_counted, number, count.prevented),
			ROW_NUMBER("bans", said.bans),
			ROW_NUMBER("by_hand", said.by_hand),
			ROW_NUMBER("unbans", said.unbans),
			ROW_NUMBER("offenders", tally_n_items(offenders) +
							tally_n_folded(offenders) +
							digest_n_unnamed(history->digest)),
			ROW_NUMBER("starts", digest_count(history->digest, log_id(LOG_START))),
			ROW_NUMBER("lost", history->n_lost),
			ROW_END,
		});
}

int report_print(const struct report *report)
{
	bool json = report->common.json;
	int r;

	if (!json)
		print_head(report);
	if (!json && is_quiet(report)) {
		printf("\nNothing happened: no failure, no ban, no warning.\n");
		print_tail(report);
		return 0;
	}
	r = report_print_jails(report);
	for (enum report_list list = REPORT_OFFENDERS; r >= 0 && list <= REPORT_ACCOUNTS; list++)
		r = report_print_list(report, list);
	if (r >= 0)
		r = json ? history_print_warnings_json(&report->history)
			 : history_print_warnings(&report->history, MAX_WARNINGS, false);
	if (r >= 0 && json)
		r = report_print_summary(report);
	else if (r >= 0)
		print_tail(report);
	return r;
}
