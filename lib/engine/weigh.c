/*
 * What a failure weighs, and whether the scale tips: banned already? -> a repeat? -> window ->
 * weight reached, or users
 */

#include "engine/weigh.h"

#include "base/hash.h"
#include "engine/banned.h"
#include "engine/limits.h"
#include "engine/network-ban.h"

uint64_t weigh_identify_user(struct span user)
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

/* The ban that the failures bring, or would bring. */
static int weigh_spell_ban(struct judgement *judgement, uint64_t failures, struct ban *ret)
{
	*ret = (struct ban){
		.jail = judgement->jail->jail->name,
		.prefix = judgement->offender,
		.address = judgement->verdict->address,
		.since = judgement->time,
		.event = judgement->event->name,
		.failures = failures,
	};
	return state_cursor(judgement->engine, judgement->entry, &ret->cursor);
}

static int weigh_ban(struct judgement *judgement, uint64_t failures, uint32_t users)
{
	unsigned jail = judgement->hit->jail;
	struct ban ban;
	int r;

	r = weigh_spell_ban(judgement, failures, &ban);
	if (r < 0)
		return r;
	ban.users = users;
	r = banned_begin(judgement->engine, jail, &ban);
	return r < 0 ? r : network_ban_of(judgement->engine, jail, &ban);
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
static int hold_back(struct judgement *judgement, struct window *window, uint64_t sum,
		     uint64_t weight)
{
	struct windows *windows = judgement->engine->windows;
	uint32_t maxusers = judgement->jail->settings->maxusers;
	bool anew = sum - weight < judgement->jail->limit;
	struct ban would;
	int r;

	if (anew && maxusers > 0)
		anew = windows_n_users(windows, window, judgement->time, USER_NONE, maxusers) <
		       maxusers;
	r = weigh_spell_ban(judgement, sum, &would);
	return r < 0 ? r : limits_hold_back(judgement->engine, judgement->hit->jail, &would, anew);
}

static int weigh(struct judgement *judgement, uint32_t attempts)
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
		failure.user = weigh_identify_user(judgement->verdict->user);
		failure.secret = identify_secret(judgement->hit->captures.secret);
	}
	r = windows_open(windows, judgement->hit->jail, &judgement->offender.address, &window);
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
	r = tips ? hold_back(judgement, window, sum, weight) : 0;
	if (r < 0)
		return r;
	if (!tips || r > 0 || judgement->engine->warming)
		return windows_push(windows, window, failure, jail->depth);
	windows_drop(windows, window);
	return weigh_ban(judgement, sum, sum < jail->limit ? users : 0);
}

static int weigh_or_prevent(struct judgement *judgement, uint32_t attempts)
{
	struct engine *engine = judgement->engine;
	struct verdict_of_hit *verdict = judgement->verdict;

	if (banned_holds(engine, verdict->jail, &judgement->offender, &verdict->address,
			 judgement->time)) {
		verdict->why = WHY_BANNED;
		engine->statistics.prevented += engine->warming ? 0 : verdict->weight;
		return 0;
	}
	verdict->why = WHY_COUNTED;
	return weigh(judgement, attempts);
}

int weigh_failure(struct judgement *judgement, uint32_t attempts)
{
	struct engine *engine = judgement->engine;
	struct verdict_of_hit *verdict = judgement->verdict;
	int r;

	verdict->weight = (uint64_t)attempts * judgement->event->weight;
	r = limits_close_breaker(engine, verdict->jail, judgement->time);
	if (r == 0 && engine->warming)
		r = banned_meet(engine, judgement->entry, verdict->jail, &judgement->offender,
				&verdict->address, judgement->time);
	if (r == 0)
		r = weigh_or_prevent(judgement, attempts);
	return r < 0 ? r
		     : limits_note_target(engine, judgement->entry, verdict, &judgement->offender,
					  judgement->time);
}
