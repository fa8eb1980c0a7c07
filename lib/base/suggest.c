/*
 * Optimal string alignment: insertions, deletions, replacements and swaps of neighbours, counted
 * row by row.
 */
#include "base/suggest.h"

#define MAX_WORD     64 /* bytes; no key and no name is longer */
#define MAX_DISTANCE 2  /* edits: a typing error, no longer another word */

/* Both at most MAX_WORD bytes, in lower case. */
static unsigned edit_distance(struct span a, struct span b)
{
	unsigned rows[3][MAX_WORD + 1] = { 0 };
	unsigned *before = rows[0], *last = rows[1], *row = rows[2], *oldest;

	for (size_t j = 0; j <= b.size; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= a.size; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.size; j++) {
			row[j] = last[j - 1] + (a.data[i - 1] != b.data[j - 1]);
			row[j] = MIN(row[j], last[j] + 1);
			row[j] = MIN(row[j], row[j - 1] + 1);
			if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
			    a.data[i - 2] == b.data[j - 1])
				row[j] = MIN(row[j], before[j - 2] + 1);
		}
		oldest = before;
		before = last;
		last = row;
		row = oldest;
	}
	return last[b.size];
}

static struct span lower(struct span text, char buffer[static MAX_WORD])
{
	for (size_t i = 0; i < text.size; i++) {
		char c = text.data[i];

		buffer[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	return (struct span){ buffer, text.size };
}

void suggestion_try(struct suggestion *suggestion, const char *candidate)
{
	char word_buffer[MAX_WORD], other_buffer[MAX_WORD];
	struct span word = suggestion->word, other = span_of(candidate);
	unsigned distance;

	if (word.size > MAX_WORD || other.size > MAX_WORD)
		return;
	distance = edit_distance(lower(word, word_buffer), lower(other, other_buffer));
	if (distance > MAX_DISTANCE || 2 * distance >= MIN(word.size, other.size))
		return;
	if (!suggestion->best || distance < suggestion->distance) {
		suggestion->best = candidate;
		suggestion->distance = distance;
	}
}
