#include "lint/growth.h"

#include "lint/ambiguity.h"
#include "lint/automaton.h"
#include "lint/guess.h"
#include "lint/pump.h"

#include <errno.h>

#define MAX_EXAMPLES 2 /* that lead to a state as they do in life */

_Static_assert(AMBIGUITY_PIECE_MAX <= GROWTH_PIECE_MAX, "pieces fit");

struct search {
	struct automaton automaton;
	struct ambiguity *ambiguity;
	struct pump *pump;
	struct span examples[MAX_EXAMPLES];
	size_t *lengths[MAX_EXAMPLES]; /* by state: bytes of the example that lead there */
	size_t n_examples;
	char tail[PUMP_ENDS_MAX];
};

static void search_free(struct search **search)
{
	for (size_t i = 0; *search && i < MAX_EXAMPLES; i++)
		free((*search)->lengths[i]);
	if (*search) {
		ambiguity_free((*search)->ambiguity);
		automaton_done(&(*search)->automaton);
		pump_free((*search)->pump);
	}
	free(*search);
}

static int add_example(struct search *search, struct span text)
{
	size_t **lengths = &search->lengths[search->n_examples];

	*lengths = calloc(search->automaton.n_states, sizeof(**lengths));
	if (!*lengths)
		return -ENOMEM;
	search->examples[search->n_examples++] = text;
	return automaton_follow(&search->automaton, text, *lengths);
}

static int add_examples(struct search *search, const struct rule *rule, const struct event *event)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < rule->n_examples && search->n_examples < MAX_EXAMPLES;
	     i++) {
		const struct example *example = &rule->examples[i];
		struct span text = span_of(example->message);

		if (example->event && strcmp(example->event, event->name) == 0 &&
		    text.size < PUMP_ENDS_MAX / 2)
			r = add_example(search, text);
	}
	return r;
}

static int try_tail(struct search *search, struct ruletest *ruletest, struct span one,
		    struct span other, struct growth *ret)
{
	char *out = search->tail;

	if (one.size + other.size > sizeof(search->tail))
		return 0;
	if (one.size > 0)
		out = mempcpy(out, one.data, one.size);
	if (other.size > 0)
		out = mempcpy(out, other.data, other.size);
	ruletest->tail = (struct span){ search->tail, (size_t)(out - search->tail) };
	return pump_try(search->pump, ruletest, ret);
}

/* What is repeated must fail behind it, so that all of it is tried: where what comes fits nowhere,
 * or if it does, nothing comes, or the same once more. */
static int try_ends(struct search *search, struct ruletest *ruletest, struct growth *ret)
{
	int r = try_tail(search, ruletest, PUMP_ODD, (struct span){ 0 }, ret);

	if (r == 0 && pump_matched(search->pump))
		r = try_tail(search, ruletest, (struct span){ 0 }, (struct span){ 0 }, ret);
	if (r == 0 && pump_matched(search->pump))
		r = try_tail(search, ruletest, PUMP_ODD, ruletest->piece, ret);
	return r;
}

/* By the pattern, and by how examples go on; what is looked at ahead may want to see that, too. */
static int try_suspicion(struct search *search, const struct suspicion *suspicion,
			 struct growth *ret)
{
	struct ruletest ruletest = { suspicion->head, suspicion->piece, { 0 } };
	int r = try_ends(search, &ruletest, ret);

	if (r == 0)
		r = try_tail(search, &ruletest, suspicion->tail, (struct span){ 0 }, ret);
	if (r == 0)
		r = try_tail(search, &ruletest, suspicion->tail, PUMP_ODD, ret);
	for (size_t i = 0; r == 0 && i < search->n_examples; i++) {
		struct span text = search->examples[i], rest;
		size_t length = search->lengths[i][suspicion->state];

		if (length == SIZE_MAX)
			continue;
		ruletest.head = (struct span){ text.data, length };
		rest = (struct span){ text.data + length, text.size - length };
		r = try_ends(search, &ruletest, ret);
		if (r == 0)
			r = try_tail(search, &ruletest, rest, PUMP_ODD, ret);
	}
	return r;
}

static int try_all(struct search *search, struct growth *ret)
{
	struct suspicion suspicion;
	int r;

	for (;;) {
		r = ambiguity_next(search->ambiguity, &suspicion);
		if (r <= 0)
			return r;
		r = try_suspicion(search, &suspicion, ret);
		if (r != 0)
			return r;
	}
}

/* -ENODATA, -E2BIG: the pattern is not understood, or not all of it was looked at. */
static int read_off(struct search *search, const struct rule *rule, const struct event *event,
		    struct growth *ret)
{
	int r;

	r = automaton_init(&search->automaton, event->pattern);
	if (r < 0)
		return r;
	r = ambiguity_new(&search->automaton, &search->ambiguity);
	if (r < 0)
		return r;
	r = add_examples(search, rule, event);
	if (r < 0)
		return r;
	return try_all(search, ret);
}

int growth_find(const struct rule *rule, const struct event *event, struct growth *ret)
{
	cleanup(search_free) struct search *search = calloc(1, sizeof(*search));
	int r;

	if (!search)
		return -ENOMEM;
	r = pump_new(rule, event, &search->pump);
	if (r < 0)
		return r;
	r = read_off(search, rule, event, ret);
	if (r == -ENODATA || r == -E2BIG)
		return guess_growth(search->pump, rule, event, ret);
	return r;
}
