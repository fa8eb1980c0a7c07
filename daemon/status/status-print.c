/* How `banish status` is shown: what is wrong first, lines of 80 columns, or JSON. */
#include "status/status-print.h"

#include "cli/output.h"
#include "cli/timestamp.h"
#include "io/log.h"
#include "report/columns.h"
#include "report/human.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define MAX_WARNINGS 8                   /* kinds that are shown to people, the latest */
#define SAVED_WITHIN (60 * USEC_PER_SEC) /* the position is half a minute old at times */
#define LABEL        10                  /* columns before what is said of a part */

static int printf_like(2, 3) print_part(const char *label, const char *format, ...)
{
	cleanup(freep) char *text = NULL;
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (r < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return history_print_folded(label, LABEL, text);
}

static int print_verdict(const struct status *status)
{
	size_t n = status->diagnosis.n_problems;

	if (n > 0)
		printf("banish: %zu problem%s\n", n, PLURAL(n));
	else
		printf("banish: %s\n", status->n_unseen > 0 ? "no problem in what could be examined"
							    : "all is well");
	for (size_t i = 0; i < status->diagnosis.n_findings; i++) {
		const struct finding *finding = &status->diagnosis.findings[i];

		if (history_print_folded(finding->problem ? "  ! " : "  - ", 4, finding->text) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < status->n_unseen; i++)
		if (history_print_folded("  ? ", 4, status->unseen[i]) < 0)
			return -ENOMEM;
	putchar('\n');
	return 0;
}

static int status_print_daemon(const struct status *status)
{
	char since[TIMESTAMP_TEXT_MAX], age[FIGURE_TEXT_MAX], process[40] = "", restarts[64] = "";
	const struct unit *unit = &status->unit;

	if (unit->state == UNIT_UNASKED || unit->since == 0)
		return print_part("daemon", "%s", unit_state_name(unit->state));
	if (unit->process > 0 && unit->state == UNIT_ACTIVE)
		snprintf(process, sizeof(process), ", process %u", unit->process);
	if (unit->restarts > 0)
		snprintf(restarts, sizeof(restarts), ", restarted %" PRIu64 " time%s by systemd",
			 unit->restarts, PLURAL(unit->restarts));
	return print_part("daemon", "%s since %s (%s)%s%s", unit_state_name(unit->state),
			  timestamp_format(unit->since, since),
			  human_age(status->now > unit->since ? status->now - unit->since : 0, age),
			  process, restarts);
}

/* It reads other entries than before, and has not saved its place since. */
static bool is_fresh(const struct status *status)
{
	return status->unit.state == UNIT_ACTIVE &&
	       status->now < status->facts.unit_since + SAVED_WITHIN;
}

static int print_position(const struct status *status)
{
	char time[TIMESTAMP_TEXT_MAX], age[FIGURE_TEXT_MAX], count[FIGURE_TEXT_MAX];
	const struct facts *facts = &status->facts;
	usec_t waiting;

	if (!facts->sees_state)
		return print_part("journal", "%s", "read up to where is not known");
	if (facts->position == 0)
		return print_part("journal", "%s", "nothing has been read yet");
	timestamp_format(facts->position, time);
	if (!status->counted_waiting)
		return print_part("journal", "read up to %s", time);
	if (facts->n_waiting == 0)
		return print_part("journal", "read up to %s, nothing waits", time);
	waiting = status->now > facts->oldest_waiting ? status->now - facts->oldest_waiting : 0;
	if (waiting < SAVED_WITHIN || is_fresh(status))
		return print_part("journal", "read up to %s or later (saved twice a minute)", time);
	return print_part("journal", "read up to %s; %s entr%s wait%s, for %s", time,
			  human_count(facts->n_waiting, count), facts->n_waiting == 1 ? "y" : "ies",
			  facts->n_waiting == 1 ? "s" : "", human_age(waiting, age));
}

static int status_print_firewall(const struct status *status)
{
	char out[FIGURE_TEXT_MAX], passed[FIGURE_TEXT_MAX];
	uint64_t packets = 0, banned = 0;
	int r;

	if (!status->facts.sees_kernel)
		return print_part("firewall", "%s", "not known");
	if (!status->facts.has_table)
		return print_part("firewall", "no table inet %s", status->facts.table);
	for (size_t i = 0; i < status->n_jails; i++) {
		packets += status->jails[i].packets;
		banned += status->jails[i].banned;
	}
	r = print_part("firewall", "table inet %s stands, %" PRIu64 " ban%s, %s packets kept out",
		       status->facts.table, banned, PLURAL(banned), human_count(packets, out));
	if (r < 0 || status->passed == 0)
		return r;
	return print_part("ignored", "%s packets of ignoreip, own addresses and gateways accepted",
			  human_count(status->passed, passed));
}

static const char *mode_without_rule(const struct status *status, const struct status_jail *jail)
{
	return status->ruleset && strcmp(jail->name, NFT_JAIL_MANUAL) != 0 ? "off" : NULL;
}

static int status_add_jail(struct columns *columns, const struct status *status,
			   const struct status_jail *jail)
{
	char banned[FIGURE_TEXT_MAX], failures[FIGURE_TEXT_MAX + 1], bans[FIGURE_TEXT_MAX],
		packets[FIGURE_TEXT_MAX], last[TIMESTAMP_TEXT_MAX];
	bool kernel = status->facts.sees_kernel, said = status->history.digest;
	const char *mode = jail->rule ? policy_mode_name(jail->rule->settings.mode)
				      : mode_without_rule(status, jail);
	const char *const cells[] = {
		jail->name,
		mode,
		kernel ? human_count(jail->banned, banned) : NULL,
		jail->count ? failures : NULL,
		said ? human_count(jail->bans, bans) : NULL,
		jail->last_ban > 0 ? timestamp_format(jail->last_ban, last) : NULL,
		kernel ? human_count(jail->packets, packets) : NULL,
	};

	if (jail->count) {
		human_count((jail->count->failures + jail->count->prevented) / WEIGHT_ONE,
			    failures);
		if (status->history.hurried)
			strcat(failures, "+");
	}
	return columns_add(columns, cells);
}

/* A long journal: which part of it was counted. */
static void print_counted(const struct history *history)
{
	char since[TIMESTAMP_TEXT_MAX], until[TIMESTAMP_TEXT_MAX];

	if (!history->jails || history->counted_since <= history->since)
		return;
	timestamp_format(history->counted_since, since);
	if (history->hurried)
		printf("FAILED: only of %s to %s, a long journal.\n", since,
		       timestamp_format(history->counted_until, until));
	else
		printf("FAILED: only since %s, the journal is long.\n", since);
}

static int status_print_jails(const struct status *status)
{
	static const char *const head[] = { "JAIL",   "MODE",     "NOW",    "FAILED",
					    "BANNED", "LAST BAN", "PACKETS" };
	char since[TIMESTAMP_TEXT_MAX];
	cleanup(columns_freep) struct columns *columns = NULL;
	cleanup(freep) char *text = NULL;
	int r;

	if (status->n_jails == 0)
		return 0;
	r = columns_new("<<>>><>", &columns);
	if (r >= 0)
		r = columns_add(columns, head);
	for (size_t i = 0; r >= 0 && i < status->n_jails; i++)
		r = status_add_jail(columns, status, &status->jails[i]);
	if (r >= 0)
		r = columns_format(columns, &text);
	if (r < 0)
		return r;
	printf("\n%sNOW: banned now. FAILED, BANNED: since %s.\n", text,
	       timestamp_format(status->common.since, since));
	print_counted(&status->history);
	return 0;
}

static int print_warnings(const struct status *status)
{
	return status->history.digest ? history_print_warnings(&status->history, MAX_WARNINGS, true)
				      : 0;
}

int status_print_text(const struct status *status)
{
	int r;

	r = print_verdict(status);
	if (r >= 0)
		r = status_print_daemon(status);
	if (r >= 0)
		r = print_position(status);
	if (r >= 0)
		r = status_print_firewall(status);
	if (r >= 0)
		r = status_print_jails(status);
	return r < 0 ? r : print_warnings(status);
}
