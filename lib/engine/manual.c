/*
 * Bans that end before their time, and what comes from outside: bans and unbans by hand.
 */

#include "engine/engine.h"

#include "engine/banned.h"
#include "engine/settings.h"

#include <errno.h>

static bool has_no_networks(const struct engine *engine, const struct ban *ban, unsigned jail)
{
	struct prefix network;

	return ban->network && !engine_network_of(engine, jail, ban, &network);
}

/* Of another prefix than the policy's is only a ban that cannot come under that one. */
static bool is_outgrown(const struct engine *engine, const struct ban *ban, unsigned jail)
{
	struct prefix network;

	if (ban->kind == BAN_AUTOMATIC || ban->exact)
		return false;
	if (ban->network)
		return engine_network_of(engine, jail, ban, &network) &&
		       ban->prefix.length < network.length;
	return ban->prefix.length < MIN(engine_length(engine, jail, ban->address.family),
					engine_prefix_of(engine, jail, &ban->address).length);
}

static int end_ban(struct engine *engine, const struct ban *ban, unsigned jail, usec_t now)
{
	enum ban_end why = jail == ENGINE_NO_JAIL               ? END_JAIL_GONE
			   : has_no_networks(engine, ban, jail) ? END_NO_NETWORKS
			   : is_outgrown(engine, ban, jail)     ? END_OUTGROWN
								: END_IGNORED;
	int r;

	r = ledger_end(engine->ledger, ban->id, now, why);
	if (r < 0)
		return r;
	return state_decide(engine, &(struct decision){ .type = DECISION_END, .ban = *ban });
}

/* An ignored host passes even when its network is banned: only who tipped the scale matters, or all
 * of the prefix. Not who is forced: his rule stands before the one of the ignored. */
static bool is_ignored(struct engine *engine, unsigned jail, const struct ban *ban)
{
	if (jail == ENGINE_FORCED)
		return false;
	if (ban->kind == BAN_AUTOMATIC &&
	    ((!ban->network && engine_ignores(engine, &ban->address)) ||
	     settings_spare(engine, jail, &ban->address)))
		return true;
	return engine_ignores_all(engine, &ban->prefix);
}

static bool must_end(struct engine *engine, const struct ban *ban, unsigned jail)
{
	return jail == ENGINE_NO_JAIL || has_no_networks(engine, ban, jail) ||
	       is_outgrown(engine, ban, jail) || is_ignored(engine, jail, ban);
}

int engine_end_bans(struct engine *engine, usec_t now)
{
	int r;

	for (const struct ban *ban = NULL; (ban = ledger_next(engine->ledger, ban));) {
		unsigned jail;

		if (!ban_runs(ban, now))
			continue;
		jail = state_jail_of(engine, ban);
		if (!must_end(engine, ban, jail))
			continue;
		r = end_ban(engine, ban, jail, now);
		if (r < 0)
			return r;
	}
	return 0;
}

static const char *name_of(const struct engine *engine, unsigned jail)
{
	return jail == ENGINE_MANUAL   ? MANUAL_NAME
	       : jail == ENGINE_FORCED ? FORCED_NAME
				       : engine->jails[jail].jail->name;
}

/* Of a length that no offender has there. */
static bool manual_is_odd(const struct engine *engine, unsigned jail, const struct prefix *prefix)
{
	return prefix->length != engine_length(engine, jail, prefix->address.family) &&
	       prefix->length != engine_prefix_of(engine, jail, &prefix->address).length;
}

/* It prevents what comes after all that was read: so a warm-up, which goes by times, finds it so
 * too. */
int engine_ban(struct engine *engine, unsigned jail, const struct prefix *prefix, bool network,
	       usec_t now, usec_t until, const char *reason)
{
	bool told = false;
	unsigned number = state_ledger_jail(engine, jail, network);
	const struct ban *ban = NULL;
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
	r = ledger_add(engine->ledger,
		       &(struct ban){
			       .jail = name_of(engine, jail),
			       .prefix = *prefix,
			       .address = prefix->address,
			       .since = MAX(now, engine->latest + 1),
			       .until = until,
			       .kind = BAN_MANUAL,
			       .network = network,
			       .exact = !network && manual_is_odd(engine, jail, prefix),
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
		if (!engine->warming)
			banned_empty_window(engine, ban, USEC_INFINITY);
	}
	return found;
}
