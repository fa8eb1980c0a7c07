#include "base/buffer.h"

#include "unit.h"

static void grows_and_ends_with_nul(void **state)
{
	struct buffer buffer = { 0 };
	char *text;

	for (unsigned i = 0; i < 1000; i++) {
		buffer_put(&buffer, "ab\0", 3);
		buffer_print(&buffer, "%u,", i % 10);
		assert_int_equal(buffer.size, 5 * (i + 1));
		assert_int_equal(buffer.data[buffer.size], '\0');
	}
	assert_memory_equal(buffer.data + 10,
			    "ab\0"
			    "2,",
			    5);
	text = buffer_take(&buffer);
	assert_non_null(text);
	assert_null(buffer.data);
	assert_int_equal(buffer.size, 0);
	free(text);
}

/* Whatever is printed, wherever the room ends. */
static void prints_what_is_longer_than_its_room(void **state)
{
	char long_text[2000];

	memset(long_text, 'x', sizeof(long_text));
	for (size_t before = 0; before < 600; before++) {
		struct buffer buffer = { 0 };

		buffer_put(&buffer, long_text, before);
		buffer_print(&buffer, "<%.*s>", (int)(sizeof(long_text) - before), long_text);
		buffer_print(&buffer, "%s", "");
		assert_int_equal(buffer.size, sizeof(long_text) + 2);
		assert_int_equal(buffer.data[before], '<');
		assert_int_equal(buffer.data[buffer.size - 1], '>');
		assert_int_equal(strlen(buffer.data), buffer.size);
		free(buffer_take(&buffer));
	}
}

static void nothing_is_put_at_no_place(void **state)
{
	struct buffer buffer = { 0 };

	buffer_put(&buffer, NULL, 0);
	assert_string_equal(buffer.data, "");
	free(buffer_take(&buffer));
}

static void a_failure_swallows_the_rest(void **state)
{
	struct buffer buffer = { 0 };

	buffer_put(&buffer, "a", 1);
	buffer.failed = true;
	buffer_put(&buffer, "b", 1);
	buffer_print(&buffer, "%d", 1);
	assert_int_equal(buffer.size, 1);
	assert_null(buffer_take(&buffer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_ends_with_nul),
		cmocka_unit_test(prints_what_is_longer_than_its_room),
		cmocka_unit_test(nothing_is_put_at_no_place),
		cmocka_unit_test(a_failure_swallows_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
