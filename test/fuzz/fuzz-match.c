#include "base/bitmap.h"
#include "config/rule.h"
#include "fuzz.h"
#include "match/match.h"
#include "match/sieve.h"

#include <errno.h>
#include <glob.h>
#include <string.h>

#define MAX_RULES  32
#define MAX_EVENTS 512

/* The first byte picks an event of the shipped rules, the rest is the line. */
static const struct event *events[MAX_EVENTS];
static struct match *matches[MAX_EVENTS][2]; /* interpreter, JIT */
static size_t n_events;
static struct rule *rules[MAX_RULES]; /* kept, else they were leaks */
static size_t n_rules;
static struct matcher *matcher;
static struct sieve *sieve;

static void add_rule(const char *path)
{
	static char text[1 << 20];
	struct faults faults = { 0 };
	struct rule *rule;
	FILE *file = fopen(path, "re");
	size_t size;

	FUZZ_CHECK(file);
	size = fread(text, 1, sizeof(text), file);
	(void)fclose(file);
	FUZZ_CHECK(size < sizeof(text) && n_rules < MAX_RULES);
	FUZZ_CHECK(rule_parse(path, (struct span){ text, size }, &faults, &rule) == 0);
	rules[n_rules++] = rule;
	for (size_t i = 0; i < rule->n_events; i++) {
		FUZZ_CHECK(n_events < MAX_EVENTS);
		events[n_events] = &rule->events[i];
		for (int jit = 0; jit < 2; jit++)
			FUZZ_CHECK(match_new(path, events[n_events], jit ? MATCH_JIT : 0, &faults,
					     &matches[n_events][jit]) == 0);
		n_events++;
	}
}

static void prepare(void)
{
	glob_t paths;

	FUZZ_CHECK(glob(RULES_DIRECTORY "/*.json", 0, NULL, &paths) == 0);
	for (size_t i = 0; i < paths.gl_pathc; i++)
		add_rule(paths.gl_pathv[i]);
	globfree(&paths);
	FUZZ_CHECK(n_events > 0 && n_events <= 256);
	FUZZ_CHECK(matcher_new(&matcher) == 0);
	FUZZ_CHECK(sieve_new(events, n_events, &sieve) == 0);
}

static bool borrows(struct span part, struct span from)
{
	return part.data >= from.data && part.data + part.size <= from.data + from.size;
}

static void check_captures(const struct captures *captures, const struct subject *subject)
{
	const struct span spans[] = { captures->address, captures->user, captures->session };
	struct span scratch = { subject->pairs->scratch, subject->pairs->scratch_size };

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++)
		FUZZ_CHECK(!spans[i].data || borrows(spans[i], subject->text) ||
			   borrows(spans[i], scratch));
	FUZZ_CHECK(!captures->address.data || captures->address.size > 0);
	FUZZ_CHECK(!captures->session.data || captures->session.size > 0);
	FUZZ_CHECK(captures->attempts <= 1000000);
	FUZZ_CHECK(captures->has_attempts || captures->attempts == 0);
}

static void check_same(const struct captures *a, const struct captures *b)
{
	FUZZ_CHECK(span_equal(a->address, b->address));
	FUZZ_CHECK(span_equal(a->user, b->user));
	FUZZ_CHECK(span_equal(a->session, b->session));
	FUZZ_CHECK(a->attempts == b->attempts && a->has_attempts == b->has_attempts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pairs logfmt;
	struct subject subject = { .pairs = &logfmt };
	struct captures captures[2];
	uint64_t passed[4] = { 0 };
	size_t i;
	int results[2];

	if (n_events == 0)
		prepare();
	if (size == 0)
		return 0;
	i = data[0] % n_events;
	subject.text = (struct span){ (const char *)data + 1, size - 1 };
	for (int jit = 0; jit < 2; jit++) {
		results[jit] = match_run(matches[i][jit], matcher, &subject, &captures[jit]);
		FUZZ_CHECK(results[jit] == 0 || results[jit] == 1 || results[jit] == -E2BIG);
		if (results[jit] > 0)
			check_captures(&captures[jit], &subject);
	}
	/* What the interpreter gave up JIT may still decide: it counts its steps otherwise. */
	if (results[0] >= 0 && results[1] >= 0) {
		FUZZ_CHECK(results[0] == results[1]);
		if (results[0] > 0)
			check_same(&captures[0], &captures[1]);
	}
	if (results[0] > 0)
		FUZZ_CHECK(sieve_pass(sieve, subject.text, passed) && bitmap_has(passed, i));
	return 0;
}
