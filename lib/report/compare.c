#include "report/compare.h"

#include <assert.h>
#include <errno.h>

struct compare_record {
	struct table_head head;
	struct offender who;
	bool waits[2]; /* nobody's counterpart yet */
	struct compare_ban last[2];
};

void compare_init(struct compare *compare, const uint8_t seed[static HASH_SEED_SIZE])
{
	*compare = (struct compare){ 0 };
	table_init(&compare->table, sizeof(struct compare_record));
	table_list_init(&compare->list);
	memcpy(compare->seed, seed, sizeof(compare->seed));
}

void compare_done(struct compare *compare)
{
	table_done(&compare->table);
}

static bool compare_equal(const void *record, const void *who)
{
	return memcmp(&((const struct compare_record *)record)->who, who,
		      sizeof(struct offender)) == 0;
}

static void compare_put(struct compare *compare, const struct compare_record *record, bool a,
			bool b)
{
	assert(compare->n_ready < ARRAY_SIZE(compare->ready));
	compare->ready[compare->n_ready++] = (struct difference){
		.who = record->who, .has = { a, b }, .bans = { record->last[0], record->last[1] }
	};
}

/* Whoever waits had nobody. */
static void compare_settle(struct compare *compare, struct compare_record *record)
{
	for (unsigned side = COMPARE_A; side <= COMPARE_B; side++)
		if (record->waits[side])
			compare_put(compare, record, side == COMPARE_A, side == COMPARE_B);
	record->waits[COMPARE_A] = record->waits[COMPARE_B] = false;
}

static struct compare_record *compare_note(struct compare *compare, const struct offender *who)
{
	uint64_t hash = hash64(compare->seed, who, sizeof(*who));
	struct compare_record *record = table_find(&compare->table, hash, compare_equal, who);

	if (record) {
		table_touch(&compare->table, &compare->list, record);
		return record;
	}
	if (compare->list.n >= COMPARE_MAX) {
		record = table_oldest(&compare->table, &compare->list);
		compare_settle(compare, record);
		table_remove(&compare->table, &compare->list, record);
		compare->n_folded++;
	}
	record = table_add(&compare->table, &compare->list, hash);
	if (record)
		record->who = *who;
	return record;
}

static bool compare_overlap(const struct compare_ban *a, const struct compare_ban *b)
{
	return a->since == b->since || (a->since < b->until && b->since < a->until);
}

static usec_t compare_length(const struct compare_ban *ban)
{
	return ban->until == USEC_INFINITY ? USEC_INFINITY : ban->until - ban->since;
}

int difference_start(const struct difference *difference)
{
	usec_t a = difference->bans[COMPARE_A].since, b = difference->bans[COMPARE_B].since;

	return (b > a) - (b < a);
}

int difference_length(const struct difference *difference)
{
	usec_t a = compare_length(&difference->bans[COMPARE_A]);
	usec_t b = compare_length(&difference->bans[COMPARE_B]);

	return (b > a) - (b < a);
}

int compare_add(struct compare *compare, unsigned side, const struct offender *who,
		const struct compare_ban *ban)
{
	struct compare_record *record = compare_note(compare, who);
	unsigned other = side == COMPARE_A ? COMPARE_B : COMPARE_A;

	if (!record)
		return -ENOMEM;
	if (record->waits[side])
		compare_put(compare, record, side == COMPARE_A, side == COMPARE_B);
	record->last[side] = *ban;
	record->waits[side] = true;
	if (record->waits[other] &&
	    compare_overlap(&record->last[COMPARE_A], &record->last[COMPARE_B])) {
		struct difference both = { .bans = { record->last[0], record->last[1] } };

		record->waits[side] = record->waits[other] = false;
		if (difference_start(&both) != 0 || difference_length(&both) != 0)
			compare_put(compare, record, true, true);
	}
	return 0;
}

bool compare_take(struct compare *compare, bool end, struct difference *ret)
{
	struct compare_record *record;

	while (end && compare->n_ready == 0 &&
	       (record = table_oldest(&compare->table, &compare->list))) {
		compare_settle(compare, record);
		table_remove(&compare->table, &compare->list, record);
	}
	if (compare->n_ready == 0)
		return false;
	*ret = compare->ready[0];
	memmove(compare->ready, compare->ready + 1, --compare->n_ready * sizeof(compare->ready[0]));
	return true;
}
