/*
 * What is decided and lies in the state file is said. Bans one by one, as long as these are not
 * more than anybody reads: journald takes what we write without a limit of its own
 * (LogRateLimitIntervalSec= in the unit), so a flood of bans must not become one of entries.
 */
#include "run/changes.h"

#include <errno.h>

/* A botnet that comes all at once is told ban by ban; a flood that goes on, of more addresses than
 * there are attackers, is not. */
#define BANS_A_SECOND 2000
#define BANS_AT_ONCE  20000

/* Bans of one jail that are told in one entry. */
struct crowd {
	uint64_t n, n_networks, n_repeated; /* repeated: of who had been banned before */
	const struct ban *last;             /* borrowed from the ledger */
};

struct crowds {
	struct crowd *items; /* owned; one a jail in force, NULL: nobody waits */
	bool again;
};

static void crowds_done(struct crowds *crowds)
{
	free(crowds->items);
}

static const char *why_ended(enum ban_end ended)
{
	switch (ended) {
	case END_IGNORED:
		return "its address is never banned now";
	case END_OUTGROWN:
		return "one ban of its jail is of fewer addresses now, ban again whom you mean";
	case END_NO_NETWORKS:
		return "its jail bans no networks any more";
	case END_JAIL_GONE:
	case END_EVICTED: /* told in one for all */
	case END_NONE:
		break;
	}
	return "its jail is no longer in force";
}

/* At the rate of now, or with the others of its jail. */
static int tell_ban(struct daemon *daemon, const struct ban *ban, struct crowds *crowds)
{
	int jail = daemon_find_jail(daemon, ban->jail);
	struct crowd *crowd;
	usec_t now;

	if (jail < 0 || sd_event_now(daemon->event, CLOCK_MONOTONIC, &now) < 0 ||
	    quota_take(&daemon->telling, USEC_PER_SEC / BANS_A_SECOND, BANS_AT_ONCE, now)) {
		say_ban(daemon, ban, crowds->again);
		return 0;
	}
	if (!crowds->items)
		crowds->items =
			calloc(ruleset_n_jails(daemon->active.ruleset), sizeof(*crowds->items));
	if (!crowds->items)
		return -ENOMEM;
	crowd = &crowds->items[jail];
	crowd->n++;
	crowd->n_networks += ban->network;
	crowd->n_repeated += ban->offence > 1;
	crowd->last = ban;
	return 0;
}

static void tell_crowds(struct daemon *daemon, const struct crowds *crowds)
{
	for (size_t i = 0; crowds->items && i < ruleset_n_jails(daemon->active.ruleset); i++) {
		const struct crowd *crowd = &crowds->items[i];

		if (crowd->n > 0)
			say_bans(daemon, crowd->last, crowd->n, crowd->n_networks,
				 crowd->n_repeated, crowds->again);
	}
}

/* 0 or -ENOMEM; what the kernel refuses was said, and is tried again. */
static int tell_end(struct daemon *daemon, const struct ban *ban, enum ban_end why, bool again)
{
	say_unban(daemon, ban, why_ended(why), again);
	ledger_told_end(daemon->ledger, ban->id);
	return firewall_remove(daemon, ban) == -ENOMEM ? -ENOMEM : 0;
}

/* At the bound of the ledger. An element goes with its ban, or nobody would know whose it is. */
static int remove_evicted(struct daemon *daemon)
{
	cleanup(changes_done) struct changes changes = { 0 };
	usec_t now = daemon_now(daemon);
	int r = 0;

	for (const struct ban *ban = NULL; r >= 0 && (ban = ledger_next(daemon->ledger, ban));) {
		unsigned jail = ledger_ban_jail(ban) | (ban->network ? LEDGER_NETWORKS : 0);

		if (ban->ended != END_EVICTED)
			continue;
		/* a longer one by hand has the same element */
		if (!ledger_banned(daemon->ledger, jail, &ban->prefix, now))
			r = firewall_gather_removal(daemon, &changes, ban);
		ledger_told_end(daemon->ledger, ban->id);
	}
	if (r >= 0)
		r = changes_apply(daemon, &changes);
	return r == -ENOMEM ? r : 0;
}

/* Once, and again when it has become ten times as much. */
static void tell_evicted(struct daemon *daemon)
{
	uint64_t n_cut = ledger_n_cut(daemon->ledger), n = ledger_n_evicted(daemon->ledger);

	if (n + n_cut == 0 || n + n_cut < 10 * daemon->told_evicted)
		return;
	say_evicted(n_cut, n);
	daemon->told_evicted = n + n_cut;
}

int tell_again(struct daemon *daemon)
{
	cleanup(crowds_done) struct crowds crowds = { .again = true };
	usec_t now = daemon_now(daemon);
	bool any = false;
	int r = 0;

	for (const struct ban *ban = NULL; r >= 0 && (ban = ledger_next(daemon->ledger, ban));) {
		bool untold = ledger_is_untold(daemon->ledger, ban, now);

		any = any || untold || ban->ended != END_NONE;
		if (untold)
			r = tell_ban(daemon, ban, &crowds);
		if (r >= 0 && ban->ended != END_NONE && ban->ended != END_EVICTED)
			r = tell_end(daemon, ban, ban->ended, true);
	}
	if (r >= 0 && ledger_n_ended(daemon->ledger) > 0)
		r = remove_evicted(daemon);
	tell_crowds(daemon, &crowds);
	ledger_told(daemon->ledger, ledger_last_id(daemon->ledger));
	if (any)
		commit_soon(daemon, 0);
	return r;
}

int tell_decided(struct daemon *daemon)
{
	cleanup(crowds_done) struct crowds crowds = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < daemon->n_decided; i++) {
		const struct due *due = &daemon->decided[i];

		if (due->type == DECISION_END) {
			r = tell_end(daemon, due->ban, due->ban->ended, false);
			continue;
		}
		r = tell_ban(daemon, due->ban, &crowds);
		ledger_told(daemon->ledger, due->id);
	}
	tell_crowds(daemon, &crowds);
	if (r >= 0 && ledger_n_ended(daemon->ledger) > 0)
		r = remove_evicted(daemon);
	if (r >= 0)
		tell_evicted(daemon);
	if (crowds.items) /* of all entries these alone cannot be known again */
		commit_soon(daemon, 0);
	return r;
}
