#include "entry/field.h"

#include "rules.h"

static void asks_once_and_keeps_a_copy(void **state)
{
	struct source source = { .fields = FIELDS("A=one", "B=two") };
	struct entry entry = source_entry(&source);
	struct event_field a, c;
	struct span other;

	field_init(&a, "A");
	field_init(&c, "C");
	assert_int_equal(field_ask(&a, &entry), 0);
	assert_int_equal(entry_field(&entry, "B", &other), 1);
	assert_int_equal(field_ask(&a, &entry), 0);
	assert_int_equal(field_ask(&c, &entry), 0);
	assert_int_equal(field_ask(&c, &entry), 0);
	assert_string_equal(source.asked, "A B C ");
	assert_true(a.present);
	assert_false(c.present);
	assert_true(span_equal(a.subject.text, SPAN_LITERAL("one")));
	field_done(&a);
	field_done(&c);
}

static void grows_and_gives_back(void **state)
{
	static char large[1 << 20];
	struct event_field text;

	field_init(&text, "A");
	assert_int_equal(field_keep(&text, (struct span){ 0 }), 0);
	assert_int_equal(text.subject.text.size, 0);
	assert_int_equal(field_keep(&text, (struct span){ large, sizeof(large) }), 0);
	assert_int_equal(text.subject.text.size, sizeof(large));
	assert_memory_equal(text.subject.text.data, large, sizeof(large));
	assert_int_equal(field_keep(&text, SPAN_LITERAL("small")), 0);
	assert_true(text.allocated < sizeof(large));
	assert_int_equal(text.subject.state, SUBJECT_UNREAD);
	field_done(&text);
}

static void passes_errors_on(void **state)
{
	struct source source = { .fields = FIELDS("A=one"), .failing = "A" };
	struct entry entry = source_entry(&source);
	struct event_field text;

	field_init(&text, "A");
	assert_int_equal(field_ask(&text, &entry), -5);
	assert_false(text.asked);
	field_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_once_and_keeps_a_copy),
		cmocka_unit_test(grows_and_gives_back),
		cmocka_unit_test(passes_errors_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
