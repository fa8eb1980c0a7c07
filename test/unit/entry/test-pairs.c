#include "entry/pairs.h"

#include "unit.h"

#include <errno.h>

#define T(text) SPAN_LITERAL(text)

static size_t put(struct pairs *pairs, const char *key, const char *value, size_t parent)
{
	struct pair *pair;

	assert_int_equal(pairs_add(pairs, &pair), 0);
	pair->key = span_of(key);
	pair->value = span_of(value);
	pair->parent = parent;
	return pairs->n;
}

static void nested_keys_are_joined_by_dots(void **state)
{
	struct pairs pairs = { 0 };
	struct span value = T("untouched");
	size_t a, b;

	assert_int_equal(pairs_begin(&pairs, T("")), 0);
	a = put(&pairs, "a", "{..}", 0);
	b = put(&pairs, "b.c", "{.}", a);
	put(&pairs, "d", "1", b);
	put(&pairs, "e", "2", a);
	put(&pairs, "", "3", a);
	put(&pairs, "x.y", "4", 0);
	assert_int_equal(pairs_get(&pairs, T("a.b.c.d"), &value), 1);
	assert_true(span_equal(value, T("1")));
	assert_int_equal(pairs_get(&pairs, T("a.e"), &value), 1);
	assert_true(span_equal(value, T("2")));
	assert_int_equal(pairs_get(&pairs, T("a."), &value), 1);
	assert_true(span_equal(value, T("3")));
	assert_int_equal(pairs_get(&pairs, T("x.y"), &value), 1);
	assert_int_equal(pairs_get(&pairs, T("a"), &value), 1);
	for (const char *const *key =
		     (const char *const[]){ "d", "e", "b.c", "b.c.d", ".d", "y", "aXe", "a.b.c.",
					    "", "a.b.c.d.e", NULL };
	     *key; key++)
		assert_int_equal(pairs_get(&pairs, span_of(*key), &value), 0);
	/* Two ways to the same name: nobody can tell which of them is meant. */
	put(&pairs, "a.e", "5", 0);
	assert_int_equal(pairs_get(&pairs, T("a.e"), &value), 2);
	pairs_done(&pairs);
}

static void are_bounded(void **state)
{
	struct pairs pairs = { 0 };
	struct pair *pair;

	assert_int_equal(pairs_begin(&pairs, T("x")), 0);
	for (unsigned i = 0; i < PAIRS_MAX; i++)
		put(&pairs, "a", "1", 0);
	assert_int_equal(pairs_add(&pairs, &pair), -EINVAL);
	assert_int_equal(pairs_begin(&pairs, T("x")), 0);
	assert_int_equal(pairs.n, 0);
	assert_int_equal(pairs_add(&pairs, &pair), 0);
	pairs_done(&pairs);
}

static void read_hexadecimal_digits(void **state)
{
	uint32_t value = 1;

	assert_true(pairs_read_hex("00e9", 4, &value));
	assert_int_equal(value, 0xe9);
	assert_true(pairs_read_hex("fFfFfFfF", 8, &value));
	assert_int_equal(value, 0xffffffff);
	assert_false(pairs_read_hex("0g", 2, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nested_keys_are_joined_by_dots),
		cmocka_unit_test(are_bounded),
		cmocka_unit_test(read_hexadecimal_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
