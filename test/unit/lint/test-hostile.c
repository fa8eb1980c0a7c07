#include "lint/hostile.h"

#include "entry/json-line.h"
#include "entry/logfmt.h"
#include "unit.h"

#include <stdio.h>

static char target_line[2 * HOSTILE_TEXT_MAX];

/* The name stands between head and tail. */
static struct hostile_target target_of(const char *head, const char *name, const char *tail,
				       const char *address)
{
	struct hostile_target target = { 0 };

	(void)snprintf(target_line, sizeof(target_line), "%s%s%s", head, name, tail);
	target.line = span_of(target_line);
	target.name = (struct span){ target_line + strlen(head), strlen(name) };
	if (address)
		target.address = (struct span){ strstr(target_line, address), strlen(address) };
	hostile_find(&target, target.line, target.name);
	return target;
}

static bool offers(const struct hostile_target *target, const char *wanted)
{
	char text[HOSTILE_TEXT_MAX];
	size_t size;

	for (unsigned i = 0; (size = hostile_text(target, 0, i, text)) > 0; i++)
		if (span_equal((struct span){ text, size }, span_of(wanted)))
			return true;
	return false;
}

static void imitates_the_line_that_is_attacked(void **state)
{
	struct hostile_target target =
		target_of("failed for ", "alice", " from 192.0.2.1 port 7", "192.0.2.1");

	assert_true(offers(&target, "x from 203.0.113.254 port 7"));
	assert_true(offers(&target, "x from 203.0.113.254"));
	assert_true(offers(&target, "x from 2001:db8:dead:beef::254 port 7\n"));
	assert_true(offers(&target, "x from 203.0.113.254 port 7failed for x"));
	assert_true(offers(&target, "x>, rip=203.0.113.254, lip=1.1.1.1"));
	assert_false(offers(&target, "x from 192.0.2.1 port 7"));
	/* The address may come first. */
	target = target_of("from 192.0.2.1 for ", "alice", " for ", "192.0.2.1");
	assert_true(offers(&target, "x from 203.0.113.254 for x"));
	/* Without an address of its own. */
	target = target_of("failed for ", "", " session 7", NULL);
	assert_true(offers(&target, "x session 7"));
	/* Without a place. */
	assert_false(hostile_text(&target, 1, 0, (char[HOSTILE_TEXT_MAX]){ 0 }) == 0);
}

static void texts_end_and_fit(void **state)
{
	static char tail[HOSTILE_TEXT_MAX];
	struct hostile_target target;
	char text[HOSTILE_TEXT_MAX];
	unsigned n = 0;

	memset(tail, 'q', sizeof(tail) - 1);
	target = target_of("", "x", tail, NULL);
	while (hostile_text(&target, 0, n, text) > 0)
		n++;
	assert_in_range(n, 50, 500);
}

static void assert_line(const struct hostile_target *target, size_t place, const char *text,
			const char *expected)
{
	cleanup(freep) char *line = NULL;
	size_t size;

	assert_int_equal(hostile_line(target, place, span_of(text), &line, &size), 0);
	if (!span_equal((struct span){ line, size }, span_of(expected)))
		fail_msg("%.*s", (int)size, line);
}

static void lines_hold_the_text(void **state)
{
	struct hostile_target target = target_of("a ", "bob", " b", NULL);

	assert_int_equal(target.n_places, 1);
	assert_line(&target, 0, "x\ny", "a x\ny b");
	assert_line(&target, SIZE_MAX, "", "a  b");
}

/* Only words count, and neither the address nor what overlaps the place that was captured. */
static void finds_every_place(void **state)
{
	struct hostile_target target =
		target_of("bob for ", "bob", " bobby [name: bob, bob1] bob.x 192.0.2.1",
			  "192.0.2.1");

	assert_int_equal(target.n_places, 4);
	assert_line(&target, SIZE_MAX, "X", "X for X bobby [name: X, bob1] X.x 192.0.2.1");
	assert_line(&target, 1, "X", "bob for X bobby [name: bob, bob1] bob.x 192.0.2.1");
	assert_line(&target, 3, "X", "bob for bob bobby [name: bob, bob1] X.x 192.0.2.1");
	target = target_of("for ", "192.0.2.1", " from 192.0.2.1", NULL);
	target.address = (struct span){ strstr(target_line, "from") + 5, 9 };
	target.n_places = 0;
	hostile_find(&target, target.line, target.name);
	assert_int_equal(target.n_places, 1);
	target = target_of("for ", "", " from", NULL);
	assert_int_equal(target.n_places, 1);
	assert_line(&target, 0, "X", "for X from");
}

/* Whatever is written is one value, unquoted as it was. */
static void quotes_values(void **state)
{
	static const struct {
		enum hostile_quoting quoting;
		const char *line, *quoted;
	} cases[] = { { QUOTING_LOGFMT, "m=x user=\"a of b\" remote=192.0.2.1", "\"a of b\"" },
		      { QUOTING_JSON, "{\"m\":1,\"user\":\"a of b\"}", "\"a of b\"" } };
	char text[HOSTILE_TEXT_MAX];
	struct pairs pairs = { 0 };
	size_t n;

	for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
		struct hostile_target target = { .line = span_of(cases[c].line),
						 .name = SPAN_LITERAL("b"),
						 .n_places = 1 };

		target.places[0].text = (struct span){ strstr(cases[c].line, cases[c].quoted),
						       strlen(cases[c].quoted) };
		target.places[0].value = SPAN_LITERAL("a of b");
		target.places[0].quoting = cases[c].quoting;
		for (unsigned i = 0; (n = hostile_text(&target, 0, i, text)) > 0; i++) {
			cleanup(freep) char *line = NULL;
			struct span value;
			size_t size;

			assert_int_equal(hostile_line(&target, i % 2 ? 0 : SIZE_MAX,
						      (struct span){ text, n }, &line, &size),
					 0);
			assert_int_equal(cases[c].quoting == QUOTING_JSON
						 ? json_line_parse(&pairs,
								   (struct span){ line, size })
						 : logfmt_parse(&pairs,
								(struct span){ line, size }),
					 0);
			assert_int_equal(pairs_get(&pairs, SPAN_LITERAL("user"), &value), 1);
			assert_int_equal(value.size, n + 5);
			assert_memory_equal(value.data, "a of ", 5);
			assert_memory_equal(value.data + 5, text, n);
		}
	}
	pairs_done(&pairs);
}

static void replaces_in_values(void **state)
{
	static const char *const cases[][3] = { { "bob", "bob", "X" },
						{ "of bob and bob", "bob", "of X and X" },
						{ "nobody", "bob", "X" },
						{ "", "", "X" },
						{ "a", "", "X" } };
	char *value;
	size_t size;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(hostile_replace(span_of(cases[i][0]), span_of(cases[i][1]),
						 SPAN_LITERAL("X"), &value, &size),
				 0);
		assert_true(span_equal((struct span){ value, size }, span_of(cases[i][2])));
		free(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imitates_the_line_that_is_attacked),
		cmocka_unit_test(texts_end_and_fit),
		cmocka_unit_test(lines_hold_the_text),
		cmocka_unit_test(finds_every_place),
		cmocka_unit_test(quotes_values),
		cmocka_unit_test(replaces_in_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
