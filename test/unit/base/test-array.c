#include "base/array.h"

#include "unit.h"

static void has_room_for_each_item(void **state)
{
	unsigned *items = NULL;
	size_t n = 0;

	for (unsigned i = 0; i < 1000; i++) {
		assert_true(array_grow(items, n));
		items[n++] = i;
	}
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	free(items);
}

/* What AddressSanitizer and valgrind look at. */
static void has_room_after_items_were_taken_out(void **state)
{
	unsigned *items = NULL;

	for (size_t most = 0; most < 40; most++)
		for (size_t n = most / 3; n < most; n++) {
			assert_true(array_grow(items, n));
			items[n] = (unsigned)n;
		}
	for (size_t n = 0; n < 3; n++) {
		assert_true(array_grow(items, n));
		items[n] = 7;
	}
	assert_int_equal(items[0] + items[1] + items[2], 21);
	free(items);
}

static void is_left_alone_without_memory(void **state)
{
	char *items = NULL, *before;

	assert_true(array_grow(items, 0));
	items[0] = 'x';
	before = items;
	assert_false(array_make_room(&items, 1, SIZE_MAX));
	assert_ptr_equal(items, before);
	assert_int_equal(items[0], 'x');
	free(items);
}

static void keeps_its_room_when_it_is_emptied(void **state)
{
	unsigned *items = NULL;
	size_t n = 0, max = 0;

	for (unsigned round = 0; round < 3; round++) {
		for (n = 0; n < 100; n++) {
			assert_int_equal(array_reserve(&items, n, &max, sizeof(*items)), 0);
			assert_true(max > n);
			items[n] = (unsigned)n;
		}
		assert_int_equal(max, 128);
		for (n = 0; n < 100; n++)
			assert_int_equal(items[n], n);
	}
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_room_for_each_item),
		cmocka_unit_test(has_room_after_items_were_taken_out),
		cmocka_unit_test(is_left_alone_without_memory),
		cmocka_unit_test(keeps_its_room_when_it_is_emptied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
