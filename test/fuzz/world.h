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

/* Its last moments may end at different times in ledger and kernel. */
static inline bool world_lasts(const struct firewall *firewall, usec_t until)
{
	return until == USEC_INFINITY || until >= firewall->now + TIMER_SLACK;
}

static inline void world_check(struct firewall *firewall)
{
	struct engine *engine = firewall->stream.engine;
	char name[NFT_JAIL_SIZE];
	size_t n_held = 0, n_homes = 0;

	for (size_t i = 0; i < firewall->n_sets; i++)
		for (size_t k = 0; k < firewall->sets[i].n; k++)
			n_held += world_lasts(firewall, firewall->sets[i].items[k].until);
	for (const struct ban *ban = NULL; (ban = ledger_next(engine_ledger(engine), ban));) {
		struct stood *set = firewall_set(firewall, home_name(engine, ban, name),
						 ban->prefix.address.family);
		const struct held *held;

		if (!ban_runs(ban, firewall->now) || !set ||
		    element_ban(engine, ban->jail, &ban->prefix, firewall->now) != ban)
			continue;
		held = firewall_held(set, &ban->prefix.address);
		FUZZ_CHECK(held || !world_lasts(firewall, ban->until));
		n_homes += held && world_lasts(firewall, held->until);
	}
	FUZZ_CHECK(n_held == n_homes);
}

#endif
