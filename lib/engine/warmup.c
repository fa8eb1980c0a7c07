/*
 * Bans from before. In a warm-up the ledger's word is final: a ban prevents by its times, and
 * empties the window at the entry that did it, known by time and cursor; an unban, lifted from the
 * start, empties it once more after the entry that was last consumed when it came. What is not met
 * (vacuumed, or no longer selected by any rule) is made good by times.
 */

#include "engine/engine.h"

#include "base/array.h"
#include "engine/banned.h"
#include "engine/recidive.h"
#include "engine/settings.h"
#include "ledger/heard.h"

#include <errno.h>

/* An entry this much later than an unban's position, and the position not met: it will not be. So
 * long a step back of the clock does no harm. */
#define LIFT_PATIENCE USEC_PER_HOUR

int lift_add(struct engine *engine, const struct ban *ban)
{
	struct position position = ledger_position(engine->ledger);
	struct span cursor = span_of(ban->lifted_after_cursor);
	int r;

	r = array_reserve(&engine->lifts, engine->n_lifts, &engine->max_lifts,
			  sizeof(*engine->lifts));
	if (r < 0)
		return r;
	engine->lifts[engine->n_lifts++] = (struct pending_lift){
		.id = ban->id,
		.time = span_equal(cursor, position.cursor) ? USEC_INFINITY
							    : ban->lifted_after_time,
	};
	engine->lifts_sorted = false;
	return 0;
}

static int compare_lifts(const void *a, const void *b)
{
	const struct pending_lift *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

bool lift_is_pending(struct engine *engine)
{
	if (!engine->lifts_sorted && engine->n_lifts > 0)
		qsort(engine->lifts, engine->n_lifts, sizeof(*engine->lifts), compare_lifts);
	engine->lifts_sorted = true;
	return engine->next_lift < engine->n_lifts &&
	       engine->lifts[engine->next_lift].time != USEC_INFINITY;
}

static void apply_lift(struct engine *engine, struct pending_lift *lift, usec_t until)
{
	const struct ban *ban = ledger_get(engine->ledger, lift->id);

	lift->applied = true;
	if (!ban)
		return;
	ledger_set_lift_met(engine->ledger, ban->id, true);
	banned_empty_window(engine, ban, until);
}

void lift_apply_overdue(struct engine *engine, usec_t time)
{
	while (lift_is_pending(engine)) {
		struct pending_lift *lift = &engine->lifts[engine->next_lift];

		if (!lift->applied && (time < lift->time || time - lift->time <= LIFT_PATIENCE))
			return;
		if (!lift->applied)
			apply_lift(engine, lift, lift->time);
		engine->next_lift++;
	}
}

int lift_apply_at(struct engine *engine, const struct entry *entry, usec_t time)
{
	size_t low = engine->next_lift, high = engine->n_lifts;
	const struct ban *ban;
	const char *cursor;
	int r;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (engine->lifts[middle].time < time)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < engine->n_lifts && engine->lifts[low].time == time; low++) {
		r = state_cursor(engine, entry, &cursor);
		if (r < 0)
			return r;
		ban = ledger_get(engine->ledger, engine->lifts[low].id);
		if (!engine->lifts[low].applied && ban &&
		    strcmp(ban->lifted_after_cursor, cursor) == 0)
			apply_lift(engine, &engine->lifts[low], USEC_INFINITY);
	}
	return 0;
}

/* A network's: who was meant is not known, its first address was not. */
static bool was_given_wider(const struct ban *ban, unsigned length)
{
	const struct prefix given = address_widen(&ban->address, ban->given);

	return ban->kind == BAN_MANUAL && ban->given < length &&
	       address_equal(&ban->address, &given.address);
}

/* What the ban is under this policy; false: it cannot come under it. */
static bool prefix_of_ban(const struct engine *engine, const struct ban *ban, unsigned jail,
			  struct prefix *ret)
{
	if (ban->network)
		return engine_network_of(engine, jail, ban, ret) &&
		       !was_given_wider(ban, ret->length);
	/* what comes back is banned as it was before */
	*ret = ban_keeps_length(ban) || jail == engine->recidive
		       ? address_widen(&ban->address, ban->given)
		       : engine_prefix_of(engine, jail, &ban->address);
	return true;
}

static int adopt_ban(struct engine *engine, const struct ban *ban)
{
	unsigned jail = state_jail_of(engine, ban);
	struct prefix prefix;
	int r;

	ledger_set_met(engine->ledger, ban->id, false);
	ledger_set_lift_met(engine->ledger, ban->id, ban->lifted);
	if (ban->lifted && state_is_in_reach(engine, ban->lifted_after_time)) {
		ledger_set_lift_met(engine->ledger, ban->id, false);
		r = lift_add(engine, ban);
		if (r < 0)
			return r;
	}
	if (jail == ENGINE_NO_JAIL)
		return 0;
	/* a warm-up notes it when it meets it */
	if (!engine->warming || !state_is_in_reach(engine, ban->since))
		banned_note(engine, ban);
	if (!prefix_of_ban(engine, ban, jail, &prefix))
		return 0; /* it ends soon */
	r = ledger_set_prefix(engine->ledger, ban->id, &prefix);
	return r < 0 ? r : network_count_ban(engine, ban, jail);
}

/* How long the bans of a jail are asked for: other hosts tell late, and what they tell is weighed
 * at its own time. No warm-up tells of it. */
static usec_t memory_of(const struct engine *engine, unsigned jail)
{
	const struct settings *settings = engine->jails[jail].settings;
	usec_t memory = settings->increment.memory;

	return jail == engine->fleet ? state_add_times(MAX(memory, settings->findtime), HEARD_LIFE)
				     : memory;
}

int engine_adopt_ledger(struct engine *engine, struct ledger *ledger)
{
	struct ledger *old = engine->ledger;
	usec_t overall = engine->recidive == ENGINE_NO_JAIL
				 ? 0
				 : engine->jails[engine->recidive].settings->findtime;
	int r;

	/* Twice: entries may be out of order, and a reload may ask for a longer findtime. */
	ledger_set_reach(ledger,
			 engine->reach > USEC_INFINITY / 2 ? USEC_INFINITY : 2 * engine->reach);
	r = ledger_set_memory(ledger, NULL, engine->policy->defaults.increment.memory);
	if (r == 0)
		r = ledger_jail(ledger, MANUAL_NAME, &engine->manual);
	if (r == 0)
		r = ledger_jail(ledger, FORCED_NAME, &engine->forced);
	if (r == 0)
		r = ledger_set_apart(ledger, MANUAL_NAME);
	if (r == 0)
		r = ledger_set_apart(ledger, FORCED_NAME);
	if (r == 0)
		r = ledger_set_apart(ledger, RECIDIVE_NAME);
	if (r == 0)
		r = ledger_set_apart(ledger, FLEET_NAME);
	for (unsigned i = 0; r == 0 && i < engine->n_jails; i++) {
		struct jail_state *jail = &engine->jails[i];

		if (jail->settings->increment.overall)
			overall = MAX(overall, jail->settings->increment.memory);
		r = ledger_set_memory(ledger, jail->jail->name, memory_of(engine, i));
		if (r == 0)
			r = ledger_jail(ledger, jail->jail->name, &jail->ledger_jail);
	}
	if (r < 0)
		return r;
	ledger_set_overall(ledger, overall);
	ledger_prune(ledger, ledger_position(ledger).time);
	engine->ledger = ledger;
	engine->n_lifts = engine->next_lift = 0;
	engine->warming = ledger_position(ledger).cursor.data != NULL;
	for (size_t i = 0; i < engine->n_jails; i++)
		breaker_reset(&engine->jails[i].breaker);
	for (const struct ban *ban = NULL; r == 0 && (ban = ledger_next(ledger, ban));)
		r = adopt_ban(engine, ban);
	if (r < 0) {
		engine->ledger = old;
		return r;
	}
	ledger_free(old);
	return 0;
}

struct ledger *engine_ledger(struct engine *engine)
{
	return engine->ledger;
}

struct ledger *engine_take_ledger(struct engine *engine)
{
	return TAKE_PTR(engine->ledger);
}

static bool is_stricter(const struct settings *settings, const struct settings *before)
{
	return settings->maxretry < before->maxretry || settings->findtime > before->findtime ||
	       (settings->maxusers > 0 &&
		(before->maxusers == 0 || settings->maxusers < before->maxusers)) ||
	       (settings->mode == MODE_AGGRESSIVE && before->mode == MODE_NORMAL);
}

void engine_judge_anew(struct engine *engine, const struct engine *before)
{
	for (size_t i = 0; i < engine->n_jails; i++) {
		struct jail_state *jail = &engine->jails[i];
		const struct settings *old = NULL;

		for (size_t k = 0; k < before->n_jails; k++)
			if (strcmp(before->jails[k].jail->name, jail->jail->name) == 0)
				old = before->jails[k].settings;
		jail->anew = !old || is_stricter(jail->settings, old);
	}
}

/* One ban of the past, as if it came now. */
static int judge_ban(struct engine *engine, const struct ban *ban)
{
	unsigned jail = state_jail_of(engine, ban);
	struct ban copy = *ban, again;
	int r;

	if (ban->kind != BAN_AUTOMATIC || ban->lifted || ban->spent || jail == engine->recidive)
		return 0;
	if (!recidive_counts(engine, jail, ban))
		return ledger_spend(engine->ledger, ban->id);
	copy.cursor = ""; /* the ledger may let go of it */
	r = recidive_note(engine, jail, &copy, &again);
	return r <= 0 ? r : banned_begin(engine, engine->recidive, &again);
}

int engine_judge_bans(struct engine *engine)
{
	cleanup(freep) uint64_t *ids = NULL;
	size_t n = 0;
	int r = 0;

	if (engine->recidive == ENGINE_NO_JAIL || !engine->jails[engine->recidive].anew)
		return 0;
	ids = calloc(ledger_n_bans(engine->ledger) + 1, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	for (const struct ban *ban = NULL; (ban = ledger_next(engine->ledger, ban));)
		ids[n++] = ban->id;
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct ban *ban = ledger_get(engine->ledger, ids[i]);

		r = ban ? judge_ban(engine, ban) : 0;
	}
	return r;
}

void engine_warm_done(struct engine *engine)
{
	if (!engine->warming)
		return;
	for (size_t i = 0; i < engine->n_lifts; i++)
		if (!engine->lifts[i].applied)
			apply_lift(engine, &engine->lifts[i], engine->lifts[i].time);
	engine->n_lifts = engine->next_lift = 0;
	for (const struct ban *ban = NULL; (ban = ledger_next(engine->ledger, ban));) {
		if (ban->kind != BAN_AUTOMATIC || ban->met ||
		    !state_is_in_reach(engine, ban->since))
			continue;
		banned_empty_window(engine, ban, ban->since);
		banned_note(engine, ban);
	}
	engine->warming = false;
}
