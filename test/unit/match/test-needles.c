#include "match/needles.h"

#include "base/bitmap.h"
#include "rules.h"

#include <stdio.h>

static void needles_of(struct needles *needles, const struct rule *rule)
{
	const struct event *events[1024];

	for (size_t i = 0; i < rule->n_events; i++)
		events[i] = &rule->events[i];
	assert_int_equal(needles_init(needles, events, rule->n_events), 0);
}

static bool marks_event(const struct marks *marks, uint32_t event)
{
	if (marks->bitmap)
		return bitmap_has(marks->bitmap, event);
	for (size_t i = 0; i < marks->n_events; i++)
		if (marks->events[i] == event)
			return true;
	return false;
}

/* The needle that is this event's first choice. */
static const struct needle *first_needle(const struct needles *needles, uint32_t event)
{
	for (size_t i = 0; i < needles->n; i++)
		if (marks_event(&needles->list[i].marks[0], event))
			return &needles->list[i];
	return NULL;
}

static void assert_first(const struct needles *needles, uint32_t event, const char *text)
{
	const struct needle *needle = first_needle(needles, event);

	if (!text) {
		assert_null(needle);
		return;
	}
	assert_non_null(needle);
	assert_int_equal(needle->size, strlen(text));
	assert_memory_equal(needle->text, text, needle->size);
}

static void rare_texts_come_first(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	struct needles needles;
	char pattern[128];

	for (int i = 0; i < 100; i++) {
		(void)snprintf(pattern, sizeof(pattern),
			       "^\\d+ a long text that all have .* kind %d .* (?<address>.)", i);
		make_event(rule, "e", "MESSAGE", pattern);
	}
	needles_of(&needles, rule);
	assert_first(&needles, 7, " kind 7 ");
	assert_first(&needles, 42, " kind 42 ");
	assert_int_equal(needles.n, 101);
	assert_int_equal(needles.shortest, 8);
	assert_false(needles.has_always);
	needles_done(&needles);
	pool_done();
}

static void short_texts_only_where_nothing_else_tells(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	struct needles needles;

	make_event(rule, "e", "MESSAGE", "^abcde.*long enough(?<address>.)");
	make_event(rule, "f", "MESSAGE", "^abcdef.*ghij(?<address>.)");
	make_event(rule, "g", "MESSAGE", "^abc.*(?<address>.)");
	make_event(rule, "h", "OTHER", "^long enough.*(?<address>.)");
	needles_of(&needles, rule);
	assert_first(&needles, 0, "long enough");
	assert_first(&needles, 1, "abcdef");
	assert_first(&needles, 2, NULL);
	assert_first(&needles, 3, NULL);
	assert_int_equal(needles.n, 3);
	assert_true(needles.has_always);
	assert_false(bitmap_has(needles.unused[0], 0));
	assert_true(bitmap_has(needles.unused[1], 0));
	assert_false(bitmap_has(needles.unused[1], 1));
	assert_true(bitmap_has(needles.unused[0], 2));
	assert_false(bitmap_has(needles.unused[0], 3));
	needles_done(&needles);
	pool_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rare_texts_come_first),
		cmocka_unit_test(short_texts_only_where_nothing_else_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
