/* How `banish status` is shown: what is wrong first, lines of 80 columns, or JSON. */
#include "status/status-facts.h"

#include "base/buffer.h"
#include "cli/chart.h"
#include "cli/output.h"
#include "cli/timestamp.h"
#include "cli/warnings.h"
#include "io/terminal.h"
#include "report/columns.h"
#include "report/human.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define MAX_WARNINGS 8                   /* kinds that are shown to people, the latest */
#define SAVED_WITHIN (60 * USEC_PER_SEC) /* the position is half a minute old at times */

/* Null, and "-" in a table, where it is 0. */
#define ROW_TIME_IF_ANY(name, time) ROW(name, IF_KNOWN((time) > 0, KIND_TIME), number, time)

static int printf_like(2, 3) print_part(const char *label, const char *format, ...)
{
	cleanup(freep) char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = text_of_format(format, arguments);
	va_end(arguments);
	return text ? output_folded(label, STATUS_LABEL, text) : -ENOMEM;
}

static int print_finding(const struct status *status, const char *what, const char *sign,
			 const char *text)
{
	const struct row rows[] = { ROW_TEXT("what", what), ROW_TEXT("message", text), ROW_END };
	bool coloured = sign[2] != '-';
	int r;

	if (status->common.json)
		return output_print(true, NULL, rows);
	if (coloured)
		fputs(terminal_style(sign[2] == '!' ? STYLE_RED : STYLE_YELLOW), stdout);
	r = output_folded(sign, 4, text);
	if (coloured)
		fputs(terminal_style(STYLE_NONE), stdout);
	return r;
}

static int print_findings(const struct status *status)
{
	const struct diagnosis *diagnosis = &status->diagnosis;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < diagnosis->n_findings; i++)
		r = diagnosis->findings[i].problem
			    ? print_finding(status, "problem", "  ! ", diagnosis->findings[i].text)
			    : print_finding(status, "note", "  - ", diagnosis->findings[i].text);
	for (size_t i = 0; r >= 0 && i < status->n_unseen; i++)
		r = print_finding(status, "unseen", "  ? ", status->unseen[i]);
	return r;
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
	/* or it reads other entries than before, and has not saved its place since */
	if (waiting < SAVED_WITHIN ||
	    (status->unit.state == UNIT_ACTIVE && status->now < facts->unit_since + SAVED_WITHIN))
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

/* One object, or a line of the table. */
static int print_jail(const struct status *status, struct columns *columns,
		      const struct status_jail *jail)
{
	static const char *const keys[] = { "jail", "shown mode",    "banned",  "failed",
					    "bans", "last_ban_usec", "packets", NULL };
	const struct history_count none = { 0 }, *count = jail->count ?: &none;
	const struct facts_jail unknown = { 0 }, *facts = &unknown;
	enum row_kind if_counted = IF_KNOWN(jail->count, KIND_WEIGHT);
	enum row_kind if_seen = IF_KNOWN(status->facts.sees_kernel, KIND_NUMBER);
	const char *mode = jail->rule ? policy_modes[jail->rule->settings.mode] : NULL;
	bool off = status->ruleset && strcmp(jail->name, NFT_JAIL_MANUAL) != 0;
	char failed[FIGURE_TEXT_MAX + 1];
	const struct row *rows;

	for (size_t i = 0; i < status->facts.n_jails; i++)
		if (strcmp(status->facts.jails[i].name, jail->name) == 0)
			facts = &status->facts.jails[i];
	human_count((count->failures + count->prevented) / WEIGHT_ONE, failed);
	if (status->history.hurried)
		strcat(failed, "+");
	rows = (const struct row[]){
		ROW_TEXT("what", "jail"),
		ROW_TEXT("jail", jail->name),
		ROW_TEXT("mode", mode),
		ROW("banned", if_seen, number, jail->banned),
		ROW("failures", if_counted, number, count->failures),
		ROW("prevented", if_counted, number, count->prevented),
		ROW("bans", IF_KNOWN(status->history.digest, KIND_NUMBER), number, jail->bans),
		ROW_TIME_IF_ANY("last_ban_usec", jail->last_ban),
		ROW_TIME_IF_ANY("last_entry_usec", facts->last_entry),
		ROW_TEXT("unit", facts->unit),
		ROW_TEXT("unit_state",
			 facts != &unknown ? unit_state_name(facts->unit_state) : NULL),
		ROW_TIME_IF_ANY("unit_begun_usec", facts->unit_begun),
		ROW("packets", if_seen, number, jail->packets),
		ROW("bytes", if_seen, number, jail->bytes),
		ROW_SAID("shown mode", mode || !off ? mode : "off"),
		ROW_SAID("failed", jail->count ? failed : NULL),
		ROW_END,
	};

	return columns ? output_add_cells(columns, keys, rows) : output_print(true, NULL, rows);
}

static int status_print_jails(const struct status *status)
{
	static const char *const head[] = { "JAIL",   "MODE",     "NOW",    "FAILED",
					    "BANNED", "LAST BAN", "PACKETS" };
	char since[TIMESTAMP_TEXT_MAX], until[TIMESTAMP_TEXT_MAX];
	const struct history *history = &status->history;
	cleanup(columns_done) struct columns columns = { .alignment = "<<>>><>" };
	int r;

	if (status->n_jails == 0)
		return 0;
	r = columns_add(&columns, head);
	for (size_t i = 0; r >= 0 && i < status->n_jails; i++)
		r = print_jail(status, &columns, &status->jails[i]);
	putchar('\n');
	if (r >= 0)
		r = output_columns(&columns);
	if (r >= 0)
		r = output_say("NOW: banned now. FAILED, BANNED: since %s.",
			       timestamp_format(status->common.since, since));
	if (r < 0)
		return r;
	if (terminal_width() > 0)
		chart_series(&history->series, history->jails && !history->hurried);
	if (!history->jails || history->counted_since <= history->since)
		return 0;
	/* a long journal: which part of it was counted */
	timestamp_format(history->counted_since, since);
	if (history->hurried)
		return output_say("FAILED: only of %s to %s, a long journal.", since,
				  timestamp_format(history->counted_until, until));
	return output_say("FAILED: only since %s, the journal is long.", since);
}

static int status_print_text(const struct status *status)
{
	size_t n = status->diagnosis.n_problems;
	int r;

	fputs(terminal_style(n > 0 ? STYLE_RED : STYLE_GREEN), stdout);
	if (n > 0)
		printf("banish: %zu problem%s\n", n, PLURAL(n));
	else
		printf("banish: %s\n", status->n_unseen > 0 ? "no problem in what could be examined"
							    : "all is well");
	fputs(terminal_style(STYLE_NONE), stdout);
	r = print_findings(status);
	putchar('\n');
	if (r >= 0)
		r = status_print_daemon(status);
	if (r >= 0)
		r = print_position(status);
	if (r >= 0)
		r = status_print_firewall(status);
	if (r >= 0)
		r = status_print_fleet(status);
	if (r >= 0)
		r = status_print_jails(status);
	if (r >= 0)
		r = status_print_lists(status);
	return r < 0 ? r : warnings_print(&status->history, MAX_WARNINGS, true);
}

static int status_print_json(const struct status *status)
{
	const struct facts *facts = &status->facts;
	const struct history *history = &status->history;
	const struct unit *unit = &status->unit;
	size_t n_problems = status->diagnosis.n_problems;
	enum row_kind if_counted = IF_KNOWN(history->jails, KIND_NUMBER);
	const struct row daemon[] = {
		ROW_TEXT("what", "daemon"),
		ROW_TEXT("state", unit_state_name(unit->state)),
		ROW_TIME_IF_ANY("since_usec", unit->since),
		ROW_TIME_IF_ANY("started_usec", status->started),
		ROW("restarts", IF_KNOWN(unit->counts_restarts, KIND_NUMBER), number,
		    unit->restarts),
		ROW_END,
	};
	const struct row journal[] = {
		ROW_TEXT("what", "journal"),
		ROW_TIME_IF_ANY("oldest_usec", facts->oldest),
		ROW_TIME_IF_ANY("position_usec", facts->position),
		ROW("waiting", IF_KNOWN(status->counted_waiting, KIND_NUMBER), number,
		    facts->n_waiting),
		ROW_TIME_IF_ANY("waiting_usec", facts->oldest_waiting),
		ROW_END,
	};
	const struct row firewall[] = {
		ROW_TEXT("what", "firewall"),
		ROW_TEXT("table", facts->table),
		ROW_FLAG("stands", facts->has_table),
		ROW_FLAG("whole", facts->has_table && !facts->damage),
		ROW_NUMBER("passed_packets", status->passed),
		ROW_END,
	};
	const struct row summary[] = {
		ROW_TEXT("what", "summary"),
		ROW_NUMBER("problems", n_problems),
		ROW_NUMBER("notes", status->diagnosis.n_findings - n_problems),
		ROW_NUMBER("unseen", status->n_unseen),
		ROW_NUMBER("since_usec", status->common.since),
		ROW("counted_since_usec", if_counted, number, history->counted_since),
		ROW("counted_until_usec", if_counted, number, history->counted_until),
		ROW("lost", IF_KNOWN(history->digest, KIND_NUMBER), number, history->n_lost),
		ROW_END,
	};
	int r;

	r = print_findings(status);
	if (r >= 0)
		r = output_print(true, NULL, daemon);
	if (r >= 0)
		r = output_print(true, NULL, journal);
	if (r >= 0 && facts->sees_kernel)
		r = output_print(true, NULL, firewall);
	for (size_t i = 0; r >= 0 && i < status->n_jails; i++)
		r = print_jail(status, NULL, &status->jails[i]);
	if (r >= 0)
		r = status_print_fleet(status);
	if (r >= 0)
		r = status_print_lists_json(status);
	if (r >= 0)
		r = warnings_print_json(history);
	return r < 0 ? r : output_print(true, NULL, summary);
}

int status_print(const struct status *status)
{
	if (status->prometheus)
		return status_print_prometheus(status);
	return status->common.json ? status_print_json(status) : status_print_text(status);
}
