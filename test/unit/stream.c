/*
 * Drives the engine from text, for the model in test/model: stream SEED POLICY RULE... <STREAM,
 * decisions on stdout. The seed is that of the hash tables.
 *
 *   entry TIME UNIT[@MACHINE] MESSAGE    feeds an entry
 *   restart | compact           stops and starts again from the ledger's lines (compacted before)
 *   commit | crash              the latter takes back all since the last commit and feeds it again
 *   unban NOW JAIL PREFIX       as told by the kernel
 *   ban NOW JAIL PREFIX UNTIL
 *   hear TIME NOW MEMBER ban|unban ADDRESS KEY    as told by another host
 *   spare                       private addresses are spared from now on
 */

#include "stream.h"

#include <inttypes.h>

/* Said only with the commit, as by the daemon. */
static struct {
	FILE *file;
	char *text; /* owned */
	size_t size;
} told;

static void begin_telling(void)
{
	free(told.text);
	told.text = NULL;
	told.file = open_memstream(&told.text, &told.size);
	must(told.file);
}

static void end_telling(bool committed)
{
	fclose(told.file);
	if (committed)
		fwrite(told.text, 1, told.size, stdout);
	begin_telling();
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = calloc(1, 1 << 20);

	must(file && text);
	must(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

static void print_ban(const struct decision *decision)
{
	char address[ADDRESS_TEXT_MAX], prefix[PREFIX_TEXT_MAX];

	fprintf(told.file, "ban %" PRIu64 " ", decision->ban.since);
	if (decision->ban.until == USEC_INFINITY)
		fprintf(told.file, "null");
	else
		fprintf(told.file, "%" PRIu64, decision->ban.until);
	fprintf(told.file, " %s %s %s %s %" PRIu64 ".%" PRIu64 " %" PRIu32 " %s",
		decision->ban.jail, decision->ban.event,
		address_format(&decision->ban.address, address),
		prefix_format(&decision->ban.prefix, prefix), decision->ban.failures / WEIGHT_ONE,
		decision->ban.failures % WEIGHT_ONE, decision->ban.offence, decision->ban.cursor);
	if (decision->ban.users > 0)
		fprintf(told.file, " %" PRIu32 " users", decision->ban.users);
	fputc('\n', told.file);
}

static void print_breaker(const struct decision *decision)
{
	char address[ADDRESS_TEXT_MAX], prefix[PREFIX_TEXT_MAX];

	fprintf(told.file,
		"breaker %" PRIu64 " %s %s %s %s %" PRIu64 ".%" PRIu64 " %" PRIu64 " %s\n",
		decision->ban.since, decision->ban.jail, decision->ban.event,
		address_format(&decision->ban.address, address),
		prefix_format(&decision->ban.prefix, prefix), decision->ban.failures / WEIGHT_ONE,
		decision->ban.failures % WEIGHT_ONE, decision->count, decision->ban.cursor);
}

static void print_decisions(struct stream *stream)
{
	char prefix[PREFIX_TEXT_MAX];
	struct decision decision;

	while (engine_take(stream->engine, &decision)) {
		switch (decision.type) {
		case DECISION_BAN:
			print_ban(&decision);
			break;
		case DECISION_PRIVATE:
		case DECISION_HIDDEN:
			fprintf(told.file, "private %" PRIu64 " %s %s\n", decision.ban.since,
				decision.ban.jail, prefix_format(&decision.ban.prefix, prefix));
			break;
		case DECISION_BREAKER:
			print_breaker(&decision);
			break;
		case DECISION_BREAKER_CLOSED:
			fprintf(told.file, "breaker-closed %" PRIu64 " %s %" PRIu64 "\n",
				decision.ban.since, decision.ban.jail, decision.count);
			break;
		case DECISION_TARGET:
			fprintf(told.file, "target %" PRIu64 " %s %s %s %.*s %" PRIu64 " %s\n",
				decision.ban.since, decision.ban.jail, decision.ban.event,
				prefix_format(&decision.ban.prefix, prefix),
				(int)decision.user.size, decision.user.data, decision.count,
				decision.ban.cursor);
			break;
		case DECISION_END: /* let go of elsewhere: a stream keeps its jails */
			must(decision.ban.ended == END_FLEET);
			fprintf(told.file, "end-ban %s %s\n", decision.ban.jail,
				prefix_format(&decision.ban.prefix, prefix));
			break;
		}
	}
}

static void commit(struct stream *stream)
{
	stream_commit(stream);
	end_telling(true);
}

static void restart(struct stream *stream)
{
	stream_restart(stream);
	end_telling(true);
}

static void crash(struct stream *stream)
{
	size_t k = 0;

	end_telling(false);
	for (size_t i = stream_start_again(stream); i <= stream->n_lines; i++) {
		struct entry entry;

		for (; k < stream->n_told && stream->told[k].n_lines <= i; k++) {
			if (stream_hear_again(stream, k))
				print_decisions(stream);
		}
		if (i == stream->n_lines)
			break;
		entry = stream_entry(stream, &stream->lines[i]);
		must(engine_feed(stream->engine, &entry) == 0);
		print_decisions(stream);
	}
}

static unsigned find_jail(const struct stream *stream, const char *name)
{
	for (unsigned i = 0; i < ruleset_n_jails(stream->ruleset); i++)
		if (strcmp(ruleset_jail(stream->ruleset, i)->name, name) == 0)
			return i;
	return ENGINE_MANUAL;
}

static void obey(struct stream *stream, char *line)
{
	char word[256], jail[256], prefix[256];
	usec_t now, until, time;
	char member[MEMBER_NAME_SIZE], word2[8];
	uint64_t key;
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "entry %" SCNu64 " %255s %n", &now, word, &at) == 2 && at > 0)
		stream_feed(stream, now, word, line + at);
	else if (sscanf(line, "unban %" SCNu64 " %255s %255s", &now, jail, prefix) == 3)
		fprintf(told.file, "unban %d\n",
			stream_unban(stream, find_jail(stream, jail), prefix, now));
	else if (sscanf(line, "ban %" SCNu64 " %255s %255s %" SCNu64, &now, jail, prefix, &until) ==
		 4)
		stream_ban(stream, find_jail(stream, jail), prefix, now, until);
	else if (sscanf(line, "hear %" SCNu64 " %" SCNu64 " %64s %7s %255s %" SCNu64, &time, &now,
			member, word2, prefix, &key) == 6)
		(void)stream_hear(stream, member, prefix, strcmp(word2, "unban") == 0, time, now,
				  key);
	else if (strcmp(line, "spare") == 0)
		engine_spare_private(stream->engine, stream->spares_private = true);
	else if (strcmp(line, "compact") == 0)
		stream_compact(stream);
	else if (strcmp(line, "commit") == 0)
		commit(stream);
	else if (strcmp(line, "crash") == 0)
		crash(stream);
	else if (strcmp(line, "restart") == 0)
		restart(stream);
	else
		must(!"a known word");
	print_decisions(stream);
}

int main(int argc, char **argv)
{
	struct stream stream = { 0 };
	char *rules[16] = { 0 }, *policy, *line = NULL;
	size_t max = 0;
	const struct engine_statistics *statistics;

	must(argc > 3 && (size_t)argc - 3 < ARRAY_SIZE(rules));
	for (size_t i = 0; i < strlen(argv[1]); i++)
		stream.seed[i % 16] ^= (uint8_t)argv[1][i];
	policy = read_file(argv[2]);
	for (int i = 3; i < argc; i++)
		rules[i - 3] = read_file(argv[i]);
	stream_init(&stream, policy, (const char *const *)rules, (size_t)argc - 3);
	if (stream.seed[0] & 2) /* what the daemon leaves out changes no decision */
		ruleset_leave_out_weightless(stream.ruleset);
	begin_telling();
	while (getline(&line, &max, stdin) > 0)
		obey(&stream, line);
	statistics = engine_statistics(stream.engine);
	end_telling(true);
	printf("end %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", statistics->failures,
	       statistics->prevented, statistics->lost);
	fclose(told.file);
	free(told.text);
	stream_done(&stream);
	free(line);
	free(policy);
	for (int i = 3; i < argc; i++)
		free(rules[i - 3]);
	return 0;
}
