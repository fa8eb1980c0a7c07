/*
 * Bans from before. In a warm-up the ledger's word is final: a ban prevents by its times, and
 * empties the window at the entry that did it, known by time and cursor; an unban, lifted from the
 * start, empties it once more after the entry that was last consumed when it came. What is not met
 * (vacuumed, or no longer selected by any rule) is made good by times.
 */

#include "engine/internal.h"

#include <errno.h>

/* An entry this much later than an unban's position, and the position not met: it will not be. So
 * long a step back of the clock does no harm. */
#define LIFT_PATIENCE USEC_PER_HOUR

unsigned engine_jail_of(const struct engine *engine, const struct ban *ban)
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

int engine_add_lift(struct engine *engine, const struct ban *ban)
{
	struct position position = ledger_position(engine->ledger);
	struct span cursor = span_of(ban->lifted_after_cursor);
	struct pending_lift *lifts;
	size_t max;

	if (engine->n_lifts == engine->max_lifts) {
		max = MAX(2 * engine->max_lifts, 8);
		lifts = reallocarray(engine->lifts, max, sizeof(*lifts));
		if (!lifts)
			return -ENOMEM;
		engine->lifts = lifts;
		engine->max_lifts = max;
	}
	engine->lifts[engine->n_lifts++] = (struct pending_lift){
		.id = ban->id,
		.time = span_equal(cursor, position.cursor) ? USEC_INFINITY
							    : ban->lifted_after_time,
	};
	engine->lifts_sorted = false;
	return 0;
}

bool engine_is_in_reach(const struct engine *engine, usec_t time)
{
	usec_t end = ledger_position(engine->ledger).time;

	return time > end || end - time < engine->reach;
}

static void note_ban(struct engine *engine, const struct ban *ban)
{
	unsigned jail = engine_jail_of(engine, ban);

	if (ban->kind == BAN_AUTOMATIC && jail < engine->n_jails)
		breaker_note(&engine->jails[jail].breaker, ban->since);
}

/* Who was meant by a ban of a network by hand is not known: its first address was not. */
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
	unsigned length = engine_length(engine, jail, ban->address.family);

	if (ban->network)
		return engine_network_of(engine, jail, ban, ret) &&
		       !was_given_wider(ban, ret->length);
	*ret = engine_prefix_of(engine, jail, &ban->address);
	/* by hand even a network can be banned whose addresses carry IPv4 addresses */
	if (ban->exact || (ban->kind == BAN_MANUAL && ban->given == length))
		*ret = address_widen(&ban->address, ban->given);
	return ban->exact || !was_given_wider(ban, MIN(length, ret->length));
}

static int adopt_ban(struct engine *engine, const struct ban *ban)
{
	unsigned jail = engine_jail_of(engine, ban);
	struct prefix prefix;
	int r;

	ledger_set_met(engine->ledger, ban->id, false);
	ledger_set_lift_met(engine->ledger, ban->id, ban->lifted);
	if (ban->lifted && engine_is_in_reach(engine, ban->lifted_after_time)) {
		ledger_set_lift_met(engine->ledger, ban->id, false);
		r = engine_add_lift(engine, ban);
		if (r < 0)
			return r;
	}
	if (jail == ENGINE_NO_JAIL)
		return 0;
	/* a warm-up notes it when it meets it */
	if (!engine->warming || !engine_is_in_reach(engine, ban->since))
		note_ban(engine, ban);
	if (!prefix_of_ban(engine, ban, jail, &prefix))
		return 0; /* it ends soon */
	r = ledger_set_prefix(engine->ledger, ban->id, &prefix);
	return r < 0 ? r : engine_count_offender(engine, ban, jail);
}

static int tell_horizons(struct engine *engine, struct ledger *ledger)
{
	int r;

	/* Twice: entries may be out of order, and a reload may ask for a longer findtime. */
	ledger_set_reach(ledger,
			 engine->reach > USEC_INFINITY / 2 ? USEC_INFINITY : 2 * engine->reach);
	r = ledger_set_memory(ledger, NULL, engine->policy->defaults.increment.memory);
	if (r == 0)
		r = ledger_jail(ledger, MANUAL_NAME, &engine->manual);
	if (r == 0)
		r = ledger_jail(ledger, FORCED_NAME, &engine->forced);
	for (size_t i = 0; r == 0 && i < engine->n_jails; i++) {
		struct jail_state *jail = &engine->jails[i];

		r = ledger_set_memory(ledger, jail->jail->name, jail->settings->increment.memory);
		if (r == 0)
			r = ledger_jail(ledger, jail->jail->name, &jail->ledger_jail);
	}
	return r;
}

int engine_adopt_ledger(struct engine *engine, struct ledger *ledger)
{
	struct ledger *old = engine->ledger;
	int r;

	r = tell_horizons(engine, ledger);
	if (r < 0)
		return r;
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

void engine_empty_window(struct engine *engine, const struct ban *ban, usec_t until)
{
	unsigned jail = engine_jail_of(engine, ban);
	struct window *window;

	/* The windows of a network's hosts are their own. */
	if (jail >= engine->n_jails || ban->network)
		return;
	window = windows_find(engine->windows, jail, &ban->prefix.address);
	if (!window)
		return;
	if (until == USEC_INFINITY)
		windows_drop(engine->windows, window);
	else
		windows_forget_until(engine->windows, window, until);
}

void engine_forget_sums(struct engine *engine, const struct ban *ban, unsigned jail)
{
	if (jail >= engine->n_jails)
		return;
	if (ban->network)
		nameless_forget_network(engine->nameless, jail, &ban->prefix);
	else
		nameless_forget(engine->nameless, jail, &ban->prefix);
}

int engine_replay_ban(struct engine *engine, const struct entry *entry, unsigned jail,
		      const struct prefix *prefix, usec_t time)
{
	const struct ban *ban = NULL;
	const char *cursor;
	int r;

	while ((ban = ledger_next_of(engine->ledger, jail, prefix, ban))) {
		if (ban->since > time || ban->kind != BAN_AUTOMATIC || ban->met)
			continue;
		if (ban->since < time)
			break;
		r = engine_cursor(engine, entry, &cursor);
		if (r < 0)
			return r;
		if (strcmp(cursor, ban->cursor) != 0)
			continue;
		ledger_set_met(engine->ledger, ban->id, true);
		if (engine_is_in_reach(engine, ban->since)) /* else it was noted as adopted */
			note_ban(engine, ban);
		engine_empty_window(engine, ban, USEC_INFINITY);
		engine_forget_sums(engine, ban, engine_jail_of(engine, ban));
	}
	return 0;
}

bool engine_holds(struct engine *engine, unsigned jail, const struct prefix *offender, usec_t time)
{
	const struct ban *ban = NULL;

	if (!engine->warming)
		return ledger_banned(engine->ledger, jail, offender, time);
	while ((ban = ledger_next_of(engine->ledger, jail, offender, ban)))
		if (ban->since <= time && time < ban->until && !(ban->lifted && ban->lift_met))
			return true;
	return false;
}

static int compare_lifts(const void *a, const void *b)
{
	const struct pending_lift *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

/* True if a position is still to be met, so that every entry's time matters. */
bool engine_has_lifts(struct engine *engine)
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
	engine_empty_window(engine, ban, until);
}

void engine_apply_overdue_lifts(struct engine *engine, usec_t time)
{
	while (engine_has_lifts(engine)) {
		struct pending_lift *lift = &engine->lifts[engine->next_lift];

		if (!lift->applied && (time < lift->time || time - lift->time <= LIFT_PATIENCE))
			return;
		if (!lift->applied)
			apply_lift(engine, lift, lift->time);
		engine->next_lift++;
	}
}

int engine_apply_lifts(struct engine *engine, const struct entry *entry, usec_t time)
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
		r = engine_cursor(engine, entry, &cursor);
		if (r < 0)
			return r;
		ban = ledger_get(engine->ledger, engine->lifts[low].id);
		if (!engine->lifts[low].applied && ban &&
		    strcmp(ban->lifted_after_cursor, cursor) == 0)
			apply_lift(engine, &engine->lifts[low], USEC_INFINITY);
	}
	return 0;
}

void engine_warm_done(struct engine *engine)
{
	if (!engine->warming)
		return;
	for (size_t i = 0; i < engine->n_lifts; i++) {
		struct pending_lift *lift = &engine->lifts[i];

		if (!lift->applied)
			apply_lift(engine, lift, lift->time);
	}
	for (const struct ban *ban = NULL; (ban = ledger_next(engine->ledger, ban));) {
		if (ban->kind != BAN_AUTOMATIC || ban->met ||
		    !engine_is_in_reach(engine, ban->since))
			continue;
		engine_empty_window(engine, ban, ban->since);
		note_ban(engine, ban);
	}
	engine->n_lifts = engine->next_lift = 0;
	engine->warming = false;
}
