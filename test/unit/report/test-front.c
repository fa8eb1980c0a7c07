#include "report/front.h"

#include "unit.h"

static const uint8_t seed[16] = "front";

static void note(struct front *front, const char *text, unsigned failures, unsigned logins)
{
	struct address address;

	assert_int_equal(address_parse(span_of(text), &address), 0);
	for (unsigned i = 0; i < failures + logins; i++)
		assert_int_equal(front_note(front, &address, i < failures), 0);
}

/* The proxy's failures and logins beside 60 and 30 of others. */
static bool is_told(unsigned failures, unsigned logins)
{
	cleanup(front_done) struct front front;
	cleanup(freep) char *text = NULL;
	int r;

	front_init(&front, seed);
	note(&front, "203.0.113.5", 60, 0);
	note(&front, "203.0.113.6", 0, 30);
	note(&front, "2001:db8::1", failures, logins);
	r = front_explain(&front, &text);
	assert_int_equal(r, text ? 1 : 0);
	if (text)
		assert_memory_equal(
			text, "2001:db8::1 makes 61 of 121 failures and 31 of 61 logins",
			strlen("2001:db8::1 makes 61 of 121 failures and 31 of 61 logins"));
	return text != NULL;
}

static void most_of_both_is_told(void **state)
{
	assert_true(is_told(61, 31));
}

static void most_of_one_is_not(void **state)
{
	assert_false(is_told(60, 31));
	assert_false(is_told(61, 30));
	assert_false(is_told(1000, 0));
	assert_false(is_told(0, 1000));
}

static void few_are_not(void **state)
{
	cleanup(front_done) struct front front;
	cleanup(freep) char *text = NULL;

	front_init(&front, seed);
	assert_int_equal(front_explain(&front, &text), 0);
	note(&front, "192.0.2.1", 49, 100);
	assert_int_equal(front_explain(&front, &text), 0);
	note(&front, "192.0.2.1", 1, 0);
	assert_int_equal(front_explain(&front, &text), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_of_both_is_told),
		cmocka_unit_test(most_of_one_is_not),
		cmocka_unit_test(few_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
