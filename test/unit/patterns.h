#ifndef BANISH_PATTERNS_H
#define BANISH_PATTERNS_H

/* Patterns made at random. */

#include "base/util.h"
#include "random.h"

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

/* Bytes of a text that such patterns often match, of less than `max`. */
static inline size_t put_text(uint64_t *random, char *text, size_t max)
{
	size_t size = random_below(random, max);

	for (size_t i = 0; i < size; i++)
		text[i] = "abc."[random_below(random, 4)];
	return size;
}

#endif
