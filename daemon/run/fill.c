#include "run/fill.h"

#include <errno.h>

#define MAX_AT_ONCE 2000 /* bans: a transaction */

int fill_gather_ban(struct firewall *firewall, struct changes *changes, const struct ban *ban)
{
	const struct engine *engine = firewall->active->engine;
	char name[NFT_JAIL_SIZE];

	if (!firewall->nft || ban->placed || !ban_runs(ban, firewall_now(firewall)))
		return 0;
	home_name(engine, ban, name);
	if (reconcile_is_due(firewall->reconcile, ban))
		return changes_put(changes, name, ban, NFT_PUT, firewall_now(firewall));
	if (home_is_odd(engine, ban) &&
	    !homes_find(reconcile_homes(firewall->reconcile), name, ban->prefix.address.family))
		firewall->dirty |= DIRTY_LENGTHS; /* it waits for its set */
	return 0;
}

int fill_gather_removal(struct firewall *firewall, struct changes *changes, const struct ban *ban)
{
	char name[NFT_JAIL_SIZE];

	home_name(firewall->active->engine, ban, name);
	if (!firewall->nft ||
	    !homes_find(reconcile_homes(firewall->reconcile), name, ban->prefix.address.family))
		return 0; /* the set went with its jail */
	return changes_delete(changes, name, &ban->prefix.address);
}

/* The bans of the sets that are about to be made or emptied. */
int fill_gather(void *userdata, struct nft_change **ret, size_t *ret_n)
{
	struct first_fill *fill = userdata;
	struct firewall *firewall = fill->firewall;
	const struct active *active = firewall->active;
	usec_t now = firewall_now(firewall);
	const struct ban *ban = NULL;
	char name[NFT_JAIL_SIZE];
	int r = 0;

	fill->changes.n = 0;
	fill->last = 0;
	while (r >= 0 && fill->changes.n < MAX_AT_ONCE &&
	       (ban = ledger_next(active->ledger, ban))) {
		fill->last = ban->id;
		if (!ban_runs(ban, now) || !home_is_due(active->engine, ban))
			continue;
		home_name(active->engine, ban, name);
		if (nft_set_is_empty(firewall->nft, name, ban->prefix.address.family) &&
		    !ledger_is_outdone(active->ledger, ban, now))
			r = changes_put(&fill->changes, name, ban, NFT_PUT_NEW, now);
	}
	fill->whole = !ban;
	if (r >= 0)
		changes_hand_over(&fill->changes, ret, ret_n);
	return r;
}

int fill_note_first(struct firewall *firewall, const struct first_fill *fill)
{
	changes_taken(firewall, &fill->changes);
	firewall->n_put += fill->changes.n;
	return reconcile_first_done(firewall->reconcile, fill->last, fill->whole);
}
