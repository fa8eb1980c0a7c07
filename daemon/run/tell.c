/*
 * What is decided and lies in the state file is said. Bans one by one, as long as these are not
 * more than anybody reads: journald takes what we write without a limit of its own
 * (LogRateLimitIntervalSec= in the unit), so a flood of bans must not become one of entries.
 */
#include "run/tell.h"

#include "run/changes.h"
#include "run/events.h"
#include "run/fill.h"

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
	struct changes removals; /* elements of what ended */
};

static void crowds_done(struct crowds *crowds)
{
	free(crowds->items);
	changes_done(&crowds->removals);
}

static const char *why_ended(enum ban_end ended)
{
	switch (ended) {
	case END_IGNORED:
		return "its address is exempt now";
	case END_OUTGROWN:
		return "the prefix of its jail is longer now: ban the addresses that you mean again";
	case END_NO_NETWORKS:
		return "its jail no longer bans networks";
	case END_JAIL_GONE:
	case END_EVICTED: /* told in one for all */
	case END_NONE:
		break;
	}
	return "its jail is no longer active";
}

/* At the rate of now, or with the others of its jail. */
static int tell_ban(struct daemon *daemon, const struct ban *ban, struct crowds *crowds)
{
	int jail = active_find_jail(&daemon->active, ban->jail);
	struct crowd *crowd;
	usec_t now;

	if (jail < 0 || sd_event_now(daemon->event, CLOCK_MONOTONIC, &now) < 0 ||
	    quota_take(&daemon->telling, USEC_PER_SEC / BANS_A_SECOND, BANS_AT_ONCE, now)) {
		events_ban(ban, daemon_now(daemon), daemon->dry_run, crowds->again);
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
			events_bans(crowd->last, crowd->n, crowd->n_networks, crowd->n_repeated,
				    daemon->dry_run, crowds->again);
	}
}

static int tell_end(struct daemon *daemon, const struct ban *ban, struct crowds *crowds)
{
	events_unban(ban, why_ended(ban->ended), crowds->again);
	ledger_told_end(daemon->active.ledger, ban->id);
	return fill_gather_removal(&daemon->firewall, &crowds->removals, ban);
}

/* At the bound of the ledger. An element goes with its ban, or nobody would know whose it is. */
static int remove_evicted(struct daemon *daemon, struct crowds *crowds)
{
	struct ledger *ledger = daemon->active.ledger;
	usec_t now = daemon_now(daemon);
	int r = 0;

	for (const struct ban *ban = NULL; r >= 0 && (ban = ledger_next(ledger, ban));) {
		unsigned jail = ledger_ban_jail(ban) | (ban->network ? LEDGER_NETWORKS : 0);

		if (ban->ended != END_EVICTED)
			continue;
		/* a longer one by hand has the same element */
		if (!ledger_banned(ledger, jail, &ban->prefix, now))
			r = fill_gather_removal(&daemon->firewall, &crowds->removals, ban);
		ledger_told_end(ledger, ban->id);
	}
	return r;
}

/* What is told in one, and the elements. 0 or -ENOMEM; what the kernel refuses is tried again. */
static int tell_rest(struct daemon *daemon, struct crowds *crowds)
{
	int r = 0;

	tell_crowds(daemon, crowds);
	if (ledger_n_ended(daemon->active.ledger) > 0)
		r = remove_evicted(daemon, crowds);
	if (r >= 0)
		r = changes_apply(&daemon->firewall, &crowds->removals);
	return r == -ENOMEM ? r : 0;
}

/* Once, and again when it has become ten times as much. */
static void tell_evicted(struct daemon *daemon)
{
	uint64_t n_cut = ledger_n_cut(daemon->active.ledger),
		 n = ledger_n_evicted(daemon->active.ledger);

	if (n + n_cut == 0 || n + n_cut < 10 * daemon->told_evicted)
		return;
	events_evicted(n_cut, n);
	daemon->told_evicted = n + n_cut;
}

int tell_again(struct daemon *daemon)
{
	cleanup(crowds_done) struct crowds crowds = { .again = true };
	usec_t now = daemon_now(daemon);
	bool any = false;
	int r = 0;

	for (const struct ban *ban = NULL;
	     r >= 0 && (ban = ledger_next(daemon->active.ledger, ban));) {
		bool untold = ledger_is_untold(daemon->active.ledger, ban, now);

		any = any || untold || ban->ended != END_NONE;
		if (untold)
			r = tell_ban(daemon, ban, &crowds);
		if (r >= 0 && ban->ended != END_NONE && ban->ended != END_EVICTED)
			r = tell_end(daemon, ban, &crowds);
	}
	if (r >= 0)
		r = tell_rest(daemon, &crowds);
	ledger_told(daemon->active.ledger, ledger_last_id(daemon->active.ledger));
	if (any)
		daemon->dirty |= DIRTY_LEDGER;
	return r;
}

int tell_decided(struct daemon *daemon)
{
	cleanup(crowds_done) struct crowds crowds = { 0 };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < daemon->n_decided; i++) {
		const struct due *due = &daemon->decided[i];

		if (due->type == DECISION_END) {
			r = tell_end(daemon, due->ban, &crowds);
			continue;
		}
		r = tell_ban(daemon, due->ban, &crowds);
		ledger_told(daemon->active.ledger, due->id);
	}
	if (r >= 0)
		r = tell_rest(daemon, &crowds);
	if (r >= 0)
		tell_evicted(daemon);
	if (crowds.items) /* of all entries these alone cannot be known again */
		daemon->dirty |= DIRTY_LEDGER;
	return r;
}
