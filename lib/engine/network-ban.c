/*
 * Bans of whole networks. Which offenders of a network were banned is looked up in the ledger, ban
 * by ban, so a restart finds what a run without one has; a ban that was lifted counts nowhere, and
 * one counts towards one ban of the network only.
 */

#include "engine/internal.h"

#include <errno.h>

#define DEPTH_A_HOST                                                                 \
	4 /* offenders that a network keeps for each that it takes: some were lifted \
	   */

/* A warm-up waits so long for the entry that made a ban; then the journal does not hold it, and the
 * ban goes by times. */
#define PATIENCE USEC_PER_HOUR

const struct settings *engine_settings(const struct engine *engine, unsigned jail)
{
	return jail < engine->n_jails ? engine->jails[jail].settings : &engine->policy->defaults;
}

static unsigned network_number_of(const struct engine *engine, unsigned jail)
{
	return jail < engine->n_jails ? engine->jails[jail].ledger_jail : engine->manual;
}

static bool network_find_network(const struct engine *engine, unsigned jail,
				 const struct address *address, struct prefix *ret)
{
	const struct networks *networks = &engine_settings(engine, jail)->networks;

	if (networks->hosts == 0)
		return false;
	*ret = address_widen(address,
			     address->family == AF_INET ? networks->length4 : networks->length6);
	return true;
}

bool engine_network(const struct engine *engine, unsigned jail, const struct address *address,
		    struct prefix *ret)
{
	return !address_carries_ipv4(address) && network_find_network(engine, jail, address, ret);
}

bool engine_network_of(const struct engine *engine, unsigned jail, const struct ban *ban,
		       struct prefix *ret)
{
	return ban->kind == BAN_MANUAL ? network_find_network(engine, jail, &ban->address, ret)
				       : engine_network(engine, jail, &ban->address, ret);
}

bool engine_held(const struct engine *engine, const struct ban *ban, usec_t time)
{
	if (time < ban->since || time >= ban->until || (ban->lifted && ban->lift_met))
		return false;
	return ban->kind == BAN_MANUAL || ban->met || !engine_is_in_reach(engine, ban->since) ||
	       time - ban->since > PATIENCE;
}

bool engine_network_holds(struct engine *engine, unsigned jail, const struct address *address,
			  usec_t time)
{
	unsigned number = network_number_of(engine, jail) | LEDGER_NETWORKS;
	const struct ban *ban = NULL;
	struct prefix network;

	if (!engine_network(engine, jail, address, &network))
		return false;
	if (!engine->warming)
		return ledger_banned(engine->ledger, number, &network, time);
	while ((ban = ledger_next_of(engine->ledger, number, &network, ban)))
		if (engine_held(engine, ban, time))
			return true;
	return false;
}

int engine_replay_network_ban(struct engine *engine, const struct entry *entry, unsigned jail,
			      const struct address *address, usec_t time)
{
	struct prefix network;

	if (!engine_network(engine, jail, address, &network))
		return 0;
	return engine_replay_ban(engine, entry, network_number_of(engine, jail) | LEDGER_NETWORKS,
				 &network, time);
}

static int network_note(struct engine *engine, unsigned jail, const struct prefix *network,
			const struct prefix *offender)
{
	return networks_note(engine->networks, network_number_of(engine, jail), network, offender,
			     DEPTH_A_HOST * engine_settings(engine, jail)->networks.hosts);
}

int engine_count_offender(struct engine *engine, const struct ban *ban, unsigned jail)
{
	struct prefix network;

	if (ban->network || ban->kind != BAN_AUTOMATIC || ban->lifted ||
	    !engine_is_in_reach(engine, ban->since) ||
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
	unsigned number = network_number_of(engine, jail);
	uint64_t after = used_up(engine, number, network);
	const struct prefix *offenders;
	uint32_t n = 0;
	size_t n_offenders;

	offenders = networks_offenders(engine->networks, number, network, &n_offenders);
	for (size_t i = 0; i < n_offenders; i++)
		n += counts(engine, number, &offenders[i], after, time,
			    engine_settings(engine, jail)->findtime);
	return n;
}

static int network_ban(struct engine *engine, const struct decision *offender,
		       const struct prefix *network)
{
	const struct settings *settings = engine_settings(engine, offender->jail);
	unsigned number = network_number_of(engine, offender->jail);
	struct decision decision = *offender;
	const struct ban *added;
	int r;

	decision.prefix = *network;
	decision.network = true;
	decision.users = 0;
	decision.failures = (uint64_t)settings->networks.hosts * WEIGHT_ONE;
	decision.offence = 1 + ledger_offences(engine->ledger, number | LEDGER_NETWORKS, network,
					       decision.time, settings->increment.memory);
	if (__builtin_add_overflow(decision.time, engine_ban_duration(settings, decision.offence),
				   &decision.until))
		decision.until = USEC_INFINITY;
	r = ledger_add(engine->ledger,
		       &(struct ban){
			       .jail = decision.jail_name,
			       .prefix = *network,
			       .address = decision.address,
			       .since = decision.time,
			       .until = decision.until,
			       .kind = BAN_AUTOMATIC,
			       .network = true,
			       .event = decision.event_name,
			       .failures = decision.failures,
			       .offence = decision.offence,
			       .cursor = decision.cursor,
		       },
		       &added);
	if (r < 0)
		return r;
	decision.id = added->id;
	engine->statistics.bans++;
	breaker_note(&engine->jails[offender->jail].breaker, decision.time);
	networks_forget(engine->networks, number, network);
	engine_forget_sums(engine, added, offender->jail);
	return engine_decide(engine, &decision);
}

int engine_ban_network(struct engine *engine, const struct decision *offender)
{
	struct prefix network;
	int r;

	if (!engine_network(engine, offender->jail, &offender->address, &network))
		return 0;
	r = network_note(engine, offender->jail, &network, &offender->prefix);
	if (r < 0)
		return r;
	if (network_count(engine, offender->jail, &network, offender->time) <
	    engine_settings(engine, offender->jail)->networks.hosts)
		return 0;
	return network_ban(engine, offender, &network);
}
