#ifndef BANISH_LINT_AMBIGUITY_INTERNAL_H
#define BANISH_LINT_AMBIGUITY_INTERNAL_H

/* Shared by ambiguity.c (the search) and ambiguity-build.c (what it is made of). */

#include "lint/ambiguity.h"

#define MAX_NODES  4096      /* of one search */
#define N_SLOTS    8192      /* of its table */
#define MAX_TRIES  65536     /* of one search: steps of three at once */
#define ALL_TRIES  (1 << 23) /* of all searches: a tenth of a second; patterns need 10,000 */
#define MAX_PIECES 16        /* told of one state */
#define HEAD_MAX   4096      /* bytes */
#define NOWHERE    UINT32_MAX

/* Where the three are, and how they came here. */
struct node {
	uint32_t at[3];
	uint32_t parent, slot;
};

/* Where the three were, a byte further each time. */
struct way {
	uint32_t at[AMBIGUITY_PIECE_MAX][3];
	size_t size;
};

struct piece {
	char text[AMBIGUITY_PIECE_MAX];
	size_t size;
};

/* Where several bytes would do: one that fits many places of the pattern, or few of them. */
enum taste { COMMON, RARE, N_TASTES };

struct ambiguity {
	const struct automaton *automaton;
	uint32_t *loops; /* the states that come back to themselves, if the start leads there */
	size_t n_loops;
	uint64_t *leads;                    /* by loop: a bitmap of the states that lead to it */
	uint32_t *numbers;                  /* by state: its loop */
	uint32_t *parents;                  /* by state: on the shortest way from the start */
	uint32_t *heirs;                    /* by state: on the shortest way to an end */
	unsigned char bytes[N_TASTES][256]; /* the best ones first */

	size_t p, q; /* where the enumeration stands; q of n_loops: steps that are there twice */
	uint32_t step;
	struct way way;
	enum taste taste;                /* the next one for this way; COMMON: there is none yet */
	struct piece pieces[MAX_PIECES]; /* told of p */
	size_t n_pieces;
	char head[HEAD_MAX], tail[HEAD_MAX];
	size_t head_size, tail_size;

	struct node nodes[MAX_NODES];
	uint32_t n_nodes;
	uint32_t slots[N_SLOTS]; /* 0: empty, else one more than a node */
	unsigned n_tries, all_tries;
	bool too_many_loops;
};

#endif
