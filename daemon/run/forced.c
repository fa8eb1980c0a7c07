#include "run/forced.h"

#include "run/events.h"
#include "run/fill.h"

#include <errno.h>

/* The ledger may not have heard yet of a mark that came with the element, and the kernel may have
 * lost one that the ledger knows. */
bool forced_holds(struct firewall *firewall, const struct prefix *prefix)
{
	return engine_forces(firewall->active->engine, prefix, firewall_now(firewall)) ||
	       nft_forces(firewall->nft, prefix) > 0;
}

static bool forced_is_needed(const struct firewall *firewall, const struct ban *mark, usec_t now)
{
	for (const struct ban *ban = NULL; (ban = ledger_next(firewall->active->ledger, ban));)
		if (!nft_jail_is_forced(ban->jail) && ban_runs(ban, now) &&
		    prefix_contains(&ban->prefix, &mark->address))
			return true;
	return false;
}

int forced_release(struct firewall *firewall)
{
	cleanup(changes_done) struct changes changes = { 0 };
	struct ledger *ledger = firewall->active->ledger;
	usec_t now = firewall_now(firewall);
	int r = 0;

	for (const struct ban *ban = NULL; r >= 0 && (ban = ledger_next(ledger, ban));) {
		if (!nft_jail_is_forced(ban->jail) || !ban_runs(ban, now) ||
		    forced_is_needed(firewall, ban, now))
			continue;
		r = engine_unban(firewall->active->engine, ENGINE_FORCED, &ban->prefix, false, now,
				 &firewall->position);
		if (r < 0)
			break;
		events_unban(ban, "nothing bans it any more", false);
		r = fill_gather_removal(firewall, &changes, ban);
	}
	if (r >= 0)
		r = changes_apply(firewall, &changes);
	return r == -ENOMEM ? r : 0; /* what the kernel refuses is tried again */
}
