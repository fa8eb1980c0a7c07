/*
 * The bare limit: what libsystemd itself needs to walk over a journal with the matches that banish
 * sets, with one compiled pattern run on MESSAGE of every entry and, of hits only, the selecting
 * field and the time asked. Prints entries, hits and the seconds of the walk as JSON.
 *
 *	bench-bare [--unit UNIT]... [--pattern PATTERN] FOLDER
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include <getopt.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <time.h>

#define JIT_STACK (512 * 1024) /* bytes */

/* Either daemon's failure; the address is the first group that took part. */
static const char either[] =
	"^(?|(?:imap|pop3|managesieve|submission)-login: Disconnected: [^(<]*\\(auth failed, \\d+ "
	"attempts[^)<]*\\): user=<[^>]*>, method=[^,]*, rip=([^,]+),"
	"|l=info m=\"failed authentication attempt\" .*? remote=(\\S+) )";

static void fail(const char *what)
{
	fprintf(stderr, "bench-bare: %s failed\n", what);
	exit(1);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void add_unit(sd_journal *journal, const char *unit)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "_SYSTEMD_UNIT=%s", unit);
	if (sd_journal_add_match(journal, text, 0) < 0 || sd_journal_add_disjunction(journal) < 0)
		fail("sd_journal_add_match");
}

static pcre2_code *compile(const char *pattern)
{
	pcre2_code *code;
	size_t place;
	int error;

	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, 0, &error, &place, NULL);
	if (!code || pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) < 0)
		fail("compiling the pattern");
	return code;
}

/* Bytes of the fields that only hits are asked for: so that nothing of it is left out. */
static size_t ask(sd_journal *journal)
{
	const void *data;
	size_t size;
	uint64_t time = 0;

	if (sd_journal_get_data(journal, "_SYSTEMD_UNIT", &data, &size) < 0 ||
	    sd_journal_get_realtime_usec(journal, &time) < 0)
		fail("asking a hit");
	return size + (time > 0);
}

static int walk(sd_journal *journal, pcre2_code *code)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_match_data *captures = pcre2_match_data_create_from_pattern(code, NULL);
	unsigned long entries = 0, hits = 0, asked = 0;
	double begin = seconds();
	int r;

	pcre2_jit_stack_assign(context, NULL, pcre2_jit_stack_create(32768, JIT_STACK, NULL));
	while ((r = sd_journal_next(journal)) > 0) {
		const void *data;
		size_t size;

		entries++;
		if (sd_journal_get_data(journal, "MESSAGE", &data, &size) < 0)
			continue;
		if (pcre2_jit_match(code, (PCRE2_SPTR)data + 8, size - 8, 0, 0, captures,
				    context) <= 0)
			continue;
		hits++;
		asked += ask(journal);
	}
	if (r < 0)
		fail("sd_journal_next");
	printf("{\"entries\": %lu, \"hits\": %lu, \"asked\": %lu, \"seconds\": %.6f}\n", entries,
	       hits, asked, seconds() - begin);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "unit", required_argument, NULL, 'u' },
						 { "pattern", required_argument, NULL, 'p' },
						 { 0 } };
	const char *pattern = either, **units = calloc((size_t)argc, sizeof(*units));
	size_t n_units = 0;
	sd_journal *journal;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'u')
			units[n_units++] = optarg;
		else if (option == 'p')
			pattern = optarg;
		else
			return 2;
	}
	if (optind + 1 != argc)
		return 2;
	if (sd_journal_open_directory(&journal, argv[optind], 0) < 0)
		fail("opening the journal");
	for (size_t i = 0; i < n_units; i++)
		add_unit(journal, units[i]);
	if (sd_journal_seek_head(journal) < 0)
		fail("sd_journal_seek_head");
	return walk(journal, compile(pattern));
}
