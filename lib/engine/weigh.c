/*
 * What a failure weighs, and whether the scale tips: banned already? -> a repeat? -> window ->
 * weight reached, or users
 *
 * And the limits: bans that come too fast, and accounts that many try. A warm-up finds again who
 * was held back: whoever is over the limit when the breaker is full, though no ban of his was met.
 * It looks only where all that decides this is read again.
 */

#include "engine/weigh.h"

#include "base/hash.h"
#include "engine/banned.h"

uint64_t weigh_identify_user(struct span user)
{
	if (!user.data || user.size == 0)
		return USER_NONE;
	return hash_identity(user.data, MIN(user.size, SESSION_USER_MAX));
}

/* An attempt at an account that this offender has failed at before, with the same password if the
 * line tells of one, is a repeat. Of the attempts that one line tells only the first may be none.
 */
static uint64_t weigh_attempts(struct judgement *judgement, struct window *window,
			       const struct failure *failure, uint32_t attempts, usec_t at)
{
	uint64_t weight = judgement->event->weight;
	uint64_t repeat = MIN(weight, judgement->jail->settings->repeat_weight);

	if (failure->user == USER_NONE || !judgement->jail->repeats)
		return attempts * weight;
	if (windows_knows(judgement->engine->windows, window, at, failure->user, failure->secret)) {
		judgement->verdict->why = WHY_REPEATED;
		weight = repeat;
	}
	return weight + (attempts - 1) * repeat;
}

/* The scale tips. 1: the jail has banned too many of late, the ban is held back; 0: nothing stands
 * in its way. */
static int hold_back(struct judgement *judgement, struct window *window, uint64_t sum,
		     uint64_t weight, const struct ban *would)
{
	struct engine *engine = judgement->engine;
	struct breaker *breaker = &judgement->jail->breaker;
	uint32_t maxusers = judgement->jail->settings->maxusers;
	usec_t end = ledger_position(engine->ledger).time;
	bool anew = sum - weight < judgement->jail->limit;
	int r;

	if (!breaker_is_full(breaker, would->since) ||
	    (engine->warming && end > would->since && end - would->since >= breaker_reach(breaker)))
		return 0;
	if (anew && maxusers > 0)
		anew = windows_n_users(engine->windows, window, judgement->time, USER_NONE,
				       maxusers) < maxusers;
	if (!breaker_hold(breaker, would->since, anew) || engine->warming)
		return 1;
	r = state_decide(engine, &(struct decision){
					 .type = DECISION_BREAKER,
					 .ban = *would,
					 .count = breaker->rate.count,
				 });
	return r < 0 ? r : 1;
}

/* Of each failure that weighs, whether or not a ban prevents it: is its user under attack? */
static int note_target(const struct judgement *judgement)
{
	struct engine *engine = judgement->engine;
	const struct verdict_of_hit *verdict = judgement->verdict;
	const struct rate *rate = &judgement->jail->settings->targets;
	struct decision decision = {
		.type = DECISION_TARGET,
		.ban = { .jail = judgement->jail->jail->name,
			 .event = judgement->event->name,
			 .prefix = judgement->offender,
			 .address = verdict->address,
			 .since = judgement->time },
		.count = rate->count,
		.user = verdict->user,
	};
	int r;

	if (rate->count == 0 || !verdict->user.data || verdict->user.size == 0)
		return 0;
	r = accounts_note(engine->accounts, rate, verdict->jail, verdict->user,
			  &judgement->offender.address, judgement->time);
	if (r <= 0 || engine->warming)
		return r < 0 ? r : 0;
	r = state_cursor(engine, judgement->entry, &decision.ban.cursor);
	return r < 0 ? r : state_decide(engine, &decision);
}

/* A warm-up decides only for a jail that has not judged this yet, and only where its findtime is
 * known as a whole. */
static bool weigh_decides(const struct judgement *judgement)
{
	usec_t end = ledger_position(judgement->engine->ledger).time;

	return !judgement->engine->warming ||
	       (judgement->jail->anew &&
		(judgement->time > end ||
		 end - judgement->time < judgement->jail->settings->findtime));
}

/* Entries of a later time may have come before: then it weighs with those that came after it, too,
 * within the time of its ban: what lies behind that weighs on as if all had come in order, which
 * is how a warm-up meets it. */
static bool weigh_is_late(const struct judgement *judgement)
{
	return judgement->entry->unordered && !judgement->engine->warming &&
	       judgement->time < judgement->engine->latest;
}

static int weigh_ban(struct judgement *judgement, struct ban *ban)
{
	struct windows *windows = judgement->engine->windows;
	struct window *window;
	int r;

	r = banned_begin(judgement->engine, judgement->hit->jail, ban);
	if (r < 0)
		return r;
	window = windows_find(windows, judgement->hit->jail, &judgement->offender.address);
	if (window && weigh_is_late(judgement))
		windows_forget_until(windows, window, ban->until - 1);
	else if (window)
		windows_drop(windows, window);
	return network_ban_of(judgement->engine, judgement->hit->jail, ban);
}

static int weigh(struct judgement *judgement, uint32_t attempts)
{
	struct windows *windows = judgement->engine->windows;
	const struct jail_state *jail = judgement->jail;
	struct failure failure = { .time = judgement->time };
	uint32_t maxusers = jail->settings->maxusers, users = 0;
	struct span secret = judgement->hit->captures.secret;
	struct window *window;
	uint64_t weight, sum;
	usec_t at = judgement->time;
	struct ban ban;
	bool tips;
	int r;

	if (jail->users)
		failure.user = weigh_identify_user(judgement->verdict->user);
	if (jail->users && secret.data && secret.size > 0)
		failure.secret = (hash_identity(secret.data, secret.size) & SECRET_MASK) ?: 1;
	r = windows_open(windows, judgement->hit->jail, &judgement->offender.address, &window);
	if (r < 0)
		return r;
	if (weigh_is_late(judgement))
		at = windows_heaviest(windows, window, at, jail->settings->bantime);
	weight = weigh_attempts(judgement, window, &failure, attempts, at);
	judgement->verdict->weight = weight;
	judgement->engine->statistics.failures += judgement->engine->warming ? 0 : weight;
	failure.weight = MIN(weight, WINDOW_WEIGHT_MAX);
	sum = windows_weigh(windows, window, at) + weight;
	if (maxusers > 0)
		users = windows_n_users(windows, window, at, failure.user, maxusers);
	tips = sum >= jail->limit || (maxusers > 0 && users >= maxusers);
	r = 0;
	if (tips) {
		ban = (struct ban){
			.jail = jail->jail->name,
			.prefix = judgement->offender,
			.address = judgement->verdict->address,
			.since = judgement->time,
			.event = judgement->event->name,
			.failures = sum,
		};
		r = state_cursor(judgement->engine, judgement->entry, &ban.cursor);
		if (r == 0)
			r = hold_back(judgement, window, sum, weight, &ban);
		if (r < 0)
			return r;
	}
	if (!tips || r > 0 || !weigh_decides(judgement))
		return windows_push(windows, window, failure, jail->depth);
	ban.users = sum < jail->limit ? users : 0;
	return weigh_ban(judgement, &ban);
}

int weigh_failure(struct judgement *judgement, uint32_t attempts)
{
	struct engine *engine = judgement->engine;
	struct verdict_of_hit *verdict = judgement->verdict;
	struct decision closed = {
		.type = DECISION_BREAKER_CLOSED,
		.ban = { .jail = judgement->jail->jail->name, .since = judgement->time },
	};
	int r = 0;

	verdict->weight = (uint64_t)attempts * judgement->event->weight;
	if (breaker_close(&judgement->jail->breaker, judgement->time, &closed.count) &&
	    !engine->warming)
		r = state_decide(engine, &closed);
	if (r == 0 && engine->warming)
		r = banned_meet(engine, judgement->entry, verdict->jail, &judgement->offender,
				&verdict->address, judgement->time);
	if (r < 0)
		return r;
	if (banned_holds(engine, verdict->jail, &judgement->offender, &verdict->address,
			 judgement->time) ||
	    (weigh_is_late(judgement) &&
	     banned_later(engine, verdict->jail, &judgement->offender, judgement->time))) {
		verdict->why = WHY_BANNED;
		engine->statistics.prevented += engine->warming ? 0 : verdict->weight;
	} else {
		verdict->why = WHY_COUNTED;
		r = weigh(judgement, attempts);
	}
	return r < 0 ? r : note_target(judgement);
}
