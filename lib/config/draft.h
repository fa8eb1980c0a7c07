#ifndef BANISH_CONFIG_DRAFT_H
#define BANISH_CONFIG_DRAFT_H

/*
 * A banish.json for what runs on a machine: jails, each with its reason, and then the text. The
 * names of containers and units come from the journal, where anybody may write some of them; what
 * could make a jail believe strangers is refused.
 */

#include "base/types.h"
#include "base/util.h"
#include "config/policy.h"

#define DRAFT_CONTAINER_SIZE 128 /* of a container's name */
#define DRAFT_UNIT_SIZE      256

struct rule;

struct draft_jail {
	char name[NAME_SIZE], rule[NAME_SIZE];
	char container[DRAFT_CONTAINER_SIZE]; /* "": it is of the host */
	char unit[DRAFT_UNIT_SIZE];           /* of a container; with a '*' at the end: what
						its name begins with */
	char cgroup[DRAFT_UNIT_SIZE + sizeof("/system.slice//runtime")]; /* "": none is named */
	struct ports ports;                                              /* none: the rule's */
};

struct draft {
	struct draft_jail *jails; /* owned */
	size_t n_jails;
};

/* What journald says of an entry that a container's log driver wrote. */
struct draft_container {
	const char *name;              /* CONTAINER_NAME */
	struct span unit, cgroup, uid; /* _SYSTEMD_UNIT, _SYSTEMD_CGROUP, _UID; absent: none */
};

/* Why no jail is put into force without a look at its rule; NULL: it may be. */
const char *draft_refuses(const struct rule *rule);

/* A jail for the host's own service. `taken`: the policy whose names are taken; NULL: none.
 * `ports`: what it closes instead of the rule's, copied; NULL: the rule's. 1; -ENOMEM. */
int draft_add(struct draft *draft, const struct policy *taken, const char *rule,
	      const struct ports *ports) must_check;
/* The same for a container. 1; 0: it cannot be told from others, or who may write as it: then
 * `*reterr` says so, static; -ENOMEM. */
int draft_add_container(struct draft *draft, const struct policy *taken, const char *rule,
			const struct draft_container *container, const char **reterr) must_check;
void draft_done(struct draft *draft);

/* The members of "jails", a line or a few each. Owned; NULL: no memory. */
char *draft_write_jails(const struct draft *draft) must_check;
/* The whole file. `ignore`: address or network that is never banned; NULL: none. */
char *draft_write(const struct draft *draft, const char *ignore) must_check;

#endif
