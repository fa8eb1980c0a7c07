/*
 * Each event requires a few sets of needles (texts of which one must stand there); up to N_PLANES
 * of them are looked for. Plane k has a bit for each event whose k-th set was found, and an event
 * passes if it has its bit in all planes.
 *
 * Needles are found by four of their bytes (a gram). Of every needle as many neighbouring grams are
 * in the table as the text is stepped through in bytes, so that one of them is met wherever the
 * needle stands. Where a needle has a choice it takes grams that few others have. Table and chains
 * come from the rules alone, so a stranger's text can meet the longest chain over and over: after
 * so many close looks a gram alone stands for its needles, which is never wrong, and is not looked
 * for again.
 */

#include "match/sieve.h"

#include "base/bitmap.h"
#include "match/needles.h"

#include <errno.h>

#define MAX_STRIDE  8 /* bytes */
#define SHORT_CHAIN 6 /* needles that share a gram */

/* The filter tells more bytes apart than the table, as long as it is no larger than 16 KiB: what a
 * client repeats must not look like a needle by chance, or each of its bytes costs a closer look.
 */
#define FILTER_MORE 3  /* bits of hash */
#define FILTER_MOST 17 /* bits of hash */

/* Close looks at one text. Ordinary lines need 20; 256 bytes that need none cost as much as 3. */
#define MAX_LOOKS(size) (64 + (size) / 256)

struct gram {
	uint32_t bytes, needle;
	uint16_t offset; /* in the needle */
	uint16_t tell_offset;
	uint32_t tell; /* bytes of the needle that few others have, to spare a look at it */
	uint32_t size; /* of the needle */
};

struct sieve {
	struct needles needles;
	struct gram *grams; /* by hash: those of h lie in starts[h] ... starts[h + 1] */
	uint32_t *starts;
	uint64_t *filter; /* by a longer hash: those that a needle has */
	unsigned shift, filter_shift;
	size_t stride;
	uint64_t *met[N_PLANES];
	uint64_t pass;
	uint32_t *given_up; /* hashes that are not in the filter during this pass */
	size_t n_given_up;
};

static uint32_t load(const char *bytes)
{
	uint32_t gram;

	memcpy(&gram, bytes, sizeof(gram));
	return gram;
}

static uint32_t mix(uint32_t gram)
{
	return gram * 0x9e3779b1U;
}

static uint32_t sieve_hash(const struct sieve *sieve, uint32_t gram)
{
	return mix(gram) >> sieve->shift;
}

/* Where in the needle its grams are rarest so far. */
static size_t quiet_place(const struct sieve *sieve, const struct needle *needle,
			  const uint32_t *counts)
{
	size_t best = 0, best_crowd = SIZE_MAX;

	for (size_t i = 0; i + sieve->stride + GRAM - 1 <= needle->size; i++) {
		size_t crowd = 0;

		for (size_t j = 0; j < sieve->stride; j++)
			crowd = MAX(crowd, counts[sieve_hash(sieve, load(needle->text + i + j))]);
		if (crowd < best_crowd) {
			best = i;
			best_crowd = crowd;
		}
	}
	return best;
}

/* Chooses the place of each needle's grams, for a stride; the longest chain. starts[h + 2] counts.
 */
static uint32_t place_needles(struct sieve *sieve, size_t stride, size_t n_hashes, uint16_t *places)
{
	uint32_t *counts = sieve->starts + 2, longest = 0;

	sieve->stride = stride;
	memset(counts, 0, n_hashes * sizeof(*counts));
	for (size_t i = 0; i < sieve->needles.n; i++) {
		const struct needle *needle = &sieve->needles.list[i];

		places[i] = (uint16_t)quiet_place(sieve, needle, counts);
		for (size_t j = 0; j < stride; j++) {
			uint32_t *count =
				&counts[sieve_hash(sieve, load(needle->text + places[i] + j))];

			(*count)++;
			longest = MAX(longest, *count);
		}
	}
	return longest;
}

/* A wide stride skips more, but where needles have much in common it leaves them no gram of their
 * own. */
static void choose_stride(struct sieve *sieve, size_t n_hashes, uint16_t *places)
{
	size_t widest = MIN(sieve->needles.shortest - GRAM + 1, MAX_STRIDE), best = 1;
	uint32_t shortest_chain = UINT32_MAX;

	for (size_t stride = widest; stride > 0; stride--) {
		uint32_t chain = place_needles(sieve, stride, n_hashes, places);

		if (chain <= SHORT_CHAIN)
			return;
		if (chain < shortest_chain) {
			shortest_chain = chain;
			best = stride;
		}
	}
	(void)place_needles(sieve, best, n_hashes, places);
}

static void count_everywhere(struct sieve *sieve, uint32_t *counts)
{
	for (size_t i = 0; i < sieve->needles.n; i++) {
		const struct needle *needle = &sieve->needles.list[i];

		for (size_t j = 0; j + GRAM <= needle->size; j++)
			counts[sieve_hash(sieve, load(needle->text + j))]++;
	}
}

/* Where the needle has what the fewest have, wherever it stands in them. */
static size_t telling_place(const struct sieve *sieve, const struct needle *needle,
			    const uint32_t *counts)
{
	size_t best = 0;

	for (size_t i = 1; i + GRAM <= needle->size; i++)
		if (counts[sieve_hash(sieve, load(needle->text + i))] <
		    counts[sieve_hash(sieve, load(needle->text + best))])
			best = i;
	return best;
}

/* starts[h + 2] becomes the end of h + 1, and moves down to h + 1 while that is filled. */
static void fill_table(struct sieve *sieve, size_t n_hashes, const uint16_t *places,
		       const uint32_t *counts)
{
	for (size_t h = 2; h < n_hashes + 2; h++)
		sieve->starts[h] += sieve->starts[h - 1];
	for (size_t i = 0; i < sieve->needles.n; i++) {
		const struct needle *needle = &sieve->needles.list[i];
		size_t tell_offset = telling_place(sieve, needle, counts);

		for (size_t j = 0; j < sieve->stride; j++) {
			size_t offset = places[i] + j;
			uint32_t bytes = load(needle->text + offset);

			bitmap_set(sieve->filter, mix(bytes) >> sieve->filter_shift);
			sieve->grams[sieve->starts[sieve_hash(sieve, bytes) + 1]++] =
				(struct gram){ bytes,
					       (uint32_t)i,
					       (uint16_t)offset,
					       (uint16_t)tell_offset,
					       load(needle->text + tell_offset),
					       (uint32_t)needle->size };
		}
	}
}

static int make_table(struct sieve *sieve)
{
	cleanup(freep) uint16_t *places = calloc(sieve->needles.n + 1, sizeof(*places));
	cleanup(freep) uint32_t *counts = NULL;
	size_t n_hashes = 1024, n_grams;

	sieve->shift = 22;
	for (; n_hashes < 8 * MAX_STRIDE * sieve->needles.n && sieve->shift > 10; sieve->shift--)
		n_hashes *= 2;
	sieve->filter_shift = MIN(sieve->shift, MAX(sieve->shift - FILTER_MORE, 32 - FILTER_MOST));
	sieve->starts = calloc(n_hashes + 2, sizeof(*sieve->starts));
	sieve->filter = calloc(bitmap_words((size_t)1 << (32 - sieve->filter_shift)),
			       sizeof(*sieve->filter));
	counts = calloc(n_hashes, sizeof(*counts));
	if (!places || !counts || !sieve->starts || !sieve->filter)
		return -ENOMEM;
	if (sieve->needles.n > 0)
		choose_stride(sieve, n_hashes, places);
	n_grams = sieve->needles.n * sieve->stride;
	sieve->grams = calloc(n_grams + 1, sizeof(*sieve->grams));
	sieve->given_up = calloc(n_grams + 1, sizeof(*sieve->given_up));
	if (!sieve->grams || !sieve->given_up)
		return -ENOMEM;
	count_everywhere(sieve, counts);
	fill_table(sieve, n_hashes, places, counts);
	return 0;
}

int sieve_new(const struct event *const *events, size_t n_events, struct sieve **ret)
{
	cleanup(sieve_freep) struct sieve *sieve = NULL;
	int r;

	sieve = calloc(1, sizeof(*sieve));
	if (!sieve)
		return -ENOMEM;
	r = needles_init(&sieve->needles, events, n_events);
	if (r < 0)
		return r;
	for (size_t k = 0; k < N_PLANES; k++) {
		sieve->met[k] = calloc(sieve->needles.n_words + 1, sizeof(*sieve->met[k]));
		if (!sieve->met[k])
			return -ENOMEM;
	}
	r = make_table(sieve);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(sieve);
	return 0;
}

struct sieve *sieve_free(struct sieve *sieve)
{
	if (!sieve)
		return NULL;
	needles_done(&sieve->needles);
	for (size_t k = 0; k < N_PLANES; k++)
		free(sieve->met[k]);
	free(sieve->given_up);
	free(sieve->grams);
	free(sieve->starts);
	free(sieve->filter);
	free(sieve);
	return NULL;
}

static void mark(struct sieve *sieve, const struct needle *needle)
{
	for (size_t k = 0; k < N_PLANES; k++) {
		const struct marks *marks = &needle->marks[k];

		if (marks->bitmap) {
			for (size_t i = 0; i < sieve->needles.n_words; i++)
				sieve->met[k][i] |= marks->bitmap[i];
			continue;
		}
		for (size_t i = 0; i < marks->n_events; i++)
			bitmap_set(sieve->met[k], marks->events[i]);
	}
}

/* The gram at `place` has a hash of ours: which needles stand around it? True if one was found
 * anew. */
static bool look_closer(struct sieve *sieve, struct span text, size_t place, uint32_t h)
{
	uint32_t bytes = load(text.data + place);
	bool any = false;

	for (uint32_t i = sieve->starts[h]; i < sieve->starts[h + 1]; i++) {
		const struct gram *gram = &sieve->grams[i];
		const char *start = text.data + place - gram->offset;
		struct needle *needle;

		if (gram->bytes != bytes || gram->offset > place ||
		    text.size - (place - gram->offset) < gram->size ||
		    load(start + gram->tell_offset) != gram->tell)
			continue;
		needle = &sieve->needles.list[gram->needle];
		if (needle->found == sieve->pass || memcmp(start, needle->text, needle->size) != 0)
			continue;
		needle->found = sieve->pass;
		mark(sieve, needle);
		any = true;
	}
	return any;
}

/* Takes the needles of these grams for found. */
static void give_up(struct sieve *sieve, uint32_t mixed)
{
	uint32_t h = mixed >> sieve->shift, filter_hash = mixed >> sieve->filter_shift;

	for (uint32_t i = sieve->starts[h]; i < sieve->starts[h + 1]; i++) {
		struct needle *needle = &sieve->needles.list[sieve->grams[i].needle];

		needle->found = sieve->pass;
		mark(sieve, needle);
	}
	bitmap_clear(sieve->filter, filter_hash);
	sieve->given_up[sieve->n_given_up++] = filter_hash;
}

/* True if there are some. */
static bool find_needles(struct sieve *sieve, struct span text)
{
	size_t looks = MAX_LOOKS(text.size);
	bool found = false;

	for (size_t i = 0; i + GRAM <= text.size; i += sieve->stride) {
		uint32_t mixed = mix(load(text.data + i));

		if (!bitmap_has(sieve->filter, mixed >> sieve->filter_shift))
			continue;
		if (looks > 0) {
			looks--;
			found |= look_closer(sieve, text, i, mixed >> sieve->shift);
		} else {
			give_up(sieve, mixed);
			found = true;
		}
	}
	while (sieve->n_given_up > 0)
		bitmap_set(sieve->filter, sieve->given_up[--sieve->n_given_up]);
	return found;
}

bool sieve_pass(struct sieve *sieve, struct span text, uint64_t *events)
{
	uint64_t any = 0;
	bool found = false;

	sieve->pass++;
	for (size_t k = 0; k < N_PLANES && sieve->needles.n_words > 0; k++)
		memcpy(sieve->met[k], sieve->needles.unused[k],
		       sieve->needles.n_words * sizeof(*sieve->met[k]));
	if (sieve->needles.n > 0)
		found = find_needles(sieve, text);
	if (!found && !sieve->needles.has_always)
		return false;
	for (size_t i = 0; i < sieve->needles.n_words; i++) {
		events[i] = sieve->met[0][i] & sieve->met[1][i] & sieve->met[2][i];
		any |= events[i];
	}
	return any != 0;
}
