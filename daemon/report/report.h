#ifndef BANISH_DAEMON_REPORT_H
#define BANISH_DAEMON_REPORT_H

/* What `banish report` found, and how it is shown. */

#include "cli/history.h"
#include "cli/options.h"
#include "io/config.h"

#define REPORT_TOP     10 /* lines of a list, unless --top says otherwise */
#define REPORT_MAX_TOP 10000

struct report {
	struct common common;
	usec_t top; /* lines of each list */
	struct config *config;
	struct ruleset *ruleset; /* NULL: the configuration has faults */
	struct journal *journal;
	struct history history;
	struct tally *logins; /* owned; from where somebody was banned, see history.h */
};

/* A row of the first table: a jail in force, or one that something was said of. */
struct report_jail {
	const char *name;
	const struct history_count *count; /* NULL: not counted */
	struct digest_jail said;           /* zeroes: nothing */
};
/* Rows one after the other, from *i = 0 on; false: no more. */
bool report_next_jail(const struct report *report, size_t *i, struct report_jail *ret);

/* The lists: the first of each, at most `top`. */
enum report_list {
	REPORT_OFFENDERS, /* most bans first, then most failures */
	REPORT_REPEATED,  /* highest offence first, from the second on */
	REPORT_LOGINS,    /* from there too somebody got in, most often first */
	REPORT_NETWORKS,  /* most offenders first, from two on */
	REPORT_ACCOUNTS,  /* most hosts first */
};
/* Owned by the caller: `free`. -ENOMEM. */
int report_list(const struct report *report, enum report_list list, const struct tally_item ***ret,
		size_t *ret_n) must_check;
const char *report_jail_name(const struct report *report, const struct tally_item *item);

/* For people, or as JSON. -ENOMEM. */
int report_print(const struct report *report) must_check;

#endif
