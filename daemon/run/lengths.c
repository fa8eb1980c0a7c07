#include "run/lengths.h"

#include "io/log.h"

/* The jail is in force and the ban's length is not its own. */
static bool lengths_is_odd(const struct firewall *firewall, const struct ban *ban)
{
	unsigned jail = active_engine_jail(firewall->active, ban->jail);

	return !ban->network && jail != ENGINE_NO_JAIL &&
	       ban->prefix.length !=
		       engine_length(firewall->active->engine, jail, ban->prefix.address.family);
}

static bool lengths_stand(const struct firewall *firewall, const struct ban *ban)
{
	return nft_lengths_have(nft_lengths(firewall->nft), ban->jail, ban->prefix.address.family,
				ban->prefix.length);
}

bool lengths_set_of(const struct firewall *firewall, const struct ban *ban,
		    char name[static NFT_JAIL_SIZE])
{
	if (!lengths_is_odd(firewall, ban)) {
		nft_jail_name(ban->jail, ban->network, name);
		return true;
	}
	nft_length_name(ban->jail, ban->prefix.length, name);
	return !firewall->nft || lengths_stand(firewall, ban);
}

static void lengths_refuse(struct firewall *firewall, const struct ban *ban)
{
	char text[PREFIX_TEXT_MAX];

	if (!firewall->lengths_refused)
		log_say(LOG_KERNEL, LOG_ERR,
			"%s: %s cannot be kept out: there are %d sets for IPv%c bans of another length than "
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
			if (!ban_runs(ban, now) || !lengths_is_odd(firewall, ban) ||
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
