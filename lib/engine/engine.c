#include "engine/engine.h"

#include "engine/state.h"
#include "engine/weigh.h"

#include <errno.h>

usec_t engine_reach(const struct engine *engine)
{
	return engine->reach;
}

/* The first failure that counts may recall a note as old as one can be. */
usec_t engine_note_reach(const struct engine *engine)
{
	for (size_t i = 0; i < engine->n_jails; i++)
		if (ruleset_has_notes(engine->ruleset, (unsigned)i))
			return state_add_times(engine->reach, SESSION_NOTE_LIFE);
	return 0;
}

usec_t engine_jail_reach(const struct engine *engine, unsigned jail)
{
	return state_add_times(state_reach_of(&engine->jails[jail]), TOTALS_REACH);
}

usec_t engine_jail_note_reach(const struct engine *engine, unsigned jail)
{
	return ruleset_has_notes(engine->ruleset, jail)
		       ? state_add_times(engine_jail_reach(engine, jail), SESSION_NOTE_LIFE)
		       : 0;
}

usec_t engine_findtime(const struct engine *engine)
{
	usec_t longest = 0;

	for (size_t i = 0; i < engine->n_jails; i++)
		if (i != engine->recidive && i != engine->fleet)
			longest = MAX(longest, engine->jails[i].settings->findtime);
	return longest;
}

int engine_new(struct ruleset *ruleset, const struct policy *policy, const uint8_t seed[16],
	       const struct engine_limits *limits, struct engine **ret)
{
	static const struct engine_limits defaults;
	cleanup(engine_freep) struct engine *engine = calloc(1, sizeof(*engine));
	cleanup(ledger_freep) struct ledger *ledger = NULL;
	int r;

	if (!engine)
		return -ENOMEM;
	engine->ruleset = ruleset;
	engine->policy = policy;
	r = state_init(engine, seed, limits ?: &defaults);
	if (r == 0)
		r = engine_set_ignored(engine, NULL, 0);
	if (r == 0)
		r = ledger_new(seed, &ledger);
	if (r == 0)
		r = engine_adopt_ledger(engine, ledger);
	if (r < 0)
		return r;
	(void)TAKE_PTR(ledger);
	*ret = TAKE_PTR(engine);
	return 0;
}

struct engine *engine_free(struct engine *engine)
{
	if (engine)
		state_done(engine);
	free(engine);
	return NULL;
}

/* The entry's hits, and its time if there are any or if it is `needed` without. Their number, or
 * what the entry says. */
static int engine_scan(struct engine *engine, const struct entry *entry, bool needed, usec_t *time)
{
	int r, n;

	state_forget_entry(engine);
	n = ruleset_scan(engine->ruleset, entry);
	if (n < 0 || (n == 0 && !needed))
		return n;
	r = entry_time(entry, time);
	return r < 0 ? r : n;
}

static int judge_hits(struct engine *engine, const struct entry *entry, size_t n, bool notes_only,
		      usec_t time)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct hit *hit = ruleset_hit(engine->ruleset, i);

		if (!notes_only ||
		    ruleset_event(engine->ruleset, hit->jail, hit->event)->outcome == OUTCOME_NOTE)
			r = judge_hit(engine, entry, hit, time);
	}
	engine->latest = MAX(engine->latest, time);
	windows_expire(engine->windows, engine->latest);
	nameless_expire(engine->nameless, engine->latest);
	windows_expire(engine->warned, engine->latest);
	sessions_expire(engine->sessions, engine->latest);
	return r;
}

int engine_feed(struct engine *engine, const struct entry *entry)
{
	usec_t time;
	int n;

	engine_warm_done(engine);
	engine->statistics.entries++;
	n = engine_scan(engine, entry, false, &time);
	return n <= 0 ? n : judge_hits(engine, entry, (size_t)n, false, time);
}

int engine_warm(struct engine *engine, const struct entry *entry)
{
	bool has_lifts = lift_is_pending(engine);
	usec_t time;
	int r = 0, n = engine_scan(engine, entry, has_lifts, &time);

	if (n < 0 || (n == 0 && !has_lifts))
		return n;
	engine->warming = true;
	lift_apply_overdue(engine, time);
	if (n > 0)
		r = judge_hits(engine, entry, (size_t)n, false, time);
	return r < 0 ? r : lift_apply_at(engine, entry, time);
}

int engine_warm_notes(struct engine *engine, const struct entry *entry)
{
	usec_t time;
	int n = engine_scan(engine, entry, false, &time);

	if (n <= 0)
		return n;
	engine->warming = true;
	return judge_hits(engine, entry, (size_t)n, true, time);
}

bool engine_take(struct engine *engine, struct decision *ret)
{
	if (engine->next_decision == engine->n_decisions) {
		engine->next_decision = engine->n_decisions = 0;
		return false;
	}
	*ret = engine->decisions[engine->next_decision++];
	return true;
}

size_t engine_n_verdicts(const struct engine *engine)
{
	return engine->n_judged;
}

const struct verdict_of_hit *engine_verdict(const struct engine *engine, size_t i)
{
	return &engine->judged[i].verdict;
}

const struct engine_statistics *engine_statistics(struct engine *engine)
{
	engine->statistics.lost = 0;
	for (size_t i = 0; i < engine->n_jails; i++)
		engine->statistics.lost += engine->jails[i].n_lost;
	engine->statistics.evicted_sources = windows_n_evicted(engine->windows);
	engine->statistics.evicted_sessions =
		sessions_n_evicted(engine->sessions) + nameless_n_evicted(engine->nameless);
	engine->statistics.evicted_bans = ledger_n_evicted(engine->ledger);
	return &engine->statistics;
}

uint64_t engine_n_lost(const struct engine *engine, unsigned jail)
{
	return engine->jails[jail].n_lost;
}
