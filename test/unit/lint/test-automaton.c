#include "lint/automaton.h"

#include "base/bitmap.h"
#include "patterns.h"
#include "unit.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <errno.h>
#include <pcre2.h>
#include <stdio.h>

static uint64_t seed;

/* "a" "b|c": each state's bytes, and behind ">" the numbers of those that may follow, doubled where
 * there are two ways; "." if the pattern may end. */
static const char *shown(const char *pattern)
{
	static char buffer[1024];
	struct automaton automaton;
	size_t used = 0;

	buffer[0] = '\0';
	assert_int_equal(automaton_init(&automaton, pattern), 0);
	for (uint32_t i = 0; i < automaton.n_states; i++) {
		const struct state *state = &automaton.states[i];

		if (i > 0)
			buffer[used++] = ' ';
		for (unsigned k = 0; k < 256; k++)
			if (bitmap_has(state->set, k))
				buffer[used++] = (char)k;
		if (state->repeated)
			buffer[used++] = '*';
		if (state->n_steps > 0)
			buffer[used++] = '>';
		for (uint32_t k = 0; k < state->n_steps; k++) {
			const struct step *step = &automaton_steps(&automaton, i)[k];

			used += (size_t)snprintf(buffer + used, sizeof(buffer) - used,
						 step->twice ? "%u%u" : "%u", step->state,
						 step->state);
		}
		if (state->final)
			buffer[used++] = '.';
	}
	buffer[used] = '\0';
	automaton_done(&automaton);
	return buffer;
}

static void tells_what_may_follow_what(void **state)
{
	static const struct {
		const char *pattern, *states;
	} cases[] = {
		{ "^ab", ">1 a>2 b." },
		{ "^[ab]c?d", ">1 ab>32 c>3 d." },
		{ "^(?:a|bc)*d", ">421 a*>421 b*>3 c*>421 d." },
		{ "^a++b", ">1 a*>21 b." },
		{ "^(?:a+)+", ">1 a*>11." },
		{ "^(?:a*)*", ">11. a*>11." },
		{ "^(?:a|a)*", ">21. a*>21. a*>21." },
		{ "^a{2}b{1,2}", ">1 a>2 a>3 b>4. b." },
		{ "^a{2,}", ">1 a*>2 a*>2." },
		{ "^a{0,2}", ">21. a>2. a." },
		{ "^a{4}", ">1 a*>2 a*>3 a*>3." },
		{ "^a{0}b", ">2 a b." },
		{ "^(?=ab)(?!c)(?<=d)e", ">531 a>2 b c d e." },
		{ "^(?i)a_", ">1 Aa>2 _." },
		{ "^(?:a|b$)*c", ">321 a*>321 b*. c." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *states = shown(cases[i].pattern);

		if (strcmp(states, cases[i].states) != 0)
			fail_msg("%s: \"%s\"", cases[i].pattern, states);
	}
}

static void says_what_is_beyond_it(void **state)
{
	static const struct {
		const char *pattern;
		int r;
	} cases[] = {
		{ "^a(?R)?", -ENODATA },     { "^a\\Q.\\E", -ENODATA }, { "^a(?(1)b)", -ENODATA },
		{ "^(*COMMIT)a", -ENODATA }, { "^a)", -ENODATA },       { "^(a", -ENODATA },
	};

	static char large[32768], *end = large;
	struct automaton automaton;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(automaton_init(&automaton, cases[i].pattern), cases[i].r);
		automaton_done(&automaton);
	}
	memset(large, 'a', sizeof(large) - 1);
	assert_int_equal(automaton_init(&automaton, large), 0);
	assert_int_equal(automaton.n_states, sizeof(large));
	automaton_done(&automaton);
	/* A way from each to each. */
	end = stpcpy(end, "^(?:a");
	for (size_t i = 0; i < 1100; i++)
		end = stpcpy(end, "|b");
	strcpy(end, ")*");
	assert_int_equal(automaton_init(&automaton, large), -E2BIG);
	automaton_done(&automaton);
	/* Copies are left out rather than the pattern. */
	assert_string_equal(
		shown("^(?:(?:(?:(?:(?:(?:(?:(?:(?:ab{3}){3}){3}){3}){3}){3}){3}){3}){3}){3}"),
		">1 a*>2 b*>112.");
}

static void follows_a_text(void **state)
{
	struct automaton automaton;
	size_t lengths[8];

	assert_int_equal(automaton_init(&automaton, "^ab*c(?:d|e)"), 0);
	assert_int_equal(automaton_follow(&automaton, span_of("abbbcdd"), lengths), 0);
	assert_int_equal(lengths[0], 0);
	assert_int_equal(lengths[1], 1);
	assert_int_equal(lengths[2], 2);
	assert_int_equal(lengths[3], 5);
	assert_int_equal(lengths[4], 6);
	assert_true(lengths[5] == SIZE_MAX);
	automaton_done(&automaton);
}

/* The automaton may take these bytes. */
static bool accepts(const struct automaton *automaton, const char *text, size_t size)
{
	uint64_t now[64] = { 1 }, next[64];
	size_t n = bitmap_words(automaton->n_states);
	bool final = automaton->states[0].final;

	assert_true(n <= ARRAY_SIZE(now));
	for (size_t k = 0; k < size; k++) {
		memset(next, 0, sizeof(next));
		final = false;
		for (uint32_t i = 0; i < automaton->n_states; i++) {
			const struct step *steps = automaton_steps(automaton, i);

			for (uint32_t j = 0; bitmap_has(now, i) && j < automaton->states[i].n_steps;
			     j++) {
				const struct state *to = &automaton->states[steps[j].state];

				if (!bitmap_has(to->set, (unsigned char)text[k]))
					continue;
				bitmap_set(next, steps[j].state);
				final |= to->final;
			}
		}
		memcpy(now, next, sizeof(now));
	}
	return final;
}

static void takes_whatever_pcre2_takes(void **state)
{
	uint64_t random = seed;
	pcre2_match_data *data = pcre2_match_data_create(64, NULL);
	pcre2_match_context *limited = pcre2_match_context_create(NULL);
	unsigned n_matches = 0, n_refused = 0;

	pcre2_set_match_limit(limited, 20000);
	for (int i = 0; i < 1000; i++) {
		char pattern[1024] = "", line[16];
		struct automaton automaton;
		PCRE2_SIZE offset;
		pcre2_code *code;
		int error, r;

		put_pattern(&random, pattern, sizeof(pattern), 3);
		code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
				     PCRE2_DUPNAMES | PCRE2_ANCHORED, &error, &offset, NULL);
		if (!code)
			continue;
		r = automaton_init(&automaton, pattern);
		assert_true(r == 0 || r == -E2BIG);
		for (int j = 0; r == 0 && automaton.n_states < 4096 && j < 30; j++) {
			size_t size = put_text(&random, line, sizeof(line));
			int n = pcre2_match(code, (PCRE2_SPTR)line, size, 0, 0, data, limited);

			if (n < 0) {
				n_refused += !accepts(&automaton, line, size);
				continue;
			}
			n_matches++;
			if (!accepts(&automaton, line, pcre2_get_ovector_pointer(data)[1]))
				fail_msg("%s takes \"%.*s\"", pattern, (int)size, line);
		}
		automaton_done(&automaton);
		pcre2_code_free(code);
	}
	assert_true(n_matches > 1000 && n_refused > 1000);
	pcre2_match_context_free(limited);
	pcre2_match_data_free(data);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_may_follow_what),
		cmocka_unit_test(says_what_is_beyond_it),
		cmocka_unit_test(follows_a_text),
		cmocka_unit_test(takes_whatever_pcre2_takes),
	};

	seed = random_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
