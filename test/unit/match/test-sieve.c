#include "match/sieve.h"

#include "base/bitmap.h"
#include "match/required.h"
#include "random.h"
#include "rules.h"

#include <stdio.h>

static uint64_t seed;

static struct sieve *sieve_of(const struct rule *rule)
{
	const struct event *events[1024];
	struct sieve *sieve = NULL;

	for (size_t i = 0; i < rule->n_events; i++)
		events[i] = &rule->events[i];
	assert_int_equal(sieve_new(events, rule->n_events, &sieve), 0);
	return sieve;
}

static void assert_passes(struct sieve *sieve, const char *text, const char *passing)
{
	uint64_t events[1] = { 0 };
	bool any = sieve_pass(sieve, span_of(text), events);

	assert_int_equal(any, strchr(passing, '1') != NULL);
	for (size_t i = 0; any && passing[i]; i++)
		if (bitmap_has(events, i) != (passing[i] == '1'))
			fail_msg("event %zu and \"%s\"", i, text);
}

static void passes_what_can_match(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	cleanup(sieve_freep) struct sieve *sieve = NULL;

	make_event(rule, "e", "MESSAGE", "^(?:imap|pop3)-login: .*auth failed, (?<address>.)");
	make_event(rule, "f", "MESSAGE", "^[a-z0-9]+-login: .*no auth attempts(?<address>.)");
	make_logfmt_event(rule, "g", "m", "login attempt|new connection", false);
	make_event(rule, "h", "OTHER", "^(?<address>.)");
	sieve = sieve_of(rule);
	assert_passes(sieve, "imap-login: Disconnected (auth failed, 3 attempts)", "1000");
	assert_passes(sieve, "imap-login: Disconnected (no auth attempts)", "0100");
	assert_passes(sieve, "auth failed, imap-login: no auth attempts", "1100");
	assert_passes(sieve, "imap-login: Login", "0000");
	assert_passes(sieve, "auth failed, ", "0000");
	assert_passes(sieve, "l=info m=\"new connection\"", "0010");
	assert_passes(sieve, "l=info m=\"new connectio\"", "0000");
	assert_passes(sieve, "", "0000");
	assert_passes(sieve, "abc", "0000");
	pool_done();
}

static void an_event_that_requires_nothing_always_passes(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	cleanup(sieve_freep) struct sieve *sieve = NULL;

	make_event(rule, "e", "MESSAGE", "^(?i)failed (?<address>.)");
	make_event(rule, "f", "MESSAGE", "^failed (?<address>.)");
	sieve = sieve_of(rule);
	assert_passes(sieve, "", "10");
	assert_passes(sieve, "failed", "10");
	assert_passes(sieve, "failed x", "11");
	pool_done();
}

static void no_events_pass_nothing(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	cleanup(sieve_freep) struct sieve *sieve = sieve_of(rule);

	assert_passes(sieve, "failed", "");
	pool_done();
}

static void what_nearly_is_a_needle_over_and_over_passes(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	cleanup(sieve_freep) struct sieve *sieve = NULL;
	static char text[65536];

	make_event(rule, "e", "MESSAGE", "^login .*authentication failed(?<address>.)");
	make_event(rule, "f", "MESSAGE", "^logout .*disconnected too early(?<address>.)");
	sieve = sieve_of(rule);
	strcpy(text, "login ");
	for (size_t i = 0; i < 8; i++)
		strcat(text, "authentication faile_");
	assert_passes(sieve, text, "00");
	for (size_t i = 0; i < 2000; i++)
		strcat(text, "authentication faile_");
	assert_passes(sieve, text, "10");
	/* Only this once. */
	assert_passes(sieve, "login authentication faile_", "00");
	assert_passes(sieve, "login authentication failed", "10");
	pool_done();
}

/* Few letters, so that needles overlap, repeat and share their grams. */
static size_t random_text(uint64_t *random, char *text, size_t least, size_t most)
{
	size_t size = least + random_below(random, most - least + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = "abcd"[random_below(random, 4) * random_below(random, 2)];
	text[size] = '\0';
	return size;
}

static bool naive_pass(const struct event *event, struct span text)
{
	bool passes = true;
	struct required required;

	assert_int_equal(required_of_event(event, &required), 0);
	for (size_t i = 0; i < required.n_sets; i++) {
		const struct any_of *set = &required.sets[i];
		bool found = false;

		for (size_t j = 0; j < set->n_texts; j++)
			found |= memmem(text.data, text.size, set->texts[j].data,
					set->texts[j].size) != NULL;
		passes &= found;
	}
	required_done(&required);
	return passes;
}

static void make_random_rule(uint64_t *random, struct rule *rule, size_t n_events, size_t least)
{
	for (size_t i = 0; i < n_events; i++) {
		char pattern[256] = "^", text[32];

		for (size_t n = 1 + random_below(random, 3); n > 0; n--) {
			(void)random_text(random, text, least, least + 6);
			strcat(strcat(pattern, "(?:"), text);
			(void)random_text(random, text, least, least + 6);
			strcat(strcat(strcat(pattern, "|"), text), ").*");
		}
		make_event(rule, "e", "MESSAGE", strcat(pattern, "(?<address>.)"));
	}
}

static void finds_what_a_naive_search_finds(void **state)
{
	uint64_t random = seed;
	size_t n_passed = 0, n_stopped = 0;

	for (int round = 0; round < 40; round++) {
		/* Of three long sets none is left out, of short ones some may be. */
		size_t n_events = 1 + random_below(&random, 150);
		size_t least = 4 + random_below(&random, 8);
		struct rule *rule = make_rule("a", "_UID=0");
		struct sieve *sieve;

		make_random_rule(&random, rule, n_events, least);
		sieve = sieve_of(rule);
		for (int i = 0; i < 40; i++) {
			uint64_t events[3] = { 0 };
			char text[600];
			/* So many places are always looked at closely. */
			bool is_short = random_below(&random, 2) == 0;
			size_t size =
				random_text(&random, text, 0, is_short ? 64 : sizeof(text) - 1);
			bool any = sieve_pass(sieve, (struct span){ text, size }, events),
			     one = false;

			for (size_t j = 0; j < n_events; j++) {
				bool passes =
					naive_pass(&rule->events[j], (struct span){ text, size });

				bool passed = any && bitmap_has(events, j);

				one |= passed;
				n_passed += passes;
				n_stopped += !passes;
				assert_true(passed || !passes);
				assert_true(passed == passes || least < 7 || !is_short);
			}
			assert_int_equal(any, one);
		}
		sieve_free(sieve);
		pool_done();
	}
	assert_true(n_passed > 1000 && n_stopped > 1000);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_what_can_match),
		cmocka_unit_test(an_event_that_requires_nothing_always_passes),
		cmocka_unit_test(no_events_pass_nothing),
		cmocka_unit_test(what_nearly_is_a_needle_over_and_over_passes),
		cmocka_unit_test(finds_what_a_naive_search_finds),
	};

	seed = random_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
