#ifndef BANISH_CONFIG_POLICY_H
#define BANISH_CONFIG_POLICY_H

/*
 * banish.json as a value. Every jail stands complete: built-in < defaults < jail are merged by the
 * parser, key by key (objects too). Key names are fail2ban's where it has one.
 */

#include "base/address.h"
#include "base/fault.h"
#include "base/ports.h"
#include "base/types.h"
#include "base/util.h"
#include "config/condition.h"
#include "config/ignorelist.h"

#define USERS_MAX 64 /* that one offender's failures are told apart by */

extern const char *const policy_modes[]; /* by enum mode, as they are written; the last is NULL */

/* What a success does to the earlier failures of its user from its address. */
enum on_success { SUCCESS_IGNORE, SUCCESS_FORGIVE };

struct increment {
	double factor; /* >= 1 */
	usec_t maxtime, memory;
	bool overall; /* offences in all jails count */
};

/* So many banned offenders of one network within findtime bring a ban of the network. */
struct networks {
	bool told;                 /* the policy speaks of them */
	unsigned length4, length6; /* bits */
	uint32_t hosts;            /* 0: networks are not banned */
};

struct settings {
	enum mode mode;
	uint32_t maxretry; /* attempts, not tenths */
	usec_t findtime;
	usec_t bantime; /* USEC_INFINITY: for good */
	struct rate maxbans;
	struct rate targets; /* hosts that fail at one account */
	bool banprivate;     /* private and link-local sources too */
	struct increment increment;
	unsigned prefix4, prefix6; /* bits: what one offender is */
	struct networks networks;
	enum verdict verdict; /* JSON key "action" */
	enum on_success on_success;
	unsigned repeat_weight; /* tenths; an event that weighs no more keeps its own weight */
	uint32_t maxusers;      /* 0: any number */
	bool has_ports;         /* else the rule's */
	struct ports ports;
};

/* What is taken off the front of MESSAGE before a rule sees it, tried in this order. */
enum strip_kind { STRIP_SYSLOG, STRIP_DOVECOT, STRIP_KINDS };

struct strip {
	enum strip_kind kinds[STRIP_KINDS];
	unsigned n; /* 0: nothing */
};

struct jail_policy {
	char name[NAME_SIZE];
	char rule[NAME_SIZE];       /* "": the jail's own name; see policy_rule() */
	struct selector *selectors; /* owned, "journal"; none: the rule's */
	size_t n_selectors;
	char **events; /* owned: only these of the rule's; none: all */
	size_t n_events;
	struct strip strip;
	struct settings settings;
	unsigned line, column; /* where the rule is named, for "no rule of that name" */
	unsigned events_line, events_column;
};

/* The name of the jail's rule. */
static inline const char *policy_rule(const struct jail_policy *jail)
{
	return jail->rule[0] ? jail->rule : jail->name;
}

/* A file that ignoreip names. */
struct ignore_file {
	char *path;            /* owned; absolute */
	unsigned line, column; /* where it stands */
};

/* A list of networks of others, whose file is read by the daemon. Its sets are list-NAME4 and
 * list-NAME6. */
#define LIST_NAME_SIZE (NAME_SIZE - (sizeof("list-") - 1))

struct list_policy {
	char name[LIST_NAME_SIZE];
	char *file; /* owned; absolute */
	struct ports ports;
	unsigned line, column; /* where the file is named */
};

/* What goes to the other hosts of a fleet, and from where theirs comes. The jail FLEET_NAME
 * listens. */
struct fleet_policy {
	bool share;      /* own decisions go into the journal namespace banish-fleet */
	bool hub;        /* ... and those of the jail FLEET_NAME */
	char *directory; /* owned, absolute: of the members' journal files; NULL: FLEET_DIRECTORY */
	char **hubs;     /* owned: members whose jail FLEET_NAME is believed */
	size_t n_hubs;
};

#define FLEET_DIRECTORY "/var/log/journal/remote"

struct policy {
	struct prefix *ignoreip; /* owned; sorted, disjoint, halves put together; its own and those
				    of its files */
	size_t n_ignoreip;
	struct ignorelist ignore;         /* addresses, networks and names in ignoreip itself */
	struct ignore_file *ignore_files; /* ... and its files, each once */
	size_t n_ignore_files;
	struct ignorelist ignore_names; /* of ignoreip and its files: no prefixes in it */
	bool ignoreself;
	struct settings defaults;
	struct jail_policy *jails;
	size_t n_jails;
	struct list_policy *lists;
	size_t n_lists;
	struct fleet_policy fleet;
	char table[NAME_SIZE];
};

/* The built-in policy: defaults only, no jail. NULL: no memory. */
struct policy *policy_new(void);
/* As if it had no ignoreip. */
void policy_forget_ignoreip(struct policy *policy);

struct policy *policy_free(struct policy *policy);
DEFINE_CLEANUP(struct policy *, policy_free)

/* The jail whose failures are the bans of the others; no file has its rule. */
#define RECIDIVE_NAME "recidive"
/* The jail whose failures are the bans of other hosts; likewise. */
#define FLEET_NAME    "fleet"

/* NULL: it is not there. */
const struct jail_policy *policy_find_jail(const struct policy *policy, const char *name);

/* RECIDIVE_NAME or FLEET_NAME: a jail that reads no entries of this machine. */
bool policy_is_built_in(const char *name);
/* Why no rule may have this name, nor a jail that is not built in; NULL: it may. */
const char *policy_reserved(const char *name);

/* What stands in the files (read by ignorelist_parse) counts too from now on, in place of what the
 * last call brought. -E2BIG: more than IGNORE_MAX_LIST addresses and networks in all, or more than
 * IGNORE_MAX_NAMES names, and nothing has changed; -ENOMEM. */
int policy_set_lists(struct policy *policy, struct ignorelist *const *lists,
		     size_t n_lists) must_check;

/* True if all of the prefix is in ignoreip, or can never offend. */
bool policy_ignores(const struct policy *policy, const struct prefix *prefix);

#endif
