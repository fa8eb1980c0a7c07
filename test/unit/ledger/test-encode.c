#include "ledger/encode.h"

#include "../../encode-all.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>

static const uint8_t seed[16] = "text";

static struct ledger *make(void)
{
	struct ledger *ledger;

	assert_int_equal(ledger_new(seed, &ledger), 0);
	return ledger;
}

static struct ledger *read_all(const char *text)
{
	struct ledger *ledger = make();

	for (const char *end; *text; text = end + 1) {
		end = strchr(text, '\n');
		assert_non_null(end);
		assert_int_equal(ledger_decode(ledger, (struct span){ text, (size_t)(end - text) }),
				 0);
	}
	return ledger;
}

static const struct ban *add(struct ledger *ledger, const struct ban *ban)
{
	const struct ban *added;

	assert_int_equal(ledger_add(ledger, ban, &added), 0);
	return added;
}

/* Takes out what tells the lines from each other and guards them. */
static char *bare(char *text)
{
	static const char line[] = "\"line\":", checksum[] = ",\"checksum\":\"0123456789abcdef\"";
	char *at, *end;

	for (at = text; (at = strstr(at, line)); memmove(at, end, strlen(end) + 1))
		end = at + strcspn(at, ",") + 1;
	for (at = text; (at = strstr(at, ",\"checksum\":")); memmove(at, end, strlen(end) + 1))
		end = at + sizeof(checksum) - 1;
	return text;
}

#define PREFIX_V4                                   \
	{                                           \
		{ AF_INET, { 203, 0, 113, 7 } }, 32 \
	}
#define PREFIX_V6                                        \
	{                                                \
		{ AF_INET6, { 0x20, 1, 0xd, 0xb8 } }, 64 \
	}

static void a_commit_is_one_line(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	struct position position = { 1763769600000000, SPAN_LITERAL("s=\"9\\\n") };
	struct position after = { 9, SPAN_LITERAL("s=8") };
	cleanup(freep) char *line = NULL, *second = NULL, *third = NULL;
	const struct ban *automatic, *manual;

	automatic = add(ledger, &(struct ban){ .jail = "dovecot",
					       .prefix = PREFIX_V4,
					       .address = { AF_INET, { 203, 0, 113, 7 } },
					       .since = 1,
					       .until = 2,
					       .event = "auth-failed",
					       .failures = 55,
					       .offence = 3,
					       .cursor = "s=7" });
	manual = add(ledger, &(struct ban){ .jail = "manual",
					    .prefix = PREFIX_V6,
					    .address = { AF_INET6, { 0x20, 1, 0xd, 0xb8 } },
					    .since = 5,
					    .until = USEC_INFINITY,
					    .kind = BAN_MANUAL,
					    .placed = true });
	assert_int_equal(ledger_set_position(ledger, &position), 0);
	assert_int_equal(ledger_encode(ledger, &line), 0);
	assert_string_equal(
		bare(line),
		"{\"v\":1,\"cursor\":\"s=\\\"9\\\\\\u000a\",\"time\":1763769600000000,\"changes\":["
		"{\"ban\":{\"id\":1,\"jail\":\"dovecot\",\"prefix\":\"203.0.113.7/32\",\"address\":\"203.0.113.7\","
		"\"since\":1,\"until\":2,\"event\":\"auth-failed\",\"failures\":5.5,\"offence\":3,\"cursor\":\"s=7\"}},"
		"{\"ban\":{\"id\":2,\"jail\":\"manual\",\"prefix\":\"2001:db8::/64\",\"address\":\"2001:db8::\","
		"\"since\":5,\"until\":null,\"manual\":true}},{\"placed\":2}]}\n");
	ledger_saved(ledger);

	ledger_place(ledger, automatic->id);
	assert_int_equal(ledger_set_until(ledger, manual->id, 77), 0);
	assert_int_equal(ledger_lift(ledger, automatic->id, 10, &after), 0);
	assert_int_equal(ledger_encode(ledger, &second), 0);
	assert_non_null(strstr(
		bare(second),
		"\"changes\":[{\"placed\":1},{\"unban\":{\"id\":1,\"time\":10,\"after\":"
		"{\"time\":9,\"cursor\":\"s=8\"}}},{\"until\":{\"id\":2,\"until\":77}}]}\n"));
	ledger_saved(ledger);
	assert_int_equal(ledger_encode(ledger, &third), 0);
	assert_non_null(strstr(bare(third), "\"changes\":[]}\n"));
}

static void reads_back_what_it_wrote(void **state)
{
	static const char text[] =
		"{\"v\":1,\"changes\":[]}\n"
		"{\"v\":1,\"cursor\":\"c1\",\"time\":5,\"changes\":[{\"ban\":{\"id\":4,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\","
		"\"address\":\"192.0.2.9\",\"since\":1,\"until\":9007199254740991,\"event\":\"e\",\"failures\":0.3,"
		"\"offence\":1,\"cursor\":\"\"}},{\"placed\":4}]}\n"
		"{\"v\":1,\"cursor\":\"c2\",\"time\":6,\"changes\":[{\"until\":{\"id\":4,\"until\":null}},"
		"{\"unban\":{\"id\":4,\"time\":7,\"after\":{\"time\":6,\"cursor\":\"c2\"}}},{\"placed\":99}]}\n";
	cleanup(ledger_freep) struct ledger *ledger = read_all(text), *again = NULL;
	cleanup(freep) char *whole = NULL, *whole_again = NULL;
	const struct ban *ban = ledger_get(ledger, 4);
	struct position position = ledger_position(ledger);

	assert_true(span_equal(position.cursor, SPAN_LITERAL("c2")));
	assert_int_equal(position.time, 6);
	assert_non_null(ban);
	assert_int_equal(ban->failures, 3);
	assert_int_equal(ban->until, USEC_INFINITY);
	assert_int_equal(ban->prefix.length, 24);
	assert_true(ban->placed);
	assert_true(ban->lifted);
	assert_string_equal(ban->lifted_after_cursor, "c2");
	whole = encode_all(ledger);
	again = read_all(whole);
	whole_again = encode_all(again);
	assert_string_equal(whole, whole_again);
}

/* 0.1.0 wrote "begin" beside the time. */
static void a_state_that_says_where_to_begin_is_read(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = read_all(
		"{\"v\":1,\"cursor\":\"c\",\"time\":9,\"begin\":3,\"table\":\"t\",\"changes\":[]}\n"
		"{\"v\":1,\"time\":12,\"begin\":4,\"cursor\":\"d\",\"changes\":[]}\n");
	cleanup(freep) char *line = NULL;

	assert_int_equal(ledger_position(ledger).time, 12);
	assert_string_equal(ledger_table(ledger), "t");
	assert_int_equal(ledger_encode(ledger, &line), 0);
	assert_string_equal(bare(line), "{\"v\":1,\"cursor\":\"d\",\"time\":12,\"changes\":[]}\n");
}

static void a_reason_is_kept_whatever_it_says(void **state)
{
	static const char reason[] = "called \"twice\"\\ \t\xc3\xa9";
	cleanup(ledger_freep) struct ledger *ledger = make(), *again = NULL;
	cleanup(freep) char *line = NULL, *second = NULL, *whole = NULL;
	const struct ban *ban;

	ban = add(ledger, &(struct ban){ .jail = "manual",
					 .prefix = PREFIX_V4,
					 .address = { AF_INET, { 203, 0, 113, 7 } },
					 .since = 5,
					 .until = 6,
					 .kind = BAN_MANUAL,
					 .reason = reason });
	assert_int_equal(ledger_encode(ledger, &line), 0);
	assert_non_null(strstr(line, "\"manual\":true,\"reason\":\"called \\\"twice\\\"\\\\ "
				     "\\u0009\xc3\xa9\"}}]"));
	again = read_all(line);
	assert_string_equal(ledger_get(again, ban->id)->reason, reason);
	ledger_saved(ledger);

	assert_int_equal(ledger_set_reason(ledger, ban->id, reason), 0);
	assert_int_equal(ledger_set_until(ledger, ban->id, 7), 0);
	assert_int_equal(ledger_set_reason(ledger, ban->id, "other"), 0);
	assert_int_equal(ledger_set_reason(ledger, 99, "nobody's"), 0);
	assert_int_equal(ledger_encode(ledger, &second), 0);
	assert_non_null(strstr(bare(second), "\"changes\":[{\"until\":{\"id\":1,\"until\":7}},"
					     "{\"reason\":{\"id\":1,\"reason\":\"other\"}}]}\n"));
	assert_int_equal(ledger_decode(again, (struct span){ second, strlen(second) - 1 }), 0);
	assert_string_equal(ledger_get(again, ban->id)->reason, "other");
	whole = encode_all(again);
	assert_non_null(
		strstr(bare(whole), "\"until\":7,\"manual\":true,\"reason\":\"other\"}}]}\n"));
}

static void a_length_that_was_meant_is_kept(void **state)
{
	static const char *const lines[] = {
		"{\"v\":1,\"changes\":[{\"ban\":{\"id\":1,\"jail\":\"manual\",\"prefix\":\"203.0.113.0/24\","
		"\"address\":\"203.0.113.0\",\"since\":5,\"until\":6,\"manual\":true,\"exact\":true,"
		"\"reason\":\"r\"}}]}\n",
		"{\"v\":1,\"changes\":[{\"ban\":{\"exact\":true,\"id\":1,\"jail\":\"manual\",\"prefix\":\"203.0.113.0/24\","
		"\"address\":\"203.0.113.0\",\"since\":5,\"until\":6,\"manual\":true,\"reason\":\"r\"}}]}\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		cleanup(ledger_freep) struct ledger *ledger = read_all(lines[i]);
		cleanup(freep) char *whole = NULL;

		assert_true(ledger_get(ledger, 1)->exact);
		whole = encode_all(ledger);
		assert_string_equal(bare(whole), lines[0]);
	}
}

static void the_table_is_told_where_it_changes(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make(), *again = NULL;
	cleanup(freep) char *line = NULL, *second = NULL, *whole = NULL;

	assert_string_equal(ledger_table(ledger), "");
	assert_int_equal(ledger_set_table(ledger, "b/1"), 0);
	assert_int_equal(ledger_encode(ledger, &line), 0);
	assert_string_equal(bare(line), "{\"v\":1,\"table\":\"b/1\",\"changes\":[]}\n");
	ledger_saved(ledger);
	assert_int_equal(ledger_set_table(ledger, "b/1"), 0);
	assert_int_equal(ledger_encode(ledger, &second), 0);
	assert_string_equal(bare(second), "{\"v\":1,\"changes\":[]}\n");
	whole = encode_all(ledger);
	assert_string_equal(bare(whole), line);
	again = read_all(whole);
	assert_string_equal(ledger_table(again), "b/1");
	assert_false(ledger_table_is_unsaved(again));
}

static void filled_sets_are_those_of_the_table(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make(), *again = NULL;
	cleanup(freep) char *line = NULL, *second = NULL, *third = NULL, *whole = NULL;

	assert_int_equal(ledger_set_table(ledger, "b/1"), 0);
	assert_int_equal(ledger_filled(ledger, "a4"), 0);
	assert_int_equal(ledger_set_filled(ledger, "a4", 7), 0);
	assert_int_equal(ledger_set_filled(ledger, "a.net6", 9), 0);
	assert_int_equal(ledger_encode(ledger, &line), 0);
	assert_string_equal(
		bare(line),
		"{\"v\":1,\"table\":\"b/1\",\"sets\":{\"a4\":7,\"a.net6\":9},\"changes\":[]}\n");
	ledger_saved(ledger);
	assert_int_equal(ledger_set_filled(ledger, "a4", 7), 0);
	assert_false(ledger_table_is_unsaved(ledger));
	whole = encode_all(ledger);
	assert_string_equal(bare(whole), line);
	again = read_all(whole);
	assert_int_equal(ledger_filled(again, "a4"), 7);
	assert_int_equal(ledger_filled(again, "a.net6"), 9);
	assert_int_equal(ledger_filled(again, "a6"), 0);

	/* one is not so any more */
	assert_int_equal(ledger_set_filled(ledger, "a4", 0), 0);
	assert_int_equal(ledger_filled(ledger, "a4"), 0);
	assert_int_equal(ledger_encode(ledger, &second), 0);
	assert_int_equal(ledger_decode(again, (struct span){ second, strlen(second) - 1 }), 0);
	assert_int_equal(ledger_filled(again, "a4"), 0);
	assert_int_equal(ledger_filled(again, "a.net6"), 9);
	ledger_saved(ledger);

	/* another table has others, whatever their handles are */
	assert_int_equal(ledger_set_table(ledger, "b/2"), 0);
	assert_int_equal(ledger_filled(ledger, "a.net6"), 0);
	assert_int_equal(ledger_encode(ledger, &third), 0);
	assert_string_equal(bare(third), "{\"v\":1,\"table\":\"b/2\",\"changes\":[]}\n");
	assert_int_equal(ledger_decode(again, (struct span){ third, strlen(third) - 1 }), 0);
	assert_int_equal(ledger_filled(again, "a.net6"), 0);
}

static void filled_sets_without_a_table_are_damage(void **state)
{
	static const char *const lines[] = {
		"{\"v\":1,\"sets\":{\"a4\":7},\"changes\":[]}",
		"{\"v\":1,\"table\":\"b/1\",\"sets\":[7],\"changes\":[]}",
		"{\"v\":1,\"table\":\"b/1\",\"sets\":{\"a4\":-7},\"changes\":[]}",
		"{\"v\":1,\"table\":\"b/1\",\"sets\":{\"a4\":\"7\"},\"changes\":[]}",
		"{\"v\":1,\"table\":\"b/1\",\"sets\":{\"a4aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":7},\"changes\":[]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		cleanup(ledger_freep) struct ledger *ledger = make();

		assert_int_equal(ledger_decode(ledger, span_of(lines[i])), -EBADMSG);
	}
}

static void tell(struct ledger *ledger, const char *expected)
{
	cleanup(freep) char *line = NULL;

	assert_int_equal(ledger_encode(ledger, &line), 0);
	assert_string_equal(bare(line), expected);
	ledger_saved(ledger);
}

static void what_was_told_is_kept(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make(), *again = NULL, *third = NULL;
	cleanup(freep) char *whole = NULL;
	const struct ban ban = { .jail = "a",
				 .prefix = PREFIX_V4,
				 .address = { AF_INET, { 203, 0, 113, 7 } },
				 .since = 1,
				 .until = 9,
				 .event = "e" };

	for (unsigned i = 0; i < 3; i++)
		add(ledger, &ban);
	/* a file of 0.1.0: only what was never placed may be untold */
	assert_true(ledger_is_untold(ledger, ledger_get(ledger, 1), 8));
	assert_false(ledger_is_untold(ledger, ledger_get(ledger, 1), 9));
	ledger_place(ledger, 1);
	assert_false(ledger_is_untold(ledger, ledger_get(ledger, 1), 8));
	ledger_saved(ledger);

	ledger_told(ledger, 2);
	assert_int_equal(ledger_end(ledger, 1, 5, END_IGNORED), 0);
	assert_int_equal(ledger_end(ledger, 3, 9, END_OUTGROWN), 0);
	tell(ledger, "{\"v\":1,\"changes\":[{\"told\":2},"
		     "{\"until\":{\"id\":1,\"until\":5,\"ended\":\"ignored\"}},"
		     "{\"until\":{\"id\":3,\"until\":9,\"ended\":\"outgrown\"}}]}\n");
	tell(ledger, "{\"v\":1,\"changes\":[]}\n");
	whole = encode_all(ledger);
	again = read_all(whole);
	assert_false(ledger_is_untold(again, ledger_get(again, 2), 8));
	assert_true(ledger_is_untold(again, ledger_get(again, 3), 99));
	assert_int_equal(ledger_get(again, 1)->ended, END_IGNORED);
	assert_int_equal(ledger_get(again, 1)->until, 5);
	assert_int_equal(ledger_get(again, 2)->ended, END_NONE);
	assert_int_equal(ledger_get(again, 3)->ended, END_OUTGROWN);

	/* what somebody did to a ban is told likewise, and changes nothing of it */
	assert_int_equal(ledger_end(again, 2, 9, END_BY_HAND), 0);
	tell(again,
	     "{\"v\":1,\"changes\":[{\"until\":{\"id\":2,\"until\":9,\"ended\":\"hand\"}}]}\n");
	third = read_all(bare(whole = (free(whole), encode_all(again))));
	assert_int_equal(ledger_get(third, 2)->ended, END_BY_HAND);
	assert_int_equal(ledger_get(third, 2)->until, 9);

	ledger_told_end(ledger, 1);
	ledger_told_end(ledger, 3);
	ledger_told(ledger, 3);
	ledger_told(ledger, 1);
	tell(ledger, "{\"v\":1,\"changes\":[{\"told\":3}]}\n");
	assert_int_equal(ledger_decode(again, SPAN_LITERAL("{\"v\":1,\"changes\":[{\"told\":3}]}")),
			 0);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(ledger_get(again, i)->ended, END_NONE);
		assert_false(ledger_is_untold(again, ledger_get(again, i), 8));
	}
}

static void an_end_stays_untold_while_others_are_told(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make(), *again = NULL, *third = NULL;
	cleanup(freep) char *first = NULL, *second = NULL, *whole = NULL;
	const struct ban ban = { .jail = "a",
				 .prefix = PREFIX_V4,
				 .address = { AF_INET, { 203, 0, 113, 7 } },
				 .since = 1,
				 .until = 9,
				 .event = "e" };

	/* in a compacted file they stand in several lines */
	for (unsigned i = 0; i < 150; i++)
		add(ledger, &ban);
	assert_int_equal(ledger_end(ledger, 1, 9, END_BY_HAND), 0);
	assert_int_equal(ledger_end(ledger, 2, 9, END_BY_HAND), 0);
	assert_int_equal(ledger_encode(ledger, &first), 0);
	ledger_saved(ledger);
	/* journald took one of two */
	ledger_told(ledger, 150);
	ledger_told_end(ledger, 1);
	assert_int_equal(ledger_encode(ledger, &second), 0);
	ledger_saved(ledger);
	whole = encode_all(ledger);
	again = read_all(first);
	assert_int_equal(ledger_decode(again, (struct span){ second, strcspn(second, "\n") }), 0);
	assert_int_equal(ledger_get(again, 2)->ended, END_BY_HAND);
	third = read_all(whole);
	assert_int_equal(ledger_get(third, 1)->ended, END_NONE);
	assert_int_equal(ledger_get(third, 2)->ended, END_BY_HAND);
	assert_false(ledger_is_untold(third, ledger_get(third, 150), 8));
	/* once all are told the line says so */
	ledger_told_end(ledger, 2);
	tell(ledger, "{\"v\":1,\"changes\":[{\"told\":150}]}\n");
	tell(ledger, "{\"v\":1,\"changes\":[]}\n");
}

static void what_is_spent_is_kept(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make(), *again = NULL, *new = NULL;
	struct ban ban = { .jail = "a",
			   .prefix = PREFIX_V4,
			   .address = { AF_INET, { 203, 0, 113, 7 } },
			   .since = 1,
			   .until = 9,
			   .event = "e" };
	cleanup(freep) char *line = NULL, *whole = NULL;

	add(ledger, &ban);
	ban.kind = BAN_MANUAL;
	add(ledger, &ban);
	assert_int_equal(ledger_encode(ledger, &line), 0);
	new = read_all(line);
	assert_false(ledger_get(new, 1)->spent);
	ledger_saved(ledger);
	for (uint64_t id = 1; id <= 4; id++) /* one by hand was none, nor one that is not there */
		assert_int_equal(ledger_spend(ledger, id), 0);
	tell(ledger, "{\"v\":1,\"changes\":[{\"spent\":1}]}\n");
	assert_int_equal(ledger_decode(new, SPAN_LITERAL("{\"v\":1,\"changes\":[{\"spent\":1}]}")),
			 0);
	assert_true(ledger_get(new, 1)->spent);
	whole = encode_all(ledger);
	again = read_all(whole);
	assert_true(ledger_get(again, 1)->spent);
	assert_false(ledger_get(again, 2)->spent);
}

static void a_large_ledger_takes_several_lines(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = make(), *again = NULL;
	cleanup(freep) char *text = NULL;
	size_t n = 0;

	for (unsigned i = 0; i < 1000; i++)
		add(ledger,
		    &(struct ban){
			    .jail = "a",
			    .prefix = { { AF_INET, { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } }, 32 },
			    .address = { AF_INET, { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } },
			    .since = i,
			    .until = USEC_INFINITY });
	text = encode_all(ledger);
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		n++;
	assert_int_equal(n, 10);
	again = read_all(text);
	assert_int_equal(ledger_n_bans(again), 1000);
	assert_false(ledger_wants_compaction(ledger, 1024 * 1024));
	assert_true(ledger_wants_compaction(ledger, 2 * 1024 * 1024));
}

static void nonsense_changes_nothing(void **state)
{
#define GOOD                                                                                       \
	"{\"ban\":{\"id\":1,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\",\"address\":\"192.0.2.9\"," \
	"\"since\":1,\"until\":2,\"event\":\"e\",\"failures\":1,\"offence\":1,\"cursor\":\"\"}}"
	static const struct {
		const char *line;
		int error;
	} cases[] = {
		{ "", -EBADMSG },
		{ "[]", -EBADMSG },
		{ "{\"v\":1}", -EBADMSG },
		{ "{\"v\":2,\"changes\":[]}", -EPROTONOSUPPORT },
		{ "{\"v\":2,\"what\":3}", -EPROTONOSUPPORT },
		{ "{\"v\":1.5,\"changes\":[]}", -EBADMSG },
		{ "{\"v\":1,\"changes\":[]}x", -EBADMSG },
		{ "{\"v\":1,\"changes\":[],\"changes\":[]}", -EBADMSG },
		{ "{\"v\":1,\"changes\":[],\"more\":1}", -EBADMSG },
		{ "{\"v\":1,\"cursor\":\"c\",\"changes\":[]}", -EBADMSG },
		{ "{\"v\":1,\"begin\":1,\"changes\":[]}", -EBADMSG },
		{ "{\"v\":1,\"cursor\":\"c\",\"time\":1,\"begin\":\"1\",\"changes\":[]}",
		  -EBADMSG },
		{ "{\"v\":1,\"cursor\":\"c\",\"time\":-1,\"changes\":[]}", -EBADMSG },
		{ "{\"v\":1,\"cursor\":\"c\",\"time\":9007199254740992,\"changes\":[]}", -EBADMSG },
		{ "{\"v\":1,\"cursor\":7,\"time\":1,\"changes\":[]}", -EBADMSG },
		{ "{\"v\":1,\"changes\":[" GOOD "]", -EBADMSG },
		{ "{\"v\":1,\"table\":1,\"changes\":[" GOOD "]}", -EBADMSG },
	};
	cleanup(ledger_freep) struct ledger *ledger = make();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (ledger_decode(ledger, span_of(cases[i].line)) != cases[i].error)
			fail_msg("%s", cases[i].line);
	assert_int_equal(ledger_n_bans(ledger), 0);
	assert_int_equal(ledger_decode(ledger, SPAN_LITERAL("{\"v\":1,\"changes\":[" GOOD "]}")),
			 0);
	assert_int_equal(ledger_decode(ledger, SPAN_LITERAL("{\"v\":1,\"changes\":[" GOOD "]}")),
			 1);
	assert_int_equal(ledger_n_bans(ledger), 1);
}

static void a_change_that_makes_no_sense_is_passed_over(void **state)
{
#define MANUAL(id, since, until)                                                                 \
	"{\"ban\":{\"id\":" id                                                                   \
	",\"jail\":\"a\",\"prefix\":\"192.0.2.9/32\",\"address\":\"192.0.2.9\",\"since\":" since \
	",\"until\":" until ",\"manual\":true}}"
	static const struct {
		const char *change;
		int damaged;
	} cases[] = {
		{ "{\"placed\":\"1\"}", 1 },
		{ "{}", 1 },
		{ "7", 1 },
		{ "{\"ban\":1}", 1 },
		{ "{\"unban\":{\"id\":1,\"time\":1}}", 1 },
		{ "{\"placed\":1,\"until\":2}", 1 },
		{ "{\"reason\":{\"id\":1}}", 1 },
		{ "{\"reason\":{\"id\":1,\"reason\":7}}", 1 },
		{ "{\"told\":-1}", 1 },
		{ "{\"until\":{\"id\":1,\"until\":2,\"ended\":\"why\"}}", 1 },
		{ GOOD, 1 }, /* its number is used */
		{ MANUAL("7", "9", "8"), 1 },
		{ MANUAL("7", "9", "9"), 0 },
		{ MANUAL("1099511627777", "8", "9"), 0 },
		{ MANUAL("1099511627778", "8", "9"), 1 },
		{ MANUAL("9007199254740991", "8", "9"), 1 },
		{ GOOD ",{},{\"placed\":9}", 2 },
	};
	char line[1024];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(ledger_freep) struct ledger *ledger = make();

		snprintf(line, sizeof(line),
			 "{\"v\":1,\"cursor\":\"c\",\"time\":5,\"changes\":[" GOOD
			 ",{\"placed\":1},%s]}",
			 cases[i].change);
		if (ledger_decode(ledger, span_of(line)) != cases[i].damaged)
			fail_msg("%s", line);
		assert_true(ledger_get(ledger, 1)->placed);
		assert_int_equal(ledger_position(ledger).time, 5);
		assert_int_equal(ledger_n_bans(ledger), 2 - !!cases[i].damaged);
	}
}

static void each_fault_of_a_ban_is_seen(void **state)
{
	static const char *const bans[] = {
		"\"id\":0,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\",\"address\":\"192.0.2.9\",\"since\":1,\"until\":2,\"manual\":true",
		"\"id\":1,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\",\"address\":\"192.0.2.9\",\"since\":1,\"until\":2,\"manual\":true,\"exact\":1",
		"\"id\":1,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\",\"address\":\"192.0.2.9\",\"since\":1,\"until\":2,"
		"\"event\":\"e\",\"failures\":1,\"offence\":1,\"cursor\":\"\",\"exact\":true",
		"\"id\":1,\"jail\":\"A\",\"prefix\":\"192.0.2.0/24\",\"address\":\"192.0.2.9\",\"since\":1,\"until\":2,\"manual\":true",
		"\"id\":1,\"jail\":\"a\",\"prefix\":\"192.0.2.1/24\",\"address\":\"192.0.2.9\",\"since\":1,\"until\":2,\"manual\":true",
		"\"id\":1,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\",\"address\":\"192.0.3.9\",\"since\":1,\"until\":2,\"manual\":true",
		"\"id\":1,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\",\"address\":\"192.0.2.9\",\"since\":1,\"manual\":true",
		"\"id\":1,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\",\"address\":\"192.0.2.9\",\"since\":1,\"until\":2,\"manual\":false",
		"\"id\":1,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\",\"address\":\"192.0.2.9\",\"since\":1,\"until\":2",
		"\"id\":1,\"id\":1,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\",\"address\":\"192.0.2.9\",\"since\":1,\"until\":2,\"manual\":true",
		"\"id\":1,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\",\"address\":\"192.0.2.9\",\"since\":1,\"until\":2,"
		"\"event\":\"e\",\"failures\":1.25,\"offence\":1,\"cursor\":\"\"",
		"\"id\":1,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\",\"address\":\"192.0.2.9\",\"since\":1,\"until\":2,"
		"\"event\":\"e\",\"failures\":1,\"offence\":4294967296,\"cursor\":\"\"",
		"\"id\":1,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\",\"address\":\"192.0.2.9\",\"since\":1,\"until\":2,"
		"\"event\":\"e\",\"failures\":1,\"offence\":1,\"cursor\":\"\",\"reason\":\"r\"",
	};
	cleanup(ledger_freep) struct ledger *ledger = make();
	char line[512], reason[LEDGER_MAX_TEXT + 2];

	for (size_t size = LEDGER_MAX_TEXT; size <= LEDGER_MAX_TEXT + 1; size++) {
		cleanup(ledger_freep) struct ledger *other = make();

		memset(reason, 'x', size);
		reason[size] = '\0';
		snprintf(
			line, sizeof(line),
			"{\"v\":1,\"changes\":[{\"ban\":{\"id\":1,\"jail\":\"a\",\"prefix\":\"192.0.2.0/24\","
			"\"address\":\"192.0.2.9\",\"since\":1,\"until\":2,\"manual\":true,\"reason\":\"%s\"}}]}",
			reason);
		assert_int_equal(ledger_decode(other, span_of(line)),
				 size > LEDGER_MAX_TEXT ? 1 : 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bans); i++) {
		snprintf(line, sizeof(line), "{\"v\":1,\"changes\":[{\"ban\":{%s}}]}", bans[i]);
		if (ledger_decode(ledger, span_of(line)) != 1)
			fail_msg("%s", line);
	}
	assert_int_equal(ledger_n_bans(ledger), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_is_one_line),
		cmocka_unit_test(reads_back_what_it_wrote),
		cmocka_unit_test(a_state_that_says_where_to_begin_is_read),
		cmocka_unit_test(a_reason_is_kept_whatever_it_says),
		cmocka_unit_test(a_length_that_was_meant_is_kept),
		cmocka_unit_test(the_table_is_told_where_it_changes),
		cmocka_unit_test(filled_sets_are_those_of_the_table),
		cmocka_unit_test(filled_sets_without_a_table_are_damage),
		cmocka_unit_test(what_was_told_is_kept),
		cmocka_unit_test(an_end_stays_untold_while_others_are_told),
		cmocka_unit_test(what_is_spent_is_kept),
		cmocka_unit_test(a_large_ledger_takes_several_lines),
		cmocka_unit_test(nonsense_changes_nothing),
		cmocka_unit_test(a_change_that_makes_no_sense_is_passed_over),
		cmocka_unit_test(each_fault_of_a_ban_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
