#include "run/telling.h"

#include "base/array.h"
#include "io/log.h"

#include <errno.h>

/* They are said one by one, as long as these are not more than anybody reads: journald takes what
 * we write without a limit of its own (LogRateLimitIntervalSec= in the unit), so a flood of bans,
 * or a set that somebody flushes, must not become one of entries. A botnet that comes all at once
 * is told ban by ban; a flood that goes on, of more addresses than there are attackers, is not. */
#define TOLD_A_SECOND 2000
#define TOLD_AT_ONCE  20000

#define DELETED "its element was deleted"

#define MAX_UNSHARED 4096 /* what comes then is not shared */

void telling_done(struct telling *telling)
{
	free(telling->crowds);
	changes_done(&telling->removals);
}

/* Whether other hosts hear of it: of bans but those that they brought, unless we are their hub, and
 * of what was let go of by hand. */
static bool telling_shares(const struct daemon *daemon, const struct ban *ban)
{
	const struct fleet_policy *policy = &daemon->active.config->policy->fleet;

	if (!policy->share || daemon->dry_run)
		return false;
	if (ban->ended != END_NONE && ban->ended != END_FLEET)
		return ban->ended == END_BY_HAND;
	return ban->kind == BAN_AUTOMATIC && (policy->hub || strcmp(ban->jail, FLEET_NAME) != 0);
}

static void telling_note_shared(struct daemon *daemon, int r)
{
	if (daemon->told.says_unshared == (r < 0))
		return;
	daemon->told.says_unshared = r < 0;
	if (r < 0)
		log_say(LOG_FLEET, LOG_WARNING,
			"bans do not get to other hosts: the journal namespace banish-fleet cannot be written (%s): see banish-fleet(7)",
			strerror(-r));
	else
		log_say(LOG_FLEET, LOG_INFO, "bans get to other hosts again");
}

/* The namespace's journald is busy, or away for a while: what it does not take waits. */
static void telling_shared(struct daemon *daemon, const struct ban *ban, bool unban, int r)
{
	struct told *told = &daemon->told;

	telling_note_shared(daemon, r);
	if (r >= 0 || told->n_unshared == MAX_UNSHARED ||
	    array_reserve(&told->unshared, told->n_unshared, &told->max_unshared,
			  sizeof(*told->unshared)) < 0)
		return;
	told->unshared[told->n_unshared++] = (struct unshared){ ban->id, unban };
	fleet_share_soon(&daemon->fleet);
}

void telling_share_again(struct daemon *daemon)
{
	struct told *told = &daemon->told;
	usec_t now = wakeup_time(daemon->event);
	size_t n = 0;

	if (told->n_unshared == 0)
		return;
	for (; n < told->n_unshared; n++) {
		const struct unshared *one = &told->unshared[n];
		const struct ban *ban = ledger_get(daemon->active.ledger, one->id);
		int r;

		if (!ban || (!one->unban && (ban->lifted || !ban_runs(ban, now))))
			continue; /* nobody needs to hear of it any more */
		r = one->unban ? events_unban(ban, DELETED, false, AUDIENCE_OTHERS)
			       : events_ban(ban, now, false, false, AUDIENCE_OTHERS);
		telling_note_shared(daemon, r);
		if (r < 0)
			break;
	}
	told->n_unshared -= n;
	memmove(told->unshared, told->unshared + n, told->n_unshared * sizeof(*told->unshared));
	if (told->n_unshared > 0)
		fleet_share_soon(&daemon->fleet);
}

/* At the rate of now: `ret` is NULL. Or it is counted with the others of its jail. */
static int telling_take(struct telling *telling, struct daemon *daemon, enum crowd_kind kind,
			const struct ban *ban, struct crowd **ret)
{
	struct crowd *crowd = telling->crowds;
	usec_t now;
	int r;

	*ret = NULL;
	if (sd_event_now(daemon->event, CLOCK_MONOTONIC, &now) < 0 ||
	    quota_take(&daemon->told.bans, USEC_PER_SEC / TOLD_A_SECOND, TOLD_AT_ONCE, now))
		return 0;
	for (size_t i = 0; i < telling->n_crowds; i++, crowd++)
		if (crowd->kind == kind && strcmp(crowd->last->jail, ban->jail) == 0)
			break;
	if (!crowd || crowd == telling->crowds + telling->n_crowds) {
		r = array_reserve(&telling->crowds, telling->n_crowds, &telling->max_crowds,
				  sizeof(*crowd));
		if (r < 0)
			return r;
		crowd = &telling->crowds[telling->n_crowds++];
		*crowd = (struct crowd){ .kind = kind };
	}
	crowd->n++;
	crowd->last = ban;
	*ret = crowd;
	return 0;
}

int telling_ban(struct telling *telling, struct daemon *daemon, const struct ban *ban)
{
	/* it may have ended since */
	bool share = ban->ended == END_NONE && telling_shares(daemon, ban);
	struct crowd *crowd;
	int r, shared;

	telling->last = ban->id;
	if (telling->stuck)
		return 0;
	r = telling_take(telling, daemon, CROWD_BANS, ban, &crowd);
	if (r < 0)
		return r;
	if (crowd) {
		crowd->n_networks += ban->network;
		crowd->n_repeated += ban->offence > 1;
		return 0;
	}
	shared = events_ban(ban, wakeup_time(daemon->event), daemon->dry_run, telling->again,
			    share ? AUDIENCE_ALL : AUDIENCE_HERE);
	telling->stuck = log_is_stuck();
	if (share)
		telling_shared(daemon, ban, false, shared);
	if (!telling->stuck && telling->n_crowds == 0)
		telling->told = ban->id;
	return 0;
}

int telling_deed(struct telling *telling, struct daemon *daemon, const struct ban *ban,
		 bool adopted, const char *text)
{
	enum crowd_kind kind = adopted ? CROWD_ADOPTS : CROWD_UNBANS;
	bool share = !adopted && telling_shares(daemon, ban);
	struct crowd *crowd;
	int r, shared = 0;

	if (telling->stuck)
		return 0;
	r = telling_take(telling, daemon, kind, ban, &crowd);
	if (r < 0)
		return r;
	if (!crowd) {
		if (adopted)
			events_adopt(ban, text, telling->again);
		else
			shared = events_unban(ban, text, telling->again,
					      share ? AUDIENCE_ALL : AUDIENCE_HERE);
		telling->stuck = log_is_stuck();
		if (share)
			telling_shared(daemon, ban, true, shared);
	}
	if (!telling->stuck)
		ledger_told_end(daemon->active.ledger, ban->id);
	return 0;
}

static int telling_remove(struct telling *telling, struct daemon *daemon, const struct ban *ban)
{
	unsigned jail = ledger_ban_jail(ban) | (ban->network ? LEDGER_NETWORKS : 0);

	/* another one that runs has the same element */
	if (ledger_banned(daemon->active.ledger, jail, &ban->prefix, wakeup_time(daemon->event)))
		return 0;
	return firewall_gather_removal(&daemon->firewall, &telling->removals, ban);
}

int telling_end(struct telling *telling, struct daemon *daemon, const struct ban *ban)
{
	const char *reason = "its jail is no longer active";
	bool was_deleted = ban->ended == END_BY_HAND; /* its element, by somebody */
	int r;

	if (ban->ended == END_BY_HAND && !ban->lifted)
		return telling_deed(telling, daemon, ban, true, "");
	if (ban->ended == END_BY_HAND)
		reason = DELETED;
	else if (ban->ended == END_FLEET)
		reason = "it was unbanned by hand on another host of the fleet";
	else if (ban->ended == END_IGNORED)
		reason = "its address is exempt now";
	else if (ban->ended == END_OUTGROWN)
		reason = "the networks of its jail are smaller now: ban those that you mean again";
	else if (ban->ended == END_NO_NETWORKS)
		reason = "its jail no longer bans networks";
	r = telling_deed(telling, daemon, ban, false, reason);
	return r < 0 || was_deleted ? r : telling_remove(telling, daemon, ban);
}

/* Bans up to that number were told; what was not is told again soon. */
static void telling_mark(struct telling *telling, struct daemon *daemon)
{
	uint64_t told = telling->stuck ? telling->told : telling->last;

	if (told > 0)
		ledger_told(daemon->active.ledger, told);
	if (telling->n_crowds > 0) /* of all entries these alone cannot be known again */
		daemon->dirty |= DIRTY_LEDGER;
	if (telling->stuck) {
		daemon->dirty |= DIRTY_UNTOLD;
		firewall_retry_soon(&daemon->firewall);
	}
}

int telling_finish(struct telling *telling, struct daemon *daemon)
{
	struct ledger *ledger = daemon->active.ledger;
	const struct ban *ban = NULL;
	int r = 0;

	for (size_t i = 0; i < telling->n_crowds && !telling->stuck; i++) {
		events_crowd(&telling->crowds[i], daemon->dry_run, telling->again);
		telling->stuck = log_is_stuck();
	}
	telling_mark(telling, daemon);
	/* At the bound of the ledger an element goes with its ban, or nobody would know whose it
	 * is. */
	while (r >= 0 && ledger_n_ended(ledger) > 0 && (ban = ledger_next(ledger, ban))) {
		if (ban->ended != END_EVICTED)
			continue;
		r = telling_remove(telling, daemon, ban);
		ledger_told_end(ledger, ban->id);
	}
	if (r >= 0)
		r = firewall_apply(&daemon->firewall, &telling->removals);
	return r == -ENOMEM ? r : 0;
}
