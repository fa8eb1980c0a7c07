#include "report/shapes.h"

#include "unit.h"

#include <stdio.h>

static void add(struct shapes *shapes, const char *message)
{
	assert_int_equal(shapes_add(shapes, span_of(message)), 0);
}

static void folds_numbers_and_addresses(void **state)
{
	struct shapes shapes = { 0 };

	add(&shapes, "from 192.0.2.1 port 22, 3 times");
	add(&shapes, "from 2001:db8::1 port 40000, 12 times");
	add(&shapes, "x\ty\x80 198.51.100.7: z");
	add(&shapes, "nobody in particular, 12 times");
	add(&shapes, "");
	assert_int_equal(shapes.n_items, 2);
	assert_string_equal(shapes.items[0].text, "from ADDRESS port N, N times");
	assert_int_equal(shapes.items[0].count, 2);
	assert_string_equal(shapes.items[1].text, "x?y? ADDRESS: z");
	shapes_done(&shapes);
}

static void the_most_frequent_comes_first(void **state)
{
	static const char *const messages[] = { "b 192.0.2.1", "c 192.0.2.1", "a 192.0.2.1",
						"c 192.0.2.2" };
	static const char *const order[] = { "c ADDRESS", "a ADDRESS", "b ADDRESS" };
	struct shapes shapes = { 0 };

	shapes_sort(&shapes);
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++)
		add(&shapes, messages[i]);
	shapes_sort(&shapes);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_string_equal(shapes.items[i].text, order[i]);
	shapes_done(&shapes);
}

static void has_a_bound(void **state)
{
	struct shapes shapes = { 0 };
	char text[SHAPES_MAX + 40] = "";

	for (size_t i = 0; i < SHAPES_MAX + 7; i++) {
		snprintf(text, sizeof(text), "192.0.2.1 %c%c%c", 'a' + (char)(i / 26 / 26),
			 'a' + (char)(i / 26 % 26), 'a' + (char)(i % 26));
		add(&shapes, text);
	}
	assert_int_equal(shapes.n_items, SHAPES_MAX);
	assert_int_equal(shapes.n_others, 7);
	shapes_done(&shapes);
}

static void some_speak_of_failures(void **state)
{
	assert_true(shape_is_failure("Login FAILED for x from ADDRESS"));
	assert_true(shape_is_failure("invalid password, ADDRESS"));
	assert_false(shape_is_failure("connect from unknown[ADDRESS]"));
	assert_false(shape_is_failure(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_numbers_and_addresses),
		cmocka_unit_test(the_most_frequent_comes_first),
		cmocka_unit_test(has_a_bound),
		cmocka_unit_test(some_speak_of_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
