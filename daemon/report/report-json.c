/* `banish report --json`: one object a line. */
#include "report/report.h"

#include "cli/output.h"
#include "io/log.h"

static bool add_weight(cJSON *object, const char *key, bool counted, uint64_t tenths)
{
	return counted ? print_add_weight(object, key, tenths) : print_add_text(object, key, NULL);
}

static int report_json_print_jail(const struct report_jail *jail)
{
	const struct history_count none = { 0 }, *count = jail->count ?: &none;
	cJSON *object = cJSON_CreateObject();

	return print_line(object,
			  print_add_text(object, "what", "jail") &&
				  print_add_text(object, "jail", jail->name) &&
				  add_weight(object, "failures", jail->count, count->failures) &&
				  add_weight(object, "prevented", jail->count, count->prevented) &&
				  print_add_number(object, "bans", jail->said.bans) &&
				  print_add_number(object, "network_bans", jail->said.networks) &&
				  print_add_number(object, "again", jail->said.again) &&
				  print_add_number(object, "by_hand", jail->said.by_hand) &&
				  print_add_number(object, "unbans", jail->said.unbans));
}

/* The keys of one list's items, beside "what" and "last_usec". */
static bool report_json_add_item(cJSON *object, const struct report *report, enum report_list list,
				 const struct tally_item *item)
{
	const char *jail = report_jail_name(report, item);

	char prefix[PREFIX_TEXT_MAX];
	const char *user;

	switch (list) {
	case REPORT_LOGINS:
		history_split_login(item, prefix, &user);
		return print_add_text(object, "jail", jail) &&
		       print_add_text(object, "prefix", prefix) &&
		       print_add_text(object, "user", *user ? user : NULL) &&
		       print_add_number(object, "bans", item->weight) &&
		       print_add_number(object, "logins", item->count);
	case REPORT_OFFENDERS:
	case REPORT_REPEATED:
		return print_add_text(object, "jail", jail) &&
		       print_add_text(object, "prefix", item->name) &&
		       print_add_number(object, "bans", item->count) &&
		       print_add_weight(object, "failures", item->weight) &&
		       print_add_number(object, "offence", item->peak);
	case REPORT_NETWORKS:
		return print_add_text(object, "prefix", item->name) &&
		       print_add_number(object, "offenders", item->count) &&
		       print_add_number(object, "bans", item->weight);
	case REPORT_ACCOUNTS:
		break;
	}
	return print_add_text(object, "jail", jail) &&
	       print_add_bytes(object, "user", span_of(item->name)) &&
	       print_add_number(object, "hosts", item->peak) &&
	       print_add_number(object, "warnings", item->count);
}

static int report_json_print_list(const struct report *report, enum report_list list)
{
	static const char *const names[] = {
		[REPORT_OFFENDERS] = "offender", [REPORT_REPEATED] = "repeated",
		[REPORT_LOGINS] = "login",       [REPORT_NETWORKS] = "network",
		[REPORT_ACCOUNTS] = "account",
	};
	cleanup(freep) const struct tally_item **items = NULL;
	size_t n;
	int r;

	r = report_list(report, list, &items, &n);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		cJSON *object = cJSON_CreateObject();

		r = print_line(object,
			       print_add_text(object, "what", names[list]) &&
				       report_json_add_item(object, report, list, items[i]) &&
				       print_add_number(object, "last_usec", items[i]->last));
	}
	return r;
}

static bool add_sums(cJSON *object, const struct report *report)
{
	struct history_count count = { 0 };
	struct digest_jail said = { 0 };
	struct report_jail jail;

	for (size_t i = 0; report_next_jail(report, &i, &jail);) {
		count.failures += jail.count ? jail.count->failures : 0;
		count.prevented += jail.count ? jail.count->prevented : 0;
		said.bans += jail.said.bans;
		said.by_hand += jail.said.by_hand;
		said.unbans += jail.said.unbans;
	}
	return add_weight(object, "failures", report->ruleset, count.failures) &&
	       add_weight(object, "prevented", report->ruleset, count.prevented) &&
	       print_add_number(object, "bans", said.bans) &&
	       print_add_number(object, "by_hand", said.by_hand) &&
	       print_add_number(object, "unbans", said.unbans);
}

static int report_json_print_summary(const struct report *report)
{
	const struct history *history = &report->history;
	cJSON *object = cJSON_CreateObject();

	return print_line(
		object,
		print_add_text(object, "what", "summary") &&
			print_add_number(object, "since_usec", history->since) &&
			print_add_number(object, "until_usec", history->until) &&
			print_add_until(object, "oldest_usec", history->oldest ?: USEC_INFINITY) &&
			add_sums(object, report) &&
			print_add_number(object, "offenders",
					 tally_n_items(digest_offenders(history->digest)) +
						 tally_n_folded(digest_offenders(history->digest)) +
						 digest_n_unnamed(history->digest)) &&
			print_add_number(object, "starts",
					 digest_count(history->digest, log_id(LOG_START))) &&
			print_add_number(object, "lost", history->n_lost));
}

int report_print_json(const struct report *report)
{
	struct report_jail jail;
	int r = 0;

	for (size_t i = 0; r >= 0 && report_next_jail(report, &i, &jail);)
		r = report_json_print_jail(&jail);
	for (enum report_list list = REPORT_OFFENDERS; r >= 0 && list <= REPORT_ACCOUNTS; list++)
		r = report_json_print_list(report, list);
	if (r >= 0)
		r = history_print_warnings_json(&report->history);
	return r < 0 ? r : report_json_print_summary(report);
}
