#include "lint/pump.h"

#include "patterns.h"
#include "rules.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <errno.h>
#include <pcre2.h>

static struct pump *pump_of(const char *pattern)
{
	struct rule *rule = make_rule("a", "_UID=0");
	struct pump *pump;

	make_event(rule, "e", "MESSAGE", pattern);
	assert_int_equal(pump_new(rule, rule->events, &pump), 0);
	return pump;
}

static void measures_by_repeating(void **state)
{
	static const struct {
		const char *pattern, *head, *piece, *tail;
		int answer;
	} cases[] = {
		{ "^(?:a+)+(?<address>b)", "", "a", "", 1 },
		{ "^(?>a+)+(?<address>b)", "", "a", "", 0 },
		{ "^a+a+(?<address>b)", "", "a", "", 1 },
		{ "^a+a+(?<address>b)", "", "a", "b", 2 },
		{ "^a++a++(?<address>b)", "", "a", "", 0 },
		/* All of "[^<]*+" is one step of PCRE2's own. */
		{ "^.*x[^<]*+(?<address><)", "y", "x", "", 1 },
		{ "^.*, [^;]*(?<address>;)", "y", ", ", "x", 1 },
		{ "^.*this is a long text [^;]*(?<address>;)", "",
		  "this is a long text this is a long text this is a long text ", "x", 1 },
		{ "^(?<user>.*) this is a long text (?<address>[^;t]*);", "",
		  "this is a long text this is a long text this is a long text ", "x", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(pump_freep) struct pump *pump = pump_of(cases[i].pattern);
		const struct trial trial = { span_of(cases[i].head), span_of(cases[i].piece),
					     span_of(cases[i].tail) };
		struct pumped pumped = { 0 };
		int r = pump_try(pump, &trial, &pumped);

		if (r != cases[i].answer)
			fail_msg("%s: %d", cases[i].pattern, r);
		if (r != 1)
			continue;
		assert_int_equal(pumped.steps_at_most, 0);
		assert_true(pumped.repeats[0] < pumped.repeats[1] &&
			    pumped.repeats[1] < pumped.repeats[2]);
		assert_true(pumped.steps[0] <= pumped.steps[1] &&
			    pumped.steps[1] <= pumped.steps[2]);
	}
	pool_done();
}

static void leaves_what_is_too_long(void **state)
{
	static char head[PUMP_ENDS_MAX];
	cleanup(pump_freep) struct pump *pump = pump_of("^(?:a+)+(?<address>b)");
	struct trial trial = { { head, sizeof(head) }, SPAN_LITERAL("a"), PUMP_ODD };
	struct pumped pumped;

	memset(head, 'a', sizeof(head));
	assert_int_equal(pump_try(pump, &trial, &pumped), 0);
	trial.head.size--;
	assert_int_equal(pump_try(pump, &trial, &pumped), 1);
	pool_done();
}

static void needs_a_pattern(void **state)
{
	struct rule *rule = make_rule("a", "_UID=0");
	struct pump *pump;

	make_event(rule, "e", "MESSAGE", "^x(?<address>");
	assert_int_equal(pump_new(rule, rule->events, &pump), -EINVAL);
	/* Two that PCRE2 takes as they are, but not with a group for each byte. */
	pump = pump_of("^[a-z]{0,60000}[a-z]{0,60000}(?<address>:)");
	pump_free(pump);
	pump = pump_of("^(?:(?:(?:(?:[a-z]{0,16}b){10}c){10}d){3})(?<address>:)");
	pump_free(pump);
	rule->events->format = FORMAT_LOGFMT;
	assert_int_equal(pump_new(rule, rule->events, &pump), -EINVAL);
	pool_done();
}

static void tells_what_may_stand_over_and_over(void **state)
{
	cleanup(pump_freep) struct pump *pump = pump_of("^x[a-c]+(?<address>d{2})$");

	assert_true(pump_takes(pump, span_of("x"), span_of("ab")));
	assert_false(pump_takes(pump, span_of("x"), span_of("d")));
	assert_false(pump_takes(pump, span_of("xa"), span_of("d")));
	assert_false(pump_takes(pump, span_of("y"), span_of("a")));
	/* How a line goes on. */
	assert_true(pump_takes(pump, span_of("xad"), span_of("")));
	assert_false(pump_takes(pump, span_of("xd"), span_of("")));
	pool_done();
}

/* 29 steps a byte, of 32 that a match may take; and 21. */
static void tells_what_comes_near_the_limit(void **state)
{
	for (int n = 20; n <= 28; n += 8) {
		cleanup(pump_freep) struct pump *pump = NULL;
		char pattern[256], *end = stpcpy(pattern, "^(?:");
		const struct trial trial = { { 0 }, SPAN_LITERAL("a"), SPAN_LITERAL("\001b") };
		struct pumped pumped = { 0 };

		for (int i = 0; i < n; i++)
			end = stpcpy(end, "(?=.)");
		strcpy(end, "[^,])*+(?<address>,b)");
		pump = pump_of(pattern);
		assert_int_equal(pump_try(pump, &trial, &pumped), n == 28);
		if (n == 28)
			assert_in_range(pumped.steps_at_most, 28 * PUMP_LINE, 30 * PUMP_LINE);
	}
	pool_done();
}

/* Anchored, as all of ours are: for others PCRE2 10.42 takes the ".*" of "(.*){0}" for an anchor.
 * Without its guesses of what gives nothing back: it makes one too many in "b*(?>(?>\.)?\.*+)[ab]".
 */
#define OPTIONS (PCRE2_DUPNAMES | PCRE2_ANCHORED | PCRE2_NO_AUTO_POSSESS)

static uint64_t seed;

static void spelled_patterns_match_the_same(void **state)
{
	static const char *const lost[] = { "^a*(?R)?", "^\\Qa\\E*" };
	uint64_t random = seed;
	pcre2_match_data *data = pcre2_match_data_create(64, NULL);
	pcre2_match_context *limited = pcre2_match_context_create(NULL);
	unsigned n_matches = 0;
	char *text;

	assert_int_equal(pump_spell_out("^(?i)[a-c]*+b{2}c{0,17}.?(\\d+)(?:xy)*\\1+", &text), 0);
	assert_string_equal(text, "^(?i)(?:[a-c])*+(?:b){2}c{0,17}(?:.)?((?:\\d)+)(?:xy)*(?:\\1)+");
	free(text);
	for (size_t i = 0; i < ARRAY_SIZE(lost); i++)
		assert_int_equal(pump_spell_out(lost[i], &text), -ENODATA);

	pcre2_set_match_limit(limited, 20000);
	for (int i = 0; i < 1000; i++) {
		char pattern[1024] = "", line[16];
		pcre2_code *code, *spelled;
		PCRE2_SIZE offset;
		int error;

		put_pattern(&random, pattern, sizeof(pattern), 3);
		code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, OPTIONS, &error,
				     &offset, NULL);
		if (!code)
			continue;
		assert_int_equal(pump_spell_out(pattern, &text), 0);
		spelled = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, OPTIONS, &error,
					&offset, NULL);
		assert_non_null(spelled);
		for (int j = 0; j < 30; j++) {
			size_t size = put_text(&random, line, sizeof(line));
			int r, same;

			r = pcre2_match(code, (PCRE2_SPTR)line, size, 0, 0, data, limited);
			same = pcre2_match(spelled, (PCRE2_SPTR)line, size, 0, 0, data, limited);
			n_matches += r >= 0;
			/* Some of these patterns never come to an end. */
			if (r != same && r != PCRE2_ERROR_MATCHLIMIT &&
			    same != PCRE2_ERROR_MATCHLIMIT)
				fail_msg("%s: %d, %s: %d for \"%.*s\"", pattern, r, text, same,
					 (int)size, line);
		}
		free(text);
		pcre2_code_free(code);
		pcre2_code_free(spelled);
	}
	assert_true(n_matches > 1000);
	pcre2_match_context_free(limited);
	pcre2_match_data_free(data);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_by_repeating),
		cmocka_unit_test(leaves_what_is_too_long),
		cmocka_unit_test(needs_a_pattern),
		cmocka_unit_test(tells_what_may_stand_over_and_over),
		cmocka_unit_test(tells_what_comes_near_the_limit),
		cmocka_unit_test(spelled_patterns_match_the_same),
	};

	seed = random_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
