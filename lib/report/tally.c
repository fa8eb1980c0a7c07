#include "report/tally.h"

struct tally_key {
	unsigned group;
	const char *name;
	size_t size; /* bytes of the name that count */
	uint64_t hash;
};

void tally_init(struct tally *tally, const uint8_t seed[static HASH_SEED_SIZE], size_t max_items,
		size_t name_size)
{
	*tally = (struct tally){ .max_items = max_items, .name_size = name_size };
	table_init(&tally->table, (sizeof(struct tally_item) + name_size + 7) / 8 * 8);
	table_list_init(&tally->list);
	memcpy(tally->seed, seed, sizeof(tally->seed));
}

void tally_done(struct tally *tally)
{
	if (tally->name_size > 0) /* zeroes: it was never begun */
		table_done(&tally->table);
}

static bool tally_equal(const void *record, const void *wanted)
{
	const struct tally_item *item = record;
	const struct tally_key *key = wanted;

	return item->group == key->group && strncmp(item->name, key->name, key->size) == 0 &&
	       item->name[key->size] == '\0';
}

static struct tally_key tally_make_key(const struct tally *tally, unsigned group, const char *name)
{
	size_t size = strnlen(name, tally->name_size - 1);
	uint64_t hash = hash64(tally->seed, name, size) ^ group * 0x9e3779b97f4a7c15ULL;

	return (struct tally_key){ group, name, size, hash };
}

const struct tally_item *tally_find(const struct tally *tally, unsigned group, const char *name)
{
	struct tally_key key = tally_make_key(tally, group, name);

	return table_find(&tally->table, key.hash, tally_equal, &key);
}

const struct tally_item *tally_next(const struct tally *tally, const struct tally_item *item)
{
	return item ? table_newer(&tally->table, item) : table_oldest(&tally->table, &tally->list);
}

struct tally_item *tally_note(struct tally *tally, unsigned group, const char *name)
{
	struct tally_key key = tally_make_key(tally, group, name);
	struct tally_item *item = table_find(&tally->table, key.hash, tally_equal, &key);

	if (item) {
		table_touch(&tally->table, &tally->list, item);
		return item;
	}
	if (tally->list.n >= tally->max_items) {
		table_remove(&tally->table, &tally->list,
			     table_oldest(&tally->table, &tally->list));
		tally->n_folded++;
	}
	item = table_add(&tally->table, &tally->list, key.hash);
	if (!item)
		return NULL;
	item->group = group;
	memcpy(item->name, name, key.size);
	item->name[key.size] = '\0';
	return item;
}

static int order(tally_compare_t compare, const struct tally_item *a, const struct tally_item *b)
{
	return compare(a, b)
		       ?: strcmp(a->name, b->name) ?: (a->group > b->group) - (a->group < b->group);
}

size_t tally_top(const struct tally *tally, tally_compare_t compare, size_t max_items,
		 const struct tally_item **ret)
{
	const struct tally_item *item = NULL;
	size_t n = 0, i;

	while (max_items > 0 && (item = tally_next(tally, item))) {
		if (n == max_items && order(compare, ret[n - 1], item) <= 0)
			continue;
		i = n < max_items ? n++ : n - 1;
		for (; i > 0 && order(compare, item, ret[i - 1]) < 0; i--)
			ret[i] = ret[i - 1];
		ret[i] = item;
	}
	return n;
}
