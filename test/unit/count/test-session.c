#include "count/session.h"

#include "unit.h"

#include <stdio.h>

#define DAY SESSION_NOTE_LIFE

static const uint8_t seed[16] = "sessions";
static const struct counting counting[] = { { 0, 0, true, false }, { 0, 1, true, false } };

static struct session *find(struct sessions *sessions, unsigned jail, struct span text)
{
	struct session_name name = sessions_name(sessions, jail, (struct span){ 0 }, text);

	return sessions_find(sessions, &name);
}

static struct session *open(struct sessions *sessions, unsigned jail, struct span text)
{
	struct session_name name = sessions_name(sessions, jail, (struct span){ 0 }, text);
	struct session *session = sessions_find(sessions, &name);

	if (!session)
		assert_int_equal(sessions_add(sessions, &name, &session), 0);
	return session;
}

static void each_machine_has_its_own(void **state)
{
	const struct span name = SPAN_LITERAL("1"),
			  machines[] = { { 0 }, SPAN_LITERAL("a"), SPAN_LITERAL("b") };
	struct session_name names[ARRAY_SIZE(machines)], again;
	cleanup(sessions_freep) struct sessions *sessions = NULL;

	assert_int_equal(sessions_new(seed, 10, &sessions), 0);
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		struct session *session;

		names[i] = sessions_name(sessions, 0, machines[i], name);
		assert_null(sessions_find(sessions, &names[i]));
		assert_int_equal(sessions_add(sessions, &names[i], &session), 0);
		again = sessions_name(sessions, 0, machines[i], name);
		assert_ptr_equal(sessions_find(sessions, &again), session);
	}
	/* the two texts may change places */
	again = sessions_name(sessions, 0, SPAN_LITERAL("1"), SPAN_LITERAL("a"));
	assert_memory_not_equal(&again, &names[1], sizeof(again));
}

static struct raise tell(struct sessions *sessions, const char *name, unsigned event, usec_t now)
{
	struct session *session = open(sessions, 0, span_of(name));
	struct raise raise;

	assert_int_equal(sessions_tell(sessions, session, counting, event, now, false, 0, &raise),
			 0);
	sessions_expire(sessions, now);
	return raise;
}

static void note(struct sessions *sessions, const char *name, uint8_t host, struct span user,
		 usec_t now)
{
	struct session *session = open(sessions, 0, span_of(name));
	struct address address = { AF_INET, { 192, 0, 2, host } };
	const struct noted noted = { host ? &address : NULL, &address, 0, user };

	assert_int_equal(sessions_remember(sessions, session, &noted, now), 0);
}

static int recalled(struct sessions *sessions, const char *name, usec_t now)
{
	struct session *session = find(sessions, 0, span_of(name));
	struct remembered remembered;

	if (!session)
		return 0;
	remembered = sessions_recall(sessions, session, now);
	return remembered.has_address ? remembered.address.bytes[3] : 0;
}

static void tells_what_is_new(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;
	const usec_t late = USEC_PER_HOUR - 1;

	assert_int_equal(sessions_new(seed, 10, &sessions), 0);
	assert_int_equal(tell(sessions, "s", 0, 0).count, 1);
	assert_int_equal(tell(sessions, "s", 1, 1).count, 0);
	assert_int_equal(tell(sessions, "s", 1, late).count, 1);
	assert_int_equal(tell(sessions, "s", 0, late).tail, 0);
	assert_int_equal(tell(sessions, "s", 0, late).tail, 1);
	assert_int_equal(tell(sessions, "t", 0, late).tail, 1);
	assert_int_equal(tell(sessions, "s", 1, late + 1).count, 0);
	assert_int_equal(tell(sessions, "s", 1, late + 1).count, 1);
}

static void jails_and_names_do_not_mix(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;

	assert_int_equal(sessions_new(seed, 10, &sessions), 0);
	open(sessions, 1, (struct span){ "a\0b", 3 });
	assert_non_null(find(sessions, 1, ((struct span){ "a\0b", 3 })));
	assert_null(find(sessions, 1, ((struct span){ "a\0c", 3 })));
	assert_null(find(sessions, 1, SPAN_LITERAL("a")));
	assert_null(find(sessions, 2, ((struct span){ "a\0b", 3 })));
}

static void the_first_to_begin_is_the_first_to_go(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;

	assert_int_equal(sessions_new(seed, 2, &sessions), 0);
	note(sessions, "n", 1, (struct span){ 0 }, 0);
	tell(sessions, "a", 0, 0);
	tell(sessions, "b", 0, 0);
	tell(sessions, "a", 0, 0);
	tell(sessions, "c", 0, 0);
	assert_int_equal(sessions_n_evicted(sessions), 1);
	assert_null(find(sessions, 0, SPAN_LITERAL("a")));
	assert_non_null(find(sessions, 0, SPAN_LITERAL("b")));
	assert_int_equal(recalled(sessions, "n", 0), 1);
	note(sessions, "m", 1, (struct span){ 0 }, 0);
	note(sessions, "n", 1, (struct span){ 0 }, 0);
	note(sessions, "o", 1, (struct span){ 0 }, 0);
	assert_int_equal(recalled(sessions, "m", 0), 0);
	assert_int_equal(recalled(sessions, "n", 0), 1);
	assert_int_equal(recalled(sessions, "o", 0), 1);
}

static void remembers_what_was_told_last(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;
	struct remembered remembered;

	assert_int_equal(sessions_new(seed, 2, &sessions), 0);
	open(sessions, 0, SPAN_LITERAL("s"));
	assert_int_equal(recalled(sessions, "s", 0), 0);
	note(sessions, "s", 1, SPAN_LITERAL("alice"), 0);
	note(sessions, "s", 2, (struct span){ 0 }, 10);
	assert_int_equal(recalled(sessions, "s", 10), 2);
	note(sessions, "s", 0, (struct span){ "b\0b", 3 }, 20);
	assert_int_equal(recalled(sessions, "s", 20), 2);
	remembered = sessions_recall(sessions, find(sessions, 0, SPAN_LITERAL("s")), 20);
	assert_int_equal(remembered.user.size, 3);
	assert_memory_equal(remembered.user.data, "b\0b", 3);
}

/* Each for itself, whatever else was told. */
static void a_note_is_forgotten_a_day_after_it_was_told(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;
	const struct session *session;

	assert_int_equal(sessions_new(seed, 10, &sessions), 0);
	note(sessions, "s", 7, SPAN_LITERAL("alice"), 1000);
	note(sessions, "s", 0, SPAN_LITERAL("bob"), 2000);
	tell(sessions, "s", 0, 3000);
	session = find(sessions, 0, SPAN_LITERAL("s"));
	assert_int_equal(recalled(sessions, "s", 1000 + DAY - 1), 7);
	assert_int_equal(recalled(sessions, "s", 1000 + DAY), 0);
	assert_int_equal(sessions_recall(sessions, session, 2000 + DAY - 1).user.size, 3);
	assert_null(sessions_recall(sessions, session, 2000 + DAY).user.data);
	assert_int_equal(recalled(sessions, "s", 1), 7);
	note(sessions, "s", 8, (struct span){ 0 }, 5000);
	assert_int_equal(recalled(sessions, "s", 5000 + DAY - 1), 8);
}

/* Who makes notes without end loses his own. */
static void nobody_pushes_out_the_notes_of_others(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;
	char name[16];

	assert_int_equal(sessions_new(seed, 100, &sessions), 0);
	note(sessions, "other", 9, (struct span){ 0 }, 0);
	note(sessions, "kept", 1, (struct span){ 0 }, 0);
	tell(sessions, "told", 0, 0);
	note(sessions, "told", 1, (struct span){ 0 }, 0);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%u", i);
		note(sessions, name, 1, (struct span){ 0 }, i + 1);
		note(sessions, "kept", 1, (struct span){ 0 }, i + 1);
	}
	assert_int_equal(recalled(sessions, "other", 1000), 9);
	assert_int_equal(recalled(sessions, "kept", 1000), 1);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%u", i);
		if (recalled(sessions, name, 1000) != (i >= 1000 - 63))
			fail_msg("session %u", i);
	}
	/* what it has told stays */
	assert_int_equal(recalled(sessions, "told", 1000), 0);
	assert_int_equal(tell(sessions, "told", 1, 1001).count, 0);
}

static void a_note_may_name_another_offender(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;
	char name[16];

	assert_int_equal(sessions_new(seed, 500, &sessions), 0);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "%u", i % 100);
		note(sessions, name, (uint8_t)(1 + i % 7), (struct span){ 0 }, i);
	}
	assert_int_equal(sessions_n_evicted(sessions), 0);
	for (unsigned i = 200; i < 300; i++) {
		snprintf(name, sizeof(name), "%u", i % 100);
		assert_int_equal(recalled(sessions, name, 300), 1 + i % 7);
	}
}

static void memory_is_let_go(void **state)
{
	cleanup(sessions_freep) struct sessions *sessions = NULL;
	char name[16];

	assert_int_equal(sessions_new(seed, 100000, &sessions), 0);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		tell(sessions, name, 0, (usec_t)i * USEC_PER_SEC);
	}
	assert_null(find(sessions, 0, SPAN_LITERAL("1")));
	assert_non_null(find(sessions, 0, SPAN_LITERAL("18500")));
	assert_int_equal(sessions_n_evicted(sessions), 0);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		note(sessions, name, 0, SPAN_LITERAL("u"), 2 * DAY + (usec_t)i * 10 * USEC_PER_SEC);
		sessions_expire(sessions, 2 * DAY + (usec_t)i * 10 * USEC_PER_SEC);
	}
	assert_null(find(sessions, 0, SPAN_LITERAL("n1")));
	assert_non_null(find(sessions, 0, SPAN_LITERAL("n19000")));
	assert_int_equal(sessions_n_evicted(sessions), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_is_new),
		cmocka_unit_test(jails_and_names_do_not_mix),
		cmocka_unit_test(each_machine_has_its_own),
		cmocka_unit_test(the_first_to_begin_is_the_first_to_go),
		cmocka_unit_test(remembers_what_was_told_last),
		cmocka_unit_test(a_note_is_forgotten_a_day_after_it_was_told),
		cmocka_unit_test(nobody_pushes_out_the_notes_of_others),
		cmocka_unit_test(a_note_may_name_another_offender),
		cmocka_unit_test(memory_is_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
