#ifndef BANISH_DAEMON_REPORT_H
#define BANISH_DAEMON_REPORT_H

/* What `banish report` has found out, and its tables. */

#include "cli/history.h"
#include "cli/options.h"
#include "io/config.h"

#include <stdio.h>

struct report {
	struct common common;
	struct looks looks;
	usec_t top; /* lines of each list */
	struct config *config;
	struct ruleset *ruleset; /* NULL: the configuration has faults */
	struct journal *journal;
	struct history history;
	const char *html; /* file of the page; NULL: none is wanted */
	FILE *page;       /* that tables go to; NULL: stdout */
};

enum report_list {
	LIST_OFFENDERS,
	LIST_REPEATED,
	LIST_LOGINS,
	LIST_NETWORKS,
	LIST_ACCOUNTS,
	LIST_MEMBERS,
	LIST_EVENTS, /* not in a text */
};

/* On a terminal: pictures. -ENOMEM. */
int report_chart(const struct report *report) must_check;
/* To stdout, for people or as JSON, or to the page; nothing where there is nothing. -ENOMEM. */
int report_print_jails(const struct report *report) must_check;
int report_print_listed(const struct report *report) must_check;
int report_print_list(const struct report *report, enum report_list list,
		      const struct tally *tally) must_check;

#endif
