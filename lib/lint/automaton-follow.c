#include "lint/automaton.h"

#include "base/bitmap.h"

#include <errno.h>

int automaton_follow(const struct automaton *automaton, struct span text, size_t *lengths)
{
	cleanup(freep) uint32_t *now = calloc(automaton->n_states, sizeof(*now));
	cleanup(freep) uint32_t *next = calloc(automaton->n_states, sizeof(*next));
	cleanup(freep) size_t *met = calloc(automaton->n_states, sizeof(*met));
	uint32_t n_now = 1;

	if (!now || !next || !met)
		return -ENOMEM;
	for (uint32_t i = 1; i < automaton->n_states; i++)
		lengths[i] = SIZE_MAX;
	lengths[0] = 0;
	for (size_t k = 0; k < text.size && n_now > 0; k++) {
		uint32_t n_next = 0, *other = now;

		for (uint32_t i = 0; i < n_now; i++) {
			const struct step *steps = automaton_steps(automaton, now[i]);

			for (uint32_t j = 0; j < automaton->states[now[i]].n_steps; j++) {
				uint32_t to = steps[j].state;

				if (met[to] == k + 1 || !bitmap_has(automaton->states[to].set,
								    (unsigned char)text.data[k]))
					continue;
				met[to] = k + 1;
				next[n_next++] = to;
				lengths[to] = MIN(lengths[to], k + 1);
			}
		}
		now = next;
		next = other;
		n_now = n_next;
	}
	return 0;
}
