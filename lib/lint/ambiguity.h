#ifndef BANISH_LINT_AMBIGUITY_H
#define BANISH_LINT_AMBIGUITY_H

/*
 * Where a pattern could take the same bytes in several ways, over and over: what its cost may grow
 * by. Only a suspicion: a pattern that gives nothing back, or that looks around, may know better.
 */

#include "base/util.h"
#include "lint/automaton.h"

#define AMBIGUITY_PIECE_MAX 64 /* bytes */

/* Behind `head`, which leads to `state`, `piece` may be repeated; `tail` leads from there to an
 * end. Borrowed until the next one is asked for. */
struct suspicion {
	struct span head, piece, tail;
	uint32_t state;
};

struct ambiguity;

/* The automaton is borrowed. 0 or -ENOMEM. */
int ambiguity_new(const struct automaton *automaton, struct ambiguity **ret) must_check;
struct ambiguity *ambiguity_free(struct ambiguity *ambiguity);
DEFINE_CLEANUP(struct ambiguity *, ambiguity_free)

/* 1: the next one; 0: no more of them; -E2BIG: looking for more would take too long. */
int ambiguity_next(struct ambiguity *ambiguity, struct suspicion *ret) must_check;

#endif
