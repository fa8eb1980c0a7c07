#include "session.h"

#include "unit.h"

#include <stdio.h>

static const uint8_t seed[16] = "sessions";

static int begin(struct sessions *sessions, unsigned rule, struct span text, usec_t now,
		 struct session **ret)
{
	struct session_name name = sessions_name(sessions, rule, text);

	return sessions_open(sessions, &name, now, ret);
}

static struct session *find(struct sessions *sessions, unsigned rule, struct span text, usec_t now)
{
	struct session_name name = sessions_name(sessions, rule, text);

	return sessions_find(sessions, &name, now);
}

static uint32_t tell(struct sessions *sessions, const char *name, unsigned event, int attempts,
		     usec_t now)
{
	struct session *session;
	uint32_t raise;

	assert_int_equal(begin(sessions, 0, span_of(name), now, &session), 0);
	assert_int_equal(sessions_tell(sessions, session, event, attempts >= 0, (uint64_t)attempts,
				       &raise),
			 0);
	return raise;
}

static void the_largest_total_is_the_count(void **state)
{
	static const struct {
		unsigned event;
		int attempts; /* -1: one more */
		uint32_t raise;
	} steps[] = {
		{ 1, -1, 1 }, { 2, 1, 0 },  { 1, -1, 1 }, { 2, 5, 3 }, { 1, -1, 0 },
		{ 2, 5, 0 },  { 2, 3, 0 },  { 3, 6, 1 },  { 4, 0, 0 }, { 5, 9, 3 },
		{ 4, 10, 1 }, { 5, -1, 0 }, { 5, -1, 1 },
	};
	cleanup(sessions_freep) struct sessions *sessions = NULL;

	assert_int_equal(sessions_new(seed, 10, &sessions), 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (tell(sessions, "s", steps[i].event, steps[i].attempts, 0) != steps[i].raise)
			fail_msg("step %zu", i);
}

static void an_absurd_total_is_cut(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;
	struct session *session;
	uint32_t raise;

	assert_int_equal(sessions_new(seed, 10, &sessions), 0);
	assert_int_equal(begin(sessions, 0, SPAN_LITERAL("s"), 0, &session), 0);
	assert_int_equal(sessions_tell(sessions, session, 0, true, UINT64_MAX, &raise), 0);
	assert_int_equal(raise, SESSION_ATTEMPTS_MAX);
	assert_int_equal(sessions_tell(sessions, session, 0, false, 0, &raise), 0);
	assert_int_equal(raise, 0);
}

static void is_forgotten_an_hour_after_it_began(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;

	assert_int_equal(sessions_new(seed, 10, &sessions), 0);
	assert_int_equal(tell(sessions, "s", 0, 1, 1000), 1);
	assert_int_equal(tell(sessions, "s", 0, 1, 1000 + SESSION_LIFE - 1), 0);
	assert_non_null(find(sessions, 0, SPAN_LITERAL("s"), 1000 + SESSION_LIFE - 1));
	assert_null(find(sessions, 0, SPAN_LITERAL("s"), 1000 + SESSION_LIFE));
	assert_non_null(find(sessions, 0, SPAN_LITERAL("s"), 1));
	assert_int_equal(tell(sessions, "s", 0, 1, 1000 + SESSION_LIFE), 1);
}

static void rules_and_names_do_not_mix(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;
	struct session *session;

	assert_int_equal(sessions_new(seed, 10, &sessions), 0);
	assert_int_equal(begin(sessions, 1, ((struct span){ "a\0b", 3 }), 0, &session), 0);
	assert_non_null(find(sessions, 1, ((struct span){ "a\0b", 3 }), 0));
	assert_null(find(sessions, 1, ((struct span){ "a\0c", 3 }), 0));
	assert_null(find(sessions, 1, SPAN_LITERAL("a"), 0));
	assert_null(find(sessions, 2, ((struct span){ "a\0b", 3 }), 0));
}

static void the_first_to_begin_is_the_first_to_go(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;

	assert_int_equal(sessions_new(seed, 2, &sessions), 0);
	tell(sessions, "a", 0, 1, 0);
	tell(sessions, "b", 0, 1, 0);
	tell(sessions, "a", 0, 1, 0);
	tell(sessions, "c", 0, 1, 0);
	assert_int_equal(sessions_n_evicted(sessions), 1);
	assert_null(find(sessions, 0, SPAN_LITERAL("a"), 0));
	assert_non_null(find(sessions, 0, SPAN_LITERAL("b"), 0));
}

static void remembers_what_was_told_last(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;
	struct address first = { AF_INET, { 1 } }, second = { AF_INET, { 2 } };
	struct session *session;

	assert_int_equal(sessions_new(seed, 2, &sessions), 0);
	assert_int_equal(begin(sessions, 0, SPAN_LITERAL("s"), 0, &session), 0);
	assert_false(sessions_recall(sessions, session)->has_address);
	assert_int_equal(sessions_remember(sessions, session, &first, SPAN_LITERAL("alice")), 0);
	assert_int_equal(sessions_remember(sessions, session, &second, (struct span){ 0 }), 0);
	assert_true(address_equal(&sessions_recall(sessions, session)->address, &second));
	assert_int_equal(sessions_recall(sessions, session)->user_size, 5);
	assert_int_equal(sessions_remember(sessions, session, NULL, ((struct span){ "b\0b", 3 })),
			 0);
	assert_int_equal(sessions_recall(sessions, session)->user_size, 3);
	assert_memory_equal(sessions_recall(sessions, session)->user, "b\0b", 3);
	assert_true(address_equal(&sessions_recall(sessions, session)->address, &second));
}

static void memory_is_let_go(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;
	char name[16];

	assert_int_equal(sessions_new(seed, 100000, &sessions), 0);
	for (int i = 0; i < 20000; i++) {
		usec_t now = (usec_t)i * USEC_PER_SEC;

		snprintf(name, sizeof(name), "%d", i);
		tell(sessions, name, 0, 1, now);
		sessions_expire(sessions, now);
	}
	assert_null(find(sessions, 0, SPAN_LITERAL("1"), 0));
	assert_non_null(find(sessions, 0, SPAN_LITERAL("16500"), 0));
	assert_int_equal(sessions_n_evicted(sessions), 0);
}

static void a_name_that_goes_on_is_a_chain(void **state)
{
	static const struct {
		unsigned minute;
		const char *name;
		unsigned since; /* minute; 999: no chain */
	} steps[] = {
		{ 100, "s", 999 }, { 159, "s", 999 }, { 160, "t", 999 }, { 218, "s", 100 },
		{ 230, "t", 100 }, { 270, "s", 100 }, { 300, "s", 100 },
	};
	const usec_t minute = 60 * USEC_PER_SEC;
	cleanup(sessions_freep) struct sessions *sessions = NULL;

	assert_int_equal(sessions_new(seed, 10, &sessions), 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		usec_t since;

		tell(sessions, steps[i].name, 0, -1, steps[i].minute * minute + 5);
		since = sessions_since(sessions, 0);
		if (steps[i].since == 999 ? since != USEC_INFINITY
					  : since > steps[i].since * minute + 5 ||
						    since < steps[i].since * minute - minute)
			fail_msg("step %zu: %d s", i, (int)(since / USEC_PER_SEC));
	}
	assert_int_equal(sessions_since(sessions, 300 * minute + 6), USEC_INFINITY);
	/* an hour without a line ends it */
	tell(sessions, "s", 0, -1, 360 * minute + 5);
	assert_int_equal(sessions_since(sessions, 301 * minute), USEC_INFINITY);
}

static void a_chain_is_not_followed_for_ever(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;
	usec_t now = 5;

	assert_int_equal(sessions_new(seed, 10, &sessions), 0);
	for (unsigned i = 0; i < 100; i++)
		tell(sessions, "s", 0, -1, now += SESSION_LIFE / 2);
	assert_int_equal(sessions_since(sessions, 0), now - SESSION_CHAIN_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_total_is_the_count),
		cmocka_unit_test(an_absurd_total_is_cut),
		cmocka_unit_test(is_forgotten_an_hour_after_it_began),
		cmocka_unit_test(rules_and_names_do_not_mix),
		cmocka_unit_test(the_first_to_begin_is_the_first_to_go),
		cmocka_unit_test(remembers_what_was_told_last),
		cmocka_unit_test(memory_is_let_go),
		cmocka_unit_test(a_name_that_goes_on_is_a_chain),
		cmocka_unit_test(a_chain_is_not_followed_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
