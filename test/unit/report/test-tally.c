#include "report/tally.h"

#include <stdio.h>

#include "unit.h"

static const uint8_t seed[16] = "tally";

static void note(struct tally *tally, unsigned group, const char *name, unsigned times)
{
	while (times-- > 0) {
		struct tally_item *item = tally_note(tally, group, name);

		assert_non_null(item);
		item->count++;
	}
}

static int by_count(const struct tally_item *a, const struct tally_item *b)
{
	return (a->count < b->count) - (a->count > b->count);
}

static void counts_by_group_and_name(void **state)
{
	cleanup(tally_done) struct tally tally;
	const struct tally_item *top[8];

	tally_init(&tally, seed, 100, 16);
	assert_int_equal(tally_top(&tally, by_count, 8, top), 0);
	note(&tally, 0, "alice", 2);
	note(&tally, 1, "alice", 5);
	note(&tally, 0, "bob", 2);
	note(&tally, 0, "", 1);
	assert_int_equal(tally.list.n, 4);
	assert_int_equal(tally.n_folded, 0);
	assert_int_equal(tally_top(&tally, by_count, 8, top), 4);
	assert_int_equal(top[0]->count, 5);
	assert_int_equal(top[0]->group, 1);
	assert_string_equal(top[1]->name, "alice"); /* as often as bob: by name */
	assert_string_equal(top[2]->name, "bob");
	assert_string_equal(top[3]->name, "");
	assert_int_equal(tally_top(&tally, by_count, 2, top), 2);
	assert_string_equal(top[1]->name, "alice");
	assert_int_equal(tally_top(&tally, by_count, 0, top), 0);
}

static void finds_and_walks_without_making(void **state)
{
	cleanup(tally_done) struct tally tally;
	const struct tally_item *item = NULL;

	tally_init(&tally, seed, 100, 16);
	assert_null(tally_next(&tally, NULL));
	note(&tally, 0, "alice", 1);
	note(&tally, 0, "bob", 1);
	note(&tally, 0, "alice", 1);
	assert_null(tally_find(&tally, 1, "alice"));
	assert_null(tally_find(&tally, 0, "carol"));
	assert_int_equal(tally_find(&tally, 0, "alice")->count, 2);
	item = tally_next(&tally, item);
	assert_string_equal(item->name, "bob");
	item = tally_next(&tally, item);
	assert_string_equal(item->name, "alice");
	assert_null(tally_next(&tally, item));
	assert_int_equal(tally.list.n, 2);
}

static void long_names_are_cut(void **state)
{
	cleanup(tally_done) struct tally tally;
	const struct tally_item *top[2];

	tally_init(&tally, seed, 100, 5);
	note(&tally, 0, "abcdef", 1);
	note(&tally, 0, "abcdxy", 1);
	note(&tally, 0, "abc", 1);
	assert_int_equal(tally.list.n, 2);
	assert_int_equal(tally_top(&tally, by_count, 2, top), 2);
	assert_string_equal(top[0]->name, "abcd");
	assert_int_equal(top[0]->count, 2);
}

static void who_comes_often_stays(void **state)
{
	cleanup(tally_done) struct tally tally;
	const struct tally_item *top[3];
	char name[16];

	tally_init(&tally, seed, 10, 16);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "once %u", i);
		note(&tally, 0, name, 1);
		if (i % 5 == 0)
			note(&tally, 0, "often", 1);
	}
	assert_int_equal(tally.list.n, 10);
	assert_int_equal(tally.n_folded, 991);
	assert_int_equal(tally_top(&tally, by_count, 3, top), 3);
	assert_string_equal(top[0]->name, "often");
	assert_int_equal(top[0]->count, 200);
	assert_int_equal(top[1]->count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_by_group_and_name),
		cmocka_unit_test(finds_and_walks_without_making),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(who_comes_often_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
