#ifndef BANISH_LINT_AUTOMATON_H
#define BANISH_LINT_AUTOMATON_H

/*
 * A pattern as states of which each takes one byte, and which may follow which: all that could be
 * tried, whatever is tried first. Atomic groups and what is behind are taken no notice of; a look
 * ahead is a way that ends nowhere.
 */

#include "base/util.h"

struct step {
	uint32_t state;
	bool twice; /* there are two ways or more from the one to the other */
};

struct state {
	uint64_t set[4]; /* a bit a byte that it takes */
	bool repeated;   /* it stands in a repeat without end */
	bool final;      /* the pattern may end behind it, */
	bool looked;     /* or what is looked at ahead */
	uint32_t first_step, n_steps;
};

struct automaton {
	struct state *states; /* owned; the first is the start and takes nothing */
	uint32_t n_states;
	struct step *steps; /* owned; by state */
	size_t n_steps;
};

/* 0; -ENODATA: not understood; -E2BIG: too large; -ENOMEM. Call automaton_done() either way. */
int automaton_init(struct automaton *automaton, const char *pattern) must_check;
void automaton_done(struct automaton *automaton);

static inline const struct step *automaton_steps(const struct automaton *automaton, uint32_t state)
{
	return automaton->steps + automaton->states[state].first_step;
}

/* Fills by state how many bytes of the text lead there at least; SIZE_MAX: none do. 0 or -ENOMEM.
 */
int automaton_follow(const struct automaton *automaton, struct span text,
		     size_t *lengths) must_check;

#endif
