#include "lint/ambiguity.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>

static const char *shown(const char *pattern)
{
	cleanup(ambiguity_freep) struct ambiguity *ambiguity = NULL;
	static char buffer[4096];
	struct suspicion suspicion;
	struct automaton automaton;
	size_t used = 0;

	buffer[0] = '\0';
	assert_int_equal(automaton_init(&automaton, pattern), 0);
	assert_int_equal(ambiguity_new(&automaton, &ambiguity), 0);
	while (ambiguity_next(ambiguity, &suspicion) > 0) {
		assert_true(suspicion.piece.size > 0 &&
			    suspicion.piece.size <= AMBIGUITY_PIECE_MAX);
		used += (size_t)snprintf(buffer + used, sizeof(buffer) - used, "%s%.*s/%.*s",
					 used > 0 ? " " : "", (int)suspicion.head.size,
					 suspicion.head.data, (int)suspicion.piece.size,
					 suspicion.piece.data);
	}
	automaton_done(&automaton);
	return buffer;
}

static void finds_what_can_be_taken_in_two_ways(void **state)
{
	static const struct {
		const char *pattern, *suspicions;
	} cases[] = {
		/* Ways that double. */
		{ "^(?:a+)+ ", "a/a" },
		{ "^(?:a*)*b", "a/a" },
		{ "^(?:a|a)*b", "a/a a/a" },
		{ "^(?:a|b|ab)*c", "a/ba b/ab a/ba ab/ab" },
		{ "^(?:x+x+)+y", "x/x xx/x" },
		{ "^(?:\\w+\\s*)+:", "a/a" },
		{ "^(?:a?b?)*c", "a/a a/ba b/b b/ab" },
		/* Ways that add up. */
		{ "^a*a*b", "a/a" },
		{ "^\\d+-?\\d+x", "1/1" },
		{ "^.*from.*by", "b/fromb a/froma" },
		{ "^[^;]*, [^<]*y", " /,   </, a" },
		{ "^(?:(?=.*x)a)*y", "a/a" },
		{ "^(?!.*.*x)y", "x/x a/a" },
		/* One way only. */
		{ "^a*b*c*", "" },
		{ "^(?:a|b)*c", "" },
		{ "^(?:ab?)*c", "" },
		{ "^[^,]*, [^;]*; [^,]*,", "" },
		{ "^(?=.*x)(?=.*y)z", "" },
		{ "^(?:[^,]*,)*x", "" },
		{ "^a{3}b{2,4}[ab]?c", "" },
		{ "^abc", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *suspicions = shown(cases[i].pattern);

		if (strcmp(suspicions, cases[i].suspicions) != 0)
			fail_msg("%s: \"%s\"", cases[i].pattern, suspicions);
	}
}

static void gives_up_on_what_takes_too_long(void **state)
{
	cleanup(ambiguity_freep) struct ambiguity *ambiguity = NULL;
	struct suspicion suspicion;
	struct automaton automaton;
	static char pattern[16384];
	char *end = stpcpy(pattern, "^(?:x");
	int r;

	for (char first = 'a'; first <= 'o'; first++)
		for (char second = 'a'; second <= 'z'; second++)
			end += sprintf(end, "|%c%c[0-9]*", first, second);
	strcpy(end, ")+");
	assert_int_equal(automaton_init(&automaton, pattern), 0);
	assert_int_equal(ambiguity_new(&automaton, &ambiguity), 0);
	do {
		r = ambiguity_next(ambiguity, &suspicion);
	} while (r > 0);
	assert_int_equal(r, -E2BIG);
	automaton_done(&automaton);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_can_be_taken_in_two_ways),
		cmocka_unit_test(gives_up_on_what_takes_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
