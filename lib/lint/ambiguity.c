/*
 * Of two states p and q that come back to themselves, q behind p, is there a text that leads from p
 * to p, from p to q, and from q to q? Then each repetition of it is one more place to go from the
 * one to the other: as "a" for the dots of ".*x?.*y", or ", " for ".*, [^;]*;". Or p and q follow
 * each other, and the ways double each time: "(?:a+)+". (Weber and Seidl, "On the degree of
 * ambiguity of finite automata", 1991.) Such a text is looked for in three copies of the automaton
 * at once, breadth first, so that short ones are found first.
 */

#include "lint/ambiguity-internal.h"

#include "base/bitmap.h"

#include <errno.h>

static const struct state *state_at(const struct ambiguity *ambiguity, uint32_t number)
{
	return &ambiguity->automaton->states[number];
}

/* The best byte of the set; false: it is empty. */
static bool choose_byte(const struct ambiguity *ambiguity, const uint64_t set[static 4],
			enum taste taste, char *ret)
{
	for (size_t i = 0; i < 256; i++) {
		if (!bitmap_has(set, ambiguity->bytes[taste][i]))
			continue;
		*ret = (char)ambiguity->bytes[taste][i];
		return true;
	}
	return false;
}

/* False: nothing is in both. */
static bool intersect(const uint64_t a[static 4], const uint64_t b[static 4],
		      uint64_t ret[static 4])
{
	for (size_t i = 0; i < 4; i++)
		ret[i] = a[i] & b[i];
	return ret[0] | ret[1] | ret[2] | ret[3];
}

/* True if the state leads to this loop, or is it. */
static bool leads_to(const struct ambiguity *ambiguity, uint32_t state, uint32_t loop)
{
	size_t words = bitmap_words(ambiguity->automaton->n_states);

	return bitmap_has(ambiguity->leads + ambiguity->numbers[loop] * words, state);
}

static void ambiguity_add_node(struct ambiguity *ambiguity, const uint32_t at[static 3],
			       uint32_t parent)
{
	uint32_t hash = ((at[0] * 0x9e3779b1U ^ at[1]) * 0x9e3779b1U ^ at[2]) * 0x9e3779b1U;
	uint32_t slot = hash % N_SLOTS;

	for (; ambiguity->slots[slot] > 0; slot = (slot + 1) % N_SLOTS)
		if (memcmp(ambiguity->nodes[ambiguity->slots[slot] - 1].at, at, 3 * sizeof(*at)) ==
		    0)
			return;
	if (ambiguity->n_nodes == MAX_NODES)
		return;
	ambiguity->nodes[ambiguity->n_nodes] =
		(struct node){ { at[0], at[1], at[2] }, parent, slot };
	ambiguity->slots[slot] = ++ambiguity->n_nodes;
}

/* Appends the way from the first node to this one, and to the goal; false: it is too long. */
static bool tell_way(struct ambiguity *ambiguity, uint32_t node, const uint32_t goal[static 3])
{
	struct way *way = &ambiguity->way;
	size_t size = 1;

	for (uint32_t i = node; ambiguity->nodes[i].parent != NOWHERE;
	     i = ambiguity->nodes[i].parent)
		size++;
	if (way->size + size > AMBIGUITY_PIECE_MAX)
		return false;
	way->size += size;
	memcpy(way->at[way->size - 1], goal, sizeof(way->at[0]));
	for (size_t k = 2; k <= size; k++) {
		memcpy(way->at[way->size - k], ambiguity->nodes[node].at, sizeof(way->at[0]));
		node = ambiguity->nodes[node].parent;
	}
	return true;
}

/* One step of all three at once: true if the goal was met. */
static bool step_three(struct ambiguity *ambiguity, uint32_t number, const uint32_t at[static 3],
		       const uint64_t two[static 4], const uint32_t goal[static 3])
{
	uint64_t three[4];

	if (!leads_to(ambiguity, at[2], goal[2]) ||
	    !intersect(two, state_at(ambiguity, at[2])->set, three))
		return false;
	if (memcmp(at, goal, 3 * sizeof(*at)) == 0)
		return tell_way(ambiguity, number, goal);
	ambiguity_add_node(ambiguity, at, number);
	return false;
}

/* From one node on: true if the goal was met. */
static bool search_node(struct ambiguity *ambiguity, uint32_t number, const uint32_t goal[static 3])
{
	const struct node from = ambiguity->nodes[number];
	const struct step *steps[3];
	uint32_t n[3], at[3];
	uint64_t two[4];

	for (size_t i = 0; i < 3; i++) {
		steps[i] = automaton_steps(ambiguity->automaton, from.at[i]);
		n[i] = state_at(ambiguity, from.at[i])->n_steps;
	}
	for (uint32_t a = 0; a < n[0]; a++) {
		at[0] = steps[0][a].state;
		if (!leads_to(ambiguity, at[0], goal[0]))
			continue;
		for (uint32_t b = 0; b < n[1] && ambiguity->n_tries < MAX_TRIES; b++) {
			at[1] = steps[1][b].state;
			ambiguity->n_tries += 1 + n[2];
			if (!leads_to(ambiguity, at[1], goal[1]) ||
			    !intersect(state_at(ambiguity, at[0])->set,
				       state_at(ambiguity, at[1])->set, two))
				continue;
			for (uint32_t c = 0; c < n[2]; c++) {
				at[2] = steps[2][c].state;
				if (step_three(ambiguity, number, at, two, goal))
					return true;
			}
		}
	}
	return false;
}

/* Appends to the way one that leads each of the three to its goal, a loop. */
static bool search(struct ambiguity *ambiguity, const uint32_t start[static 3],
		   const uint32_t goal[static 3])
{
	bool found = false;

	ambiguity->n_nodes = 0;
	ambiguity->n_tries = 0;
	ambiguity_add_node(ambiguity, start, NOWHERE);
	for (uint32_t i = 0; i < ambiguity->n_nodes && ambiguity->n_tries < MAX_TRIES && !found;
	     i++)
		found = search_node(ambiguity, i, goal);
	for (uint32_t i = 0; i < ambiguity->n_nodes; i++)
		ambiguity->slots[ambiguity->nodes[i].slot] = 0;
	ambiguity->all_tries += ambiguity->n_tries;
	return found;
}

/* Two ways from p to the next state: the way that comes back from there doubles each time. */
static bool search_twice(struct ambiguity *ambiguity, uint32_t p, const struct step *step)
{
	uint32_t x = step->state;
	const uint32_t start[] = { x, x, x }, goal[] = { p, p, p };

	if (!step->twice || !leads_to(ambiguity, x, p))
		return false;
	memcpy(ambiguity->way.at[0], start, sizeof(start));
	ambiguity->way.size = 1;
	return x == p || search(ambiguity, start, goal);
}

static bool search_pair(struct ambiguity *ambiguity, uint32_t p, uint32_t q)
{
	const uint32_t start[] = { p, p, q }, goal[] = { p, q, q };

	ambiguity->way.size = 0;
	return p != q && leads_to(ambiguity, p, q) && search(ambiguity, start, goal);
}

/* False: a set of it is empty. */
static bool read_way(const struct ambiguity *ambiguity, enum taste taste, struct piece *ret)
{
	const struct way *way = &ambiguity->way;
	uint64_t set[4];

	ret->size = way->size;
	for (size_t i = 0; i < way->size; i++) {
		(void)intersect(state_at(ambiguity, way->at[i][0])->set,
				state_at(ambiguity, way->at[i][1])->set, set);
		(void)intersect(set, state_at(ambiguity, way->at[i][2])->set, set);
		if (!choose_byte(ambiguity, set, taste, &ret->text[i]))
			return false;
	}
	return true;
}

/* False: it was told of p before. */
static bool ambiguity_remember(struct ambiguity *ambiguity, const struct piece *piece)
{
	for (size_t i = 0; i < ambiguity->n_pieces; i++)
		if (ambiguity->pieces[i].size == piece->size &&
		    memcmp(ambiguity->pieces[i].text, piece->text, piece->size) == 0)
			return false;
	if (ambiguity->n_pieces == MAX_PIECES)
		return false;
	ambiguity->pieces[ambiguity->n_pieces++] = *piece;
	return true;
}

/* The shortest text that leads from the start to a state. */
static void write_head(struct ambiguity *ambiguity, uint32_t state, enum taste taste)
{
	size_t size = 0, used;

	for (uint32_t i = state; i != 0; i = ambiguity->parents[i])
		size++;
	ambiguity->head_size = used = MIN(size, HEAD_MAX);
	for (uint32_t i = state; i != 0; i = ambiguity->parents[i])
		if (--size < used)
			(void)choose_byte(ambiguity, state_at(ambiguity, i)->set, taste,
					  &ambiguity->head[size]);
}

/* The shortest text that leads from a state to an end. */
static void write_tail(struct ambiguity *ambiguity, uint32_t state, enum taste taste)
{
	ambiguity->tail_size = 0;
	while (ambiguity->heirs[state] != state && ambiguity->tail_size < HEAD_MAX) {
		state = ambiguity->heirs[state];
		(void)choose_byte(ambiguity, state_at(ambiguity, state)->set, taste,
				  &ambiguity->tail[ambiguity->tail_size++]);
	}
}

static bool next_way(struct ambiguity *ambiguity, uint32_t p)
{
	while (ambiguity->q < ambiguity->n_loops && ambiguity->all_tries < ALL_TRIES)
		if (search_pair(ambiguity, p, ambiguity->loops[ambiguity->q++]))
			return true;
	while (ambiguity->step < state_at(ambiguity, p)->n_steps &&
	       ambiguity->all_tries < ALL_TRIES)
		if (search_twice(ambiguity, p,
				 &automaton_steps(ambiguity->automaton, p)[ambiguity->step++]))
			return true;
	return false;
}

/* The next text for p, that was not told before. */
static bool next_piece(struct ambiguity *ambiguity, uint32_t p)
{
	while (ambiguity->taste != COMMON || next_way(ambiguity, p)) {
		struct piece piece;

		if (read_way(ambiguity, ambiguity->taste, &piece) &&
		    ambiguity_remember(ambiguity, &piece)) {
			write_head(ambiguity, p, ambiguity->taste);
			write_tail(ambiguity, ambiguity->way.at[piece.size - 1][2],
				   ambiguity->taste);
			ambiguity->taste = (ambiguity->taste + 1) % N_TASTES;
			return true;
		}
		ambiguity->taste = (ambiguity->taste + 1) % N_TASTES;
	}
	return false;
}

int ambiguity_next(struct ambiguity *ambiguity, struct suspicion *ret)
{
	for (; ambiguity->p < ambiguity->n_loops; ambiguity->p++) {
		uint32_t p = ambiguity->loops[ambiguity->p];

		if (next_piece(ambiguity, p)) {
			const struct piece *piece = &ambiguity->pieces[ambiguity->n_pieces - 1];

			*ret = (struct suspicion){ { ambiguity->head, ambiguity->head_size },
						   { piece->text, piece->size },
						   { ambiguity->tail, ambiguity->tail_size },
						   p };
			return 1;
		}
		if (ambiguity->all_tries >= ALL_TRIES)
			break;
		ambiguity->q = ambiguity->step = 0;
		ambiguity->n_pieces = 0;
	}
	return ambiguity->too_many_loops || ambiguity->all_tries >= ALL_TRIES ? -E2BIG : 0;
}
