/* How `banish status` is shown: what is wrong first, lines of 80 columns, or JSON. */
#include "status.h"

#include "figure.h"
#include "log.h"
#include "print.h"
#include "sheet.h"
#include "timestamp.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define MAX_WARNINGS 8  /* kinds that are shown to people, the latest */
#define LABEL        10 /* columns before what is said of a part */

static unsigned long long number(uint64_t value)
{
	return value;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* "LABEL  sentence", folded. */
static int print_folded(const char *label, int width, const char *text)
{
	cleanup(freep) char *folded = sheet_fold(text, (unsigned)width);

	if (!folded)
		return -ENOMEM;
	printf("%-*s%s", width, label, folded);
	return 0;
}

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
	return print_folded(label, LABEL, text);
}

static int print_verdict(const struct status *status)
{
	size_t n = status->diagnosis.n_problems;

	if (n > 0)
		printf("banish: %zu problem%s\n", n, plural(n));
	else
		printf("banish: %s\n",
		       status->n_unseen > 0 ? "what could be looked at is well" : "all is well");
	for (size_t i = 0; i < status->diagnosis.n_findings; i++) {
		const struct finding *finding = &status->diagnosis.findings[i];

		if (print_folded(finding->problem ? "  ! " : "  - ", 4, finding->text) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < status->n_unseen; i++)
		if (print_folded("  ? ", 4, status->unseen[i]) < 0)
			return -ENOMEM;
	putchar('\n');
	return 0;
}

static int print_daemon(const struct status *status)
{
	char since[TIMESTAMP_TEXT_MAX], age[FIGURE_TEXT_MAX], process[40] = "", restarts[64] = "";
	const struct unit *unit = &status->unit;

	if (unit->state == UNIT_UNASKED || unit->since == 0)
		return print_part("daemon", "%s", unit_state_name(unit->state));
	if (unit->process > 0 && unit->state == UNIT_ACTIVE)
		snprintf(process, sizeof(process), ", process %u", unit->process);
	if (unit->restarts > 0)
		snprintf(restarts, sizeof(restarts), ", restarted %llu time%s by systemd",
			 number(unit->restarts), plural(unit->restarts));
	return print_part("daemon", "%s since %s (%s)%s%s", unit_state_name(unit->state),
			  timestamp_format(unit->since, since),
			  figure_age(status->now > unit->since ? status->now - unit->since : 0,
				     age),
			  process, restarts);
}

static int print_position(const struct status *status)
{
	char time[TIMESTAMP_TEXT_MAX], age[FIGURE_TEXT_MAX], count[FIGURE_TEXT_MAX];
	const struct facts *facts = &status->facts;

	if (!facts->sees_state)
		return print_part("journal", "%s", "read up to where is not known");
	if (facts->position == 0)
		return print_part("journal", "%s", "nothing has been read yet");
	timestamp_format(facts->position, time);
	if (!status->counted_waiting)
		return print_part("journal", "read up to %s", time);
	if (facts->n_waiting == 0)
		return print_part("journal", "read up to %s, nothing waits", time);
	figure_count(facts->n_waiting, count);
	figure_age(status->now > facts->oldest_waiting ? status->now - facts->oldest_waiting : 0,
		   age);
	return print_part("journal", "read up to %s; %s entr%s not yet, for %s", time, count,
			  facts->n_waiting == 1 ? "y" : "ies", age);
}

static int print_firewall(const struct status *status)
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
	r = print_part("firewall", "table inet %s stands, %llu ban%s, %s packets kept out",
		       status->facts.table, number(banned), plural(banned),
		       figure_count(packets, out));
	if (r < 0 || status->passed == 0)
		return r;
	return print_part("ignored",
			  "%s packets of ignoreip, own addresses and gateways let through",
			  figure_count(status->passed, passed));
}

static const char *mode_without_rule(const struct status *status, const struct status_jail *jail)
{
	return status->ruleset && strcmp(jail->name, NFT_JAIL_MANUAL) != 0 ? "off" : NULL;
}

static int add_jail(struct sheet *sheet, const struct status *status,
		    const struct status_jail *jail)
{
	char banned[FIGURE_TEXT_MAX], failures[FIGURE_TEXT_MAX + 1], bans[FIGURE_TEXT_MAX],
		packets[FIGURE_TEXT_MAX], last[TIMESTAMP_TEXT_MAX];
	bool kernel = status->facts.sees_kernel, said = status->past.digest;
	const char *mode = !jail->rule ? mode_without_rule(status, jail)
			   : jail->rule->settings.mode == MODE_AGGRESSIVE ? "aggressive"
									  : "normal";
	const char *const cells[] = {
		jail->name,
		mode,
		kernel ? figure_count(jail->banned, banned) : NULL,
		jail->count ? failures : NULL,
		said ? figure_count(jail->bans, bans) : NULL,
		jail->last_ban > 0 ? timestamp_format(jail->last_ban, last) : NULL,
		kernel ? figure_count(jail->packets, packets) : NULL,
	};

	if (jail->count) {
		figure_count((jail->count->failures + jail->count->prevented) / WEIGHT_ONE,
			     failures);
		if (status->past.hurried)
			strcat(failures, "+");
	}
	return sheet_add(sheet, cells);
}

static int print_jails(const struct status *status)
{
	static const char *const head[] = { "JAIL",   "MODE",     "NOW",    "FAILED",
					    "BANNED", "LAST BAN", "PACKETS" };
	char since[TIMESTAMP_TEXT_MAX];
	cleanup(sheet_freep) struct sheet *sheet = NULL;
	cleanup(freep) char *text = NULL;
	int r;

	if (status->n_jails == 0)
		return 0;
	r = sheet_new("<<>>><>", &sheet);
	if (r >= 0)
		r = sheet_add(sheet, head);
	for (size_t i = 0; r >= 0 && i < status->n_jails; i++)
		r = add_jail(sheet, status, &status->jails[i]);
	if (r >= 0)
		r = sheet_format(sheet, &text);
	if (r < 0)
		return r;
	printf("\n%sNOW: banned now. FAILED, BANNED: since %s.\n", text,
	       timestamp_format(status->common.since, since));
	if (status->past.hurried)
		printf("FAILED: counted up to %s, the journal is long.\n",
		       timestamp_format(status->past.counted_until, since));
	return 0;
}

static int later(const void *a, const void *b)
{
	const struct digest_remark *left = *(const struct digest_remark *const *)a;
	const struct digest_remark *right = *(const struct digest_remark *const *)b;

	return (left->last < right->last) - (left->last > right->last);
}

static int print_warning(const struct digest_remark *remark)
{
	cleanup(freep) char *text = NULL, *shown = NULL;
	char time[TIMESTAMP_TEXT_MAX], times[40] = "";

	if (remark->count > 1)
		snprintf(times, sizeof(times), " (%llu times)", number(remark->count));
	shown = bytes_to_display(span_of(remark->message), 1024);
	if (!shown || asprintf(&text, "%s%s", shown, times) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return print_folded(timestamp_format(remark->last, time), 21, text);
}

/* Most recent first: what is old and rare is folded. */
static int print_warnings(const struct status *status)
{
	const struct digest_remark *sorted[DIGEST_MAX_REMARKS], *remarks;
	char since[TIMESTAMP_TEXT_MAX];
	size_t n;
	int r = 0;

	if (!status->past.digest)
		return 0;
	remarks = digest_remarks(status->past.digest, &n);
	for (size_t i = 0; i < n; i++)
		sorted[i] = &remarks[i];
	qsort(sorted, n, sizeof(sorted[0]), later);
	if (n > 0 || status->past.n_lost > 0)
		printf("\nWarnings since %s, the latest of each kind:\n",
		       timestamp_format(status->common.since, since));
	for (size_t i = 0; r >= 0 && i < n && i < MAX_WARNINGS; i++)
		r = print_warning(sorted[i]);
	if (n > MAX_WARNINGS)
		printf("%zu kinds more: journalctl -t banish -p warning --since -1d\n",
		       n - MAX_WARNINGS);
	if (status->past.n_lost > 0)
		printf("journald dropped %llu entries of banish itself: bans may be missing here\n",
		       number(status->past.n_lost));
	return r;
}

int status_print_text(const struct status *status)
{
	int r;

	r = print_verdict(status);
	if (r >= 0)
		r = print_daemon(status);
	if (r >= 0)
		r = print_position(status);
	if (r >= 0)
		r = print_firewall(status);
	if (r >= 0)
		r = print_jails(status);
	return r < 0 ? r : print_warnings(status);
}
