/*
 * Bans of whole networks. Which offenders of a network were banned is looked up in the ledger, ban
 * by ban, so a restart finds what a run without one has; a ban that was lifted counts nowhere, and
 * one counts towards one ban of the network only.
 */

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
	    !engine_network(engine, jail, &ban->address, &network))
		return 0;
	return network_note(engine, jail, &network, &ban->prefix);
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

int network_ban_of(struct engine *engine, unsigned jail, const struct ban *offender)
{
	const struct settings *settings = settings_of(engine, jail);
	unsigned number = state_ledger_jail(engine, jail, false);
	const struct prefix *offenders;
	const struct ban *earlier = NULL;
	struct ban ban = *offender;
	struct prefix network;
	uint64_t after = 0; /* bans up to this one brought a ban, or were forgiven with it */
	size_t n_offenders;
	uint32_t n = 0;
	int r;

	if (!engine_network(engine, jail, &offender->address, &network))
		return 0;
	r = network_note(engine, jail, &network, &offender->prefix);
	if (r < 0)
		return r;
	while ((earlier = ledger_next_of(engine->ledger, number | LEDGER_NETWORKS, &network,
					 earlier)))
		if (earlier->kind == BAN_AUTOMATIC || earlier->lifted)
			after = MAX(after, earlier->id);
	offenders = networks_offenders(engine->networks, number, &network, &n_offenders);
	for (size_t i = 0; i < n_offenders; i++)
		n += counts(engine, number, &offenders[i], after, offender->since,
			    settings->findtime);
	if (n < settings->networks.hosts)
		return 0;
	ban.id = 0;
	ban.prefix = network;
	ban.network = true;
	ban.users = 0;
	ban.failures = (uint64_t)settings->networks.hosts * WEIGHT_ONE;
	networks_forget(engine->networks, number, &network);
	return banned_begin(engine, jail, &ban);
}
