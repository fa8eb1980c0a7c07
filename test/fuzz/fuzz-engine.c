#include "world.h"

#include "../encode-all.h"

/* Lines of a state file, and between them, without a brace, log lines: how many seconds later, and
 * whose. */

static void feed(struct firewall *firewall, struct span line, bool warm)
{
	struct stream *stream = &firewall->stream;
	struct line entry = { 0 };
	char *end, *text = strndup(line.data, line.size);
	struct decision decision;

	FUZZ_CHECK(text);
	firewall->now += MIN(strtoull(text, &end, 10), 10000000ULL) * SECOND;
	FUZZ_CHECK(asprintf(&entry.message, "wrong from=%s", end + (*end == ' ')) > 0);
	entry.time = firewall->now;
	entry.unit = strdup("mail.service");
	entry.cursor = strdup("s=0;i=1;b=0;m=0;t=0;x=0");
	if (warm) {
		struct entry asked = stream_entry(stream, &entry);

		FUZZ_CHECK(engine_warm(stream->engine, &asked) == 0);
	} else {
		stream_feed(stream, entry.time, entry.unit, entry.message);
	}
	while (engine_take(stream->engine, &decision)) {
		const struct ban *ban = &decision.ban;

		FUZZ_CHECK(!warm && strcmp(ban->jail, "mail") == 0);
		FUZZ_CHECK(decision.type != DECISION_BAN ||
			   (ban->until > ban->since && ban->offence > 0 && ban->failures > 0 &&
			    prefix_contains(&ban->prefix, &ban->address)));
	}
	free(entry.message);
	free(entry.unit);
	free(entry.cursor);
	free(text);
}

typedef void (*visit_t)(struct firewall *firewall, struct ledger *ledger, struct span line);

static void visit_state(struct firewall *firewall, struct ledger *ledger, struct span line)
{
	(void)firewall;
	if (line.size > 0 && *line.data == '{')
		(void)!ledger_decode(ledger, line);
}

static void visit_warm(struct firewall *firewall, struct ledger *ledger, struct span line)
{
	if (line.size > 0 && *line.data == '<')
		feed(firewall, (struct span){ line.data + 1, line.size - 1 }, true);
	(void)ledger;
}

static void visit_feed(struct firewall *firewall, struct ledger *ledger, struct span line)
{
	if (line.size > 0 && *line.data != '{' && *line.data != '<')
		feed(firewall, line, false);
	(void)ledger;
}

static void visit(const uint8_t *data, size_t size, struct firewall *firewall,
		  struct ledger *ledger, visit_t function)
{
	const char *at = (const char *)data, *end = at + size, *newline;

	for (; at < end; at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(end - at)) ?: end;
		function(firewall, ledger, (struct span){ at, (size_t)(newline - at) });
	}
}

static void check_ledger(struct ledger *ledger)
{
	cleanup(ledger_freep) struct ledger *again = NULL;
	cleanup(freep) char *text = NULL, *text_again = NULL;
	static const uint8_t seed[16];
	char *rest, *line;

	FUZZ_CHECK(ledger_new(seed, &again) == 0);
	text = encode_all(ledger);
	rest = line = strdup(text);
	FUZZ_CHECK(line);
	for (char *one; (one = strsep(&rest, "\n"));)
		FUZZ_CHECK(!*one || ledger_decode(again, span_of(one)) == 0);
	free(line);
	text_again = encode_all(again);
	FUZZ_CHECK(strcmp(text, text_again) == 0);
}

/* Whatever the ledger says, the engine goes on, and the kernel comes to hold what it holds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct firewall firewall;
	struct ledger *ledger;

	size = MIN(size, (size_t)8192);
	firewall_init(&firewall, WORLD_POLICY);
	FUZZ_CHECK(ledger_new(firewall.stream.seed, &ledger) == 0);
	visit(data, size, &firewall, ledger, visit_state);
	FUZZ_CHECK(engine_adopt_ledger(firewall.stream.engine, ledger) == 0);
	visit(data, size, &firewall, ledger, visit_warm);
	engine_warm_done(firewall.stream.engine);
	visit(data, size, &firewall, ledger, visit_feed);
	stream_commit(&firewall.stream);
	check_ledger(engine_ledger(firewall.stream.engine));
	if (ledger_n_bans(engine_ledger(firewall.stream.engine)) < MAX_HELD) {
		FUZZ_CHECK(firewall_start(&firewall));
		world_rest(&firewall);
		world_check(&firewall);
	}
	firewall_done(&firewall);
	return 0;
}
