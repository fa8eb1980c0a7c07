#ifndef BANISH_FUZZ_WORLD_H
#define BANISH_FUZZ_WORLD_H

/* The firewall of the unit tests, left alone until ledger and kernel have nothing to say to each
 * other: then they hold the same. */

#include "../unit/firewall.h"
#include "fuzz.h"

#define WORLD_POLICY                                                          \
	"{\"ignoreip\":[\"100.64.9.9\"],\"jails\":{\"mail\":{\"maxretry\":1," \
	"\"findtime\":\"10min\",\"bantime\":\"1h\"}}}"

static inline void world_rest(struct firewall *firewall)
{
	firewall->refuse = NULL;
	firewall_lose_notices(firewall);
	firewall->now += 11 * SECOND; /* it is not tired any more */
	firewall_expire(firewall);
	for (int i = 0; i < 4; i++) {
		FUZZ_CHECK(firewall_wake(firewall));
		reconcile_want(firewall->reconcile,
			       RECONCILE_WANT_INSTALL | RECONCILE_WANT_RETRY | RECONCILE_WANT_FILL);
		FUZZ_CHECK(firewall_drain(firewall));
	}
	FUZZ_CHECK(firewall_wake(firewall));
	stream_commit(&firewall->stream);
}

static inline void world_check(struct firewall *firewall)
{
	struct engine *engine = firewall->stream.engine;
	char name[NFT_JAIL_SIZE];
	size_t n_held = 0, n_homes = 0;

	for (size_t i = 0; i < firewall->n_sets; i++)
		n_held += firewall->sets[i].n;
	for (const struct ban *ban = NULL; (ban = ledger_next(engine_ledger(engine), ban));) {
		struct stood *set = firewall_set(firewall, home_name(engine, ban, name),
						 ban->prefix.address.family);

		if (!ban_runs(ban, firewall->now) || !set ||
		    element_ban(engine, ban->jail, &ban->prefix, firewall->now) != ban)
			continue;
		FUZZ_CHECK(firewall_held(set, &ban->prefix.address));
		n_homes++;
	}
	FUZZ_CHECK(n_held == n_homes);
}

#endif
