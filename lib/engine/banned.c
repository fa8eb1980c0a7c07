#include "engine/banned.h"

#include "engine/recidive.h"
#include "engine/settings.h"

/* A warm-up waits so long for the entry that made a ban; then the journal does not hold it, and the
 * ban goes by times. */
#define PATIENCE USEC_PER_HOUR

/* `number`: the ledger's. `made`: in a warm-up, only bans whose entry was met: times alone do not
 * tell what a ban prevented; at its own moment, and after the clock was set back, an entry may
 * stand before the one that made it. One that was lifted holds until its unban is met. */
static bool banned_by(const struct engine *engine, unsigned number, const struct prefix *prefix,
		      usec_t time, bool made)
{
	const struct ban *ban = NULL;

	if (!engine->warming)
		return ledger_banned(engine->ledger, number, prefix, time);
	while ((ban = ledger_next_of(engine->ledger, number, prefix, ban)))
		if (ban->since <= time && time < ban->until && !(ban->lifted && ban->lift_met) &&
		    (!made || ban->kind == BAN_MANUAL || ban->met ||
		     !state_is_in_reach(engine, ban->since) || time - ban->since > PATIENCE))
			return true;
	return false;
}

static bool banned_network(const struct engine *engine, unsigned jail,
			   const struct address *address, usec_t time)
{
	struct prefix network;

	return engine_network(engine, jail, address, &network) &&
	       banned_by(engine, state_ledger_jail(engine, jail, true), &network, time, true);
}

bool banned_holds(const struct engine *engine, unsigned jail, const struct prefix *offender,
		  const struct address *address, usec_t time)
{
	return banned_by(engine, engine->jails[jail].ledger_jail, offender, time, false) ||
	       banned_network(engine, jail, address, time);
}

bool banned_held_before(const struct engine *engine, unsigned jail, const struct prefix *offender,
			const struct address *address, usec_t time)
{
	return banned_network(engine, jail, address, time) ||
	       banned_by(engine, engine->jails[jail].ledger_jail, offender, time, true);
}

bool banned_later(const struct engine *engine, unsigned jail, const struct prefix *offender,
		  usec_t time)
{
	const struct ban *ban = NULL;

	while ((ban = ledger_next_of(engine->ledger, engine->jails[jail].ledger_jail, offender,
				     ban)))
		if (ban->since >= time && ban->kind == BAN_AUTOMATIC && !ban->lifted)
			return true;
	return false;
}

void banned_note(struct engine *engine, const struct ban *ban)
{
	unsigned jail = state_jail_of(engine, ban);

	if (ban->kind == BAN_AUTOMATIC && jail < engine->n_jails)
		breaker_note(&engine->jails[jail].breaker, ban->since);
}

void banned_empty_window(struct engine *engine, const struct ban *ban, usec_t until)
{
	unsigned jail = state_jail_of(engine, ban);
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

/* Both sums of what lines with and without a session told begin anew. */
static void banned_forget_sums(struct engine *engine, const struct ban *ban, unsigned jail)
{
	if (jail >= engine->n_jails)
		return;
	if (ban->network)
		nameless_forget_network(engine->nameless, jail, &ban->prefix);
	else
		nameless_forget(engine->nameless, jail, &ban->prefix);
}

static int banned_meet_one(struct engine *engine, const struct entry *entry, unsigned number,
			   const struct prefix *prefix, usec_t time)
{
	const struct ban *ban = NULL;
	const char *cursor;
	int r;

	while ((ban = ledger_next_of(engine->ledger, number, prefix, ban))) {
		if (ban->since > time || ban->kind != BAN_AUTOMATIC || ban->met)
			continue;
		if (ban->since < time)
			break;
		r = state_cursor(engine, entry, &cursor);
		if (r < 0)
			return r;
		if (strcmp(cursor, ban->cursor) != 0)
			continue;
		ledger_set_met(engine->ledger, ban->id, true);
		if (state_is_in_reach(engine, ban->since)) /* else it was noted as adopted */
			banned_note(engine, ban);
		banned_empty_window(engine, ban, USEC_INFINITY);
		banned_forget_sums(engine, ban, state_jail_of(engine, ban));
	}
	return 0;
}

int banned_meet(struct engine *engine, const struct entry *entry, unsigned jail,
		const struct prefix *offender, const struct address *address, usec_t time)
{
	struct prefix network;
	int r;

	r = banned_meet_one(engine, entry, engine->jails[jail].ledger_jail, offender, time);
	if (r < 0 || !engine_network(engine, jail, address, &network))
		return r;
	return banned_meet_one(engine, entry, state_ledger_jail(engine, jail, true), &network,
			       time);
}

/* bantime x factor^(n-1), at most maxtime, whole seconds; factor 1 is bantime, whatever maxtime is.
 * Rounded to the microsecond before it is cut, so that 1h x 1.7 x 1.7 is 10404 s although 1.7 is
 * no binary number. */
static usec_t banned_duration(const struct settings *settings, uint32_t offence)
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

static uint32_t banned_count_offences(const struct engine *engine, unsigned jail,
				      const struct ban *ban)
{
	const struct increment *increment = &settings_of(engine, jail)->increment;
	const struct ban *other = NULL;
	uint32_t n = 0;

	if (!increment->overall || jail == engine->recidive || jail == engine->fleet)
		return ledger_offences(engine->ledger,
				       state_ledger_jail(engine, jail, ban->network), &ban->prefix,
				       ban->since, increment->memory);
	while ((other = ledger_next_overall(engine->ledger, &ban->prefix, other)))
		n += other->kind == BAN_AUTOMATIC && !other->lifted && other->since <= ban->since &&
		     ban->since - other->since < increment->memory;
	return n;
}

/* The ledger may let go of it before the caller looks: the texts of the decision stay the caller's.
 */
int banned_begin(struct engine *engine, unsigned jail, struct ban *ban)
{
	const struct settings *settings = settings_of(engine, jail);
	const struct ban *added;
	struct ban again;
	int r;

	ban->offence = 1 + banned_count_offences(engine, jail, ban);
	if (__builtin_add_overflow(ban->since, banned_duration(settings, ban->offence),
				   &ban->until))
		ban->until = USEC_INFINITY;
	ban->spent = !recidive_counts(engine, jail, ban);
	r = ledger_add(engine->ledger, ban, &added);
	if (r < 0)
		return r;
	ban->id = added->id;
	if (engine->warming) /* its entry is this one */
		ledger_set_met(engine->ledger, ban->id, true);
	engine->statistics.bans++;
	banned_forget_sums(engine, ban, jail);
	breaker_note(&engine->jails[jail].breaker, ban->since);
	r = state_decide(engine, &(struct decision){ .type = DECISION_BAN, .ban = *ban });
	if (r == 0)
		r = recidive_note(engine, jail, ban, &again);
	return r <= 0 ? r : banned_begin(engine, engine->recidive, &again);
}
