#ifndef BANISH_PATTERNS_H
#define BANISH_PATTERNS_H

/* Patterns made at random. */

#include "random.h"
#include "util.h"

/* A pattern over few letters, so that short texts often match. */
static inline void put_pattern(uint64_t *random, char *pattern, size_t size, unsigned depth)
{
	static const char *const atoms[] = { "a",   "b",      "c",   "abc",  "[ab]",  "[^a]",
					     ".",   "\\w",    "\\.", "bca",  "(?=a)", "(?!b)",
					     "cab", "(?<=a)", "$",   "\\x61" };
	static const char *const repeats[] = { "",  "",   "",   "",    "?",     "*",
					       "+", "+?", "*+", "{2}", "{1,2}", "{0}" };
	static const char *const groups[] = { "(?:", "(", "(?>", "(?<user>", "(?|", "(?s)(?:" };

	for (unsigned n = 1 + (unsigned)random_below(random, 4); n > 0; n--) {
		size_t used = strlen(pattern);

		if (used + 128 > size)
			return;
		if (depth > 0 && random_below(random, 3) == 0) {
			strcat(pattern, groups[random_below(random, ARRAY_SIZE(groups))]);
			put_pattern(random, pattern, size, depth - 1);
			while (random_below(random, 2) == 0 && strlen(pattern) + 128 < size) {
				strcat(pattern, "|");
				put_pattern(random, pattern, size, depth - 1);
			}
			strcat(pattern, ")");
		} else {
			strcat(pattern, atoms[random_below(random, ARRAY_SIZE(atoms))]);
		}
		strcat(pattern, repeats[random_below(random, ARRAY_SIZE(repeats))]);
	}
}

#endif
