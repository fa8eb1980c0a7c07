#ifndef BANISH_DAEMON_RUN_DAEMON_H
#define BANISH_DAEMON_RUN_DAEMON_H

/*
 * What `banish run` is made of: spokes that each own their fields and event sources and know nobody
 * else, and the hub that takes from one and gives to the next. Handlers of events only set bits
 * (dirty.h). Every wake-up: what the world did is read, the engine judges, one commit is written
 * (state file, then journal, then kernel), and what was found dirty is made good. So a crash
 * anywhere loses nothing: what is not committed is read and decided again, what is committed but
 * not placed is put in at the next start.
 */

#include "count/quota.h"
#include "run/active.h"
#include "run/exempt.h"
#include "run/firewall.h"
#include "run/fleet.h"
#include "run/health.h"
#include "run/lists.h"
#include "run/reader.h"
#include "run/saver.h"

/* What the engine decided, until it is committed. */
struct due {
	enum decision_type type; /* DECISION_BAN, DECISION_END */
	uint64_t id;             /* of the ban, which the ledger may let go before */
	const struct ban *ban;   /* the ledger's; while it is committed */
};

/* What somebody did to a ban by hand, until it is committed. */
struct hand {
	uint64_t id;
	bool adopted, absent;
	char process[16];
};

/* Since the last commit. */
struct pending {
	struct due *decided;
	size_t n_decided, max_decided;
	struct hand *hands;
	size_t n_hands, max_hands;
};

/* What did not get to other hosts. */
struct unshared {
	uint64_t id;
	bool unban; /* that the ban was ended by hand */
};

/* How much of all that is said, here and to other hosts. */
struct told {
	struct quota bans;         /* that are told one by one */
	struct quota private;      /* sources that are told */
	uint64_t n_evicted;        /* so many, when that was told last */
	struct unshared *unshared; /* in order */
	size_t n_unshared, max_unshared;
	bool says_unshared; /* it was told that there is some */
};

struct daemon {
	struct common common;
	const char *statedir;
	bool dry_run;
	bool hopeless; /* why it could not start does not pass by itself */
	uint8_t seed[16];

	struct active active;
	struct reader reader;
	struct saver saver;
	struct exempt exempt;
	struct health health;
	struct firewall firewall;
	struct fleet fleet;
	struct lists lists;

	struct pending pending;
	struct told told;
	uint64_t n_failures;            /* that the engine had seen after the last slice */
	struct reconcile_action damage; /* `damaged`: by whom, and what; said when it is mended */

	unsigned dirty; /* dirty.h */
	sd_event *event;
};

/* Where the spokes set their bits. */
void daemon_init(struct daemon *daemon);
void daemon_done(struct daemon *daemon);

/* systemd lets wait what is ordered behind the daemon, and ends one that never says so: a message
 * that the socket refuses is sent again, a few times. */
void daemon_notify_ready(void);

/* Of these bits those that were set, by whomever, and are no more. */
unsigned daemon_take(struct daemon *daemon, unsigned bits);

#endif
