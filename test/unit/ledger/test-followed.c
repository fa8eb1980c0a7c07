/* How far the journals of several machines are read: bounded, and kept over a restart. */
#include "ledger/followed.h"

#include "../../encode-all.h"
#include "ledger/encode.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>

#define START (1700000000 * USEC_PER_SEC)

static struct ledger *followed_ledger(void)
{
	static const uint8_t seed[16] = "followed";
	struct ledger *ledger;

	assert_int_equal(ledger_new(seed, &ledger), 0);
	return ledger;
}

static const char *cursor_of(unsigned i)
{
	static char text[200];

	snprintf(text, sizeof(text),
		 "s=0123456789abcdef0123456789abcdef;i=%x;b=0123456789abcdef0123456789abcdef;"
		 "m=1;t=64c1e2ad0f3b1;x=1",
		 i);
	return text;
}

static void read_lines(struct ledger *ledger, const char *text)
{
	for (const char *end; *text; text = end + 1) {
		end = strchr(text, '\n');
		assert_int_equal(ledger_decode(ledger, (struct span){ text, (size_t)(end - text) }),
				 0);
	}
}

static void a_place_needs_a_name_and_a_cursor_that_libsystemd_takes(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = followed_ledger();

	assert_int_equal(followed_set(ledger, "a/b", cursor_of(1), START), -EINVAL);
	assert_int_equal(followed_set(ledger, "", cursor_of(1), START), -EINVAL);
	assert_int_equal(followed_set(ledger, "a", "s=1;i=2", START), -EINVAL);
	assert_int_equal(followed_n(ledger), 0);
	assert_int_equal(followed_set(ledger, "a", NULL, START), 0);
	assert_null(followed_find(ledger, "a")->cursor);
	assert_int_equal(followed_set(ledger, "a", cursor_of(1), START + 1), 0);
	assert_string_equal(followed_find(ledger, "a")->cursor, cursor_of(1));
	assert_null(followed_find(ledger, "b"));
	followed_note(ledger, "a", START + 2, 5);
	followed_note(ledger, "b", START + 2, 5);
	assert_true(followed_find(ledger, "a")->heard == START + 2);
	assert_int_equal(followed_find(ledger, "a")->taken, 5);
	assert_int_equal(followed_n(ledger), 1);
}

static void at_the_bound_the_one_furthest_behind_goes(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = followed_ledger();
	char name[16];

	for (unsigned i = 0; i < FOLLOWED_MAX; i++) {
		snprintf(name, sizeof(name), "m%u", i);
		assert_int_equal(followed_set(ledger, name, cursor_of(i), START - (i == 7) + i % 3),
				 0);
	}
	assert_int_equal(followed_set(ledger, "m7", cursor_of(7), START - 9), 0);
	assert_int_equal(followed_n(ledger), FOLLOWED_MAX);
	followed_note(ledger, "m7", START, 7);
	assert_int_equal(followed_set(ledger, "more", NULL, START + 9), 0);
	assert_int_equal(followed_find(ledger, "more")->taken, 0);
	assert_int_equal(followed_n(ledger), FOLLOWED_MAX);
	assert_null(followed_find(ledger, "m7"));
	assert_non_null(followed_find(ledger, "more"));
}

/* Line by line, or compacted; a host that follows none has not a byte more. */
static void it_outlives_a_restart(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = followed_ledger(), *again = followed_ledger(),
					    *other = followed_ledger();
	cleanup(freep) char *none = NULL, *first = NULL, *second = NULL, *all = NULL, *copy = NULL;

	assert_int_equal(ledger_encode(ledger, &none), 0);
	assert_null(strstr(none, "followed"));
	ledger_saved(ledger);
	assert_int_equal(followed_set(ledger, "a", cursor_of(1), START), 0);
	assert_int_equal(followed_set(ledger, "b", NULL, START), 0);
	assert_int_equal(ledger_encode(ledger, &first), 0);
	ledger_saved(ledger);
	assert_int_equal(followed_set(ledger, "a", cursor_of(2), START + 5), 0);
	followed_note(ledger, "a", START + 6, 9);
	assert_int_equal(ledger_encode(ledger, &second), 0);
	ledger_saved(ledger);
	assert_null(strstr(second, "\"b\"")); /* only what is new */

	read_lines(again, none);
	read_lines(again, first);
	read_lines(again, second);
	all = encode_all(ledger);
	copy = encode_all(again);
	assert_string_equal(copy, all);
	read_lines(other, all);
	assert_string_equal(followed_find(other, "a")->cursor, cursor_of(2));
	assert_true(followed_find(other, "a")->time == START + 5);
	assert_true(followed_find(other, "a")->heard == START + 6);
	assert_int_equal(followed_find(other, "a")->taken, 9);
	assert_null(followed_find(other, "b")->cursor);
	assert_true(followed_find(other, "b")->time == START);
	assert_int_equal(followed_n(other), 2);
}

static void what_makes_no_sense_is_damage_of_that_place_alone(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"name\":\"a\"}",
		"{\"name\":\"a/b\",\"time\":1}",
		"{\"name\":\"a\",\"time\":-1}",
		"{\"name\":\"a\",\"time\":1,\"cursor\":\"s=1\"}",
		"{\"name\":\"a\",\"time\":1,\"cursor\":7}",
		"{\"name\":\"a\",\"time\":1,\"heard\":-1}",
		"{\"name\":\"a\",\"time\":1,\"taken\":\"1\"}",
		"{\"name\":\"a\",\"time\":1,\"more\":1}",
	};
	cleanup(ledger_freep) struct ledger *ledger = followed_ledger();
	char line[256];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(
			line, sizeof(line),
			"{\"v\":1,\"changes\":[{\"followed\":%s},{\"followed\":{\"name\":\"b\",\"time\":%zu}}]}",
			bad[i], i + 1);
		assert_int_equal(ledger_decode(ledger, span_of(line)), 1);
		assert_null(followed_find(ledger, "a"));
		assert_true(followed_find(ledger, "b")->time == i + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_needs_a_name_and_a_cursor_that_libsystemd_takes),
		cmocka_unit_test(at_the_bound_the_one_furthest_behind_goes),
		cmocka_unit_test(it_outlives_a_restart),
		cmocka_unit_test(what_makes_no_sense_is_damage_of_that_place_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
