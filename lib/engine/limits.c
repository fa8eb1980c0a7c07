/*
 * Bans that come too fast, and accounts that many try. A warm-up finds again who was held back:
 * whoever is over the limit when the breaker is full, though no ban of his was met. It looks only
 * where all that decides this is read again.
 */

#include "engine/limits.h"

int limits_close_breaker(struct engine *engine, unsigned jail, usec_t time)
{
	uint64_t n_held;

	if (!breaker_close(&engine->jails[jail].breaker, time, &n_held) || engine->warming)
		return 0;
	return state_decide(engine, &(struct decision){
					    .type = DECISION_BREAKER_CLOSED,
					    .ban = { .jail = engine->jails[jail].jail->name,
						     .since = time },
					    .count = n_held,
				    });
}

static bool is_looked_at(const struct engine *engine, const struct breaker *breaker, usec_t time)
{
	usec_t end = ledger_position(engine->ledger).time;

	return end <= time || end - time < breaker_reach(breaker);
}

int limits_hold_back(struct engine *engine, unsigned jail, const struct ban *would, bool anew)
{
	struct breaker *breaker = &engine->jails[jail].breaker;
	int r;

	if (!breaker_is_full(breaker, would->since))
		return 0;
	if (engine->warming && !is_looked_at(engine, breaker, would->since))
		return 0;
	if (!breaker_hold(breaker, would->since, anew) || engine->warming)
		return 1;
	r = state_decide(engine, &(struct decision){
					 .type = DECISION_BREAKER,
					 .ban = *would,
					 .count = breaker->rate.count,
				 });
	return r < 0 ? r : 1;
}

int limits_note_target(struct engine *engine, const struct entry *entry,
		       const struct verdict_of_hit *verdict, const struct prefix *offender,
		       usec_t time)
{
	const struct jail_state *jail = &engine->jails[verdict->jail];
	const struct rate *rate = &jail->settings->targets;
	struct decision decision = {
		.type = DECISION_TARGET,
		.ban = { .jail = jail->jail->name,
			 .event = jail->jail->rule->events[verdict->event].name,
			 .prefix = *offender,
			 .address = verdict->address,
			 .since = time },
		.count = rate->count,
		.user = verdict->user,
	};
	int r;

	if (rate->count == 0 || !verdict->user.data || verdict->user.size == 0)
		return 0;
	r = accounts_note(engine->accounts, rate, verdict->jail, verdict->user, &offender->address,
			  time);
	if (r <= 0 || engine->warming)
		return r < 0 ? r : 0;
	r = state_cursor(engine, entry, &decision.ban.cursor);
	return r < 0 ? r : state_decide(engine, &decision);
}
