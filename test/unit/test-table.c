#include "table.h"

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

static void finds_what_is_in_at_any_size(void **state)
{
	enum { N = 3000 };
	struct table table;
	struct table_list list;

	table_init(&table, sizeof(struct item));
	table_list_init(&list);
	for (unsigned key = 0; key < N; key++) {
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_go_by_age),
		cmocka_unit_test(finds_what_is_in_at_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
