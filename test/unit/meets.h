#ifndef BANISH_MEETS_H
#define BANISH_MEETS_H

#include "match/required.h"

/* True if the text holds one of each set's texts. */
static inline bool meets(struct span text, const struct required *required)
{
	for (size_t i = 0; i < required->n_sets; i++) {
		const struct any_of *set = &required->sets[i];
		bool found = false;

		for (size_t j = 0; j < set->n_texts && !found; j++)
			found = memmem(text.data, text.size, set->texts[j].data,
				       set->texts[j].size);
		if (!found)
			return false;
	}
	return true;
}

#endif
