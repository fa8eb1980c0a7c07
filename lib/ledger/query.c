#include "ledger/ledger.h"

#include "ledger/store.h"

static struct record *find_latest(const struct ledger *ledger, unsigned jail,
				  const struct prefix *prefix, struct offender **ret_offender)
{
	struct offender_key key = { .prefix = *prefix, .jail = (uint16_t)jail };
	struct offender *offender =
		ledger->offenders.n > 0 ? store_find_offender(ledger, &key) : NULL;

	if (!offender)
		return NULL;
	*ret_offender = offender;
	return table_at(&ledger->bans, offender->latest);
}

static struct record *earlier(const struct ledger *ledger, const struct record *record)
{
	return table_at(&ledger->bans, record->earlier);
}

uint64_t ledger_last_id(const struct ledger *ledger)
{
	return ledger->next_id - 1;
}

const struct ban *ledger_get(const struct ledger *ledger, uint64_t id)
{
	const struct record *record = store_find(ledger, id);

	return record ? &record->ban : NULL;
}

const struct ban *ledger_banned(const struct ledger *ledger, unsigned jail,
				const struct prefix *prefix, usec_t now)
{
	struct offender *offender;

	for (struct record *record = find_latest(ledger, jail, prefix, &offender); record;
	     record = earlier(ledger, record)) {
		const struct ban *ban = &record->ban;

		if (ban->since > now)
			continue;
		if (now - ban->since >= offender->longest)
			break;
		if (now < ban->until && !ban->lifted)
			return ban;
	}
	return NULL;
}

uint32_t ledger_offences(const struct ledger *ledger, unsigned jail, const struct prefix *prefix,
			 usec_t now, usec_t memory)
{
	struct offender *offender;
	uint32_t n = 0;

	for (struct record *record = find_latest(ledger, jail, prefix, &offender); record;
	     record = earlier(ledger, record)) {
		const struct ban *ban = &record->ban;

		if (ban->since > now)
			continue;
		if (now - ban->since >= memory)
			break;
		n += ban->kind == BAN_AUTOMATIC && !ban->lifted;
	}
	return n;
}

const struct ban *ledger_next(const struct ledger *ledger, const struct ban *ban)
{
	const struct record *record = ban ? table_newer(&ledger->bans, record_of(ban))
					  : table_oldest(&ledger->bans, &ledger->ban_list);

	return record ? &record->ban : NULL;
}

const struct ban *ledger_next_of(const struct ledger *ledger, unsigned jail,
				 const struct prefix *prefix, const struct ban *ban)
{
	struct offender *offender;
	const struct record *record = ban ? earlier(ledger, record_of(ban))
					  : find_latest(ledger, jail, prefix, &offender);

	return record ? &record->ban : NULL;
}

/* A jail stands twice: with its hosts, and with its networks. */
const struct ban *ledger_next_overall(const struct ledger *ledger, const struct prefix *prefix,
				      const struct ban *ban)
{
	const struct record *record = ban ? record_of(ban) : NULL;
	size_t place = record ? 2U * record->jail + record->ban.network + 1 : 0;

	if (record && record->earlier != POOL_NONE)
		return &earlier(ledger, record)->ban;
	for (; place < 2 * ledger->n_jails; place++) {
		unsigned jail = (unsigned)(place / 2) | (place % 2 ? LEDGER_NETWORKS : 0);

		if (!ledger->jails[place / 2]->is_apart &&
		    (ban = ledger_next_of(ledger, jail, prefix, NULL)))
			return ban;
	}
	return NULL;
}

unsigned ledger_ban_jail(const struct ban *ban)
{
	return record_of(ban)->jail;
}

bool ledger_is_outdone(const struct ledger *ledger, const struct ban *ban, usec_t now)
{
	const struct offender *offender = table_at(&ledger->offenders, record_of(ban)->offender);

	for (const struct record *record = table_at(&ledger->bans, offender->latest); record;
	     record = earlier(ledger, record))
		if (record->ban.id > ban->id && ban_runs(&record->ban, now))
			return true;
	return false;
}

struct position ledger_position(const struct ledger *ledger)
{
	return (struct position){ ledger->time, span_of(ledger->cursor) };
}

uint64_t ledger_filled(const struct ledger *ledger, const char *set)
{
	const struct filled_set *known = store_filled(ledger, set);

	return known ? known->handle : 0;
}

const char *ledger_table(const struct ledger *ledger)
{
	return ledger->table;
}

/* A file of 0.1.0 does not say; there a ban that was told is placed within the second. */
bool ledger_is_untold(const struct ledger *ledger, const struct ban *ban, usec_t now)
{
	if (ban->kind != BAN_AUTOMATIC)
		return false;
	return ledger->told_known ? ban->id > ledger->told : !ban->placed && ban_runs(ban, now);
}

size_t ledger_n_bans(const struct ledger *ledger)
{
	return ledger->bans.n;
}

uint64_t ledger_n_cut(const struct ledger *ledger)
{
	return ledger->n_cut;
}

size_t ledger_n_ended(const struct ledger *ledger)
{
	return ledger->n_ended;
}

uint64_t ledger_n_evicted(const struct ledger *ledger)
{
	return ledger->n_evicted;
}
