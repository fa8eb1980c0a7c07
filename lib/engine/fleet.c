#include "engine/fleet.h"

#include "engine/banned.h"
#include "engine/settings.h"

/* It was let go of elsewhere: only what this jail decided ends. A ban that began later is another
 * one, but clocks differ. */
static int fleet_end(struct engine *engine, unsigned number, const struct prefix *prefix,
		     usec_t time, usec_t now)
{
	const struct position after = ledger_position(engine->ledger);
	const struct ban *ban = NULL;
	int r = 0;

	while (r == 0 && (ban = ledger_next_of(engine->ledger, number, prefix, ban))) {
		if (!ban_runs(ban, now) || ban->kind != BAN_AUTOMATIC ||
		    ban->since > time + HEARD_AHEAD)
			continue;
		r = ledger_lift(engine->ledger, ban->id, now, &after);
		if (r == 0)
			r = ledger_end(engine->ledger, ban->id, now, END_FLEET);
		if (r == 0)
			r = state_decide(engine,
					 &(struct decision){ .type = DECISION_END, .ban = *ban });
	}
	return r;
}

static int fleet_unban(struct engine *engine, const struct report *report,
		       const struct prefix *offender, usec_t now)
{
	struct prefix network;
	int r;

	r = heard_spend(engine->ledger, offender, report->time + HEARD_AHEAD);
	if (r == 0)
		r = fleet_end(engine, state_ledger_jail(engine, engine->fleet, false), offender,
			      report->time, now);
	if (r < 0 || !engine_network(engine, engine->fleet, &report->address, &network) ||
	    !prefix_equal(&network, &report->prefix))
		return r;
	return fleet_end(engine, state_ledger_jail(engine, engine->fleet, true), &network,
			 report->time, now);
}

/* A ban of this jail that runs at that time, or came later. */
static bool fleet_holds(const struct engine *engine, const struct prefix *offender,
			const struct report *report)
{
	unsigned number = state_ledger_jail(engine, engine->fleet, false);
	const struct ban *ban = NULL;

	while ((ban = ledger_next_of(engine->ledger, number, offender, ban)))
		if (!ban->lifted && ban->kind == BAN_AUTOMATIC && ban->since >= report->time)
			return true;
	return banned_holds(engine, engine->fleet, offender, &report->address, report->time);
}

/* 1: the jail has banned too many of late; 0: nothing stands in the way. */
static int fleet_hold_back(struct engine *engine, const struct ban *would, bool anew)
{
	struct breaker *breaker = &engine->jails[engine->fleet].breaker;
	int r;

	if (!breaker_is_full(breaker, would->since))
		return 0;
	if (!breaker_hold(breaker, would->since, anew))
		return 1;
	r = state_decide(engine, &(struct decision){ .type = DECISION_BREAKER,
						     .ban = *would,
						     .count = breaker->rate.count });
	return r < 0 ? r : 1;
}

static int fleet_weigh(struct engine *engine, const struct report *report,
		       const struct prefix *offender)
{
	const struct jail_state *jail = &engine->jails[engine->fleet];
	uint32_t maxretry = jail->settings->maxretry, maxusers = jail->settings->maxusers;
	struct heard_sum sum = heard_weigh(engine->ledger, offender, jail->settings->findtime);
	struct ban ban = {
		.jail = jail->jail->name,
		.prefix = *offender,
		.address = report->address,
		.since = sum.latest,
		.event = jail->jail->rule->events[0].name,
		.failures = (uint64_t)sum.n * WEIGHT_ONE,
		.users = sum.n < maxretry ? sum.n_members : 0,
		.cursor = report->cursor,
		.reason = heard_member_at(engine->ledger, report->member)->name,
	};
	int r;

	if (sum.n == 0 || (sum.n < maxretry && (maxusers == 0 || sum.n_members < maxusers)))
		return 0;
	r = fleet_hold_back(engine, &ban, sum.n <= maxretry);
	if (r != 0)
		return MIN(r, 0);
	r = heard_spend(engine->ledger, offender, sum.latest);
	if (r == 0)
		r = banned_begin(engine, engine->fleet, &ban);
	return r < 0 ? r : network_ban_of(engine, engine->fleet, &ban);
}

static int fleet_judge(struct engine *engine, const struct report *report,
		       const struct prefix *offender)
{
	struct jail_state *jail = &engine->jails[engine->fleet];
	struct decision closed = { .type = DECISION_BREAKER_CLOSED,
				   .ban = { .jail = jail->jail->name, .since = report->time } };
	int r = 0;

	if (breaker_close(&jail->breaker, report->time, &closed.count))
		r = state_decide(engine, &closed);
	if (r < 0)
		return r;
	if (fleet_holds(engine, offender, report)) {
		engine->statistics.prevented += WEIGHT_ONE;
		return heard_spend(engine->ledger, offender, report->time);
	}
	engine->statistics.failures += WEIGHT_ONE;
	return fleet_weigh(engine, report, offender);
}

int engine_hear(struct engine *engine, const struct report *report, usec_t now,
		enum refusal *ret_why)
{
	struct prefix offender;
	int r;

	*ret_why = REFUSED_OTHER;
	if (engine->fleet == ENGINE_NO_JAIL)
		return 0;
	/* who never offends here is nobody to remember */
	if (!report->unban && (engine_ignores(engine, &report->address) ||
			       settings_spare(engine, engine->fleet, &report->address)))
		return 1;
	offender = engine_prefix_of(engine, engine->fleet, &report->address);
	r = report->unban
		    ? heard_unban(engine->ledger, report->member, &offender, report->time, ret_why)
		    : heard_ban(engine->ledger, report->member, &offender, report->time,
				report->key, ret_why);
	if (r <= 0)
		return r;
	r = report->unban ? fleet_unban(engine, report, &offender, now)
			  : fleet_judge(engine, report, &offender);
	return r < 0 ? r : 1;
}

int fleet_forget(struct engine *engine, const struct prefix *prefix, usec_t now)
{
	enum refusal why;
	unsigned self;
	int r;

	r = heard_member(engine->ledger, "", &self);
	if (r == 0)
		r = heard_unban(engine->ledger, self, prefix, now, &why);
	return r < 0 ? r : heard_spend(engine->ledger, prefix, USEC_INFINITY);
}
