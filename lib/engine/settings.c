#include "engine/settings.h"
#include "engine/state.h"

const struct settings *settings_of(const struct engine *engine, unsigned jail)
{
	return jail < engine->n_jails ? engine->jails[jail].settings : &engine->policy->defaults;
}

int engine_set_ignored(struct engine *engine, const struct prefix *prefixes, size_t n)
{
	cleanup(prefixset_done) struct prefixset set = { 0 };
	struct prefixset old = engine->ignored;
	int r = 0;

	for (size_t i = 0; r == 0 && i < engine->policy->n_ignoreip; i++)
		r = prefixset_add(&set, &engine->policy->ignoreip[i]);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = prefixset_add(&set, &prefixes[i]);
	if (r < 0)
		return r;
	engine->ignored = set;
	set = old;
	return 0;
}

bool engine_ignores_all(struct engine *engine, const struct prefix *prefix)
{
	return prefix_never_offends(prefix) || prefixset_covers(&engine->ignored, prefix);
}

bool engine_ignores(struct engine *engine, const struct address *address)
{
	return address_never_offends(address) || prefixset_contains(&engine->ignored, address);
}

void engine_spare_private(struct engine *engine, bool spare)
{
	engine->spares_private = spare;
}

bool settings_is_container(const struct engine *engine, unsigned jail)
{
	return jail < engine->n_jails && engine->jails[jail].jail->is_container;
}

bool settings_spare(const struct engine *engine, unsigned jail, const struct address *address)
{
	return (engine->spares_private || settings_is_container(engine, jail)) &&
	       !settings_of(engine, jail)->banprivate && address_is_private(address);
}

bool settings_hides(const struct engine *engine, unsigned jail, const struct address *address)
{
	struct prefix host = { *address, address->family == AF_INET ? 32 : 128 };

	return settings_is_container(engine, jail) && address_is_private(address) &&
	       !policy_ignores(engine->policy, &host);
}

static bool settings_network(const struct engine *engine, unsigned jail,
			     const struct address *address, struct prefix *ret)
{
	const struct networks *networks = &settings_of(engine, jail)->networks;

	if (networks->hosts == 0)
		return false;
	*ret = address_widen(address,
			     address->family == AF_INET ? networks->length4 : networks->length6);
	return true;
}

bool engine_network(const struct engine *engine, unsigned jail, const struct address *address,
		    struct prefix *ret)
{
	return !address_carries_ipv4(address) && settings_network(engine, jail, address, ret);
}

bool engine_network_of(const struct engine *engine, unsigned jail, const struct ban *ban,
		       struct prefix *ret)
{
	return ban->kind == BAN_MANUAL ? settings_network(engine, jail, &ban->address, ret)
				       : engine_network(engine, jail, &ban->address, ret);
}

unsigned engine_length(const struct engine *engine, unsigned jail, uint8_t family)
{
	const struct settings *settings = settings_of(engine, jail);

	if (jail == ENGINE_FORCED)
		return family == AF_INET ? 32 : 128;
	return family == AF_INET ? settings->prefix4 : settings->prefix6;
}

struct prefix engine_prefix_of(const struct engine *engine, unsigned jail,
			       const struct address *address)
{
	unsigned length = engine_length(engine, jail, address->family);

	return jail == ENGINE_FORCED ? address_widen(address, length)
				     : address_host(address, length);
}

usec_t engine_banned_since(const struct engine *engine, unsigned jail,
			   const struct address *address, usec_t now)
{
	struct prefix prefix = engine_prefix_of(engine, jail, address);
	const struct ban *ban =
		ledger_banned(engine->ledger, engine->jails[jail].ledger_jail, &prefix, now);

	if (!ban && engine_network(engine, jail, address, &prefix))
		ban = ledger_banned(engine->ledger, state_ledger_jail(engine, jail, true), &prefix,
				    now);
	return ban ? ban->since : USEC_INFINITY;
}
