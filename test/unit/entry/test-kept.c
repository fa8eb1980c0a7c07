#include "entry/kept.h"

#include "rules.h"

static void assert_field(struct kept *fields, const char *name, const char *expected)
{
	struct span value = { 0 };

	assert_int_equal(kept_get(fields, name, &value), expected != NULL);
	if (expected)
		assert_true(span_equal(value, span_of(expected)));
}

static void asks_once_and_keeps_all(void **state)
{
	struct source source = { .fields = FIELDS("A=one", "B=two", "E=") };
	struct entry entry = source_entry(&source);
	struct kept fields = { 0 };
	struct span a, b;

	kept_begin(&fields, &entry);
	assert_int_equal(kept_get(&fields, "A", &a), 1);
	assert_int_equal(kept_get(&fields, "B", &b), 1);
	assert_field(&fields, "C", NULL);
	assert_field(&fields, "E", "");
	assert_field(&fields, "C", NULL);
	assert_field(&fields, "A", "one");
	assert_true(span_equal(a, SPAN_LITERAL("one")));
	assert_true(span_equal(b, SPAN_LITERAL("two")));
	assert_string_equal(source.asked, "A B C E ");
	kept_done(&fields);
}

static void begins_anew(void **state)
{
	static char large[4000], text[4002] = "A=";
	struct source source = { .fields = FIELDS("A=one") };
	struct entry entry = source_entry(&source);
	struct kept fields = { 0 };

	assert_field(&fields, "A", NULL);
	kept_begin(&fields, &entry);
	assert_field(&fields, "A", "one");
	memset(large, 'x', sizeof(large) - 1);
	strcpy(text + 2, large);
	source.fields = FIELDS(text);
	kept_begin(&fields, &entry);
	assert_field(&fields, "A", large);
	source.fields = FIELDS("B=one");
	kept_begin(&fields, &entry);
	assert_field(&fields, "A", NULL);
	kept_begin(&fields, NULL);
	assert_field(&fields, "B", NULL);
	kept_done(&fields);
}

/* A view of the entry has other values; what the first told is still good. */
static void keeps_what_other_views_told(void **state)
{
	struct source source = { .fields = FIELDS("A=one") }, other = { .fields = FIELDS("A=two") };
	struct entry entry = source_entry(&source), view = source_entry(&other);
	struct kept fields = { 0 };
	struct span a;

	for (int i = 0; i < 3; i++) {
		kept_begin(&fields, &entry);
		assert_int_equal(kept_get(&fields, "A", &a), 1);
		kept_look_at(&fields, &view);
		assert_field(&fields, "A", "two");
		assert_true(span_equal(a, SPAN_LITERAL("one")));
		kept_look_at(&fields, &entry);
		assert_field(&fields, "A", "one");
	}
	assert_int_equal(fields.n, 2);
	assert_string_equal(source.asked, "A A A ");
	kept_done(&fields);
}

static void passes_errors_on(void **state)
{
	struct source source = { .fields = FIELDS("A=one"), .failing = "A" };
	struct entry entry = source_entry(&source);
	struct kept fields = { 0 };
	struct span value;

	kept_begin(&fields, &entry);
	assert_int_equal(kept_get(&fields, "A", &value), -5);
	source.failing = NULL;
	assert_field(&fields, "A", "one");
	kept_done(&fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_once_and_keeps_all),
		cmocka_unit_test(begins_anew),
		cmocka_unit_test(keeps_what_other_views_told),
		cmocka_unit_test(passes_errors_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
