#include "engine/recidive.h"

#include "engine/settings.h"

static bool recidive_concerns(struct engine *engine, unsigned jail, const struct ban *ban)
{
	return engine->recidive != ENGINE_NO_JAIL && jail != engine->recidive &&
	       jail != engine->fleet && !settings_spare(engine, engine->recidive, &ban->address);
}

static bool recidive_holds(const struct engine *engine, const struct ban *ban)
{
	return ledger_banned(engine->ledger, state_ledger_jail(engine, engine->recidive, false),
			     &ban->prefix, ban->since);
}

bool recidive_counts(struct engine *engine, unsigned jail, const struct ban *ban)
{
	/* where there is no such jail it may come into force yet */
	if (engine->recidive == ENGINE_NO_JAIL || jail == engine->recidive)
		return true;
	return recidive_concerns(engine, jail, ban) && !recidive_holds(engine, ban);
}

static uint32_t recidive_weigh(const struct engine *engine, const struct prefix *prefix, usec_t now)
{
	usec_t findtime = engine->jails[engine->recidive].settings->findtime;
	const struct ban *ban = NULL;
	uint32_t n = 0;

	while ((ban = ledger_next_overall(engine->ledger, prefix, ban)))
		n += ban->kind == BAN_AUTOMATIC && !ban->lifted && !ban->spent &&
		     ban->since <= now && now - ban->since < findtime;
	return n;
}

int recidive_empty(struct engine *engine, const struct prefix *prefix)
{
	const struct ban *ban = NULL;
	int r = 0;

	while (r == 0 && (ban = ledger_next_overall(engine->ledger, prefix, ban)))
		r = ledger_spend(engine->ledger, ban->id);
	return r;
}

int recidive_note(struct engine *engine, unsigned jail, const struct ban *ban, struct ban *ret)
{
	const struct jail_state *recidive;
	uint32_t n;
	int r;

	if (!recidive_concerns(engine, jail, ban))
		return 0;
	if (ban->spent) {
		engine->statistics.prevented += WEIGHT_ONE;
		return 0;
	}
	engine->statistics.failures += WEIGHT_ONE;
	recidive = &engine->jails[engine->recidive];
	n = recidive_weigh(engine, &ban->prefix, ban->since);
	if (n < recidive->settings->maxretry)
		return 0;
	*ret = (struct ban){
		.jail = recidive->jail->name,
		.prefix = ban->prefix,
		.address = ban->address,
		.since = ban->since,
		.event = recidive->jail->rule->events[0].name,
		.failures = (uint64_t)n * WEIGHT_ONE,
		.cursor = ban->cursor,
	};
	r = recidive_empty(engine, &ban->prefix);
	return r < 0 ? r : 1;
}
