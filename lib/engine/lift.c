#include "engine/lift.h"

#include "base/array.h"
#include "engine/banned.h"

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

/* True if a position is still to be met, so that every entry's time matters. */
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

void lift_apply_rest(struct engine *engine)
{
	for (size_t i = 0; i < engine->n_lifts; i++) {
		struct pending_lift *lift = &engine->lifts[i];

		if (!lift->applied)
			apply_lift(engine, lift, lift->time);
	}
	lift_clear(engine);
}

void lift_clear(struct engine *engine)
{
	engine->n_lifts = engine->next_lift = 0;
}
