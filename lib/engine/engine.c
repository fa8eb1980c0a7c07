#include "engine/internal.h"

#include <errno.h>
#include <stdio.h>

#define WARN_PAUSE    USEC_PER_HOUR /* between two warnings of one private source */
#define MAX_WARNED    1024          /* private sources that are remembered for it */
#define SPARE_REPEATS 64 /* failures of weight 0 that a source may hold beside those that weigh */

static usec_t add_times(usec_t a, usec_t b)
{
	return a > USEC_INFINITY - b ? USEC_INFINITY : a + b;
}

/* What a failure weighs may depend on those a findtime before it, and they on nothing earlier that
 * still matters: whether it is a repeat, not what it weighs. */
static usec_t reach_of(const struct jail_state *jail)
{
	usec_t findtime = jail->settings->findtime;

	return MAX(add_times(jail->repeats ? 2 * findtime : findtime,
			     breaker_reach(&jail->breaker)),
		   accounts_reach(&jail->settings->targets));
}

static usec_t longest_reach(const struct engine *engine)
{
	usec_t longest = 0;

	for (size_t i = 0; i < engine->n_jails; i++)
		longest = MAX(longest, reach_of(&engine->jails[i]));
	return add_times(longest, TOTALS_REACH);
}

usec_t engine_reach(const struct engine *engine)
{
	return engine->reach;
}

/* The first failure that counts may recall a note as old as one can be. */
usec_t engine_note_reach(const struct engine *engine)
{
	for (size_t i = 0; i < engine->n_jails; i++)
		if (ruleset_has_notes(engine->ruleset, (unsigned)i))
			return add_times(engine->reach, SESSION_NOTE_LIFE);
	return 0;
}

usec_t engine_findtime(const struct engine *engine)
{
	usec_t longest = 0;

	for (size_t i = 0; i < engine->n_jails; i++)
		longest = MAX(longest, engine->jails[i].settings->findtime);
	return longest;
}

static int init_jail(struct jail_state *state, const struct jail *jail)
{
	const struct settings *settings = &jail->settings;
	int r;

	*state = (struct jail_state){
		.jail = jail,
		.settings = settings,
		.limit = (uint64_t)settings->maxretry * WEIGHT_ONE,
		.repeats = settings->repeat_weight < WEIGHT_MAX,
	};
	state->users =
		state->repeats || settings->maxusers > 0 || settings->on_success == SUCCESS_FORGIVE;
	state->depth = MIN(state->limit + (state->repeats ? SPARE_REPEATS : 0), WINDOW_MAX_DEPTH);
	r = counting_new(jail->rule, &state->counting);
	return r < 0 ? r : breaker_init(&state->breaker, &settings->maxbans);
}

static void done_jail(struct jail_state *state)
{
	breaker_done(&state->breaker);
	free(state->counting);
}

static int make_tables(struct engine *engine, const uint8_t seed[16],
		       const struct engine_limits *limits)
{
	cleanup(freep) usec_t *lifetimes = calloc(engine->n_jails + 1, sizeof(*lifetimes));
	size_t n = engine->n_jails;
	int r;

	if (!lifetimes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		lifetimes[i] = engine->jails[i].settings->findtime;
	r = windows_new(seed, lifetimes, n, limits->max_sources ?: ENGINE_MAX_SOURCES,
			&engine->windows);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < n; i++)
		if (engine->jails[i].users)
			windows_remember_users(engine->windows, i);
	r = nameless_new(seed, limits->max_nameless ?: ENGINE_MAX_NAMELESS, &engine->nameless);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		lifetimes[i] = WARN_PAUSE;
	r = windows_new(seed, lifetimes, n, MAX_WARNED, &engine->warned);
	if (r < 0)
		return r;
	r = networks_new(seed, NETWORKS_MAX_OFFENDERS, &engine->networks);
	if (r < 0)
		return r;
	r = sessions_new(seed, limits->max_sessions ?: ENGINE_MAX_SESSIONS, &engine->sessions);
	return r < 0 ? r : accounts_new(seed, &engine->accounts);
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
	engine->n_jails = ruleset_n_jails(ruleset);
	engine->jails = calloc(engine->n_jails + 1, sizeof(*engine->jails));
	if (!engine->jails)
		return -ENOMEM;
	for (size_t i = 0; i < engine->n_jails; i++) {
		r = init_jail(&engine->jails[i], ruleset_jail(ruleset, (unsigned)i));
		if (r < 0)
			return r;
	}
	engine->reach = longest_reach(engine);
	r = make_tables(engine, seed, limits ?: &defaults);
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

static void clear_verdicts(struct engine *engine)
{
	for (size_t i = 0; i < engine->n_verdicts; i++)
		free(engine->users[i]);
	engine->n_verdicts = 0;
}

struct engine *engine_free(struct engine *engine)
{
	if (!engine)
		return NULL;
	clear_verdicts(engine);
	windows_free(engine->windows);
	nameless_free(engine->nameless);
	windows_free(engine->warned);
	sessions_free(engine->sessions);
	networks_free(engine->networks);
	accounts_free(engine->accounts);
	ledger_free(engine->ledger);
	prefixset_done(&engine->ignored);
	for (size_t i = 0; engine->jails && i < engine->n_jails; i++)
		done_jail(&engine->jails[i]);
	free(engine->jails);
	free(engine->lifts);
	free(engine->cursor);
	free(engine->verdicts);
	free(engine->users);
	free(engine->decisions);
	free(engine);
	return NULL;
}

static int reserve_verdicts(struct engine *engine, size_t n)
{
	struct verdict_of_hit *verdicts;
	char **users;

	if (n <= engine->max_verdicts)
		return 0;
	verdicts = reallocarray(engine->verdicts, n, sizeof(*verdicts));
	if (!verdicts)
		return -ENOMEM;
	engine->verdicts = verdicts;
	users = reallocarray(engine->users, n, sizeof(*users));
	if (!users)
		return -ENOMEM;
	engine->users = users;
	engine->max_verdicts = n;
	return 0;
}

static void forget_entry(struct engine *engine)
{
	clear_verdicts(engine);
	free(engine->cursor);
	engine->cursor = NULL;
}

static int judge_hits(struct engine *engine, const struct entry *entry, size_t n, usec_t time)
{
	int r;

	r = reserve_verdicts(engine, n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = engine_judge(engine, entry, ruleset_hit(engine->ruleset, i), time);
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
	int r, n;

	engine_warm_done(engine);
	forget_entry(engine);
	engine->statistics.entries++;
	n = ruleset_scan(engine->ruleset, entry);
	if (n <= 0)
		return n;
	r = entry_time(entry, &time);
	if (r < 0)
		return r;
	return judge_hits(engine, entry, (size_t)n, time);
}

int engine_warm(struct engine *engine, const struct entry *entry)
{
	bool has_lifts = engine_has_lifts(engine);
	usec_t time;
	int r, n;

	forget_entry(engine);
	n = ruleset_scan(engine->ruleset, entry);
	if (n < 0 || (n == 0 && !has_lifts))
		return n;
	r = entry_time(entry, &time);
	if (r < 0)
		return r;
	engine->warming = true;
	engine_apply_overdue_lifts(engine, time);
	if (n > 0)
		r = judge_hits(engine, entry, (size_t)n, time);
	return r < 0 ? r : engine_apply_lifts(engine, entry, time);
}

int engine_warm_notes(struct engine *engine, const struct entry *entry)
{
	usec_t time;
	int r, n;

	forget_entry(engine);
	n = ruleset_scan(engine->ruleset, entry);
	if (n <= 0)
		return n;
	r = entry_time(entry, &time);
	if (r == 0)
		r = reserve_verdicts(engine, (size_t)n);
	if (r < 0)
		return r;
	engine->warming = true;
	for (size_t i = 0; r == 0 && i < (size_t)n; i++) {
		const struct hit *hit = ruleset_hit(engine->ruleset, i);

		if (ruleset_event(engine->ruleset, hit->jail, hit->event)->outcome == OUTCOME_NOTE)
			r = engine_judge(engine, entry, hit, time);
	}
	engine->latest = MAX(engine->latest, time);
	sessions_expire(engine->sessions, engine->latest);
	return r;
}

int engine_cursor(struct engine *engine, const struct entry *entry, const char **ret)
{
	struct span cursor = SPAN_LITERAL("");
	int r;

	if (!engine->cursor) {
		r = entry->cursor ? entry->cursor(entry->source, &cursor) : 0;
		if (r < 0)
			return r;
		engine->cursor = strndup(cursor.data, cursor.size);
		if (!engine->cursor)
			return -ENOMEM;
	}
	*ret = engine->cursor;
	return 0;
}

int engine_decide(struct engine *engine, const struct decision *decision)
{
	struct decision *decisions;
	size_t max;

	if (engine->n_decisions == engine->max_decisions) {
		max = MAX(2 * engine->max_decisions, 8);
		decisions = reallocarray(engine->decisions, max, sizeof(*decisions));
		if (!decisions)
			return -ENOMEM;
		engine->decisions = decisions;
		engine->max_decisions = max;
	}
	engine->decisions[engine->n_decisions++] = *decision;
	return 0;
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
	return engine->n_verdicts;
}

const struct verdict_of_hit *engine_verdict(const struct engine *engine, size_t i)
{
	return &engine->verdicts[i];
}

int engine_set_ignored(struct engine *engine, const struct prefix *prefixes, size_t n)
{
	cleanup(prefixset_done) struct prefixset set = { 0 };
	struct prefixset old = engine->ignored;
	int r = 0;

	for (size_t i = 0; r == 0 && i < engine->policy->n_ignoreip; i++)
		r = prefixset_add(&set, &engine->policy->ignoreip[i]);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = prefixset_add(&set, &prefixes[i]);
	if (r < 0)
		return r;
	engine->ignored = set;
	set = old;
	return 0;
}

bool engine_ignores_all(struct engine *engine, const struct prefix *prefix)
{
	return prefix_never_offends(prefix) || prefixset_covers(&engine->ignored, prefix);
}

bool engine_ignores(struct engine *engine, const struct address *address)
{
	return address_never_offends(address) || prefixset_contains(&engine->ignored, address);
}

struct prefix engine_prefix_of(const struct engine *engine, unsigned jail,
			       const struct address *address)
{
	const struct settings *settings = engine_settings(engine, jail);

	if (jail == ENGINE_FORCED)
		return address_widen(address, address_bits(address));
	return address_host(address,
			    address->family == AF_INET ? settings->prefix4 : settings->prefix6);
}

unsigned engine_length(const struct engine *engine, unsigned jail, uint8_t family)
{
	const struct settings *settings = engine_settings(engine, jail);

	if (jail == ENGINE_FORCED)
		return family == AF_INET ? 32 : 128;
	return family == AF_INET ? settings->prefix4 : settings->prefix6;
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

void engine_spare_private(struct engine *engine, bool spare)
{
	engine->spares_private = spare;
}

bool engine_spares(const struct engine *engine, unsigned jail, const struct address *address)
{
	return engine->spares_private && !engine_settings(engine, jail)->banprivate &&
	       address_is_private(address);
}
