#ifndef BANISH_DAEMON_RUN_EVENTS_H
#define BANISH_DAEMON_RUN_EVENTS_H

/* What is said of a ban, as a sentence and as fields: each is one journal entry. Nothing of a
 * stranger's log line goes in but the address. */

#include "engine/engine.h"
#include "ledger/ledger.h"

/* Many of a jail, told in one entry. */
struct crowd {
	enum crowd_kind { CROWD_BANS, CROWD_UNBANS, CROWD_ADOPTS } kind;
	uint64_t n, n_networks, n_repeated; /* of bans; repeated: of who had been banned before */
	const struct ban *last;             /* borrowed from the ledger */
};

/* Who hears of it: this host's journal, other hosts, too, or they alone. */
enum audience { AUDIENCE_HERE, AUDIENCE_ALL, AUDIENCE_OTHERS };

/* `again`: it may have been lost, by a crash or by a journald that hangs. 0; negative errno: it did
 * not get to other hosts. */
int events_ban(const struct ban *ban, usec_t now, bool dry_run, bool again,
	       enum audience audience) must_check;
void events_crowd(const struct crowd *crowd, bool dry_run, bool again);
int events_unban(const struct ban *ban, const char *reason, bool again,
		 enum audience audience) must_check;
void events_adopt(const struct ban *ban, const char *by, bool again);
/* The ledger's bound was reached: running bans that ended, and bans that are forgotten. */
void events_evicted(uint64_t n_ended, uint64_t n_forgotten);
/* Any but that of a ban and its end. */
void events_decision(const struct decision *decision);
void events_heal(const char *table, const char *what, const char *by, size_t n_bans);

#endif
