#include "base/suggest.h"

#include "unit.h"

static void suggests_the_nearest_word(void **state)
{
	static const char *const words[] = { "maxretry", "findtime", "bantime",
					     "mode",     "ipv4",     "ipv6" };
	static const struct {
		const char *word, *best;
	} cases[] = {
		{ "maxretr", "maxretry" },
		{ "max_retry", "maxretry" },
		{ "mxaretry", "maxretry" },
		{ "Maxretry", "maxretry" },
		{ "bantimes", "bantime" },
		{ "findtmie", "findtime" },
		{ "mod", "mode" },
		{ "modes", "mode" },
		{ "ipv5", "ipv4" },
		{ "ip4", "ipv4" },
		{ "x", NULL },
		{ "MODE", "mode" },
		{ "MxaRetry", "maxretry" },
		{ "ipv", "ipv4" },
		{ "", NULL },
		{ "time", NULL },
		{ "mo", NULL },
		{ "maxretryxyz", NULL },
		{ "maxretrymaxretrymaxretrymaxretrymaxretry", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct suggestion suggestion = { .word = span_of(cases[i].word) };

		for (size_t j = 0; j < ARRAY_SIZE(words); j++)
			suggestion_try(&suggestion, words[j]);
		if (!cases[i].best != !suggestion.best ||
		    (suggestion.best && strcmp(suggestion.best, cases[i].best) != 0))
			fail_msg("%s: %s", cases[i].word,
				 suggestion.best ? suggestion.best : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suggests_the_nearest_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
