#include "lint/hostile.h"

#include "entry/logfmt.h"
#include "unit.h"

#include <stdio.h>

static struct hostile_target target_of(const char *head, const char *tail, const char *address,
				       bool logfmt)
{
	struct hostile_target target = { .head = span_of(head),
					 .tail = span_of(tail),
					 .logfmt = logfmt };

	if (address)
		target.address = (struct span){ strstr(tail, address), strlen(address) };
	return target;
}

static bool offers(const struct hostile_target *target, const char *wanted)
{
	char text[HOSTILE_TEXT_MAX];
	size_t size;

	for (unsigned i = 0; (size = hostile_text(target, i, text)) > 0; i++)
		if (span_equal((struct span){ text, size }, span_of(wanted)))
			return true;
	return false;
}

static void imitates_the_line_that_is_attacked(void **state)
{
	struct hostile_target target =
		target_of("failed for ", " from 192.0.2.1 port 7", "192.0.2.1", false);

	assert_true(offers(&target, "x from 203.0.113.254 port 7"));
	assert_true(offers(&target, "x from 203.0.113.254"));
	assert_true(offers(&target, "x from 2001:db8:dead:beef::254 port 7\n"));
	assert_true(offers(&target, "x from 203.0.113.254 port 7failed for x"));
	assert_true(offers(&target, "x>, rip=203.0.113.254, lip=1.1.1.1"));
	assert_false(offers(&target, "x from 192.0.2.1 port 7"));
	/* The address may come first. */
	target = target_of("", " for ", NULL, false);
	target.head = SPAN_LITERAL("from 192.0.2.1 for ");
	target.address = (struct span){ target.head.data + 5, 9 };
	assert_true(offers(&target, "x from 203.0.113.254 for x"));
	/* Without an address of its own. */
	target = target_of("failed for ", " session 7", NULL, false);
	assert_true(offers(&target, "x session 7"));
}

static void texts_end_and_fit(void **state)
{
	static char tail[HOSTILE_TEXT_MAX];
	struct hostile_target target;
	char text[HOSTILE_TEXT_MAX];
	unsigned n = 0;

	memset(tail, 'q', sizeof(tail) - 1);
	target = target_of("", tail, NULL, false);
	while (hostile_text(&target, n, text) > 0)
		n++;
	assert_in_range(n, 50, 500);
}

static void lines_hold_the_text(void **state)
{
	struct hostile_target target = target_of("a ", " b", NULL, false);
	char *line;
	size_t size;

	assert_int_equal(hostile_line(&target, SPAN_LITERAL("x\ny"), &line, &size), 0);
	assert_true(span_equal((struct span){ line, size }, SPAN_LITERAL("a x\ny b")));
	free(line);
}

/* Whatever is written is one value, unquoted as it was. */
static void quotes_for_logfmt(void **state)
{
	struct hostile_target target =
		target_of("m=x user=", " remote=192.0.2.1", "192.0.2.1", true);
	char text[HOSTILE_TEXT_MAX];
	struct pairs logfmt = { 0 };
	size_t n;

	for (unsigned i = 0; (n = hostile_text(&target, i, text)) > 0; i++) {
		struct span value;
		char *line;
		size_t size;

		assert_int_equal(hostile_line(&target, (struct span){ text, n }, &line, &size), 0);
		assert_int_equal(logfmt_parse(&logfmt, (struct span){ line, size }), 0);
		assert_int_equal(logfmt.n, 3);
		assert_int_equal(pairs_get(&logfmt, SPAN_LITERAL("user"), &value), 1);
		assert_true(span_equal(value, (struct span){ text, n }));
		free(line);
	}
	pairs_done(&logfmt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imitates_the_line_that_is_attacked),
		cmocka_unit_test(texts_end_and_fit),
		cmocka_unit_test(lines_hold_the_text),
		cmocka_unit_test(quotes_for_logfmt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
