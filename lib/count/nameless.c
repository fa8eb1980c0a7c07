/*
 * Addresses are found by their offender, so that a ban finds all of them at once; mostly there is
 * only one.
 */

#include "count/nameless.h"

#include "base/hash.h"
#include "base/table.h"

#include <assert.h>
#include <errno.h>

/* Forgotten ones may lie about while there are not more than these in all. */
#define SPARE_ADDRESSES 4096

struct teller {
	struct table_head head;
	struct address address;
	uint16_t jail;
	struct totals totals;
};

static_assert(sizeof(struct teller) <= 64, "an address fits in a line of cache");

struct nameless {
	uint8_t seed[HASH_SEED_SIZE];
	struct table table;
	struct table_list list; /* by the time they began */
	struct pool totals;
	size_t max;
	uint64_t n_evicted;
};

/* Looked for: an address of an offender. What else of his is met on the way is counted. */
struct quest {
	unsigned jail;
	const struct address *address;
	const struct prefix *offender;
	struct others {
		const struct teller *oldest;
		unsigned n;
	} * others; /* NULL: any address of the offender will do */
};

int nameless_new(const uint8_t seed[16], size_t max, struct nameless **ret)
{
	struct nameless *nameless = calloc(1, sizeof(*nameless));

	if (!nameless)
		return -ENOMEM;
	memcpy(nameless->seed, seed, sizeof(nameless->seed));
	table_init(&nameless->table, sizeof(struct teller));
	table_list_init(&nameless->list);
	totals_pool_init(&nameless->totals);
	nameless->max = MAX(max, 1);
	*ret = nameless;
	return 0;
}

struct nameless *nameless_free(struct nameless *nameless)
{
	if (!nameless)
		return NULL;
	table_done(&nameless->table);
	pool_done(&nameless->totals);
	free(nameless);
	return NULL;
}

static void drop_teller(struct nameless *nameless, struct teller *teller)
{
	totals_done(&nameless->totals, &teller->totals);
	table_remove(&nameless->table, &nameless->list, teller);
}

static uint64_t hash_offender(const struct nameless *nameless, unsigned jail,
			      const struct prefix *offender)
{
	struct {
		uint32_t jail;
		uint8_t bytes[16];
	} key = { .jail = jail };

	memcpy(key.bytes, offender->address.bytes, sizeof(key.bytes));
	return hash64(nameless->seed, &key, sizeof(key));
}

static bool is_sought(const void *record, const void *wanted)
{
	const struct teller *teller = record;
	const struct quest *quest = wanted;
	struct others *others = quest->others;

	if (teller->jail != quest->jail || !prefix_contains(quest->offender, &teller->address))
		return false;
	if (!others || address_equal(&teller->address, quest->address))
		return true;
	others->n++;
	if (!others->oldest || teller->totals.hour < others->oldest->totals.hour)
		others->oldest = teller;
	return false;
}

/* The oldest of the offender where he has too many, else of all. */
static void make_room_for(struct nameless *nameless, uint64_t hash, const struct others *others)
{
	const struct teller *oldest = others->oldest;
	struct teller *going;

	if (others->n >= NAMELESS_ADDRESSES_MAX) {
		struct prefix prefix =
			address_widen(&oldest->address, address_bits(&oldest->address));
		struct quest quest = { .jail = oldest->jail, .offender = &prefix };

		going = table_find(&nameless->table, hash, is_sought, &quest);
	} else if (nameless->table.n >= nameless->max) {
		going = table_oldest(&nameless->table, &nameless->list);
	} else {
		return;
	}
	drop_teller(nameless, going);
	nameless->n_evicted++;
}

static uint32_t larger_sum(const struct nameless *nameless, struct teller *teller,
			   const struct nameless_line *line)
{
	unsigned thing = line->counting[line->event].thing;
	struct raise named = totals_of(&nameless->totals, &teller->totals, TOTALS_NAMED | thing);
	struct raise told = totals_count(&nameless->totals, &teller->totals, line->counting, thing);

	return MAX(named.count, told.count);
}

int nameless_tell(struct nameless *nameless, const struct nameless_line *line,
		  const struct raise *raise, uint32_t *ret)
{
	struct others others = { 0 };
	const struct quest quest = { line->jail, line->address, line->offender, &others };
	uint64_t hash = hash_offender(nameless, line->jail, line->offender);
	struct teller *teller = table_find(&nameless->table, hash, is_sought, &quest);
	uint32_t before;
	int r;

	if (!teller) {
		make_room_for(nameless, hash, &others);
		teller = table_add(&nameless->table, &nameless->list, hash);
		if (!teller)
			return -ENOMEM;
		teller->address = *line->address;
		teller->jail = (uint16_t)line->jail;
		totals_init(&teller->totals);
	}
	if (!line->unordered || line->time / TOTALS_HOUR > teller->totals.hour)
		totals_turn(&nameless->totals, &teller->totals, line->time);
	before = larger_sum(nameless, teller, line);
	r = raise ? totals_raise(&nameless->totals, &teller->totals,
				 TOTALS_NAMED | line->counting[line->event].thing, raise)
		  : totals_tell(&nameless->totals, &teller->totals, line->event, line->time,
				line->announced, line->attempts);
	if (r == 0)
		*ret = larger_sum(nameless, teller, line) - before;
	return r;
}

void nameless_prefetch(const struct nameless *nameless, unsigned jail,
		       const struct prefix *offender, bool bucket_is_there)
{
	uint64_t hash = hash_offender(nameless, jail, offender);

	if (bucket_is_there)
		table_fetch_record(&nameless->table, hash);
	else
		table_fetch_bucket(&nameless->table, hash);
}

void nameless_forget(struct nameless *nameless, unsigned jail, const struct prefix *offender)
{
	const struct quest quest = { .jail = jail, .offender = offender };
	uint64_t hash = hash_offender(nameless, jail, offender);
	struct teller *teller;

	while ((teller = table_find(&nameless->table, hash, is_sought, &quest)))
		drop_teller(nameless, teller);
}

/* Rare enough to look at all. */
void nameless_forget_network(struct nameless *nameless, unsigned jail, const struct prefix *network)
{
	struct teller *teller = table_oldest(&nameless->table, &nameless->list);

	while (teller) {
		struct teller *newer = table_newer(&nameless->table, teller);

		if (teller->jail == jail && prefix_contains(network, &teller->address))
			drop_teller(nameless, teller);
		teller = newer;
	}
}

void nameless_expire(struct nameless *nameless, usec_t latest)
{
	for (size_t i = 0; i < 2 && nameless->table.n > SPARE_ADDRESSES; i++) {
		struct teller *oldest = table_oldest(&nameless->table, &nameless->list);

		if (!totals_live(&nameless->totals, &oldest->totals, latest))
			drop_teller(nameless, oldest);
		else if (latest / TOTALS_HOUR > oldest->totals.hour)
			table_touch(&nameless->table, &nameless->list, oldest);
	}
	table_prefetch_oldest(&nameless->table, &nameless->list);
}

uint64_t nameless_n_evicted(const struct nameless *nameless)
{
	return nameless->n_evicted;
}
