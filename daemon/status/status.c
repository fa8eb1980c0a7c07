/* banish status - does it work, and if not, what is wrong and what helps? Nothing is changed. */
#include "cli/nft-verb.h"
#include "cli/verb.h"
#include "status/status-find.h"
#include "status/status-print.h"

#include <errno.h>
#include <stdio.h>

#define SPAN (24 * USEC_PER_HOUR) /* of what is counted */

int verb_status(int argc, char **argv)
{
	cleanup(status_done) struct status status = { .common = COMMON_DEFAULTS,
						      .statedir = STATEDIR };
	const struct option_row rows[] = {
		OPTION_CONFIG(status.common),
		{ "state", "DIR", "directory of the state (default " STATEDIR ")", &status.statedir,
		  NULL },
		OPTION_JSON(status.common),
		OPTION_PLACE(status.common),
		{ "since", "TIME", "count failures, bans and warnings from here (default 1d ago)",
		  &status.common.since, parse_time },
	};
	const struct usage usage = USAGE(
		"status", "", 0, 0, rows,
		"Tells whether the daemon works, jail by jail, what is wrong, and what helps.\n"
		"Exit 0: all is well; 1: it is not, or not all could be looked at.");
	int first, exit_code, r;

	status.common.since = USEC_INFINITY; /* 1970 may be asked for */
	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	status.now = nft_verb_now();
	if (status.common.since == USEC_INFINITY)
		status.common.since = status.now > SPAN ? status.now - SPAN : 0;
	r = status_find(&status);
	if (r >= 0)
		r = status.common.json ? status_print_json(&status) : status_print_text(&status);
	if (r < 0)
		fprintf(stderr, "banish status: %s\n", strerror(-r));
	return r < 0 || status.diagnosis.n_problems > 0 || status.n_unseen > 0 ? EXIT_NO : EXIT_YES;
}
