/* The tables of `banish report`: jails, offenders, networks, accounts. */
#include "report/report.h"

#include "cli/chart.h"
#include "cli/listed.h"
#include "cli/output.h"
#include "report/html.h"
#include "report/human.h"

#include <errno.h>
#include <stdio.h>

#define USER_SHOWN 32 /* bytes of an account's name in a column */

static bool report_has_rule(const struct report *report, const char *jail)
{
	for (unsigned i = 0; report->ruleset && i < ruleset_n_jails(report->ruleset); i++)
		if (strcmp(ruleset_jail(report->ruleset, i)->name, jail) == 0)
			return true;
	return false;
}

/* An object, or a line of a table for people. */
static int report_add(const struct report *report, struct columns *columns, const char *const *keys,
		      const struct row *rows)
{
	return report->common.json ? output_print(true, NULL, rows)
				   : output_add_cells(columns, keys, rows);
}

/* `count` NULL: not counted; `said` NULL: nothing. */
static int report_add_jail(const struct report *report, struct columns *columns, const char *name,
			   const struct history_count *count, const struct digest_jail *said)
{
	static const char *const keys[] = { "jail",    "failures", "prevented",    "bans", "again",
					    "by_hand", "unbans",   "network_bans", NULL };
	enum row_kind if_counted = IF_KNOWN(count, KIND_WEIGHT);
	const struct row rows[] = {
		ROW_TEXT("what", "jail"),
		ROW_TEXT("jail", name),
		ROW("failures", if_counted, number, count ? count->failures : 0),
		ROW("prevented", if_counted, number, count ? count->prevented : 0),
		ROW_NUMBER("bans", said ? said->bans : 0),
		ROW_NUMBER("network_bans", said ? said->networks : 0),
		ROW_NUMBER("again", said ? said->again : 0),
		ROW_NUMBER("by_hand", said ? said->by_hand : 0),
		ROW_NUMBER("unbans", said ? said->unbans : 0),
		ROW_END,
	};

	return report_add(report, columns, keys, rows);
}

/* On a page without the lead, which is a text's. */
static int report_print_columns(const struct report *report, const struct html_table *table,
				const char *lead, const struct columns *columns)
{
	int r = 0;

	if (report->page) {
		html_table(report->page, table, columns);
		return 0;
	}
	if (*lead)
		r = output_say("\n%s:", lead);
	else
		putchar('\n');
	return r < 0 ? r : output_columns(columns);
}

/* Jails in force first; those that were only spoken of behind them. */
int report_print_jails(const struct report *report)
{
	static const char *const head[] = { "JAIL",  "FAILURES", "PREVENTED", "BANS",
					    "AGAIN", "BY HAND",  "UNBANS",    "NETWORKS" };
	static const struct html_table table = {
		"jail", "Jails",
		"The same numbers by jail. Again: bans of offenders who had been banned before. "
		"Networks: bans of whole networks."
	};
	cleanup(columns_done) struct columns columns = { .alignment = report->page ? "<>>>>>>>"
										   : "<>>>>>>",
							 .exact = report->page };
	size_t n_rules = report->ruleset ? ruleset_n_jails(report->ruleset) : 0;
	const struct digest *digest = report->history.digest;
	int r;

	r = columns_add(&columns, head);
	for (unsigned i = 0; r >= 0 && i < n_rules; i++) {
		const char *name = ruleset_jail(report->ruleset, i)->name;

		r = report_add_jail(report, &columns, name, &report->history.jails[i],
				    digest_find_jail(digest, name));
	}
	for (size_t i = 0; r >= 0 && i < digest->n_jails; i++)
		if (!report_has_rule(report, digest->jails[i].name))
			r = report_add_jail(report, &columns, digest->jails[i].name, NULL,
					    &digest->jails[i]);
	if (r < 0 || report->common.json || n_rules + digest->n_jails == 0)
		return r;
	return report_print_columns(report, &table, "", &columns);
}

/* Nothing without the right to ask the kernel: a report is for those, too, who may read the journal
 * alone. */
int report_print_listed(const struct report *report)
{
	static const struct html_table table = {
		"list", "Block lists",
		"Packets: that the kernel has dropped by now since these rules were made, since "
		"the machine was started at most, whatever time the report is about."
	};
	cleanup(columns_done) struct columns columns = { .alignment = LISTED_ALIGNMENT,
							 .exact = report->page };
	cleanup(nft_view_done) struct nft_view view = { 0 };
	cleanup(nft_freep) struct nft *nft = NULL;
	const struct policy *policy = report->config ? report->config->policy : NULL;
	bool json = report->common.json;
	int r;

	if (!policy || policy->n_lists == 0 || report->common.file || report->common.directory)
		return 0;
	r = nft_open(policy->table, &nft);
	if (r >= 0)
		r = nft_look(nft, &view);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = columns_add(&columns, listed_head);
	for (size_t i = 0; r >= 0 && i < policy->n_lists; i++)
		r = listed_print(&policy->lists[i], &view, json ? NULL : &columns);
	if (r < 0 || json)
		return r;
	return report_print_columns(report, &table, "Block lists, and the packets so far",
				    &columns);
}

int report_chart(const struct report *report)
{
	const struct history *history = &report->history;
	size_t n = report->ruleset ? ruleset_n_jails(report->ruleset) : 0;
	cleanup(freep) struct chart_bar *bars = calloc(n + 1, sizeof(*bars));

	if (!bars)
		return -ENOMEM;
	chart_series(&history->series, report->ruleset);
	for (unsigned i = 0; i < n; i++) {
		const struct history_count *count = &history->jails[i];

		bars[i] = (struct chart_bar){ ruleset_jail(report->ruleset, i)->name,
					      (count->failures + count->prevented) / WEIGHT_ONE };
	}
	chart_bars("Failures, prevented ones too", bars, n);
	return 0;
}

static int descending(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int by_bans(const struct tally_item *a, const struct tally_item *b)
{
	return descending(a->count, b->count)
		       ?: descending(a->weight, b->weight) ?: descending(a->last, b->last);
}

static int by_offence(const struct tally_item *a, const struct tally_item *b)
{
	return descending(a->peak, b->peak) ?: by_bans(a, b);
}

/* The lists: what an item is called, which come first and are worth a line, their table, and which
 * rows are the cells of that. */
static const struct report_table {
	struct html_table on_page;
	tally_compare_t compare;
	uint64_t min_count, min_peak;
	const char *alignment; /* of a text, which has the first columns; NULL: none */
	const char *wide, *head[9], *keys[9];
} tables[] = {
	[LIST_OFFENDERS] = { .on_page = { "offender", "Worst offenders",
					  "Failures: those that led to the bans. Out: the times of "
					  "the bans added up, as imposed." },
			     .compare = by_bans,
			     .alignment = "<<>><",
			     .wide = "<<>><<<",
			     .head = { "PREFIX", "JAIL", "BANS", "FAILURES", "LAST BAN",
				       "FIRST BAN", "OUT" },
			     .keys = { "prefix", "jail", "bans", "failures", "last_usec",
				       "first_usec", "out" } },
	[LIST_REPEATED] = { .on_page = { "repeated", "Offenders who came back",
					 "Offence: which ban the last one was, with those that the "
					 "daemon remembers from before." },
			    .compare = by_offence,
			    .min_peak = 2,
			    .alignment = "<<>><",
			    .wide = "<<>><<<",
			    .head = { "PREFIX", "JAIL", "BANS", "OFFENCE", "LAST BAN", "FIRST BAN",
				      "OUT" },
			    .keys = { "prefix", "jail", "bans", "offence", "last_usec",
				      "first_usec", "out" } },
	[LIST_LOGINS] = { .on_page = { "login",
				       "Banned, but logged in too (a user of yours, or a guessed "
				       "password)",
				       "Before, after: logins before and after the first ban. With "
				       "logins before it, this is probably a user who was locked "
				       "out; with none, the password may have been guessed." },
			  .compare = by_bans,
			  .alignment = "<<>><<",
			  .wide = "<<>><<>>",
			  .head = { "PREFIX", "JAIL", "BANS", "LOGINS", "LAST LOGIN", "ACCOUNT",
				    "BEFORE", "AFTER" },
			  .keys = { "prefix", "jail", "bans", "logins", "last_usec", "user",
				    "before", "after" } },
	[LIST_NETWORKS] = { .on_page = { "network", "Networks with several offenders",
					 "/24 of IPv4 and /48 of IPv6, whatever the jails do. Bans: "
					 "of these offenders." },
			    .compare = by_bans,
			    .min_count = 2,
			    .alignment = "<>><",
			    .wide = "<>><",
			    .head = { "NETWORK", "OFFENDERS", "BANS", "LAST BAN" },
			    .keys = { "prefix", "offenders", "bans", "last_usec" } },
	[LIST_ACCOUNTS] = { .on_page = { "account", "Accounts under attack",
					 "Of which \"targets\" warned. Hosts: that tried it, at "
					 "most. Times: warnings." },
			    .compare = by_offence,
			    .alignment = "<>><<",
			    .wide = "<>><<",
			    .head = { "JAIL", "HOSTS", "TIMES", "LAST", "ACCOUNT" },
			    .keys = { "jail", "hosts", "warnings", "last_usec", "user" } },
	[LIST_MEMBERS] = { .on_page = { "member", "Bans by what other hosts said",
					"Member: of the fleet, whose ban led to one here." },
			   .compare = by_bans,
			   .alignment = "<<><",
			   .wide = "<<><",
			   .head = { "MEMBER", "JAIL", "BANS", "LAST BAN" },
			   .keys = { "member", "jail", "bans", "last_usec" } },
	[LIST_EVENTS] = { .on_page = { "event", "Events",
				       "The failures of each jail by what the rule saw in the line." },
			  .compare = by_bans,
			  .wide = "<<>><",
			  .head = { "JAIL", "EVENT", "FAILURES", "PREVENTED", "LAST" },
			  .keys = { "jail", "event", "failures", "prevented", "last_usec" } },
};

/* Events are counted by jail in force, all else by what the daemon spoke of. */
static const char *report_jail_of(const struct report *report, enum report_list list,
				  const struct tally_item *item)
{
	const struct digest *digest = report->history.digest;

	if (list == LIST_EVENTS)
		return ruleset_jail(report->ruleset, item->group)->name;
	return item->group < digest->n_jails ? digest->jails[item->group].name : "?";
}

/* What the numbers of an item are, the tallies' headers say. */
static int report_add_item(const struct report *report, enum report_list list,
			   struct columns *columns, const struct tally_item *item)
{
	bool offender = list == LIST_OFFENDERS || list == LIST_REPEATED;
	bool login = list == LIST_LOGINS, account = list == LIST_ACCOUNTS;
	bool event = list == LIST_EVENTS, named = login || account, member = list == LIST_MEMBERS;
	const char *user = item->name, *prefix = item->name;
	char buffer[PREFIX_TEXT_MAX], out[FIGURE_TEXT_MAX];

	if (login) {
		history_split_login(item, buffer, &user);
		prefix = buffer;
	}
	return report_add(
		report, columns, tables[list].keys,
		(const struct row[]){
			ROW_TEXT("what", tables[list].on_page.what),
			ROW("jail", IF_THERE(list != LIST_NETWORKS, KIND_TEXT), text,
			    report_jail_of(report, list, item)),
			ROW("event", IF_THERE(event, KIND_TEXT), text, item->name),
			ROW("member", IF_THERE(member, KIND_TEXT), text, item->name),
			ROW("prefix", IF_THERE(!account && !event && !member, KIND_TEXT), text,
			    prefix),
			{ .key = "user",
			  .kind = IF_THERE(named, KIND_BYTES),
			  .bytes = *user || account || !report->common.json ? span_of(user)
									    : (struct span){ 0 },
			  .max = USER_SHOWN },
			ROW("offenders", IF_THERE(list == LIST_NETWORKS, KIND_NUMBER), number,
			    item->count),
			ROW("bans", IF_THERE(!account && !event, KIND_NUMBER), number,
			    offender || member ? item->count : item->weight),
			ROW("logins", IF_THERE(login, KIND_NUMBER), number, item->count),
			ROW("before", IF_THERE(login, KIND_NUMBER), number, item->peak),
			ROW("failures", IF_THERE(offender || event, KIND_WEIGHT), number,
			    event ? item->count : item->weight),
			ROW("prevented", IF_THERE(event, KIND_WEIGHT), number, item->weight),
			ROW("offence", IF_THERE(offender, KIND_NUMBER), number, item->peak),
			ROW("hosts", IF_THERE(account, KIND_NUMBER), number, item->peak),
			ROW("warnings", IF_THERE(account, KIND_NUMBER), number, item->count),
			ROW("first_usec", IF_THERE(offender, KIND_TIME), number, item->first),
			ROW_TIME("last_usec", item->last),
			ROW("banned_usec", IF_THERE(offender, KIND_TIME), number, item->time),
			ROW_SAID("out", human_age(item->time, out)),
			{ .key = "after",
			  .kind = KIND_NUMBER,
			  .number = item->count - MIN(item->peak, item->count),
			  .for_people = true },
			ROW_END,
		});
}

int report_print_list(const struct report *report, enum report_list list, const struct tally *tally)
{
	const struct report_table *table = &tables[list];
	cleanup(columns_done) struct columns columns = {
		.alignment = report->page ? table->wide : table->alignment, .exact = report->page
	};
	cleanup(freep) const struct tally_item **items =
		calloc(report->top + 1, sizeof(const struct tally_item *));
	size_t n;
	int r = 0;

	if (!items)
		return -ENOMEM;
	if (!report->common.json && !columns.alignment)
		return 0;
	n = tally_top(tally, table->compare, report->top, items);
	/* sorted, so what is not worth a line stands at the end */
	while (n > 0 &&
	       (items[n - 1]->count < table->min_count || items[n - 1]->peak < table->min_peak))
		n--;
	if (n == 0)
		return 0;
	if (columns.alignment)
		r = columns_add(&columns, table->head);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = report_add_item(report, list, &columns, items[i]);
	if (r < 0 || report->common.json)
		return r;
	return report_print_columns(report, &table->on_page, table->on_page.title, &columns);
}
