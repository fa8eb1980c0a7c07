/* What `status` and `report` print alike. */
#include "cli/history.h"

#include "base/printable.h"
#include "cli/output.h"
#include "cli/timestamp.h"
#include "io/log.h"
#include "report/columns.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define MESSAGE_SHOWN 1024 /* bytes */
#define TIME_WIDTH    21   /* columns of a time and the gap behind it */

int history_print_folded(const char *label, int width, const char *text)
{
	cleanup(freep) char *shown = bytes_to_display(span_of(text), strlen(text));
	cleanup(freep) char *folded = shown ? columns_fold(shown, (unsigned)width) : NULL;

	if (!folded)
		return -ENOMEM;
	printf("%-*s%s", width, label, folded);
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
		snprintf(times, sizeof(times), " (%" PRIu64 " times)", remark->count);
	shown = bytes_to_display(span_of(remark->message), MESSAGE_SHOWN);
	if (!shown || asprintf(&text, "%s%s", shown, times) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return history_print_folded(timestamp_format(remark->last, time), TIME_WIDTH, text);
}

int history_print_warnings(const struct history *history, size_t max_warnings, bool with_targets)
{
	const struct digest_remark *sorted[DIGEST_MAX_REMARKS], *remarks;
	size_t n_remarks, n = 0;
	char since[TIMESTAMP_TEXT_MAX];
	int r = 0;

	remarks = digest_remarks(history->digest, &n_remarks);
	for (size_t i = 0; i < n_remarks; i++)
		if (with_targets || strcmp(remarks[i].id, log_id(LOG_TARGET)) != 0)
			sorted[n++] = &remarks[i];
	qsort(sorted, n, sizeof(sorted[0]), later);
	if (n > 0 || history->n_lost > 0)
		printf("\nWarnings since %s, the latest of each kind:\n",
		       timestamp_format(history->since, since));
	for (size_t i = 0; r >= 0 && i < n && i < max_warnings; i++)
		r = print_warning(sorted[i]);
	if (n > max_warnings)
		printf("... and %zu more kind%s: journalctl -t banish -p warning\n",
		       n - max_warnings, PLURAL(n - max_warnings));
	if (digest_n_remarks_folded(history->digest) > 0)
		printf("... and %" PRIu64
		       " warning%s of other kinds: journalctl -t banish -p warning\n",
		       digest_n_remarks_folded(history->digest),
		       PLURAL(digest_n_remarks_folded(history->digest)));
	if (history->n_lost > 0)
		printf("journald dropped %" PRIu64
		       " entr%s of banish itself: bans may be missing here\n",
		       history->n_lost, history->n_lost == 1 ? "y" : "ies");
	return r;
}

static int print_warning_json(const struct digest_remark *remark, const char *jail)
{
	const struct row rows[] = {
		ROW_TEXT("what", "warning"),
		ROW_TEXT("id", remark->id),
		ROW_TEXT("jail", jail),
		ROW_NUMBER("count", remark->count),
		ROW_TIME("first_usec", remark->first),
		ROW_TIME("last_usec", remark->last),
		ROW_TEXT("message", remark->message),
		ROW_END,
	};

	return output_print(true, NULL, rows);
}

int history_print_warnings_json(const struct history *history)
{
	const struct digest_remark *remarks;
	const struct digest_jail *jails;
	size_t n, n_jails;
	int r = 0;

	if (!history->digest)
		return 0;
	remarks = digest_remarks(history->digest, &n);
	jails = digest_jails(history->digest, &n_jails);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = print_warning_json(&remarks[i], remarks[i].jail < n_jails
							    ? jails[remarks[i].jail].name
							    : NULL);
	return r;
}
