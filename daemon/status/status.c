/* banish status - does it work, and if not, what is wrong and what helps? Nothing is changed. */
#include "status/status.h"

#include "base/array.h"
#include "cli/timestamp.h"
#include "cli/verb.h"

#include <errno.h>
#include <stdio.h>

#define SPAN (24 * USEC_PER_HOUR) /* of what is counted */

static void status_done(struct status *status)
{
	diagnosis_done(&status->diagnosis);
	history_done(&status->history);
	unit_done(&status->unit);
	nft_view_done(&status->view);
	journal_free(status->journal);
	ruleset_free(status->ruleset);
	if (status->owns_policy)
		policy_free(status->policy);
	config_free(status->config);
	free(status->jails);
	free(status->facts.jails);
	free(status->fault);
	free(status->damage);
	free(status->full);
	free(status->trouble);
	for (size_t i = 0; i < status->n_unseen; i++)
		free(status->unseen[i]);
}

int status_add_unseen(struct status *status, const char *what, const char *remedy)
{
	char *text;

	if (status->n_unseen == STATUS_MAX_UNSEEN)
		return 0;
	if (asprintf(&text, "%s not looked at: %s", what, remedy) < 0)
		return -ENOMEM;
	status->unseen[status->n_unseen++] = text;
	return 0;
}

struct status_jail *status_jail(struct status *status, const char *name)
{
	struct status_jail *jail;

	for (size_t i = 0; i < status->n_jails; i++)
		if (strcmp(status->jails[i].name, name) == 0)
			return &status->jails[i];
	if (strlen(name) >= NAME_SIZE)
		return NULL;
	if (!array_grow(status->jails, status->n_jails))
		return NULL;
	jail = &status->jails[status->n_jails++];
	*jail = (struct status_jail){ 0 };
	strcpy(jail->name, name);
	return jail;
}

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
	status.now = timestamp_now();
	if (status.common.since == USEC_INFINITY)
		status.common.since = status.now > SPAN ? status.now - SPAN : 0;
	r = status_find(&status);
	if (r >= 0)
		r = status_print(&status);
	if (r < 0)
		fprintf(stderr, "banish status: %s\n", strerror(-r));
	return r < 0 || status.diagnosis.n_problems > 0 || status.n_unseen > 0 ? EXIT_NO : EXIT_YES;
}
