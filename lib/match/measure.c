#include "match/measure.h"

#include <errno.h>

size_t measure_reach(const struct match *match, struct matcher *matcher, struct span text)
{
	size_t low = 0, high = text.size;

	/* If some bytes could begin a match, fewer could too. */
	while (low < high) {
		size_t middle = high - (high - low) / 2;
		struct span head = { text.data, middle };

		if (match_try(match, matcher, head, true, match_limit(middle)) > 0)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

uint64_t measure_steps(const struct match *match, struct matcher *matcher, struct span text,
		       uint64_t max)
{
	uint64_t low = 0, high = MIN(64, max); /* low is too few */

	while (match_try(match, matcher, text, false, high) == -E2BIG) {
		if (high >= max)
			return max;
		low = high;
		high = MIN(2 * high, max);
	}
	while (high - low > 1 + high / 100) {
		uint64_t middle = low + (high - low) / 2;

		if (match_try(match, matcher, text, false, middle) == -E2BIG)
			low = middle;
		else
			high = middle;
	}
	return high;
}
