/* The tables of `banish report`, before they are printed. */
#include "report/report.h"

#include <errno.h>

/* Jails in force first; those that were only spoken of behind them. */
bool report_next_jail(const struct report *report, size_t *i, struct report_jail *ret)
{
	size_t n_rules = report->ruleset ? ruleset_n_jails(report->ruleset) : 0, n_said;
	const struct digest_jail *said = digest_jails(report->history.digest, &n_said), *known;

	if (*i < n_rules) {
		*ret = (struct report_jail){
			.name = ruleset_jail(report->ruleset, (unsigned)*i)->name,
			.count = &report->history.jails[*i],
		};
		known = digest_find_jail(report->history.digest, ret->name);
		if (known)
			ret->said = *known;
		(*i)++;
		return true;
	}
	for (; *i - n_rules < n_said; (*i)++) {
		const struct digest_jail *jail = &said[*i - n_rules];
		bool shown = false;

		for (unsigned k = 0; !shown && k < n_rules; k++)
			shown = strcmp(ruleset_jail(report->ruleset, k)->name, jail->name) == 0;
		if (shown)
			continue;
		*ret = (struct report_jail){ jail->name, NULL, *jail };
		(*i)++;
		return true;
	}
	return false;
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

static struct tally *tally_of(const struct report *report, enum report_list list)
{
	switch (list) {
	case REPORT_OFFENDERS:
	case REPORT_REPEATED:
		break;
	case REPORT_LOGINS:
		return report->logins;
	case REPORT_NETWORKS:
		return digest_networks(report->history.digest);
	case REPORT_ACCOUNTS:
		return digest_accounts(report->history.digest);
	}
	return digest_offenders(report->history.digest);
}

/* Sorted, so what is not worth a line stands at the end. */
static bool is_worth(enum report_list list, const struct tally_item *item)
{
	switch (list) {
	case REPORT_REPEATED:
		return item->peak > 1;
	case REPORT_NETWORKS:
		return item->count > 1;
	case REPORT_OFFENDERS:
	case REPORT_LOGINS:
	case REPORT_ACCOUNTS:
		break;
	}
	return true;
}

int report_list(const struct report *report, enum report_list list, const struct tally_item ***ret,
		size_t *ret_n)
{
	struct tally *tally = tally_of(report, list);
	const struct tally_item **items =
		calloc(report->top + 1, sizeof(const struct tally_item *));
	size_t n = 0;

	if (!items)
		return -ENOMEM;
	if (tally)
		n = tally_top(tally,
			      list == REPORT_REPEATED || list == REPORT_ACCOUNTS ? by_offence
										 : by_bans,
			      report->top, items);
	while (n > 0 && !is_worth(list, items[n - 1]))
		n--;
	*ret = items;
	*ret_n = n;
	return 0;
}

const char *report_jail_name(const struct report *report, const struct tally_item *item)
{
	size_t n;
	const struct digest_jail *jails = digest_jails(report->history.digest, &n);

	return item->group < n ? jails[item->group].name : "?";
}
