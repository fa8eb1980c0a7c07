#include "ledger/encode.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>

#define SECOND USEC_PER_SEC
#define START  (1000000 * SECOND)

static const uint8_t seed[16] = "ledger";

static struct prefix parse(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(span_of(text), &prefix), 0);
	return prefix;
}

static struct ledger *make(void)
{
	struct ledger *ledger;

	assert_int_equal(ledger_new(seed, &ledger), 0);
	return ledger;
}

static unsigned jail_number(struct ledger *ledger, const char *name)
{
	unsigned number;

	assert_int_equal(ledger_jail(ledger, name, &number), 0);
	return number;
}

static uint64_t add(struct ledger *ledger, const char *jail, const char *prefix, usec_t since,
		    usec_t until)
{
	struct ban ban = {
		.jail = jail,
		.prefix = parse(prefix),
		.since = since,
		.until = until,
		.event = "wrong",
		.cursor = "s=1",
	};
	const struct ban *added;

	ban.address = ban.prefix.address;
	assert_int_equal(ledger_add(ledger, &ban, &added), 0);
	return added->id;
}

static uint64_t banned(struct ledger *ledger, const char *jail, const char *text, usec_t now)
{
	struct prefix prefix = parse(text);
	const struct ban *ban = ledger_banned(ledger, jail_number(ledger, jail), &prefix, now);

	return ban ? ban->id : 0;
}

static uint32_t offences(struct ledger *ledger, const char *text, usec_t now, usec_t memory)
{
	struct prefix prefix = parse(text);

	return ledger_offences(ledger, jail_number(ledger, "a"), &prefix, now, memory);
}

static void a_ban_holds_from_since_until_before_until(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	uint64_t first = add(ledger, "a", "192.0.2.1/32", 100, 200);
	uint64_t second = add(ledger, "a", "192.0.2.1/32", 150, 160);
	uint64_t third = add(ledger, "a", "192.0.2.1/32", 50, 60);
	uint64_t good = add(ledger, "a", "192.0.2.2/32", 100, USEC_INFINITY);
	const struct {
		usec_t now;
		uint64_t id;
	} cases[] = {
		{ 49, 0 },      { 50, third },  { 59, third },  { 60, 0 },
		{ 99, 0 },      { 100, first }, { 149, first }, { 150, second },
		{ 160, first }, { 199, first }, { 200, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (banned(ledger, "a", "192.0.2.1/32", cases[i].now) != cases[i].id)
			fail_msg("at %d", (int)cases[i].now);
	assert_int_equal(banned(ledger, "a", "192.0.2.2/32", 99), 0);
	assert_int_equal(banned(ledger, "a", "192.0.2.2/32", START), good);
	assert_int_equal(banned(ledger, "b", "192.0.2.1/32", 150), 0);
	assert_int_equal(banned(ledger, "a", "192.0.2.0/24", 150), 0);
}

static void lifted_bans_neither_hold_nor_count(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	uint64_t first = add(ledger, "a", "192.0.2.1/32", 100, 200);
	uint64_t second = add(ledger, "a", "192.0.2.1/32", 300, 400);
	struct position position = { 350, SPAN_LITERAL("s=2") };

	assert_int_equal(offences(ledger, "192.0.2.1/32", 400, 1000), 2);
	assert_int_equal(offences(ledger, "192.0.2.1/32", 400, 300), 1);
	assert_int_equal(offences(ledger, "192.0.2.1/32", 400, 301), 2);
	assert_int_equal(offences(ledger, "192.0.2.1/32", 299, 1000), 1);
	assert_int_equal(ledger_lift(ledger, second, 355, &position), 0);
	assert_int_equal(banned(ledger, "a", "192.0.2.1/32", 360), 0);
	assert_int_equal(offences(ledger, "192.0.2.1/32", 400, 1000), 1);
	assert_string_equal(ledger_get(ledger, second)->lifted_after_cursor, "s=2");
	assert_int_equal(ledger_get(ledger, second)->lifted_time, 355);
	assert_int_equal(ledger_lift(ledger, 999, 1, &position), 0);
	assert_false(ledger_get(ledger, first)->lifted);
}

static void only_automatic_bans_are_offences(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	struct ban ban = { .jail = "a",
			   .prefix = parse("192.0.2.1/32"),
			   .since = 100,
			   .until = 200,
			   .kind = BAN_MANUAL };
	const struct ban *added;

	assert_int_equal(ledger_add(ledger, &ban, &added), 0);
	assert_int_equal(offences(ledger, "192.0.2.1/32", 150, 1000), 0);
	assert_int_equal(banned(ledger, "a", "192.0.2.1/32", 150), added->id);
}

static void an_end_can_move(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	uint64_t id = add(ledger, "a", "192.0.2.1/32", 100, 200);

	assert_int_equal(ledger_set_until(ledger, id, 5000), 0);
	assert_int_equal(banned(ledger, "a", "192.0.2.1/32", 4999), id);
	assert_int_equal(ledger_set_until(ledger, id, 150), 0);
	assert_int_equal(banned(ledger, "a", "192.0.2.1/32", 150), 0);
	assert_int_equal(banned(ledger, "a", "192.0.2.1/32", 149), id);
}

static void a_ban_moves_under_another_prefix(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	uint64_t first = add(ledger, "a", "192.0.2.1/32", 100, 200),
		 second = add(ledger, "a", "192.0.2.9/32", 50, 90);
	struct prefix wide = parse("192.0.2.0/24");

	assert_int_equal(ledger_set_prefix(ledger, first, &wide), 0);
	assert_int_equal(ledger_set_prefix(ledger, second, &wide), 0);
	assert_int_equal(banned(ledger, "a", "192.0.2.1/32", 150), 0);
	assert_int_equal(banned(ledger, "a", "192.0.2.0/24", 150), first);
	assert_int_equal(banned(ledger, "a", "192.0.2.0/24", 60), second);
	assert_int_equal(offences(ledger, "192.0.2.0/24", 150, 1000), 2);
}

static void what_nobody_needs_is_let_go(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	struct position position = { START, SPAN_LITERAL("s=2") };
	uint64_t lifted, offence, forever, manual, gone;
	struct ban ban = {
		.jail = "a", .prefix = parse("192.0.2.1/32"), .since = START, .until = START
	};
	const struct ban *added;

	ledger_set_reach(ledger, 1000 * SECOND);
	assert_int_equal(ledger_set_memory(ledger, "a", 5000 * SECOND), 0);
	assert_int_equal(ledger_set_memory(ledger, NULL, 2000 * SECOND), 0);
	offence = add(ledger, "a", "192.0.2.1/32", START, START + 1);
	forever = add(ledger, "a", "192.0.2.2/32", START, USEC_INFINITY);
	gone = add(ledger, "b", "192.0.2.3/32", START, START + 1);
	lifted = add(ledger, "a", "192.0.2.4/32", START, START + 1);
	assert_int_equal(ledger_lift(ledger, lifted, START + 1, &position), 0);
	ban.kind = BAN_MANUAL;
	assert_int_equal(ledger_add(ledger, &ban, &added), 0);
	manual = added->id;

	ledger_prune(ledger, START + 9999 * SECOND);
	assert_int_equal(ledger_n_bans(ledger), 5); /* unsaved, all of them */
	ledger_saved(ledger);
	ledger_prune(ledger, START + 999 * SECOND);
	assert_int_equal(ledger_n_bans(ledger), 5);
	assert_string_equal(ledger_get(ledger, offence)->cursor, "s=1");
	ledger_prune(ledger, START + 1000 * SECOND);
	assert_null(ledger_get(ledger, lifted));
	assert_null(ledger_get(ledger, manual));
	assert_non_null(ledger_get(ledger, gone));
	assert_string_equal(ledger_get(ledger, offence)->cursor, "");
	ledger_prune(ledger, START + 2000 * SECOND);
	assert_null(ledger_get(ledger, gone));
	assert_non_null(ledger_get(ledger, offence));
	ledger_prune(ledger, START + 5000 * SECOND);
	assert_null(ledger_get(ledger, offence));
	assert_non_null(ledger_get(ledger, forever));
	assert_int_equal(ledger_n_evicted(ledger), 0);
}

static void a_ban_is_needed_until_its_end_is_out_of_reach(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	uint64_t id = add(ledger, "a", "192.0.2.1/32", START, START + 5000 * SECOND);

	ledger_saved(ledger);
	ledger_set_reach(ledger, 1000 * SECOND);
	assert_int_equal(ledger_set_memory(ledger, "a", 0), 0);
	ledger_prune(ledger, START + 6000 * SECOND - 1);
	assert_non_null(ledger_get(ledger, id));
	ledger_prune(ledger, START + 6000 * SECOND);
	assert_null(ledger_get(ledger, id));
}

/* Without anybody calling ledger_prune. */
static void old_offences_go_as_new_ones_come(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	char text[32];

	assert_int_equal(ledger_set_memory(ledger, "a", 100000 * SECOND), 0);
	for (unsigned i = 0; i < 20000; i++) {
		usec_t now = START + (usec_t)i * 100 * SECOND;

		snprintf(text, sizeof(text), "10.%u.%u.%u/32", i % 7, i / 250 % 250, i % 250);
		add(ledger, "a", text, now, now + SECOND);
		ledger_saved(ledger);
	}
	assert_in_range(ledger_n_bans(ledger), 1000, 2100);
	assert_int_equal(ledger_n_evicted(ledger), 0);
}

static void at_the_bound_running_bans_go_last(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	uint64_t over[10], running[10];
	char text[32];

	ledger_set_max_bans(ledger, 20);
	for (unsigned i = 0; i < 10; i++) {
		snprintf(text, sizeof(text), "192.0.2.%u/32", i);
		running[i] = add(ledger, "a", text, START, USEC_INFINITY);
		snprintf(text, sizeof(text), "198.51.100.%u/32", i);
		over[i] = add(ledger, "a", text, START, START);
	}
	ledger_saved(ledger);
	for (unsigned i = 0; i < 10; i++) {
		snprintf(text, sizeof(text), "203.0.113.%u/32", i);
		add(ledger, "a", text, START, USEC_INFINITY);
		ledger_saved(ledger);
	}
	for (unsigned i = 0; i < 10; i++) {
		assert_null(ledger_get(ledger, over[i]));
		assert_non_null(ledger_get(ledger, running[i]));
	}
	assert_int_equal(ledger_n_cut(ledger), 0);
	/* a running one ends first, and goes when that is told and saved */
	add(ledger, "a", "203.0.113.99/32", START + 1, USEC_INFINITY);
	assert_int_equal(ledger_get(ledger, running[0])->ended, END_EVICTED);
	assert_false(ban_runs(ledger_get(ledger, running[0]), START + 1));
	assert_int_equal(ledger_n_bans(ledger), 21);
	assert_int_equal(ledger_n_cut(ledger), 1);
	ledger_told_end(ledger, running[0]);
	ledger_saved(ledger);
	add(ledger, "a", "203.0.113.98/32", START + 2, USEC_INFINITY);
	assert_null(ledger_get(ledger, running[0]));
	assert_int_equal(ledger_get(ledger, running[1])->ended, END_EVICTED);
	assert_int_equal(ledger_n_bans(ledger), 21);
	assert_int_equal(ledger_n_evicted(ledger), 11);
}

static uint64_t add_by_hand(struct ledger *ledger, const char *text, usec_t until)
{
	struct prefix prefix = parse(text);
	const struct ban *added;

	assert_int_equal(ledger_add(ledger,
				    &(struct ban){ .jail = "manual",
						   .prefix = prefix,
						   .address = prefix.address,
						   .since = START,
						   .until = until,
						   .kind = BAN_MANUAL },
				    &added),
			 0);
	return added->id;
}

static void bans_by_hand_are_never_evicted(void **state)
{
	enum { MAX = 200, N = 20 * MAX };
	cleanup(ledger_freep) struct ledger *ledger = make();
	uint64_t by_hand[MAX / 2], sooner = 0, n_running = 0;
	char text[32];

	ledger_set_max_bans(ledger, MAX);
	for (unsigned i = 0; i < MAX / 2; i++) {
		snprintf(text, sizeof(text), "192.0.2.%u/32", i);
		by_hand[i] = add_by_hand(ledger, text, START + SECOND * N);
	}
	for (unsigned i = 0; i < N; i++) {
		usec_t now = START + i;

		snprintf(text, sizeof(text), "10.0.%u.%u/32", i / 256, i % 256);
		/* every other one ends sooner */
		add(ledger, "a", text, now, START + SECOND * N * (1 + i % 2));
		assert_in_range(ledger_n_bans(ledger), 0, MAX + MAX / 10);
		if (i % 10 != 9)
			continue;
		ledger_set_told(ledger, ledger_last_id(ledger));
		ledger_saved(ledger);
	}
	for (unsigned i = 0; i < MAX / 2; i++)
		assert_true(ban_runs(ledger_get(ledger, by_hand[i]), START + N));
	for (const struct ban *ban = NULL; (ban = ledger_next(ledger, ban));) {
		if (!ban_runs(ban, START + N) || ban->kind == BAN_MANUAL)
			continue;
		n_running++;
		sooner += ban->until == START + SECOND * N;
	}
	assert_in_range(n_running, MAX / 2 - MAX / 10, MAX / 2);
	assert_in_range(sooner, 0, 10 + MAX / 64); /* since the last look */
	assert_in_range(ledger_n_cut(ledger), N - MAX / 2, N - MAX / 2 + MAX / 10);
}

/* All of it by hand, and then nothing is saved any more. */
static void a_ledger_without_room_grows_no_further_than_it_must(void **state)
{
	enum { MAX = 200 };
	cleanup(ledger_freep) struct ledger *ledger = make();
	char text[32];

	ledger_set_max_bans(ledger, MAX);
	for (unsigned i = 0; i < 3 * MAX; i++) {
		snprintf(text, sizeof(text), "192.0.%u.%u/32", i / 256, i % 256);
		add_by_hand(ledger, text, USEC_INFINITY);
	}
	for (unsigned i = 0; i < 5 * MAX; i++) {
		snprintf(text, sizeof(text), "10.0.%u.%u/32", i / 256, i % 256);
		add(ledger, "a", text, START + i, USEC_INFINITY);
		assert_in_range(ledger_n_bans(ledger), 3 * MAX, 3 * MAX + MAX / 10);
	}
}

static void what_was_evicted_is_known_after_a_restart(void **state)
{
	enum { MAX = 200, N = 1000 };
	cleanup(ledger_freep) struct ledger *ledger = make(), *again = make();
	struct ban ban = { .jail = "a", .event = "e" };
	const struct ban *added, *other;
	char text[32];

	ledger_set_max_bans(ledger, MAX);
	ledger_set_max_bans(again, MAX);
	for (unsigned i = 0; i < N; i++) {
		cleanup(freep) char *line = NULL;

		snprintf(text, sizeof(text), "10.0.%u.%u/32", i / 256, i % 256);
		ban.prefix = parse(text);
		ban.address = ban.prefix.address;
		ban.since = START + i;
		ban.until = START + SECOND * N + i % 7;
		assert_int_equal(ledger_add(ledger, &ban, &added), 0);
		if (i % 10 < 9)
			continue;
		/* as a commit does; the file is read by another */
		assert_int_equal(ledger_encode(ledger, &line), 0);
		ledger_saved(ledger);
		assert_int_equal(ledger_decode(again, (struct span){ line, strcspn(line, "\n") }),
				 0);
		if (i < N - 10)
			ledger_set_told(ledger, ledger_last_id(ledger));
	}
	for (const struct ban *one = NULL; (one = ledger_next(ledger, one));) {
		other = ledger_get(again, one->id);
		assert_non_null(other);
		assert_int_equal(other->until, one->until);
		assert_int_equal(other->ended, one->ended);
	}
	for (const struct ban *one = NULL; (one = ledger_next(again, one));)
		if (ban_runs(one, START + N))
			assert_non_null(ledger_get(ledger, one->id));
	assert_in_range(ledger_n_bans(again), MAX - MAX / 10, 2 * MAX);
}

/* Killed between the commit and the telling, and started again only when it was over long since. */
static void what_was_not_told_is_kept_until_it_is(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	const usec_t late = START + (usec_t)1000 * 24 * 3600 * SECOND;
	uint64_t first, second;

	first = add(ledger, "a", "192.0.2.1/32", START, START + SECOND);
	ledger_told(ledger, first);
	second = add(ledger, "a", "192.0.2.2/32", START, START + SECOND);
	ledger_saved(ledger);
	ledger_prune(ledger, late);
	assert_null(ledger_get(ledger, first));
	assert_non_null(ledger_get(ledger, second));
	assert_true(ledger_is_untold(ledger, ledger_get(ledger, second), late));
	assert_string_equal(ledger_get(ledger, second)->cursor, "s=1");
	ledger_told(ledger, second);
	ledger_prune(ledger, late);
	assert_null(ledger_get(ledger, second));
}

static void check_unsaved(struct ledger *ledger, const char *begin, const char *end)
{
	cleanup(freep) char *line = NULL;
	char *changes;

	assert_int_equal(ledger_encode(ledger, &line), 0);
	changes = strstr(line, "\"changes\":[");
	assert_non_null(changes);
	changes += strlen("\"changes\":[");
	strcpy(strstr(changes, ",\"checksum\":"), "}\n");
	assert_int_equal(strncmp(changes, begin, strlen(begin)), 0);
	assert_string_equal(changes + strlen(changes) - strlen(end), end);
	if (!*end)
		assert_string_equal(changes, begin);
	assert_null(strstr(changes, "},{\"ban\""));
}

static void changes_wait_until_they_are_saved(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	uint64_t id = add(ledger, "a", "192.0.2.1/32", 100, 200);

	check_unsaved(ledger, "{\"ban\":{\"id\":1,", "}}]}\n");
	ledger_saved(ledger);
	check_unsaved(ledger, "]}\n", "");
	ledger_place(ledger, id);
	ledger_place(ledger, id);
	ledger_place(ledger, 12345);
	assert_int_equal(ledger_set_until(ledger, id, 300), 0);
	check_unsaved(ledger, "{\"until\":{\"id\":1,\"until\":300}},{\"placed\":1}]}\n", "");
}

static void numbers_are_never_used_twice(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	struct ban ban = {
		.id = 7, .jail = "a", .prefix = parse("192.0.2.1/32"), .since = 1, .until = 2
	};

	assert_int_equal(ledger_last_id(ledger), 0);
	assert_int_equal(ledger_restore(ledger, &ban), 0);
	assert_int_equal(ledger_restore(ledger, &ban), -EEXIST);
	assert_int_equal(add(ledger, "a", "192.0.2.2/32", 1, 2), 8);
	assert_int_equal(ledger_last_id(ledger), 8);
}

static bool outdone(struct ledger *ledger, uint64_t id, usec_t now)
{
	return ledger_is_outdone(ledger, ledger_get(ledger, id), now);
}

static void the_ban_that_was_added_last_is_the_kernels(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	const struct position after = { START, SPAN_LITERAL("s=2") };
	uint64_t first = add(ledger, "a", "192.0.2.1/32", START + 2, START + SECOND);
	uint64_t second = add(ledger, "a", "192.0.2.1/32", START + 1, START + 2 * SECOND);
	uint64_t third = add(ledger, "a", "192.0.2.1/32", START, START + SECOND);
	uint64_t other = add(ledger, "a", "192.0.2.2/32", START, START + SECOND);
	uint64_t elsewhere = add(ledger, "b", "192.0.2.1/32", START, START + SECOND);

	assert_int_equal(ledger_ban_jail(ledger_get(ledger, third)), jail_number(ledger, "a"));
	assert_int_equal(ledger_ban_jail(ledger_get(ledger, elsewhere)), jail_number(ledger, "b"));
	assert_true(outdone(ledger, first, START + 3));
	assert_true(outdone(ledger, second, START + 3));
	assert_false(outdone(ledger, third, START + 3));
	assert_false(outdone(ledger, other, START + 3));
	assert_false(outdone(ledger, elsewhere, START + 3));

	assert_false(outdone(ledger, second, START + SECOND)); /* the third is over */
	assert_true(outdone(ledger, first, START + SECOND));
	assert_int_equal(ledger_lift(ledger, second, START + 3, &after), 0);
	assert_false(outdone(ledger, first, START + SECOND));
	assert_true(outdone(ledger, first, START + 3));
}

static void events_keep_their_names_however_many_there_are(void **state)
{
	enum { N = 600, KEPT = 300, NAMES = 150 };
	cleanup(ledger_freep) struct ledger *ledger = make();
	struct ban ban = { .jail = "a", .prefix = parse("192.0.2.1/32"), .until = USEC_INFINITY };
	char name[16];
	const struct ban *added;

	ledger_set_max_bans(ledger, KEPT);
	ban.address = ban.prefix.address;
	ban.event = name;
	for (unsigned i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "event-%u", i % NAMES);
		ban.since = START + i;
		assert_int_equal(ledger_add(ledger, &ban, &added), 0);
		assert_string_equal(added->event, name);
	}
	for (unsigned i = N - KEPT; i < N; i++) {
		snprintf(name, sizeof(name), "event-%u", i % NAMES);
		assert_string_equal(ledger_get(ledger, i + 1)->event, name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ban_holds_from_since_until_before_until),
		cmocka_unit_test(lifted_bans_neither_hold_nor_count),
		cmocka_unit_test(only_automatic_bans_are_offences),
		cmocka_unit_test(an_end_can_move),
		cmocka_unit_test(a_ban_moves_under_another_prefix),
		cmocka_unit_test(what_nobody_needs_is_let_go),
		cmocka_unit_test(a_ban_is_needed_until_its_end_is_out_of_reach),
		cmocka_unit_test(old_offences_go_as_new_ones_come),
		cmocka_unit_test(at_the_bound_running_bans_go_last),
		cmocka_unit_test(bans_by_hand_are_never_evicted),
		cmocka_unit_test(a_ledger_without_room_grows_no_further_than_it_must),
		cmocka_unit_test(what_was_evicted_is_known_after_a_restart),
		cmocka_unit_test(what_was_not_told_is_kept_until_it_is),
		cmocka_unit_test(changes_wait_until_they_are_saved),
		cmocka_unit_test(numbers_are_never_used_twice),
		cmocka_unit_test(the_ban_that_was_added_last_is_the_kernels),
		cmocka_unit_test(events_keep_their_names_however_many_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
