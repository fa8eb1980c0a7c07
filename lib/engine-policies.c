/*
 * Bans that come too fast, and accounts that many try. A warm-up finds again who was held back:
 * whoever is over the limit when the breaker is full, though no ban of his was met. It looks only
 * where all that decides this is read again.
 */

#include "engine-internal.h"

int engine_close_breaker(struct engine *engine, unsigned jail, usec_t time)
{
	uint64_t n_held;

	if (!breaker_close(&engine->jails[jail].breaker, time, &n_held) || engine->warming)
		return 0;
	return engine_decide(engine, &(struct decision){
					     .type = DECISION_BREAKER_CLOSED,
					     .jail = jail,
					     .time = time,
					     .count = n_held,
					     .jail_name = engine->jails[jail].jail->name,
				     });
}

static bool is_pending(const struct engine *engine, uint64_t id)
{
	for (size_t i = engine->next_lift; i < engine->n_lifts; i++)
		if (engine->lifts[i].id == id && !engine->lifts[i].applied)
			return true;
	return false;
}

/* Live he was banned at that time; the unban came later. */
static bool was_banned(const struct engine *engine, const struct decision *would)
{
	const struct ban *ban = NULL;

	while ((ban = ledger_next_of(engine->ledger, engine->jails[would->jail].ledger_jail,
				     &would->prefix, ban)))
		if (ban->lifted && ban->since <= would->time && would->time < ban->until &&
		    is_pending(engine, ban->id))
			return true;
	return false;
}

static bool was_held_back(const struct engine *engine, const struct breaker *breaker,
			  const struct decision *would)
{
	usec_t end = ledger_position(engine->ledger).time;

	if (end > would->time && end - would->time >= breaker_reach(breaker))
		return false;
	return !was_banned(engine, would);
}

int engine_hold_back(struct engine *engine, const struct decision *would, bool anew)
{
	struct breaker *breaker = &engine->jails[would->jail].breaker;
	struct decision decision = *would;
	int r;

	if (!breaker_is_full(breaker, would->time))
		return 0;
	if (engine->warming && !was_held_back(engine, breaker, would))
		return 0;
	if (!breaker_hold(breaker, would->time, anew) || engine->warming)
		return 1;
	decision.type = DECISION_BREAKER;
	decision.count = breaker->rate.count;
	r = engine_decide(engine, &decision);
	return r < 0 ? r : 1;
}

int engine_note_target(struct engine *engine, const struct entry *entry,
		       const struct verdict_of_hit *verdict, const struct prefix *offender,
		       usec_t time)
{
	const struct jail_state *jail = &engine->jails[verdict->jail];
	const struct rate *rate = &jail->settings->targets;
	struct decision decision = {
		.type = DECISION_TARGET,
		.jail = verdict->jail,
		.event = verdict->event,
		.time = time,
		.address = verdict->address,
		.prefix = *offender,
		.count = rate->count,
		.user = verdict->user,
		.jail_name = jail->jail->name,
		.event_name = jail->jail->rule->events[verdict->event].name,
	};
	int r;

	if (rate->count == 0 || !verdict->user.data || verdict->user.size == 0)
		return 0;
	r = targets_note(engine->targets, rate, verdict->jail, verdict->user, &offender->address,
			 time);
	if (r <= 0 || engine->warming)
		return r < 0 ? r : 0;
	r = engine_cursor(engine, entry, &decision.cursor);
	return r < 0 ? r : engine_decide(engine, &decision);
}
