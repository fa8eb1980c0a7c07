/*
 * Bans that end before their time, and what comes from outside: bans and unbans by hand.
 */

#include "engine/engine.h"

#include "engine/banned.h"
#include "engine/fleet.h"
#include "engine/recidive.h"
#include "engine/settings.h"

#include <errno.h>

/* Why a running ban ends; END_NONE: it goes on. An ignored host passes even when its network is
 * banned: only who tipped the scale matters, or all of the prefix. Not who is forced: his rule
 * stands before the one of the ignored. */
static enum ban_end manual_why_end(struct engine *engine, const struct ban *ban)
{
	unsigned jail = state_jail_of(engine, ban);
	const struct address *address = &ban->address;
	struct prefix network;

	if (jail == ENGINE_NO_JAIL)
		return END_JAIL_GONE;
	if (ban->network && !engine_network_of(engine, jail, ban, &network))
		return END_NO_NETWORKS;
	if (ban->network && ban->kind == BAN_MANUAL && ban->prefix.length < network.length)
		return END_OUTGROWN;
	if (jail == ENGINE_FORCED)
		return END_NONE;
	if (ban->kind == BAN_AUTOMATIC && ((!ban->network && engine_ignores(engine, address)) ||
					   settings_spare(engine, jail, address)))
		return END_IGNORED;
	return engine_ignores_all(engine, &ban->prefix) ? END_IGNORED : END_NONE;
}

int engine_end_bans(struct engine *engine, usec_t now)
{
	int r = 0;

	for (const struct ban *ban = NULL; r == 0 && (ban = ledger_next(engine->ledger, ban));) {
		enum ban_end why = ban_runs(ban, now) ? manual_why_end(engine, ban) : END_NONE;

		if (why == END_NONE)
			continue;
		r = ledger_end(engine->ledger, ban->id, now, why);
		if (r == 0)
			r = state_decide(engine,
					 &(struct decision){ .type = DECISION_END, .ban = *ban });
	}
	return r;
}

/* It prevents what comes after all that was read: so a warm-up, which goes by times, finds it so
 * too. */
int engine_ban(struct engine *engine, unsigned jail, const struct prefix *prefix, bool network,
	       usec_t now, usec_t until, const char *reason)
{
	bool told = false;
	unsigned number = state_ledger_jail(engine, jail, network);
	const struct ban *ban = NULL;
	bool is_odd; /* of a length that no offender has there */
	int r;

	/* The kernel holds one element: whatever runs now, runs that long and no longer. */
	while ((ban = ledger_next_of(engine->ledger, number, prefix, ban))) {
		if (!ban_runs(ban, now))
			continue;
		if (ban->kind == BAN_AUTOMATIC && until > ban->until)
			continue;
		told = true;
		r = ledger_set_until(engine->ledger, ban->id, until);
		if (r >= 0 && ban->kind == BAN_MANUAL)
			r = ledger_set_reason(engine->ledger, ban->id, reason);
		if (r < 0)
			return r;
	}
	if (told)
		return 0;
	is_odd = prefix->length != engine_length(engine, jail, prefix->address.family) &&
		 prefix->length != engine_prefix_of(engine, jail, &prefix->address).length;
	r = ledger_add(engine->ledger,
		       &(struct ban){
			       .jail = jail == ENGINE_MANUAL   ? MANUAL_NAME
				       : jail == ENGINE_FORCED ? FORCED_NAME
							       : engine->jails[jail].jail->name,
			       .prefix = *prefix,
			       .address = prefix->address,
			       .since = MAX(now, engine->latest + 1),
			       .until = until,
			       .kind = BAN_MANUAL,
			       .network = network,
			       .exact = !network && is_odd,
			       .reason = reason,
		       },
		       &ban);
	return r;
}

int engine_unban(struct engine *engine, unsigned jail, const struct prefix *prefix, bool network,
		 usec_t now, const struct position *after)
{
	unsigned number = state_ledger_jail(engine, jail, network);
	const struct ban *ban = NULL;
	int r, found = 0;

	while ((ban = ledger_next_of(engine->ledger, number, prefix, ban))) {
		if (!ban_runs(ban, now))
			continue;
		r = ledger_lift(engine->ledger, ban->id, now, after);
		if (r == 0 && engine->warming)
			r = lift_add(engine, ban);
		if (r < 0)
			return r;
		found = 1;
		if (jail == engine->recidive)
			r = recidive_empty(engine, prefix);
		if (jail == engine->fleet)
			r = fleet_forget(engine, prefix, now);
		if (r < 0)
			return r;
		if (!engine->warming)
			banned_empty_window(engine, ban, USEC_INFINITY);
	}
	return found;
}
