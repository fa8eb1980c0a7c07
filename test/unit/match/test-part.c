#include "match/part.h"

#include "unit.h"

static struct parts parts;

static void done(void)
{
	struct required required = { .blocks = parts.blocks };

	assert_false(parts.failed);
	required_done(&required);
	parts = (struct parts){ 0 };
}

static struct part text_part(const char *text)
{
	return part_literal(&parts, span_of(text));
}

static void assert_texts(struct any_of set, const char *const *texts, size_t n)
{
	assert_int_equal(set.n_texts, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(set.texts[i].size, strlen(texts[i]));
		assert_memory_equal(set.texts[i].data, texts[i], set.texts[i].size);
	}
}

#define TEXTS(...) \
	((const char *const[]){ __VA_ARGS__ }), ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ }))

static void runs_multiply_up_to_a_bound(void **state)
{
	struct part a = part_alternate(&parts, text_part("a"), text_part("b"));
	struct any_of run = a.texts, same;
	struct part longest;

	assert_true(a.exact);
	assert_true(any_of_multiply(&parts, run, text_part("x").texts, &run));
	assert_texts(run, TEXTS("ax", "bx"));
	assert_true(any_of_multiply(&parts, run, a.texts, &run));
	assert_texts(run, TEXTS("axa", "axb", "bxa", "bxb"));
	assert_true(any_of_multiply(&parts, run, a.texts, &run));
	assert_true(any_of_multiply(&parts, run, a.texts, &run));
	assert_int_equal(run.n_texts, RUN_TEXTS_MAX);
	same = run;
	assert_false(any_of_multiply(&parts, run, a.texts, &run));
	assert_memory_equal(&same, &run, sizeof(run));
	longest = text_part("0123456789012345678901234567890123456789012345678901234567890123");
	assert_false(any_of_multiply(&parts, longest.texts, text_part("x").texts, &run));
	done();
}

static void alternatives_demand_what_each_has(void **state)
{
	struct part a = part_unknown(), b = part_unknown(), both;

	part_require(&parts, &a, text_part("short").texts);
	part_require(&parts, &a, text_part("rather long").texts);
	both = part_alternate(&parts, a, text_part("exact"));
	assert_false(both.exact);
	assert_int_equal(both.n_sets, 1);
	assert_texts(both.sets[0], TEXTS("rather long", "exact"));
	assert_int_equal(both.sets[0].shortest, 5);
	both = part_alternate(&parts, a, b);
	assert_false(both.exact);
	assert_int_equal(both.n_sets, 0);
	both = part_alternate(&parts, a, text_part("x"));
	assert_int_equal(both.n_sets, 0);
	done();
}

static void repeats_keep_what_must_come_once(void **state)
{
	struct part abc = text_part("abc"), part;

	part = part_repeat(&parts, abc, 1, 1);
	assert_true(part.exact);
	part = part_repeat(&parts, abc, 0, 1);
	assert_true(part.exact);
	assert_texts(part.texts, TEXTS("abc", ""));
	part = part_repeat(&parts, abc, 1, 5);
	assert_false(part.exact);
	assert_int_equal(part.n_sets, 1);
	assert_texts(part.sets[0], TEXTS("abc"));
	part = part_repeat(&parts, part, 0, 1);
	assert_int_equal(part.n_sets, 0);
	part = part_repeat(&parts, abc, 0, 2);
	assert_false(part.exact);
	assert_int_equal(part.n_sets, 0);
	done();
}

static void a_text_that_holds_another_is_left_out(void **state)
{
	struct part part = part_unknown(), set = text_part("login: info");

	assert_true(any_of_unite(&parts, &set.texts, text_part("login").texts, 9));
	assert_true(any_of_unite(&parts, &set.texts, text_part("login").texts, 9));
	assert_true(any_of_unite(&parts, &set.texts, text_part("other").texts, 9));
	assert_false(any_of_unite(&parts, &set.texts, text_part("more").texts, 4));
	part_require(&parts, &part, set.texts);
	assert_int_equal(part.n_sets, 1);
	assert_texts(part.sets[0], TEXTS("login", "other"));
	/* What is too short says nothing. */
	part_require(&parts, &part, text_part("ab").texts);
	assert_int_equal(part.n_sets, 1);
	done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_multiply_up_to_a_bound),
		cmocka_unit_test(alternatives_demand_what_each_has),
		cmocka_unit_test(repeats_keep_what_must_come_once),
		cmocka_unit_test(a_text_that_holds_another_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
