/*
 * What a hit counts: who, how much of it is new, and whether the scale tips. In this order, since
 * totals rise also for those who are ignored or already banned: mode -> address (own, or
 * remembered) -> agreement -> session total -> ignored? -> set-off -> banned? -> window
 */

#include "engine-internal.h"
#include "hash.h"

#include <errno.h>

struct judgement {
	struct engine *engine;
	const struct entry *entry;
	const struct hit *hit;
	const struct event *event;
	struct jail_state *jail;
	usec_t time;
	struct session *session; /* NULL: the line names none */
	struct verdict_of_hit *verdict;
};

static bool is_there(struct span span)
{
	return span.data && span.size > 0;
}

/* 1: the line's address is read; 0: it has none; -EINVAL: it is none. */
static int read_own_address(struct judgement *judgement)
{
	struct span text = judgement->hit->captures.address;

	if (!is_there(text))
		return 0;
	if (address_parse_endpoint(text, &judgement->verdict->address) < 0)
		return -EINVAL;
	judgement->verdict->has_address = true;
	return 1;
}

/* The session may be gone before the verdict is read: the user is copied. */
static int recall(struct judgement *judgement)
{
	const struct session *session = judgement->session;
	struct engine *engine = judgement->engine;
	struct verdict_of_hit *verdict = judgement->verdict;
	char *user;

	if (!session)
		return 0;
	if (!verdict->has_address && session->has_address) {
		verdict->address = session->address;
		verdict->has_address = true;
	}
	if (!is_there(verdict->user) && session->user) {
		user = malloc(session->user_size + 1);
		if (!user)
			return -ENOMEM;
		memcpy(user, session->user, session->user_size);
		engine->users[engine->n_verdicts - 1] = user;
		verdict->user = (struct span){ user, session->user_size };
	}
	return 0;
}

static int judge_note(struct judgement *judgement, bool has_address)
{
	struct span user = judgement->hit->captures.user;

	judgement->verdict->why = WHY_NOTE;
	if (!judgement->session)
		return 0;
	return sessions_remember(judgement->engine->sessions, judgement->session,
				 has_address ? &judgement->verdict->address : NULL,
				 is_there(user) ? user : (struct span){ 0 });
}

/* How many attempts the line tells that its session has not told before. */
static int count_attempts(struct judgement *judgement, uint32_t *ret)
{
	const struct captures *captures = &judgement->hit->captures;

	if (judgement->session)
		return sessions_tell(judgement->engine->sessions, judgement->session,
				     judgement->hit->event, captures->has_attempts,
				     captures->attempts, ret);
	*ret = captures->has_attempts ? (uint32_t)MIN(captures->attempts, SESSION_ATTEMPTS_MAX) : 1;
	return 0;
}

/* Lines without a session share one nameless session per rule and address: what they tell is set
 * off against what sessions tell, and the reverse. Answers what is left of `attempts`. */
static int settle(struct judgement *judgement, uint32_t *attempts)
{
	struct windows *balances = judgement->engine->balances;
	const struct address *address = &judgement->verdict->address;
	unsigned named = 2 * judgement->hit->jail, nameless = named + 1;
	bool is_named = judgement->session != NULL;
	struct window *window;
	int r;

	if (!judgement->jail->settles || *attempts == 0)
		return 0;
	window = windows_find(balances, is_named ? nameless : named, address);
	if (window)
		*attempts -= (uint32_t)windows_use(balances, window, judgement->time, *attempts);
	if (*attempts == 0)
		return 0;
	r = windows_open(balances, is_named ? named : nameless, address, &window);
	if (r < 0)
		return r;
	return windows_push(balances, window,
			    (struct failure){ .time = judgement->time, .weight = *attempts }, 0);
}

static uint64_t identify(struct span user)
{
	return is_there(user) ? hash_identity(user.data, MIN(user.size, SESSION_USER_MAX))
			      : USER_NONE;
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

static int ban(struct judgement *judgement, const struct prefix *offender, uint64_t failures)
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
	};
	const struct ban *added;
	struct decision decision;
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
		.offence = ban.offence,
		.jail_name = ban.jail,
		.event_name = ban.event,
		.cursor = engine->cursor,
	};
	r = engine_decide(engine, &decision);
	return r < 0 ? r : engine_ban_network(engine, &decision);
}

/* 1: the limit is reached, but the jail has banned too many of late. `before`: the sum without this
 * failure. */
static int hold_back(struct judgement *judgement, const struct prefix *offender, uint64_t sum,
		     uint64_t before)
{
	struct engine *engine = judgement->engine;
	struct decision would = {
		.jail = judgement->hit->jail,
		.event = judgement->hit->event,
		.time = judgement->time,
		.address = judgement->verdict->address,
		.prefix = *offender,
		.failures = sum,
		.jail_name = judgement->jail->jail->name,
		.event_name = judgement->event->name,
	};
	int r;

	if (sum < judgement->jail->limit)
		return 0;
	r = engine_cursor(engine, judgement->entry, &would.cursor);
	return r < 0 ? r : engine_hold_back(engine, &would, before < judgement->jail->limit);
}

static int weigh(struct judgement *judgement, const struct prefix *offender, uint64_t weight)
{
	struct windows *windows = judgement->engine->windows;
	struct failure failure = { .time = judgement->time,
				   .weight = MIN(weight, WINDOW_WEIGHT_MAX),
				   .user = judgement->jail->users
						   ? identify(judgement->verdict->user)
						   : USER_NONE };
	struct window *window;
	uint64_t sum;
	int r;

	r = windows_open(windows, judgement->hit->jail, &offender->address, &window);
	if (r < 0)
		return r;
	sum = windows_weigh(windows, window, judgement->time) + weight;
	r = hold_back(judgement, offender, sum, sum - weight);
	if (r < 0)
		return r;
	if (sum < judgement->jail->limit || r > 0 || judgement->engine->warming)
		return windows_push(windows, window, failure, judgement->jail->depth);
	windows_drop(windows, window);
	return ban(judgement, offender, sum);
}

static int judge_weight(struct judgement *judgement, uint64_t weight)
{
	struct engine *engine = judgement->engine;
	struct engine_statistics *statistics = &engine->statistics;
	unsigned jail = judgement->jail->ledger_jail;
	const struct address *address = &judgement->verdict->address;
	struct prefix offender = engine_widen(engine, judgement->hit->jail, address);
	int r;

	judgement->verdict->weight = weight;
	r = engine_close_breaker(engine, judgement->hit->jail, judgement->time);
	if (r < 0)
		return r;
	if (engine->warming) {
		r = engine_meet(engine, judgement->entry, jail, &offender, judgement->time);
		if (r == 0)
			r = engine_meet_network(engine, judgement->entry, judgement->hit->jail,
						address, judgement->time);
		if (r < 0)
			return r;
	}
	if (ledger_banned(engine->ledger, jail, &offender, judgement->time) ||
	    engine_network_holds(engine, judgement->hit->jail, address, judgement->time)) {
		judgement->verdict->why = WHY_PREVENTED;
		statistics->prevented += engine->warming ? 0 : weight;
		return 0;
	}
	judgement->verdict->why = WHY_COUNTED;
	statistics->failures += engine->warming ? 0 : weight;
	return weigh(judgement, &offender, weight);
}

/* Who would have been banned is everybody behind a gateway; that is said, but not for each line. A
 * warm-up only remembers that it was said. */
static int spare(struct judgement *judgement)
{
	struct engine *engine = judgement->engine;
	unsigned jail = judgement->hit->jail;
	struct prefix offender = engine_widen(engine, jail, &judgement->verdict->address);
	struct failure told = { .time = judgement->time, .weight = 1 };
	struct window *window;
	int r;

	r = windows_open(engine->warned, jail, &offender.address, &window);
	if (r < 0 || windows_weigh(engine->warned, window, judgement->time) > 0)
		return r;
	r = windows_push(engine->warned, window, told, 1);
	if (r < 0 || engine->warming)
		return r;
	return engine_decide(engine, &(struct decision){
					     .type = DECISION_PRIVATE,
					     .jail = jail,
					     .event = judgement->hit->event,
					     .time = judgement->time,
					     .address = judgement->verdict->address,
					     .prefix = offender,
					     .jail_name = judgement->jail->jail->name,
					     .event_name = judgement->event->name,
				     });
}

static int judge_failure(struct judgement *judgement)
{
	struct verdict_of_hit *verdict = judgement->verdict;
	uint32_t attempts;
	int r;

	r = count_attempts(judgement, &attempts);
	if (r < 0)
		return r;
	if (engine_ignores(judgement->engine, &verdict->address)) {
		verdict->why = WHY_IGNORED;
		return 0;
	}
	if (engine_spares(judgement->engine, judgement->hit->jail, &verdict->address)) {
		verdict->why = WHY_PRIVATE;
		return attempts > 0 && judgement->event->weight > 0 ? spare(judgement) : 0;
	}
	verdict->why = attempts > 0 || judgement->session ? WHY_TOLD_BEFORE : WHY_WEIGHTLESS;
	r = settle(judgement, &attempts);
	if (r < 0 || attempts == 0)
		return r;
	if (judgement->event->weight == 0) {
		verdict->why = WHY_WEIGHTLESS;
		return 0;
	}
	return judge_weight(judgement, (uint64_t)attempts * judgement->event->weight);
}

/* Whoever got in here may have mistyped before; what he did to others stays. */
static void judge_success(struct judgement *judgement)
{
	struct windows *windows = judgement->engine->windows;
	struct verdict_of_hit *verdict = judgement->verdict;
	struct window *window;
	struct prefix offender;

	verdict->why = WHY_SUCCESS;
	if (judgement->jail->settings->on_success != SUCCESS_FORGIVE || !verdict->has_address ||
	    !is_there(verdict->user))
		return;
	offender = engine_widen(judgement->engine, verdict->jail, &verdict->address);
	window = windows_find(windows, verdict->jail, &offender.address);
	if (!window)
		return;
	verdict->forgiven =
		windows_forgive(windows, window, identify(verdict->user), judgement->time);
	if (windows_is_empty(window))
		windows_drop(windows, window);
}

/* The line's own word on who it was, against what its session remembers. */
static int judge_address(struct judgement *judgement, int own)
{
	struct verdict_of_hit *verdict = judgement->verdict;
	const struct session *session = judgement->session;
	int r;

	if (own < 0) {
		verdict->why = WHY_BAD_ADDRESS;
		return 0;
	}
	if (judgement->event->agree && own > 0 &&
	    !(session && session->has_address &&
	      address_equal(&session->address, &verdict->address))) {
		verdict->why = WHY_DISAGREES;
		return 0;
	}
	r = recall(judgement);
	if (r < 0)
		return r;
	if (judgement->event->outcome == OUTCOME_SUCCESS) {
		judge_success(judgement);
		return 0;
	}
	if (!verdict->has_address) {
		verdict->why = judgement->event->agree ? WHY_DISAGREES : WHY_NO_ADDRESS;
		return 0;
	}
	return judge_failure(judgement);
}

static int judge_outcome(struct judgement *judgement)
{
	struct span session = judgement->hit->captures.session;
	int r, own = read_own_address(judgement);

	judgement->verdict->user = judgement->hit->captures.user;
	if (judgement->event->mode == MODE_AGGRESSIVE &&
	    judgement->jail->settings->mode == MODE_NORMAL) {
		judgement->verdict->why = WHY_MODE_OFF;
		return 0;
	}
	/* A success begins no session: where it is left out, the session begins as late. */
	if (is_there(session) && judgement->event->outcome == OUTCOME_SUCCESS) {
		judgement->session = sessions_find(judgement->engine->sessions,
						   judgement->hit->jail, session, judgement->time);
	} else if (is_there(session)) {
		r = sessions_open(judgement->engine->sessions, judgement->hit->jail, session,
				  judgement->time, &judgement->session);
		if (r < 0)
			return r;
	}
	if (judgement->event->outcome == OUTCOME_NOTE)
		return judge_note(judgement, own > 0);
	return judge_address(judgement, own);
}

int engine_judge(struct engine *engine, const struct entry *entry, const struct hit *hit,
		 usec_t time)
{
	struct judgement judgement = {
		.engine = engine,
		.entry = entry,
		.hit = hit,
		.event = ruleset_event(engine->ruleset, hit->jail, hit->event),
		.jail = &engine->jails[hit->jail],
		.time = time,
		.verdict = &engine->verdicts[engine->n_verdicts],
	};

	*judgement.verdict = (struct verdict_of_hit){ .jail = hit->jail, .event = hit->event };
	engine->users[engine->n_verdicts++] = NULL;
	return judge_outcome(&judgement);
}
