/*
 * The state file in memory: a ledger with N bans is written as lines, read again from them, and
 * written once more; both must be the same.
 *
 *	bench-ledger N
 */
#include "../encode-all.h"

#include <stdlib.h>

#define SINCE (1767225600 * USEC_PER_SEC)

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "bench-ledger: %s failed\n", what);
	exit(1);
}

static struct ledger *make_ledger(void)
{
	static const uint8_t seed[16] = "ledger";
	struct ledger *ledger;

	must(ledger_new(seed, &ledger) == 0, "ledger_new");
	return ledger;
}

static void add(struct ledger *ledger, uint32_t number)
{
	struct ban ban = {
		.jail = number % 3 > 0 ? "dovecot" : "mox",
		.since = SINCE + number * USEC_PER_SEC,
		.until = SINCE + number * USEC_PER_SEC + USEC_PER_HOUR,
		.reason = "",
		.event = "auth-failed",
		.failures = 50,
		.offence = 1,
		.cursor = "s=0123456789abcdef0123456789abcdef;i=1a2b3c;b="
			  "0123456789abcdef0123456789abcdef;m=1;t=2;x=3",
		.lifted_after_cursor = "",
		.placed = true,
	};
	char text[PREFIX_TEXT_MAX];
	const struct ban *added;

	snprintf(text, sizeof(text), "11.%u.%u.%u", number >> 16 & 255, number >> 8 & 255,
		 number & 255);
	must(prefix_parse(span_of(text), &ban.prefix) >= 0, "prefix_parse");
	ban.address = ban.prefix.address;
	must(ledger_add(ledger, &ban, &added) == 0, "ledger_add");
}

int main(int argc, char **argv)
{
	uint32_t n = argc == 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	struct ledger *ledger = make_ledger(), *again = make_ledger();
	char *text, *copy;

	must(n > 0 && n < 1U << 24, "bench-ledger N, N below 2^24,");
	for (uint32_t i = 0; i < n; i++)
		add(ledger, i);
	text = encode_all(ledger);
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
		must(ledger_decode(again, (struct span){ line, (size_t)(end - line) }) == 0,
		     "ledger_decode");
	copy = encode_all(again);
	must(strcmp(text, copy) == 0, "to read what was written");
	printf("{\"bans\": %u, \"bytes\": %zu}\n", n, strlen(text));
	free(text);
	free(copy);
	ledger_free(ledger);
	ledger_free(again);
	return 0;
}
