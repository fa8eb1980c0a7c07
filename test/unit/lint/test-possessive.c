#include "lint/possessive.h"

#include "unit.h"

static void sees_what_nothing_is_left_for(void **state)
{
	static const struct {
		const char *pattern, *piece, *behind; /* NULL: none */
	} cases[] = {
		{ "^\\S++\\.$", "\\S++", "\\." },
		{ "^from \\S*+x", "\\S*+", "x" },
		{ "^a++a", "a++", "a" },
		{ "^[^,]{2,}+[a-z]", "[^,]{2,}+", "[a-z]" },
		{ "^(?<address>\\S++)\\. ", "\\S++", "\\." },
		{ "^(?<address>\\S++)(?<user>\\.)", "\\S++", "\\." },
		{ "^\\S++(?:x|y)? *\\.", NULL, NULL },
		{ "^\\S++x*\\.", "\\S++", "\\." }, /* nothing is left for x either */
		{ "^[0-9.]++\\]?\\.", NULL, NULL },
		{ "^\\S++ *\\.", NULL, NULL },
		{ "^\\S++\\b\\.", "\\S++", "\\." },
		{ "^(?:\\S++\\.|b)$", "\\S++", "\\." },
		{ "^.*+x", ".*+", "x" },
		/* all right */
		{ "^\\S++ from", NULL, NULL },
		{ "^[^,]*+, x", NULL, NULL },
		{ "^\\S+\\.", NULL, NULL },
		{ "^\\S?+\\.", NULL, NULL },
		{ "^\\S{1,3}+\\.", NULL, NULL },
		{ "^\\S++\\.?$", NULL, NULL },
		{ "^\\S++(?:\\.)?$", NULL, NULL },
		{ "^\\S++(?:\\.| )", NULL, NULL },
		{ "^\\S++(?=\\.)", NULL, NULL },
		{ "^(?:\\S++|a)\\.", NULL, NULL },
		{ "^(?:\\S++){2}\\.", NULL, NULL },
		{ "^[a-z]++[a-z0-9]", NULL, NULL },
		{ "^(a)\\S++\\1", NULL, NULL },
		{ "", NULL, NULL },
		{ "^\\S++", NULL, NULL },
	};
	struct possessive found;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (possessive_find(cases[i].pattern, &found) != (cases[i].piece != NULL))
			fail_msg("%s", cases[i].pattern);
		if (cases[i].piece && (!span_equal(found.piece, span_of(cases[i].piece)) ||
				       !span_equal(found.behind, span_of(cases[i].behind))))
			fail_msg("%s: %.*s", cases[i].pattern, (int)found.piece.size,
				 found.piece.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sees_what_nothing_is_left_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
