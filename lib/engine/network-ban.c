/*
 * Bans of whole networks. Which offenders of a network were banned is looked up in the ledger, ban
 * by ban, so a restart finds what a run without one has; a ban that was lifted counts nowhere, and
 * one counts towards one ban of the network only.
 */

#include "engine/network-ban.h"

#include "engine/banned.h"
#include "engine/settings.h"

/* Offenders that a network keeps for each that it takes: some were lifted. */
#define DEPTH_A_HOST 4

static int network_note(struct engine *engine, unsigned jail, const struct prefix *network,
			const struct prefix *offender)
{
	return networks_note(engine->networks, state_ledger_jail(engine, jail, false), network,
			     offender, DEPTH_A_HOST * settings_of(engine, jail)->networks.hosts);
}

int network_count_ban(struct engine *engine, const struct ban *ban, unsigned jail)
{
	struct prefix network;

	if (ban->network || ban->kind != BAN_AUTOMATIC || ban->lifted ||
	    !state_is_in_reach(engine, ban->since) ||
	    !engine_network(engine, jail, &ban->address, &network))
		return 0;
	return network_note(engine, jail, &network, &ban->prefix);
}

/* Bans up to this one brought a ban of the network, or were forgiven with it. */
static uint64_t used_up(const struct engine *engine, unsigned number, const struct prefix *network)
{
	const struct ban *ban = NULL;
	uint64_t id = 0;

	while ((ban = ledger_next_of(engine->ledger, number | LEDGER_NETWORKS, network, ban)))
		if (ban->kind == BAN_AUTOMATIC || ban->lifted)
			id = MAX(id, ban->id);
	return id;
}

static bool counts(const struct engine *engine, unsigned number, const struct prefix *offender,
		   uint64_t after, usec_t time, usec_t findtime)
{
	const struct ban *ban = NULL;

	while ((ban = ledger_next_of(engine->ledger, number, offender, ban))) {
		if (ban->since > time)
			continue;
		if (time - ban->since >= findtime)
			break;
		if (ban->kind == BAN_AUTOMATIC && !ban->lifted && ban->id > after)
			return true;
	}
	return false;
}

static uint32_t network_count(const struct engine *engine, unsigned jail,
			      const struct prefix *network, usec_t time)
{
	unsigned number = state_ledger_jail(engine, jail, false);
	uint64_t after = used_up(engine, number, network);
	const struct prefix *offenders;
	uint32_t n = 0;
	size_t n_offenders;

	offenders = networks_offenders(engine->networks, number, network, &n_offenders);
	for (size_t i = 0; i < n_offenders; i++)
		n += counts(engine, number, &offenders[i], after, time,
			    settings_of(engine, jail)->findtime);
	return n;
}

static int network_ban(struct engine *engine, unsigned jail, const struct ban *offender,
		       const struct prefix *network)
{
	struct ban ban = *offender;

	ban.id = 0;
	ban.prefix = *network;
	ban.network = true;
	ban.users = 0;
	ban.failures = (uint64_t)settings_of(engine, jail)->networks.hosts * WEIGHT_ONE;
	networks_forget(engine->networks, state_ledger_jail(engine, jail, false), network);
	return banned_begin(engine, jail, &ban);
}

int network_ban_of(struct engine *engine, unsigned jail, const struct ban *offender)
{
	struct prefix network;
	int r;

	if (!engine_network(engine, jail, &offender->address, &network))
		return 0;
	r = network_note(engine, jail, &network, &offender->prefix);
	if (r < 0)
		return r;
	if (network_count(engine, jail, &network, offender->since) <
	    settings_of(engine, jail)->networks.hosts)
		return 0;
	return network_ban(engine, jail, offender, &network);
}
