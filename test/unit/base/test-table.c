#include "base/table.h"

#include "unit.h"

struct item {
	struct table_head head;
	unsigned key;
};

static bool equal(const void *record, const void *key)
{
	return ((const struct item *)record)->key == *(const unsigned *)key;
}

/* A poor hash: many keys share a bucket. */
static uint64_t hash(unsigned key)
{
	return key / 3;
}

static struct item *find(const struct table *table, unsigned key)
{
	return table_find(table, hash(key), equal, &key);
}

static void check_list(const struct table *table, const struct table_list *list,
		       const unsigned *keys, size_t n)
{
	const struct item *item = table_oldest(table, list);

	assert_int_equal(list->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_non_null(item);
		assert_int_equal(item->key, keys[i]);
		assert_ptr_equal(table_at(table, table_index(table, list, item)), item);
		item = table_newer(table, item);
	}
	assert_null(item);
}

static void lists_go_by_age(void **state)
{
	struct table table;
	struct table_list list;

	table_init(&table, sizeof(struct item));
	table_list_init(&list);
	assert_null(find(&table, 1));
	assert_null(table_oldest(&table, &list));
	for (unsigned key = 1; key <= 5; key++)
		((struct item *)table_add(&table, &list, hash(key)))->key = key;
	check_list(&table, &list, (unsigned[]){ 1, 2, 3, 4, 5 }, 5);
	table_touch(&table, &list, find(&table, 2));
	table_touch(&table, &list, find(&table, 5));
	table_touch(&table, &list, find(&table, 5));
	check_list(&table, &list, (unsigned[]){ 1, 3, 4, 2, 5 }, 5);
	table_remove(&table, &list, find(&table, 1));
	table_remove(&table, &list, find(&table, 5));
	table_remove(&table, &list, find(&table, 4));
	check_list(&table, &list, (unsigned[]){ 3, 2 }, 2);
	assert_null(find(&table, 4));
	table_remove(&table, &list, find(&table, 3));
	table_remove(&table, &list, find(&table, 2));
	check_list(&table, &list, NULL, 0);
	table_done(&table);
}

/* With more records expected before the first, and before one in the middle. */
static void fill(size_t first, size_t middle)
{
	enum { N = 3000 };
	struct table table;
	struct table_list list;

	table_init(&table, sizeof(struct item));
	table_list_init(&list);
	table_expect(&table, first);
	for (unsigned key = 0; key < N; key++) {
		if (key == N / 3)
			table_expect(&table, middle);
		((struct item *)table_add(&table, &list, hash(key)))->key = key;
		if (key % 5 == 0)
			table_remove(&table, &list, find(&table, key / 2));
		else if (key % 2 == 0)
			table_touch(&table, &list, find(&table, key));
	}
	for (unsigned key = 0; key < N; key++) {
		bool removed = key <= (N - 1) / 2 && (2 * key % 5 == 0 || (2 * key + 1) % 5 == 0);

		assert_int_equal(find(&table, key) == NULL, removed);
	}
	assert_int_equal(table.n, list.n);
	table_done(&table);
}

static void finds_what_is_in_at_any_size(void **state)
{
	static const size_t sizes[] = { 0, 1, 49, 700, 3000, 40000 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (size_t j = 0; j < ARRAY_SIZE(sizes); j++)
			fill(sizes[i], sizes[j]);
}

static void has_room_for_what_is_expected(void **state)
{
	struct table table;
	struct table_list list;
	uint32_t n_buckets;

	table_init(&table, sizeof(struct item));
	table_list_init(&list);
	table_expect(&table, 1000);
	n_buckets = table.n_buckets;
	for (unsigned key = 0; key < 1000; key++)
		((struct item *)table_add(&table, &list, hash(key)))->key = key;
	assert_int_equal(table.n_buckets, n_buckets);
	table_done(&table);
}

/* Few buckets, and few of the bits by which a link tells its record from others. */
static uint64_t crowded(unsigned key)
{
	return (uint64_t)(key % 3) << 30 | key % 5;
}

static void chains_lose_any_of_their_records(void **state)
{
	enum { N = 24, STEPS = 20000 };
	bool there[N] = { false };
	struct table table;
	struct table_list list;
	unsigned draw = 1;

	table_init(&table, sizeof(struct item));
	table_list_init(&list);
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned key;

		draw = draw * 1103515245U + 12345U;
		key = draw >> 16 & 31;
		if (key >= N)
			continue;
		if (there[key])
			table_remove(&table, &list, table_find(&table, crowded(key), equal, &key));
		else
			((struct item *)table_add(&table, &list, crowded(key)))->key = key;
		there[key] = !there[key];
		for (unsigned i = 0; i < N; i++) {
			const struct item *item = table_find(&table, crowded(i), equal, &i);

			assert_int_equal(item != NULL, there[i]);
			assert_true(!item || item->key == i);
		}
	}
	table_done(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_go_by_age),
		cmocka_unit_test(finds_what_is_in_at_any_size),
		cmocka_unit_test(has_room_for_what_is_expected),
		cmocka_unit_test(chains_lose_any_of_their_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
