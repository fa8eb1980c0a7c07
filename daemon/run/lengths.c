/*
 * Bans of another length than their jail's stand in a set of that length: hosts that carry an IPv4
 * address, ranges by hand. Such a set is made when the first ban needs it.
 */
#include "run/daemon.h"

#include "cli/output.h"
#include "io/log.h"

#include <errno.h>

/* The jail is in force and the ban's length is not its own. */
static bool lengths_is_odd(const struct daemon *daemon, const struct ban *ban)
{
	unsigned jail = daemon_engine_jail(daemon, ban->jail);

	return !ban->network && jail != ENGINE_NO_JAIL &&
	       ban->prefix.length !=
		       engine_length(daemon->active.engine, jail, ban->prefix.address.family);
}

const char *lengths_name(const struct daemon *daemon, const struct ban *ban,
			 char buffer[static NFT_JAIL_SIZE])
{
	return lengths_is_odd(daemon, ban) ? nft_length_name(ban->jail, ban->prefix.length, buffer)
					   : nft_jail_name(ban->jail, ban->network, buffer);
}

static bool stands(const struct daemon *daemon, const struct ban *ban)
{
	return nft_lengths_have(nft_lengths(daemon->nft), ban->jail, ban->prefix.address.family,
				ban->prefix.length);
}

bool lengths_lack(const struct daemon *daemon, const struct ban *ban)
{
	return daemon->nft && lengths_is_odd(daemon, ban) && !stands(daemon, ban);
}

static void lengths_refuse(struct daemon *daemon, const struct ban *ban)
{
	char text[PREFIX_TEXT_MAX];

	if (!daemon->lengths_refused)
		log_say(LOG_KERNEL, LOG_ERR,
			"%s: %s cannot be kept out: there are %d sets for IPv%c bans of another length than "
			"their jail's, and there can be no more; end some of those bans, \"banish list\" shows them",
			ban->jail, prefix_format(&ban->prefix, text), NFT_MAX_LENGTHS,
			ban->prefix.address.family == AF_INET ? '4' : '6');
	daemon->lengths_refused = true;
}

/* What stands comes first: a ban that is in the kernel never makes room for another. */
void lengths_gather(struct daemon *daemon, struct nft_lengths *ret)
{
	usec_t now = daemon_now(daemon);
	bool refused = false;

	*ret = (struct nft_lengths){ 0 };
	for (int standing = 1; standing >= 0; standing--)
		for (const struct ban *ban = NULL; (ban = ledger_next(daemon->ledger, ban));) {
			if (!ban_runs(ban, now) || !lengths_is_odd(daemon, ban) ||
			    (standing && !stands(daemon, ban)))
				continue;
			if (nft_lengths_add(ret, ban->jail, ban->prefix.address.family,
					    ban->prefix.length) >= 0)
				continue;
			lengths_refuse(daemon, ban);
			refused = true;
		}
	daemon->lengths_refused = refused;
}

int lengths_make(struct daemon *daemon)
{
	const struct nft_lengths *standing;
	struct nft_lengths wanted;
	bool lacks = false;
	int r;

	daemon->lengths_wanted = false;
	if (!daemon->nft)
		return 0;
	standing = nft_lengths(daemon->nft);
	lengths_gather(daemon, &wanted);
	for (size_t i = 0; i < wanted.n_items; i++)
		lacks = lacks || !nft_lengths_have(standing, wanted.items[i].jail,
						   wanted.items[i].family, wanted.items[i].length);
	if (!lacks)
		return 0;
	r = firewall_mend(daemon);
	return r == -ENOMEM ? r : 0; /* all else was said, and is tried again */
}
