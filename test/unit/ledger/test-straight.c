/* The straight reader against the parser of JSON, which also reads what is spaced. */
#include "ledger/commit.h"
#include "ledger/encode.h"

#include "unit.h"

#include "random.h"

#include <stdio.h>

#define ROUNDS       400
#define MUTATIONS    60 /* of each line */
#define ROOM         65536
#define MAX_FAILURES 10000000000 /* tenths; who counts more of them is left to the parser */

static const uint8_t seed[16] = "straight";
static uint64_t random_state;

static unsigned below(unsigned n)
{
	return (unsigned)random_below(&random_state, n);
}

static struct ledger *make(void)
{
	struct ledger *ledger;

	assert_int_equal(ledger_new(seed, &ledger), 0);
	return ledger;
}

static int read_straight(struct span line)
{
	struct ledger_commit commit = { 0 };
	int r = ledger_read_straight(line, &commit);

	assert_null(commit.json);
	free(commit.text);
	free(commit.changes);
	return r;
}

/* Both readers must say the same of the line and make the same of it; true: it was good. */
static bool agree(struct span line, char spaced[static ROOM + 1])
{
	cleanup(ledger_freep) struct ledger *one = make(), *other = make();
	cleanup(freep) char *of_one = NULL, *of_other = NULL;
	int r;

	assert_true(line.size > 0 && line.size < ROOM);
	spaced[0] = line.data[0];
	spaced[1] = ' ';
	memcpy(spaced + 2, line.data + 1, line.size - 1);
	assert_int_equal(read_straight((struct span){ spaced, line.size + 1 }), 0);
	r = ledger_decode(one, line);
	if (ledger_decode(other, (struct span){ spaced, line.size + 1 }) != r)
		fail_msg("they differ: %.*s", (int)line.size, line.data);
	assert_int_equal(ledger_encode_all(one, &of_one), 0);
	assert_int_equal(ledger_encode_all(other, &of_other), 0);
	assert_string_equal(of_one, of_other);
	return r == 0;
}

static const char *text_of(char *buffer, unsigned max, bool plain)
{
	static const char wild[] = "\"\\\n\x01\x7f\xc3\xa4\xff";
	unsigned size = below(max);

	for (unsigned i = 0; i < size; i++)
		buffer[i] =
			plain || below(8) ? (char)('0' + below(40)) : wild[below(sizeof(wild) - 1)];
	buffer[size] = '\0';
	return buffer;
}

static usec_t time_of(void)
{
	return random_next(&random_state) >> below(64);
}

static void add_ban(struct ledger *ledger, bool plain)
{
	static const char *const jails[] = { "dovecot", "a", "x_1-y" };
	char reason[LEDGER_MAX_TEXT + 1], event[LEDGER_MAX_EVENT + 1],
		cursor[LEDGER_MAX_CURSOR + 1];
	struct ban ban = {
		.jail = jails[below(3)],
		.address.family = below(2) ? AF_INET : AF_INET6,
		.since = time_of(),
		.until = below(4) ? time_of() : USEC_INFINITY,
		.network = !below(4),
		.placed = below(2),
	};
	const struct ban *added;

	for (unsigned i = 0; i < address_bits(&ban.address) / 8; i++)
		ban.address.bytes[i] = below(3) ? (uint8_t)below(256) : 0;
	ban.prefix = address_widen(&ban.address, below(129));
	if (below(3)) {
		ban.event = text_of(event, below(8) ? 20 : sizeof(event), plain);
		ban.cursor = text_of(cursor, below(8) ? 150 : sizeof(cursor), plain);
		ban.failures =
			below(2) ? below(100) : random_below(&random_state, MAX_FAILURES + 1);
		ban.users = below(2) ? below(100) : 0;
		ban.offence = below(2) ? 1 : (uint32_t)random_next(&random_state);
	} else {
		ban.kind = BAN_MANUAL;
		ban.reason = text_of(reason, below(2) ? 1 : sizeof(reason), plain);
	}
	assert_int_equal(ledger_add(ledger, &ban, &added), 0);
}

/* As if it had been saved before. */
static void change_ban(struct ledger *ledger, uint64_t id, bool plain)
{
	char cursor[100], reason[100];
	const struct position after = { time_of(), span_of(text_of(cursor, 100, plain)) };

	if (below(2))
		ledger_place(ledger, id);
	if (below(2))
		assert_int_equal(ledger_set_until(ledger, id, time_of()), 0);
	if (!below(4))
		assert_int_equal(ledger_end(ledger, id, time_of(),
					    END_JAIL_GONE + (enum ban_end)below(4)),
				 0);
	if (!below(4))
		ledger_told(ledger, below(10));
	if (!below(4))
		ledger_told_end(ledger, id);
	if (below(2))
		assert_int_equal(ledger_set_reason(ledger, id, text_of(reason, 100, plain)), 0);
	if (below(2))
		assert_int_equal(ledger_lift(ledger, id, time_of(), &after), 0);
}

/* A line as the ledger writes it; owned by the caller. */
static char *write_line(bool plain)
{
	cleanup(ledger_freep) struct ledger *ledger = make();
	char cursor[200], *line;
	const struct position position = { time_of(), span_of(text_of(cursor, 200, plain)) };
	unsigned n = below(8);

	for (unsigned i = 0; i < n; i++)
		add_ban(ledger, plain);
	if (below(2))
		ledger_saved(ledger);
	if (below(2))
		assert_int_equal(ledger_set_position(ledger, &position), 0);
	if (!below(4))
		assert_int_equal(ledger_set_table(ledger, "banish/7"), 0);
	for (unsigned i = 0; i < n; i++)
		change_ban(ledger, 1 + below(n), plain);
	assert_int_equal(ledger_encode(ledger, &line), 0);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static size_t replace(char *line, size_t size, size_t at, size_t n, const char *by)
{
	n = MIN(n, size - at);
	memmove(line + at + strlen(by), line + at + n, size - at - n);
	memcpy(line + at, by, strlen(by));
	return size - n + strlen(by);
}

static size_t mutate(char *line, size_t size)
{
	static const char *const pieces[] = {
		"0",    "1",        "9007199254740992",
		"-1",   "1.5",      ".5",
		"1e3",  "null",     "true",
		",",    "{",        "}",
		"[",    "]",        "\"",
		"\\",   ":",        " ",
		"\t",   "\\u0041",  "\"id\":1,",
		",,",   "\"\"",     "\x01",
		"\xff", "/",        ".",
		"::",   "\"x\":1,", "]}",
		"{}",   "2",        "4294967296",
		"",     "a",        "A",
	};
	size_t at = below((unsigned)size);

	switch (below(4)) {
	case 0:
		line[at] = (char)random_next(&random_state);
		return size;
	case 1:
		return MAX(at, 1u);
	case 2:
		return replace(line, size, at, 1 + below(30), "");
	default:
		return replace(line, size, at, below(2), pieces[below(ARRAY_SIZE(pieces))]);
	}
}

static void reads_what_the_ledger_writes(void **state)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		cleanup(ledger_freep) struct ledger *ledger = make();
		cleanup(freep) char *line = write_line(true), *again = NULL;

		assert_int_equal(read_straight(span_of(line)), 1);
		assert_int_equal(ledger_decode(ledger, span_of(line)), 0);
		assert_int_equal(ledger_encode_all(ledger, &again), 0);
		if (ledger_n_bans(ledger) > 0)
			assert_int_equal(read_straight(
						 (struct span){ again, strcspn(again, "\n") }),
					 1);
	}
}

static void says_what_the_parser_says(void **state)
{
	cleanup(freep) char *changed = malloc(ROOM), *spaced = malloc(ROOM + 1);
	unsigned n_good = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		cleanup(freep) char *line = write_line(below(2));

		assert_true(agree(span_of(line), spaced));
		for (unsigned i = 0; i < MUTATIONS; i++) {
			size_t size = strlen(line);

			memcpy(changed, line, size);
			for (unsigned n = 1 + below(2); n > 0 && size > 0; n--)
				size = mutate(changed, size);
			if (size > 0 && changed[0] == '{')
				n_good += agree((struct span){ changed, size }, spaced);
		}
	}
	/* else the mutations are too wild to tell anything */
	assert_in_range(n_good, ROUNDS * MUTATIONS / 50, ROUNDS * MUTATIONS * 9 / 10);
}

static void leaves_to_the_parser_what_is_written_otherwise(void **state)
{
	static const char *const lines[] = {
		"{\"v\":1,\"changes\":[]} ",
		"{\"v\":1,\"changes\": []}",
		"{\"v\":01,\"changes\":[]}",
		"{\"v\":2,\"changes\":[]}",
		"{\"changes\":[],\"v\":1}",
		"{\"v\":1,\"time\":5,\"cursor\":\"c\",\"changes\":[]}",
		"{\"v\":1,\"changes\":[{\"placed\":1},]}",
		"{\"v\":1,\"changes\":[,{\"placed\":1}]}",
		"{\"v\":1,\"changes\":[{\"placed\":01}]}",
		"{\"v\":1,\"changes\":[{\"placed\":1}",
		"{\"v\":1,\"changes\":[{\"placed\":9007199254740992}]}",
		"{\"v\":1,\"changes\":[{\"until\":{\"until\":1,\"id\":1}}]}",
		"{\"v\":1,\"changes\":[{\"reason\":{\"id\":1,\"reason\":\"\\n\"}}]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (read_straight(span_of(lines[i])) != 0)
			fail_msg("%s", lines[i]);
	assert_int_equal(read_straight(SPAN_LITERAL("{\"v\":1,\"changes\":[{\"placed\":1}]}")), 1);
	assert_int_equal(read_straight(SPAN_LITERAL("{\"v\":1,\"changes\":[{\"placed\":1}]}\0")),
			 0);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_the_ledger_writes),
		cmocka_unit_test(says_what_the_parser_says),
		cmocka_unit_test(leaves_to_the_parser_what_is_written_otherwise),
	};

	random_state = random_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
