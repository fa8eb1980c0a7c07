/*
 * What a failure weighs, and whether the scale tips: banned already? -> a repeat? -> window ->
 * weight reached, or users
 */

#include "base/hash.h"
#include "engine/internal.h"

uint64_t engine_identify_user(struct span user)
{
	if (!user.data || user.size == 0)
		return USER_NONE;
	return hash_identity(user.data, MIN(user.size, SESSION_USER_MAX));
}

static uint64_t identify_secret(struct span secret)
{
	if (!secret.data || secret.size == 0)
		return SECRET_NONE;
	return (hash_identity(secret.data, secret.size) & SECRET_MASK) ?: 1;
}

/* bantime x factor^(n-1), at most maxtime, whole seconds; factor 1 is bantime, whatever maxtime is.
 * Rounded to the microsecond before it is cut, so that 1h x 1.7 x 1.7 is 10404 s although 1.7 is
 * no binary number. */
usec_t engine_ban_duration(const struct settings *settings, uint32_t offence)
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

static int weigh_ban(struct judgement *judgement, const struct prefix *offender, uint64_t failures,
		     uint32_t users)
{
	struct engine *engine = judgement->engine;
	const struct settings *settings = judgement->jail->settings;
	struct ban ban = {
		.jail = judgement->jail->jail->name,
		.prefix = *offender,
		.address = judgement->verdict->address,
		.since = judgement->time,
		.event = judgement->event->name,
		.failures = failures,
		.users = users,
	};
	struct decision decision;
	const struct ban *added;
	int r;

	ban.offence = 1 + ledger_offences(engine->ledger, judgement->jail->ledger_jail, offender,
					  judgement->time, settings->increment.memory);
	if (__builtin_add_overflow(ban.since, engine_ban_duration(settings, ban.offence),
				   &ban.until))
		ban.until = USEC_INFINITY;
	r = engine_cursor(engine, judgement->entry, &ban.cursor);
	if (r < 0)
		return r;
	r = ledger_add(engine->ledger, &ban, &added);
	if (r < 0)
		return r;
	engine->statistics.bans++;
	engine_forget_sums(engine, &ban, judgement->hit->jail);
	breaker_note(&judgement->jail->breaker, ban.since);
	decision = (struct decision){
		.type = DECISION_BAN,
		.id = added->id,
		.jail = judgement->hit->jail,
		.event = judgement->hit->event,
		.time = ban.since,
		.until = ban.until,
		.address = ban.address,
		.prefix = ban.prefix,
		.failures = failures,
		.users = users,
		.offence = ban.offence,
		.jail_name = ban.jail,
		.event_name = ban.event,
		.cursor = engine->cursor,
	};
	r = engine_decide(engine, &decision);
	return r < 0 ? r : engine_ban_network(engine, &decision);
}

/* An attempt at an account that this offender has failed at before, with the same password if the
 * line tells of one, is a repeat. Of the attempts that one line tells only the first may be none.
 */
static uint64_t weigh_attempts(struct judgement *judgement, struct window *window,
			       const struct failure *failure, uint32_t attempts)
{
	uint64_t weight = judgement->event->weight;
	uint64_t repeat = MIN(weight, judgement->jail->settings->repeat_weight);

	if (failure->user == USER_NONE || !judgement->jail->repeats)
		return attempts * weight;
	if (windows_knows(judgement->engine->windows, window, failure->time, failure->user,
			  failure->secret)) {
		judgement->verdict->why = WHY_REPEATED;
		weight = repeat;
	}
	return weight + (attempts - 1) * repeat;
}

/* 1: the scale tips, but the jail has banned too many of late. */
static int hold_back(struct judgement *judgement, const struct prefix *offender,
		     struct window *window, uint64_t sum, uint64_t weight)
{
	struct engine *engine = judgement->engine;
	const struct jail_state *jail = judgement->jail;
	uint32_t maxusers = jail->settings->maxusers;
	struct decision would = {
		.jail = judgement->hit->jail,
		.event = judgement->hit->event,
		.time = judgement->time,
		.address = judgement->verdict->address,
		.prefix = *offender,
		.failures = sum,
		.jail_name = jail->jail->name,
		.event_name = judgement->event->name,
	};
	bool anew = sum - weight < jail->limit;
	int r;

	if (anew && maxusers > 0)
		anew = windows_n_users(engine->windows, window, would.time, USER_NONE, maxusers) <
		       maxusers;
	r = engine_cursor(engine, judgement->entry, &would.cursor);
	return r < 0 ? r : engine_hold_back(engine, &would, anew);
}

static int weigh(struct judgement *judgement, const struct prefix *offender, uint32_t attempts)
{
	struct windows *windows = judgement->engine->windows;
	const struct jail_state *jail = judgement->jail;
	struct failure failure = { .time = judgement->time };
	uint32_t maxusers = jail->settings->maxusers, users = 0;
	struct window *window;
	uint64_t weight, sum;
	bool tips;
	int r;

	if (jail->users) {
		failure.user = engine_identify_user(judgement->verdict->user);
		failure.secret = identify_secret(judgement->hit->captures.secret);
	}
	r = windows_open(windows, judgement->hit->jail, &offender->address, &window);
	if (r < 0)
		return r;
	weight = weigh_attempts(judgement, window, &failure, attempts);
	judgement->verdict->weight = weight;
	judgement->engine->statistics.failures += judgement->engine->warming ? 0 : weight;
	failure.weight = MIN(weight, WINDOW_WEIGHT_MAX);
	sum = windows_weigh(windows, window, failure.time) + weight;
	if (maxusers > 0)
		users = windows_n_users(windows, window, failure.time, failure.user, maxusers);
	tips = sum >= jail->limit || (maxusers > 0 && users >= maxusers);
	r = tips ? hold_back(judgement, offender, window, sum, weight) : 0;
	if (r < 0)
		return r;
	if (!tips || r > 0 || judgement->engine->warming)
		return windows_push(windows, window, failure, jail->depth);
	windows_drop(windows, window);
	return weigh_ban(judgement, offender, sum, sum < jail->limit ? users : 0);
}

bool engine_prevents(const struct judgement *judgement)
{
	struct engine *engine = judgement->engine;
	unsigned jail = judgement->jail->ledger_jail;
	const struct prefix *offender = &judgement->offender;
	const struct ban *ban = NULL;

	if (engine_network_holds(engine, judgement->hit->jail, &judgement->verdict->address,
				 judgement->time))
		return true;
	if (!engine->warming)
		return ledger_banned(engine->ledger, jail, offender, judgement->time);
	while ((ban = ledger_next_of(engine->ledger, jail, offender, ban)))
		if (engine_held(engine, ban, judgement->time))
			return true;
	return false;
}

static int weigh_or_prevent(struct judgement *judgement, uint32_t attempts)
{
	struct engine *engine = judgement->engine;
	struct verdict_of_hit *verdict = judgement->verdict;

	if (engine_holds(engine, judgement->jail->ledger_jail, &judgement->offender,
			 judgement->time) ||
	    engine_network_holds(engine, verdict->jail, &verdict->address, judgement->time)) {
		verdict->why = WHY_BANNED;
		engine->statistics.prevented += engine->warming ? 0 : verdict->weight;
		return 0;
	}
	verdict->why = WHY_COUNTED;
	return weigh(judgement, &judgement->offender, attempts);
}

int engine_weigh(struct judgement *judgement, uint32_t attempts)
{
	struct engine *engine = judgement->engine;
	struct verdict_of_hit *verdict = judgement->verdict;
	int r;

	verdict->weight = (uint64_t)attempts * judgement->event->weight;
	r = engine_close_breaker(engine, verdict->jail, judgement->time);
	if (r == 0 && engine->warming)
		r = engine_replay_ban(engine, judgement->entry, judgement->jail->ledger_jail,
				      &judgement->offender, judgement->time);
	if (r == 0 && engine->warming)
		r = engine_replay_network_ban(engine, judgement->entry, verdict->jail,
					      &verdict->address, judgement->time);
	if (r == 0)
		r = weigh_or_prevent(judgement, attempts);
	return r < 0 ? r
		     : engine_note_target(engine, judgement->entry, verdict, &judgement->offender,
					  judgement->time);
}
