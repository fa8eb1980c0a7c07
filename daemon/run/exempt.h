#ifndef BANISH_DAEMON_RUN_EXEMPT_H
#define BANISH_DAEMON_RUN_EXEMPT_H

/*
 * Who is never banned, beside the networks of ignoreip: the lists that it names, the answers of
 * `banish resolve`, which lie in a folder, one file a name, and the machine itself with its
 * gateways. All are watched; a change is in force at once, a list with a fault is not taken.
 */

#include "netlink/netaddr.h"
#include "run/active.h"
#include "run/dirty.h"

#include <systemd/sd-event.h>

/* What one name stands for. */
struct exempt_answer {
	char *name;
	struct ignorelist *list;
	struct faults said; /* what was wrong with its file the last time */
};

struct exempt_answers {
	struct exempt_answer *items;
	size_t n_items;
};

struct exempt {
	unsigned *dirty; /* the hub's */
	struct dirwatch *dirwatch;
	struct faults *said; /* the same, one a list of the configuration */
	size_t n_said;
	struct exempt_answers answers;
	struct netaddr *netaddr; /* NULL: a dry run, or it cannot be followed */
	struct prefix *own;      /* addresses and gateways, as they were listed last */
	size_t n_own;
	struct prefix *prefixes; /* all: what the kernel accepts */
	size_t n_prefixes;
	sd_event_source *own_source;
};

/* Own addresses; where they cannot be followed that is said. */
void exempt_open(struct exempt *exempt);
/* Before the first configuration comes into force. */
int exempt_attach(struct exempt *exempt, sd_event *event) must_check;
void exempt_done(struct exempt *exempt);
/* A configuration has come into force. */
int exempt_enter(struct exempt *exempt, struct config *config) must_check;

/* After DIRTY_EXEMPT, DIRTY_OWN: 1: some are others now; 0; -ENOMEM. */
int exempt_renew(struct exempt *exempt, struct config *config) must_check;
int exempt_renew_own(struct exempt *exempt, const struct policy *policy) must_check;
/* Fills in prefixes. 0 or -ENOMEM. */
int exempt_gather(struct exempt *exempt, const struct policy *policy) must_check;

#endif
