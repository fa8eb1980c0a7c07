#include "cli/warnings.h"

#include "cli/output.h"
#include "cli/timestamp.h"
#include "io/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define MESSAGE_SHOWN 1024 /* bytes */
#define TIME_WIDTH    21   /* columns of a time and the gap behind it */

static int later(const void *a, const void *b)
{
	const struct digest_remark *left = *(const struct digest_remark *const *)a;
	const struct digest_remark *right = *(const struct digest_remark *const *)b;

	return (left->last < right->last) - (left->last > right->last);
}

size_t warnings_find(const struct history *history, bool with_targets,
		     const struct digest_remark *ret[static DIGEST_MAX_REMARKS])
{
	const struct digest *digest = history->digest;
	size_t n = 0;

	for (size_t i = 0; i < digest->n_remarks; i++)
		if (!digest->remarks[i].mended &&
		    (with_targets || strcmp(digest->remarks[i].id, log_id(LOG_TARGET)) != 0))
			ret[n++] = &digest->remarks[i];
	qsort(ret, n, sizeof(ret[0]), later);
	return n;
}

int warnings_print(const struct history *history, size_t max_warnings, bool with_targets)
{
	const struct digest *digest = history->digest;
	const struct digest_remark *sorted[DIGEST_MAX_REMARKS];
	char time[TIMESTAMP_TEXT_MAX];
	size_t n;
	int r = 0;

	if (!digest)
		return 0;
	n = warnings_find(history, with_targets, sorted);
	if (n > 0 || history->n_lost > 0)
		r = output_say("\nWarnings since %s, the latest of each kind:",
			       timestamp_format(history->since, time));
	for (size_t i = 0; r >= 0 && i < n && i < max_warnings; i++) {
		cleanup(freep) char *text = NULL, *shown = NULL;
		char times[40] = "";

		if (sorted[i]->count > 1)
			snprintf(times, sizeof(times), " (%" PRIu64 " times)", sorted[i]->count);
		shown = bytes_to_display(span_of(sorted[i]->message), MESSAGE_SHOWN);
		if (!shown || asprintf(&text, "%s%s", shown, times) < 0) {
			text = NULL;
			return -ENOMEM;
		}
		if (output_folded(timestamp_format(sorted[i]->last, time), TIME_WIDTH, text) < 0)
			return -ENOMEM;
	}
	if (r >= 0 && n > max_warnings)
		r = output_say("... and %zu more kind%s: journalctl -t banish -p warning",
			       n - max_warnings, PLURAL(n - max_warnings));
	if (r >= 0 && digest->n_remarks_folded > 0)
		r = output_say("... and %" PRIu64
			       " warning%s of other kinds: journalctl -t banish -p warning",
			       digest->n_remarks_folded, PLURAL(digest->n_remarks_folded));
	if (r >= 0 && history->n_lost > 0)
		r = output_say("journald dropped %" PRIu64
			       " entr%s of banish itself: bans may be missing here",
			       history->n_lost, history->n_lost == 1 ? "y" : "ies");
	return r;
}

int warnings_print_json(const struct history *history)
{
	const struct digest *digest = history->digest;
	int r = 0;

	for (size_t i = 0; r >= 0 && digest && i < digest->n_remarks; i++) {
		const struct digest_remark *remark = &digest->remarks[i];

		if (remark->mended)
			continue;
		r = output_print(true, NULL,
				 (const struct row[]){
					 ROW_TEXT("what", "warning"),
					 ROW_TEXT("id", remark->id),
					 ROW_TEXT("jail", remark->jail < digest->n_jails
								  ? digest->jails[remark->jail].name
								  : NULL),
					 ROW_NUMBER("count", remark->count),
					 ROW_TIME("first_usec", remark->first),
					 ROW_TIME("last_usec", remark->last),
					 ROW_TEXT("message", remark->message),
					 ROW_END,
				 });
	}
	return r;
}
