#include "lint/ambiguity-internal.h"

#include "base/bitmap.h"

#include <errno.h>

#define MAX_LOOPS 512

/* Rare first for the one taste, last for the other; of equals what looks harmless first. */
static void sort_bytes(struct ambiguity *ambiguity)
{
	static const char likely[] = "a1A-. :,=<>()[]\"'/_";
	uint32_t ranks[256] = { 0 };

	for (uint32_t i = 0; i < ambiguity->automaton->n_states; i++)
		for (size_t k = 0; k < 256; k++)
			ranks[k] += bitmap_has(ambiguity->automaton->states[i].set, k) ? 256 : 0;
	for (unsigned k = 0; k < 256; k++) {
		const char *harmless = k > 0 ? strchr(likely, (char)k) : NULL;

		ranks[k] += harmless               ? (uint32_t)(harmless - likely)
			    : k >= ' ' && k <= '~' ? 64
						   : 128;
	}
	for (unsigned k = 0; k < 256; k++) {
		size_t rarer = 0, commoner = 0;

		for (unsigned i = 0; i < 256; i++) {
			rarer += ranks[i] < ranks[k] || (ranks[i] == ranks[k] && i < k);
			commoner += ranks[i] / 256 > ranks[k] / 256 ||
				    (ranks[i] / 256 == ranks[k] / 256 &&
				     (ranks[i] < ranks[k] || (ranks[i] == ranks[k] && i < k)));
		}
		ambiguity->bytes[RARE][rarer] = (unsigned char)k;
		ambiguity->bytes[COMMON][commoner] = (unsigned char)k;
	}
}

/* By state, breadth first from the start. */
static int find_parents(struct ambiguity *ambiguity)
{
	const struct automaton *automaton = ambiguity->automaton;
	cleanup(freep) uint32_t *queue = calloc(automaton->n_states, sizeof(*queue));
	size_t n = 1;

	ambiguity->parents = malloc(automaton->n_states * sizeof(*ambiguity->parents));
	if (!queue || !ambiguity->parents)
		return -ENOMEM;
	memset(ambiguity->parents, 0xff, automaton->n_states * sizeof(*ambiguity->parents));
	ambiguity->parents[0] = 0;
	for (size_t i = 0; i < n; i++) {
		const struct step *steps = automaton_steps(automaton, queue[i]);

		for (uint32_t k = 0; k < automaton->states[queue[i]].n_steps; k++) {
			if (ambiguity->parents[steps[k].state] != NOWHERE)
				continue;
			ambiguity->parents[steps[k].state] = queue[i];
			queue[n++] = steps[k].state;
		}
	}
	return 0;
}

/* By state: where its predecessors begin, and then they. */
struct reverse {
	size_t *first;
	uint32_t *before;
};

static void reverse_done(struct reverse *reverse)
{
	free(reverse->first);
	free(reverse->before);
}

static int reverse_init(struct reverse *reverse, const struct automaton *automaton)
{
	size_t n = automaton->n_states;

	reverse->first = calloc(n + 2, sizeof(*reverse->first));
	reverse->before = calloc(automaton->n_steps + 1, sizeof(*reverse->before));
	if (!reverse->first || !reverse->before)
		return -ENOMEM;
	for (size_t i = 0; i < automaton->n_steps; i++)
		reverse->first[automaton->steps[i].state + 2]++;
	for (size_t i = 2; i < n + 2; i++)
		reverse->first[i] += reverse->first[i - 1];
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < automaton->states[i].n_steps; k++)
			reverse->before[reverse->first[automaton_steps(automaton, i)[k].state +
						       1]++] = i;
	return 0;
}

/* Fills a bitmap with the states that lead to this one. */
static void find_leads(const struct reverse *reverse, uint32_t state, uint32_t *queue,
		       uint64_t *leads)
{
	size_t n = 0;

	queue[n++] = state;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = reverse->first[queue[i]]; k < reverse->first[queue[i] + 1]; k++) {
			uint32_t before = reverse->before[k];

			if (bitmap_has(leads, before))
				continue;
			bitmap_set(leads, before);
			queue[n++] = before;
		}
	}
}

/* By state, breadth first from the ends; what leads to none is its own. */
static int find_heirs(struct ambiguity *ambiguity, const struct reverse *reverse)
{
	const struct automaton *automaton = ambiguity->automaton;
	cleanup(freep) uint32_t *queue = calloc(automaton->n_states, sizeof(*queue));
	cleanup(freep) bool *met = calloc(automaton->n_states, sizeof(*met));
	size_t n = 0;

	ambiguity->heirs = calloc(automaton->n_states, sizeof(*ambiguity->heirs));
	if (!queue || !met || !ambiguity->heirs)
		return -ENOMEM;
	for (uint32_t i = 0; i < automaton->n_states; i++) {
		ambiguity->heirs[i] = i;
		met[i] = automaton->states[i].final || automaton->states[i].looked;
		if (met[i])
			queue[n++] = i;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = reverse->first[queue[i]]; k < reverse->first[queue[i] + 1]; k++) {
			uint32_t before = reverse->before[k];

			if (met[before])
				continue;
			met[before] = true;
			ambiguity->heirs[before] = queue[i];
			queue[n++] = before;
		}
	}
	return 0;
}

static int find_loops(struct ambiguity *ambiguity, const struct reverse *reverse)
{
	const struct automaton *automaton = ambiguity->automaton;
	size_t words = bitmap_words(automaton->n_states);
	cleanup(freep) uint32_t *queue = calloc(automaton->n_states + 1, sizeof(*queue));

	ambiguity->loops = calloc(MAX_LOOPS, sizeof(*ambiguity->loops));
	ambiguity->leads = calloc((MAX_LOOPS + 1) * words, sizeof(*ambiguity->leads));
	ambiguity->numbers = calloc(automaton->n_states, sizeof(*ambiguity->numbers));
	if (!queue || !ambiguity->loops || !ambiguity->leads || !ambiguity->numbers)
		return -ENOMEM;
	for (uint32_t i = 0; i < automaton->n_states; i++) {
		uint64_t *leads = ambiguity->leads + ambiguity->n_loops * words;

		if (!automaton->states[i].repeated || ambiguity->parents[i] == NOWHERE)
			continue;
		ambiguity->too_many_loops |= ambiguity->n_loops == MAX_LOOPS;
		if (ambiguity->too_many_loops)
			break;
		find_leads(reverse, i, queue, leads);
		if (bitmap_has(leads, i)) {
			ambiguity->numbers[i] = (uint32_t)ambiguity->n_loops;
			ambiguity->loops[ambiguity->n_loops++] = i;
		} else {
			memset(leads, 0, words * sizeof(*leads));
		}
	}
	return 0;
}

int ambiguity_new(const struct automaton *automaton, struct ambiguity **ret)
{
	cleanup(ambiguity_freep) struct ambiguity *ambiguity = calloc(1, sizeof(*ambiguity));
	cleanup(reverse_done) struct reverse reverse = { 0 };
	int r;

	if (!ambiguity)
		return -ENOMEM;
	ambiguity->automaton = automaton;
	sort_bytes(ambiguity);
	r = reverse_init(&reverse, automaton);
	if (r < 0)
		return r;
	r = find_parents(ambiguity);
	if (r < 0)
		return r;
	r = find_heirs(ambiguity, &reverse);
	if (r < 0)
		return r;
	r = find_loops(ambiguity, &reverse);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(ambiguity);
	return 0;
}

struct ambiguity *ambiguity_free(struct ambiguity *ambiguity)
{
	if (!ambiguity)
		return NULL;
	free(ambiguity->loops);
	free(ambiguity->leads);
	free(ambiguity->numbers);
	free(ambiguity->parents);
	free(ambiguity->heirs);
	free(ambiguity);
	return NULL;
}
