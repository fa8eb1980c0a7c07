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

/* bantime x factor^(n-1), at most maxtime, whole seconds; factor 1 is bantime, whatever maxtime is.
 * Rounded to the microsecond before it is cut, so that 1h x 1.7 x 1.7 is 10404 s although 1.7 is
 * no binary number. */
static usec_t ban_duration(const struct settings *settings, uint32_t offence)
{
	double factor = settings->increment.factor, duration = (double)settings->bantime;
	double limit = (double)MIN(settings->increment.maxtime, (usec_t)1 << 62);
	usec_t usec;

	if (settings->bantime == USEC_INFINITY)
		return USEC_INFINITY;
	if (!(factor > 1))
		return settings->bantime - settings->bantime % USEC_PER_SEC;
	for (uint32_t n = offence - 1; n > 0 && duration < limit; n >>= 1) {
		if (n & 1)
			duration *= factor;
		factor *= factor;
	}
	usec = duration < limit ? (usec_t)(duration + 0.5) : settings->increment.maxtime;
	usec = MIN(usec, settings->increment.maxtime);
	return usec == USEC_INFINITY ? usec : usec - usec % USEC_PER_SEC;
}

/* The ledger may let go of it before the caller looks: the texts of the decision stay the caller's.
 */
int engine_begin_ban(struct engine *engine, unsigned jail, struct ban *ban)
{
	const struct settings *settings = engine_settings(engine, jail);
	unsigned number = network_number_of(engine, jail) | (ban->network ? LEDGER_NETWORKS : 0);
	const struct ban *added;
	int r;

	ban->offence = 1 + ledger_offences(engine->ledger, number, &ban->prefix, ban->since,
					   settings->increment.memory);
	if (__builtin_add_overflow(ban->since, ban_duration(settings, ban->offence), &ban->until))
		ban->until = USEC_INFINITY;
	r = ledger_add(engine->ledger, ban, &added);
	if (r < 0)
		return r;
	ban->id = added->id;
	engine->statistics.bans++;
	engine_forget_sums(engine, ban, jail);
	breaker_note(&engine->jails[jail].breaker, ban->since);
	return engine_decide(engine, &(struct decision){ .type = DECISION_BAN, .ban = *ban });
}

static int network_ban(struct engine *engine, unsigned jail, const struct ban *offender,
		       const struct prefix *network)
{
	struct ban ban = *offender;

	ban.id = 0;
	ban.prefix = *network;
	ban.network = true;
	ban.users = 0;
	ban.failures = (uint64_t)engine_settings(engine, jail)->networks.hosts * WEIGHT_ONE;
	networks_forget(engine->networks, network_number_of(engine, jail), network);
	return engine_begin_ban(engine, jail, &ban);
}

int engine_ban_network(struct engine *engine, unsigned jail, const struct ban *offender)
{
	struct prefix network;
	int r;

	if (!engine_network(engine, jail, &offender->address, &network))
		return 0;
	r = network_note(engine, jail, &network, &offender->prefix);
	if (r < 0)
		return r;
	if (network_count(engine, jail, &network, offender->since) <
	    engine_settings(engine, jail)->networks.hosts)
		return 0;
	return network_ban(engine, jail, offender, &network);
}
