/*
 * Addresses that are banned by hand though they are ignored. Each has a mark, an element of forced4
 * or forced6 and a ban of that name in the ledger: it is put there with the ban (`banish ban
 * --force`), lasts as long, and goes when no ban needs it any more. A ban of an ignored address
 * without a mark is taken out.
 */
#include "run/changes.h"

#include "cli/output.h"

#include <errno.h>

/* The ledger may not have heard yet of a mark that came with the element, and the kernel may have
 * lost one that the ledger knows. */
bool forced_holds(struct daemon *daemon, const struct prefix *prefix)
{
	return engine_forces(daemon->active.engine, prefix, daemon_now(daemon)) ||
	       nft_forces(daemon->nft, prefix) > 0;
}

static bool forced_is_needed(const struct daemon *daemon, const struct ban *mark, usec_t now)
{
	for (const struct ban *ban = NULL; (ban = ledger_next(daemon->ledger, ban));)
		if (!nft_jail_is_forced(ban->jail) && ban_runs(ban, now) &&
		    prefix_contains(&ban->prefix, &mark->address))
			return true;
	return false;
}

static int release(struct daemon *daemon, const struct ban *mark, usec_t now)
{
	const struct position position = daemon_position(daemon);
	int r;

	r = engine_unban(daemon->active.engine, ENGINE_FORCED, &mark->prefix, false, now,
			 &position);
	if (r < 0)
		return r;
	say_unban(daemon, mark, "nothing bans it any more", false);
	return firewall_remove(daemon, mark);
}

int forced_settle(struct daemon *daemon)
{
	usec_t now = daemon_now(daemon);
	int r = 0;

	for (const struct ban *ban = NULL; r >= 0 && (ban = ledger_next(daemon->ledger, ban));)
		if (nft_jail_is_forced(ban->jail) && ban_runs(ban, now) &&
		    !forced_is_needed(daemon, ban, now))
			r = release(daemon, ban, now);
	if (r >= 0)
		r = engine_end_bans(daemon->active.engine, now);
	if (r >= 0)
		r = commit_decisions(daemon);
	if (r >= 0)
		r = commit_all(daemon);
	return r < 0 ? r : 0;
}
