#include "run/lengths.h"

#include "io/log.h"

static bool lengths_stand(const struct firewall *firewall, const struct ban *ban)
{
	return nft_lengths_have(nft_lengths(firewall->nft), ban->jail, ban->prefix.address.family,
				ban->prefix.length);
}

static void lengths_refuse(struct firewall *firewall, const struct ban *ban)
{
	char text[PREFIX_TEXT_MAX];

	if (!firewall->lengths_refused)
		log_say(LOG_KERNEL, LOG_ERR,
			"%s: %s cannot be banned: there are %d sets for IPv%c bans of another length than "
			"their jail's, and there can be no more; end some of those bans, \"banish list\" shows them",
			ban->jail, prefix_format(&ban->prefix, text), NFT_MAX_LENGTHS,
			ban->prefix.address.family == AF_INET ? '4' : '6');
	firewall->lengths_refused = true;
}

/* What stands comes first: a ban that is in the kernel never makes room for another. */
void lengths_gather(struct firewall *firewall, struct nft_lengths *ret)
{
	usec_t now = firewall_now(firewall);
	bool refused = false;

	*ret = (struct nft_lengths){ 0 };
	for (int standing = 1; standing >= 0; standing--)
		for (const struct ban *ban = NULL;
		     (ban = ledger_next(firewall->active->ledger, ban));) {
			if (!ban_runs(ban, now) || !home_is_odd(firewall->active->engine, ban) ||
			    (standing && !lengths_stand(firewall, ban)))
				continue;
			if (nft_lengths_add(ret, ban->jail, ban->prefix.address.family,
					    ban->prefix.length) >= 0)
				continue;
			lengths_refuse(firewall, ban);
			refused = true;
		}
	firewall->lengths_refused = refused;
}

void lengths_demand(struct firewall *firewall)
{
	const struct nft_lengths *standing;
	struct nft_lengths wanted;

	if (!firewall->nft)
		return;
	standing = nft_lengths(firewall->nft);
	lengths_gather(firewall, &wanted);
	for (size_t i = 0; i < wanted.n_items; i++)
		if (!nft_lengths_have(standing, wanted.items[i].jail, wanted.items[i].family,
				      wanted.items[i].length))
			firewall->dirty |= DIRTY_KERNEL;
}
