/*
 * What a tracked source costs: the engine alone, fed with failures of N sources in turn, each of
 * which is always on its way to a ban that it never gets (4 of 5 failures within findtime).
 * Prints nanoseconds a failure and bytes a source as JSON; and bytes of one with a single failure.
 *
 *	bench-sources N [FAILURES]
 */
#include "config/policy-read.h"
#include "engine/engine.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FINDTIME    (600 * USEC_PER_SEC)
#define HELD        4          /* failures of a source within findtime */
#define MAX_SOURCES 1000000    /* as many addresses as three pairs of digits name */
#define MEASURED    2000000    /* failures, unless it is said */
#define STRIDE      387420489U /* to meet the sources in no order; divides by nothing but 3 */

static const char policy_text[] =
	"{ \"defaults\": { \"maxretry\": 5 }, \"jails\": { \"shop\": {} } }";
static const char rule_text[] =
	"{ \"name\": \"shop\", \"journal\": [ { \"_SYSTEMD_UNIT\": \"shop.service\" } ],"
	"  \"events\": [ { \"name\": \"failed\","
	"    \"pattern\": \"^login of (?<user>\\\\S+) failed, client (?<address>\\\\S+)$\" } ] }";

struct source {
	char message[64];
	char *digits; /* of the address */
	usec_t time;
};

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "bench-sources: %s failed\n", what);
	exit(1);
}

static int get_field(void *userdata, const char *name, struct span *ret)
{
	struct source *source = userdata;

	if (strcmp(name, "MESSAGE") == 0)
		*ret = span_of(source->message);
	else if (strcmp(name, "_SYSTEMD_UNIT") == 0)
		*ret = span_of("shop.service");
	else
		return 0;
	return 1;
}

static int get_time(void *userdata, usec_t *ret)
{
	*ret = ((struct source *)userdata)->time;
	return 0;
}

static int get_cursor(void *userdata, struct span *ret)
{
	*ret = span_of("s=bench");
	return 0;
}

static struct engine *make_engine(size_t n)
{
	static const struct engine_limits limits = { .max_sources = MAX_SOURCES + 1 };
	static const uint8_t seed[16] = "sources";
	struct faults faults = { 0 };
	struct policy *policy;
	struct rule *rule;
	struct ruleset *ruleset;
	struct engine *engine;

	must(policy_parse("policy", span_of(policy_text), &faults, &policy) >= 0, "the policy");
	must(rule_parse("rule", span_of(rule_text), &faults, &rule) >= 0, "the rule");
	must(ruleset_new(&rule, 1, policy, "policy", true, &faults, &ruleset) >= 0, "the ruleset");
	ruleset_leave_out_weightless(ruleset);
	must(engine_new(ruleset, policy, seed, &limits, &engine) >= 0, "the engine");
	return engine;
}

static void name_source(struct source *source, uint32_t number)
{
	static const int places[] = { 9, 8, 5, 4, 1, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++, number /= 10)
		source->digits[places[i]] = (char)('0' + number % 10);
}

/* Feeds failures number `from` up to `to`; every n of them, in one `period`, each source has its
 * turn. */
static void feed(struct engine *engine, struct source *source, uint32_t n, uint64_t from,
		 uint64_t to, usec_t period)
{
	const struct entry entry = {
		.field = get_field, .time = get_time, .cursor = get_cursor, .source = source
	};
	struct decision decision;

	for (uint64_t i = from; i < to; i++) {
		name_source(source, (uint32_t)(i % n * STRIDE % n));
		source->time = FINDTIME + i * period / n;
		must(engine_feed(engine, &entry) >= 0, "engine_feed");
		must(!engine_take(engine, &decision), "to ban nobody");
	}
}

static size_t allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double measure_single(struct source *source, uint32_t n)
{
	struct engine *engine = make_engine(n);
	size_t empty = allocated();

	feed(engine, source, n, 0, n, FINDTIME / 2);
	return (double)(allocated() - empty) / n;
}

int main(int argc, char **argv)
{
	static const usec_t period = FINDTIME * 2 / (2 * HELD - 1);
	struct source source = { .message = "login of alice failed, client 11.100.100.100" };
	uint32_t n = argc >= 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	uint64_t measured = argc == 3 ? strtoull(argv[2], NULL, 10) : MEASURED;
	const struct engine_statistics *statistics;
	struct engine *engine;
	size_t empty, full;
	double begin, spent, single;

	must(n > 0 && n <= MAX_SOURCES && measured > 0,
	     "bench-sources N [FAILURES], N up to a million,");
	source.digits = strstr(source.message, "11.1") + strlen("11.1");
	single = measure_single(&source, n);
	engine = make_engine(n);
	empty = allocated();
	feed(engine, &source, n, 0, (uint64_t)HELD * n, period);
	full = allocated();
	begin = now();
	feed(engine, &source, n, (uint64_t)HELD * n, (uint64_t)HELD * n + measured, period);
	spent = now() - begin;

	statistics = engine_statistics(engine);
	must(statistics->failures == ((uint64_t)HELD * n + measured) * WEIGHT_ONE, "to count all");
	printf("{\"tracked\": %llu, \"nanoseconds\": %.1f, \"bytes\": %.1f, \"single\": %.1f}\n",
	       (unsigned long long)(n - statistics->evicted_sources), spent / (double)measured,
	       (double)(full - empty) / n, single);
	return 0;
}
