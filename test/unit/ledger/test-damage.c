/* Whatever happens to the lines of a state: it is noticed, and costs no more than it has to. */
#include "ledger/encode.h"

#include "../../encode-all.h"
#include "random.h"
#include "unit.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#define N_LINES 24
#define N_BANS  3 /* a line */
#define N_RUNS  2000

enum damage { FLIP, DIGIT, SHORTEN, DROP, DOUBLE, SWAP, JOIN, TRUNCATE, N_DAMAGES };

static const uint8_t seed[16] = "damage";
static uint64_t chance;

static char *lines[N_LINES];
static char *after[N_LINES + 1]; /* the whole ledger after so many lines */

static struct ledger *damage_ledger(void)
{
	struct ledger *ledger;

	assert_int_equal(ledger_new(seed, &ledger), 0);
	return ledger;
}

static void damage_change(struct ledger *ledger, unsigned i)
{
	struct position position = { 1763769600000000 + i, SPAN_LITERAL("s=6e;i=1") };

	for (unsigned j = 0; j < N_BANS; j++) {
		struct address address = { AF_INET, { 203, 0, (uint8_t)i, (uint8_t)j } };
		struct ban ban = { .jail = "dovecot",
				   .prefix = { address, 32 },
				   .address = address,
				   .since = 1763769600000000 + i,
				   .until = 1763773200000000 + j,
				   .event = "auth-failed",
				   .failures = 50,
				   .offence = 1,
				   .cursor = "s=6e;i=1" };
		const struct ban *added;

		assert_int_equal(ledger_add(ledger, &ban, &added), 0);
		ledger_place(ledger, added->id - 1);
	}
	if (i % 5 == 4)
		assert_int_equal(ledger_set_until(ledger, i, 1763773300000000), 0);
	assert_int_equal(ledger_set_table(ledger, i % 7 ? "one" : "other"), 0);
	assert_int_equal(ledger_set_position(ledger, &position), 0);
}

static int damage_begin(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = damage_ledger();

	after[0] = encode_all(ledger);
	for (unsigned i = 0; i < N_LINES; i++) {
		damage_change(ledger, i);
		assert_int_equal(ledger_encode(ledger, &lines[i]), 0);
		ledger_saved(ledger);
		after[i + 1] = encode_all(ledger);
	}
	return 0;
}

static int damage_end(void **state)
{
	for (unsigned i = 0; i < N_LINES; i++)
		free(lines[i]);
	for (unsigned i = 0; i <= N_LINES; i++)
		free(after[i]);
	return 0;
}

/* A byte of the line, not its end. */
static char *somewhere(char *line)
{
	return line + random_below(&chance, strlen(line) - 1);
}

static void damage_line(char *line, enum damage damage)
{
	char *at = somewhere(line), digit;

	switch (damage) {
	case FLIP:
		*at ^= (char)(1 << random_below(&chance, 8));
		if (*at == '\0') /* the tests' lines are strings */
			*at = 'x';
		return;
	case DIGIT:
		while (!isdigit((unsigned char)*at))
			at = somewhere(line);
		do
			digit = (char)('0' + random_below(&chance, 10));
		while (digit == *at);
		*at = digit;
		return;
	case SHORTEN:
		strcpy(at, "\n");
		return;
	case DROP:
		*line = '\0';
		return;
	case JOIN:
		line[strlen(line) - 1] = ' ';
		return;
	case DOUBLE:
	case SWAP:
	case TRUNCATE:
	case N_DAMAGES:
		return;
	}
}

/* The file with such damage, at its line `k`; owned by the caller. */
static char *damage_file(enum damage damage, unsigned k)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	for (unsigned i = 0; i < N_LINES; i++) {
		unsigned which = damage != SWAP           ? i
				 : i == k                 ? (k + 1) % N_LINES
				 : i == (k + 1) % N_LINES ? k
							  : i;
		cleanup(freep) char *line = strdup(lines[which]);

		if (i == k)
			damage_line(line, damage);
		fputs(line, file);
		if (i == k && damage == DOUBLE)
			fputs(line, file);
	}
	assert_int_equal(fclose(file), 0);
	if (damage == TRUNCATE)
		text[random_below(&chance, size)] = '\0';
	return text;
}

/* True: whoever reads this has something to tell. */
static bool damage_read(struct ledger *ledger, const char *text, size_t *n)
{
	bool noticed = false;

	for (const char *end; *text; text = end + 1, (*n)++) {
		int r;

		end = strchr(text, '\n');
		if (!end)
			return true; /* a torn line */
		r = ledger_decode(ledger, (struct span){ text, (size_t)(end - text) });
		assert_true(r >= 0 || r == -EBADMSG || r == -EPROTONOSUPPORT);
		noticed = noticed || r != 0;
	}
	return noticed || ledger_n_missing(ledger) > 0;
}

static void damage_is_noticed_and_costs_its_line(void **state)
{
	for (unsigned run = 0; run < N_RUNS; run++) {
		enum damage damage = (enum damage)random_below(&chance, N_DAMAGES);
		unsigned k = (unsigned)random_below(&chance, N_LINES - 1), n_lost = 0;
		cleanup(ledger_freep) struct ledger *ledger = damage_ledger();
		cleanup(freep) char *text = damage_file(damage, k), *whole = NULL;
		size_t n = 0;

		if (damage_read(ledger, text, &n) !=
		    (damage != TRUNCATE || n == 0 || text[strlen(text) - 1] != '\n'))
			fail_msg("damage %d of line %u, in silence or for nothing:\n%s", damage, k,
				 text);
		whole = encode_all(ledger);
		if (damage == TRUNCATE) { /* as a crash that came earlier */
			assert_string_equal(whole, after[n]);
			continue;
		}
		for (uint64_t id = 1; id <= N_LINES * N_BANS; id++)
			n_lost += !ledger_get(ledger, id);
		assert_in_range(n_lost, 0,
				damage == DOUBLE ? 0
				: damage == JOIN ? 2 * N_BANS
						 : N_BANS);
		if (damage == DOUBLE)
			assert_string_equal(whole, after[N_LINES]);
	}
}

/* 0.1.0 wrote neither numbers nor checksums; somebody may take them out by hand. */
static void lines_without_a_checksum_are_taken(void **state)
{
	static const char ban[] =
		"{\"v\":1,\"changes\":[{\"ban\":{\"id\":90,\"jail\":\"a\",\"prefix\":\"192.0.2.9/32\","
		"\"address\":\"192.0.2.9\",\"since\":1,\"until\":2,\"manual\":true}}]}";
	cleanup(ledger_freep) struct ledger *ledger = damage_ledger();

	assert_int_equal(ledger_decode(ledger, span_of(ban)), 0);
	for (unsigned i = 0; i < N_LINES; i++) {
		assert_int_equal(ledger_decode(ledger,
					       (struct span){ lines[i], strlen(lines[i]) - 1 }),
				 0);
		assert_int_equal(ledger_decode(ledger, SPAN_LITERAL("{\"v\":1,\"changes\":[]}")),
				 0);
	}
	assert_int_equal(ledger_n_missing(ledger), 0);
	assert_int_equal(ledger_n_bans(ledger), 1 + N_LINES * N_BANS);
	/* only at the end a checksum is one */
	assert_int_equal(
		ledger_decode(
			ledger,
			SPAN_LITERAL("{\"v\":1,\"checksum\":\"0123456789abcdef\",\"changes\":[]}")),
		-EBADMSG);
	assert_int_equal(ledger_decode(ledger,
				       SPAN_LITERAL("{\"v\":1,\"changes\":[],\"checksum\":\"\"}")),
			 -EBADMSG);
	assert_int_equal(ledger_decode(ledger,
				       SPAN_LITERAL("{\"v\":1,\"line\":\"99\",\"changes\":[]}")),
			 -EBADMSG);
}

/* What a line ends with is the same on every machine. */
static void a_checksum_is_of_the_text(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = damage_ledger();
	cleanup(freep) char *line = NULL;

	assert_int_equal(ledger_encode(ledger, &line), 0);
	assert_string_equal(
		line, "{\"v\":1,\"line\":1,\"changes\":[],\"checksum\":\"a4e5e1584662f9dd\"}\n");
}

static void lines_are_counted_on(void **state)
{
	cleanup(ledger_freep) struct ledger *ledger = damage_ledger();
	cleanup(freep) char *line = NULL, *whole = NULL, *twice = NULL;

	assert_int_equal(ledger_decode(ledger, (struct span){ lines[0], strlen(lines[0]) - 1 }), 0);
	assert_int_equal(ledger_decode(ledger, (struct span){ lines[2], strlen(lines[2]) - 1 }), 0);
	assert_int_equal(ledger_n_missing(ledger), 1);
	/* one that could not be written has not been */
	assert_int_equal(ledger_encode(ledger, &twice), 0);
	assert_int_equal(ledger_encode(ledger, &line), 0);
	assert_string_equal(line, twice);
	assert_non_null(strstr(line, "\"line\":4,"));
	/* a new file */
	whole = encode_all(ledger);
	ledger_saved(ledger);
	assert_non_null(strstr(whole, "\"line\":1,"));
	line = (free(line), NULL);
	assert_int_equal(ledger_encode(ledger, &line), 0);
	assert_non_null(strstr(line, "\"line\":2,"));
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage_is_noticed_and_costs_its_line),
		cmocka_unit_test(lines_without_a_checksum_are_taken),
		cmocka_unit_test(a_checksum_is_of_the_text),
		cmocka_unit_test(lines_are_counted_on),
	};

	chance = random_seed(argc, argv);
	return cmocka_run_group_tests(tests, damage_begin, damage_end);
}
