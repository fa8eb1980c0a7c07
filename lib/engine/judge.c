/*
 * What a hit tells: who, and how much of it is new. In this order, since totals rise also for those
 * who are ignored or already banned: mode -> address (own, or remembered) -> agreement -> session
 * total -> ignored? -> banned? -> told by the other kind of lines? What it weighs is weigh.c's.
 */

#include "engine/weigh.h"

#include "engine/banned.h"
#include "engine/settings.h"

#include <errno.h>

static bool is_there(struct span span)
{
	return span.data && span.size > 0;
}

static int open_session(struct judgement *judgement)
{
	if (judgement->session)
		return 0;
	return sessions_add(judgement->engine->sessions, &judgement->name, &judgement->session);
}

static int judge_note(struct judgement *judgement, bool has_address)
{
	struct span user = judgement->hit->captures.user;
	struct noted noted = { .jail = judgement->hit->jail };
	int r;

	judgement->verdict->why = WHY_NOTE;
	if (is_there(user))
		noted.user = user;
	if (has_address) {
		noted.address = &judgement->verdict->address;
		noted.offender = &judgement->offender.address;
	}
	if (!judgement->is_named || (!has_address && !noted.user.data))
		return 0;
	r = open_session(judgement);
	return r < 0 ? r
		     : sessions_remember(judgement->engine->sessions, judgement->session, &noted,
					 judgement->time);
}

static void widen(struct judgement *judgement)
{
	judgement->offender = engine_prefix_of(judgement->engine, judgement->hit->jail,
					       &judgement->verdict->address);
}

/* What a failure touches is rarely in the cache. Its places in the tables are known before they are
 * needed. */
static void judge_prefetch(const struct judgement *judgement, bool buckets_are_there)
{
	unsigned jail = judgement->hit->jail;

	if (!judgement->jail->counting[judgement->verdict->event].alone)
		nameless_prefetch(judgement->engine->nameless, jail, &judgement->offender,
				  buckets_are_there);
	windows_prefetch(judgement->engine->windows, jail, &judgement->offender.address,
			 buckets_are_there);
}

/* Who would have been banned is everybody behind a gateway; that is said, but not for each line. A
 * warm-up only remembers that it was said. */
static int spare(struct judgement *judgement)
{
	struct engine *engine = judgement->engine;
	unsigned jail = judgement->hit->jail;
	struct prefix offender = judgement->offender;
	struct failure told = { .time = judgement->time, .weight = 1 };
	struct window *window;
	int r;

	r = windows_open(engine->warned, jail, &offender.address, &window);
	if (r < 0 || windows_weigh(engine->warned, window, judgement->time) > 0)
		return r;
	r = windows_push(engine->warned, window, told, 1);
	if (r < 0 || engine->warming)
		return r;
	return state_decide(engine,
			    &(struct decision){
				    .type = settings_is_container(engine, jail) ? DECISION_HIDDEN
										: DECISION_PRIVATE,
				    .ban = { .jail = judgement->jail->jail->name,
					     .event = judgement->event->name,
					     .prefix = offender,
					     .address = judgement->verdict->address,
					     .since = judgement->time },
			    });
}

/* What an address that counts was told of, and how much of it no line of the other kind, with or
 * without a session, told before. */
static int judge_attempts(struct judgement *judgement, const struct raise *raise)
{
	struct verdict_of_hit *verdict = judgement->verdict;
	const struct captures *captures = &judgement->hit->captures;
	const struct nameless_line line = {
		.jail = verdict->jail,
		.address = &verdict->address,
		.offender = &judgement->offender,
		.counting = judgement->jail->counting,
		.event = verdict->event,
		.time = judgement->time,
		.unordered = judgement->entry->unordered,
		.announced = captures->has_attempts,
		.attempts = captures->attempts,
	};
	uint32_t attempts = raise->count;
	bool weighs = judgement->event->weight > 0 && attempts > 0;
	int r;

	verdict->why = attempts > 0 || judgement->is_named ? WHY_DUPLICATE : WHY_WEIGHTLESS;
	if (!line.counting[line.event].alone && (attempts > 0 || raise->tail > 0) &&
	    !banned_held_before(judgement->engine, verdict->jail, &judgement->offender,
				&verdict->address, judgement->time)) {
		r = nameless_tell(judgement->engine->nameless, &line,
				  judgement->is_named ? raise : NULL, &attempts);
		if (r < 0)
			return r;
		weighs = weighs && attempts > 0;
	}
	if (judgement->event->weight == 0 && attempts > 0)
		verdict->why = WHY_WEIGHTLESS;
	if (weighs)
		return weigh_failure(judgement, attempts);
	/* it may weigh nothing only because what it is summed with lies before the stretch */
	return judgement->engine->warming
		       ? banned_meet(judgement->engine, judgement->entry, verdict->jail,
				     &judgement->offender, &verdict->address, judgement->time)
		       : 0;
}

static int judge_failure(struct judgement *judgement)
{
	const struct captures *captures = &judgement->hit->captures;
	const struct counting *counting = judgement->jail->counting;
	struct verdict_of_hit *verdict = judgement->verdict;
	bool tells = counting[verdict->event].tells;
	struct raise raise = { 0 }; /* attempts that the session has not told before */
	int r;

	if (!is_there(captures->address)) /* it was recalled */
		widen(judgement);
	judge_prefetch(judgement, true);
	if (tells && judgement->is_named) {
		r = open_session(judgement);
		if (r == 0)
			r = sessions_tell(judgement->engine->sessions, judgement->session, counting,
					  verdict->event, judgement->time, captures->has_attempts,
					  captures->attempts, &raise);
		if (r < 0)
			return r;
	} else if (tells) {
		raise.count =
			captures->has_attempts ? (uint32_t)MIN(captures->attempts, TOTALS_MAX) : 1;
	}
	if (engine_ignores(judgement->engine, &verdict->address))
		verdict->why = WHY_IGNORED;
	else if (settings_spare(judgement->engine, verdict->jail, &verdict->address))
		verdict->why = WHY_PRIVATE;
	if (verdict->why == WHY_PRIVATE ||
	    (verdict->why == WHY_IGNORED &&
	     settings_hides(judgement->engine, verdict->jail, &verdict->address)))
		return raise.count > 0 && judgement->event->weight > 0 ? spare(judgement) : 0;
	if (verdict->why == WHY_IGNORED)
		return 0;
	if (!tells) {
		verdict->why = WHY_WEIGHTLESS;
		return 0;
	}
	return judge_attempts(judgement, &raise);
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
	offender = engine_prefix_of(judgement->engine, verdict->jail, &verdict->address);
	window = windows_find(windows, verdict->jail, &offender.address);
	if (window)
		verdict->forgiven =
			windows_forgive(windows, window, weigh_identify_user(verdict->user),
					judgement->time);
}

/* Nobody is known any more to whom the failure could be given. */
static void lose(struct judgement *judgement)
{
	if (judgement->is_named && judgement->event->outcome == OUTCOME_FAILURE &&
	    !judgement->engine->warming)
		judgement->jail->n_lost++;
}

/* The line's own word on who it was, against what its session remembers. */
static int judge_address(struct judgement *judgement, bool has_own)
{
	struct verdict_of_hit *verdict = judgement->verdict;
	struct remembered remembered = { 0 };
	char *user;

	if (judgement->session)
		remembered = sessions_recall(judgement->engine->sessions, judgement->session,
					     judgement->time);
	if (judgement->event->agree && has_own &&
	    !(remembered.has_address && address_equal(&remembered.address, &verdict->address))) {
		if (!remembered.has_address)
			lose(judgement);
		verdict->why = WHY_DISAGREES;
		return 0;
	}
	if (!has_own && remembered.has_address) {
		verdict->address = remembered.address;
		verdict->has_address = true;
	}
	if (!is_there(verdict->user) && remembered.user.data) {
		/* the session may be gone before the verdict is read */
		user = malloc(remembered.user.size + 1);
		if (!user)
			return -ENOMEM;
		memcpy(user, remembered.user.data, remembered.user.size);
		judgement->judged->user = user;
		verdict->user = (struct span){ user, remembered.user.size };
	}
	if (judgement->event->outcome == OUTCOME_SUCCESS) {
		judge_success(judgement);
		return 0;
	}
	if (!verdict->has_address) {
		lose(judgement);
		verdict->why = judgement->event->agree ? WHY_DISAGREES : WHY_NO_ADDRESS;
		return 0;
	}
	return judge_failure(judgement);
}

/* What an entry says of its machine is the sender's word, as all of it is. */
static int judge_name(struct judgement *judgement)
{
	struct span machine = { 0 };
	int r = 0;

	if (judgement->entry->many_machines)
		r = entry_field(judgement->entry, "_MACHINE_ID", &machine);
	if (r < 0)
		return r;
	judgement->name = sessions_name(judgement->engine->sessions, judgement->hit->jail,
					r > 0 ? machine : (struct span){ 0 },
					judgement->hit->captures.session);
	return 0;
}

int judge_hit(struct engine *engine, const struct entry *entry, const struct hit *hit, usec_t time)
{
	const struct captures *captures = &hit->captures;
	struct judgement judgement = {
		.engine = engine,
		.entry = entry,
		.hit = hit,
		.event = ruleset_event(engine->ruleset, hit->jail, hit->event),
		.jail = &engine->jails[hit->jail],
		.time = time,
		.is_named = is_there(captures->session),
	};
	struct verdict_of_hit *verdict;
	bool is_bad;
	int r;

	r = state_add_verdict(engine, hit, &judgement.judged);
	if (r < 0)
		return r;
	verdict = judgement.verdict = &judgement.judged->verdict;
	verdict->user = captures->user;
	r = judgement.is_named ? judge_name(&judgement) : 0;
	if (r < 0)
		return r;
	verdict->has_address = is_there(captures->address) &&
			       address_parse_endpoint(captures->address, &verdict->address) >= 0;
	is_bad = is_there(captures->address) && !verdict->has_address;
	if (!judgement.jail->jail->takes[hit->event]) {
		verdict->why = judgement.event->mode == MODE_AGGRESSIVE &&
					       judgement.jail->settings->mode == MODE_NORMAL
				       ? WHY_MODE_OFF
				       : WHY_LEFT_OUT;
		return 0;
	}
	if (verdict->has_address && judgement.event->outcome != OUTCOME_SUCCESS) {
		widen(&judgement);
		if (judgement.event->outcome == OUTCOME_FAILURE)
			judge_prefetch(&judgement, false);
	}
	if (judgement.is_named)
		judgement.session = sessions_find(engine->sessions, &judgement.name);
	if (judgement.event->outcome == OUTCOME_NOTE)
		return judge_note(&judgement, verdict->has_address);
	if (is_bad) {
		verdict->why = WHY_BAD_ADDRESS;
		return 0;
	}
	return judge_address(&judgement, verdict->has_address);
}
