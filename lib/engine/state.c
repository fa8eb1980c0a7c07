#include "engine/state.h"

#include "base/array.h"
#include "base/types.h"

#include <errno.h>

#define WARN_PAUSE    USEC_PER_HOUR /* between two warnings of one private source */
#define MAX_WARNED    1024          /* private sources that are remembered for it */
#define SPARE_REPEATS 64 /* failures of weight 0 that a source may hold beside those that weigh */

usec_t state_add_times(usec_t a, usec_t b)
{
	return a > USEC_INFINITY - b ? USEC_INFINITY : a + b;
}

/* What a failure weighs may depend on those a findtime before it, and they on nothing earlier that
 * still matters: whether it is a repeat, not what it weighs. */
usec_t state_reach_of(const struct jail_state *jail)
{
	usec_t reach = jail->settings->findtime * (jail->repeats ? 2 : 1);

	return state_add_times(reach, breaker_reach(&jail->breaker));
}

static usec_t longest_reach(const struct engine *engine)
{
	usec_t longest = 0;

	for (size_t i = 0; i < engine->n_jails; i++) {
		const struct jail_state *jail = &engine->jails[i];

		if (i == engine->recidive || i == engine->fleet) /* these stand in the ledger */
			continue;
		longest = MAX(longest, state_reach_of(jail));
		longest = MAX(longest, accounts_reach(&jail->settings->targets));
	}
	return state_add_times(longest, TOTALS_REACH);
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

int state_init(struct engine *engine, const uint8_t seed[16], const struct engine_limits *limits)
{
	size_t n = ruleset_n_jails(engine->ruleset);
	cleanup(freep) usec_t *findtimes = calloc(n + 1, sizeof(*findtimes));
	cleanup(freep) usec_t *pauses = calloc(n + 1, sizeof(*pauses));
	int r = 0;

	engine->n_jails = n;
	engine->recidive = engine->fleet = ENGINE_NO_JAIL;
	engine->jails = calloc(n + 1, sizeof(*engine->jails));
	if (!engine->jails || !findtimes || !pauses)
		return -ENOMEM;
	for (unsigned i = 0; r == 0 && i < n; i++) {
		r = init_jail(&engine->jails[i], ruleset_jail(engine->ruleset, i));
		if (strcmp(ruleset_jail(engine->ruleset, i)->name, RECIDIVE_NAME) == 0)
			engine->recidive = i;
		if (strcmp(ruleset_jail(engine->ruleset, i)->name, FLEET_NAME) == 0)
			engine->fleet = i;
		findtimes[i] = engine->jails[i].settings->findtime;
		pauses[i] = WARN_PAUSE;
	}
	if (r == 0)
		r = windows_new(seed, findtimes, n, limits->max_sources ?: ENGINE_MAX_SOURCES,
				&engine->windows);
	for (unsigned i = 0; r == 0 && i < n; i++)
		if (engine->jails[i].users)
			windows_remember_users(engine->windows, i);
	if (r == 0)
		r = nameless_new(seed, limits->max_nameless ?: ENGINE_MAX_NAMELESS,
				 &engine->nameless);
	if (r == 0)
		r = windows_new(seed, pauses, n, MAX_WARNED, &engine->warned);
	if (r == 0)
		r = networks_new(seed, NETWORKS_MAX_OFFENDERS, &engine->networks);
	if (r == 0)
		r = sessions_new(seed, limits->max_sessions ?: ENGINE_MAX_SESSIONS,
				 &engine->sessions);
	if (r < 0)
		return r;
	engine->reach = longest_reach(engine);
	return accounts_new(seed, &engine->accounts);
}

void state_done(struct engine *engine)
{
	state_forget_entry(engine);
	windows_free(engine->windows);
	nameless_free(engine->nameless);
	windows_free(engine->warned);
	sessions_free(engine->sessions);
	networks_free(engine->networks);
	accounts_free(engine->accounts);
	ledger_free(engine->ledger);
	prefixset_done(&engine->ignored);
	for (size_t i = 0; engine->jails && i < engine->n_jails; i++) {
		breaker_done(&engine->jails[i].breaker);
		free(engine->jails[i].counting);
	}
	free(engine->jails);
	free(engine->lifts);
	free(engine->judged);
	free(engine->decisions);
}

void state_forget_entry(struct engine *engine)
{
	for (size_t i = 0; i < engine->n_judged; i++)
		free(engine->judged[i].user);
	engine->n_judged = 0;
	free(engine->cursor);
	engine->cursor = NULL;
}

int state_add_verdict(struct engine *engine, const struct hit *hit, struct judged **ret)
{
	int r;

	r = array_reserve(&engine->judged, engine->n_judged, &engine->max_judged,
			  sizeof(*engine->judged));
	if (r < 0)
		return r;
	*ret = &engine->judged[engine->n_judged++];
	**ret = (struct judged){ .verdict = { .jail = hit->jail, .event = hit->event } };
	return 0;
}

int state_cursor(struct engine *engine, const struct entry *entry, const char **ret)
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

int state_decide(struct engine *engine, const struct decision *decision)
{
	int r;

	r = array_reserve(&engine->decisions, engine->n_decisions, &engine->max_decisions,
			  sizeof(*engine->decisions));
	if (r == 0)
		engine->decisions[engine->n_decisions++] = *decision;
	return r;
}

unsigned state_jail_of(const struct engine *engine, const struct ban *ban)
{
	unsigned number = ledger_ban_jail(ban);

	if (number == engine->manual)
		return ENGINE_MANUAL;
	if (number == engine->forced)
		return ENGINE_FORCED;
	for (unsigned i = 0; i < engine->n_jails; i++)
		if (engine->jails[i].ledger_jail == number)
			return i;
	return ENGINE_NO_JAIL;
}

unsigned state_ledger_jail(const struct engine *engine, unsigned jail, bool network)
{
	unsigned number = jail < engine->n_jails  ? engine->jails[jail].ledger_jail
			  : jail == ENGINE_FORCED ? engine->forced
						  : engine->manual;

	return network ? number | LEDGER_NETWORKS : number;
}

bool state_is_in_reach(const struct engine *engine, usec_t time)
{
	usec_t end = ledger_position(engine->ledger).time;

	return time > end || end - time < engine->reach;
}
