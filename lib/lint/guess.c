#include "lint/guess.h"

#include <ctype.h>
#include <errno.h>

#define MAX_BASES  4
#define MAX_BASE   400 /* bytes */
#define MAX_PIECES 120
#define MAX_FREE   6  /* places of a base where anything may stand */
#define FREE_RUN   64 /* bytes */
#define MAX_WORDS  5  /* that a piece holds */

static const char signs[] = "a1 ,<>()=:\".-/@";
#define N_SIGNS (sizeof(signs) - 1)

struct search {
	struct pump *pump;
	struct span bases[MAX_BASES];
	size_t n_bases;
	struct span pieces[MAX_PIECES];
	size_t n_pieces;
	char text[MAX_BASE + FREE_RUN + 1];
};

static struct span guess_cut(struct span text, size_t start, size_t end)
{
	return (struct span){ text.data + start, end - start };
}

static int attempt(struct search *search, struct span base, size_t place, struct span piece,
		   struct growth *ret)
{
	struct ruletest ruletest = { guess_cut(base, 0, place), piece, PUMP_ODD };
	char *out = search->text;
	int r;

	/* What fails at its end has tried everything: at once, or behind what was to come. */
	r = pump_try(search->pump, &ruletest, ret);
	if (r != 0)
		return r;
	out = mempcpy(out, base.data + place, base.size - place);
	*out++ = PUMP_ODD.data[0];
	ruletest.tail = (struct span){ search->text, (size_t)(out - search->text) };
	return pump_try(search->pump, &ruletest, ret);
}

static bool is_word_start(struct span text, size_t i)
{
	return i == 0 || i == text.size || text.data[i - 1] == ' ';
}

static bool is_start(struct span text, size_t i)
{
	return is_word_start(text, i) || !isalnum((unsigned char)text.data[i]) ||
	       !isalnum((unsigned char)text.data[i - 1]);
}

static void add_piece(struct search *search, struct span piece)
{
	if (piece.size == 0 || piece.size > GROWTH_PIECE_MAX || search->n_pieces == MAX_PIECES)
		return;
	for (size_t i = 0; i < search->n_pieces; i++)
		if (span_equal(search->pieces[i], piece))
			return;
	search->pieces[search->n_pieces++] = piece;
}

/* Up to MAX_WORDS words or signs in a row, from every start. */
static void add_pieces(struct search *search, struct span text,
		       bool (*starts)(struct span text, size_t i))
{
	for (size_t i = 0; i < text.size; i++) {
		unsigned n_words = 0;

		if (!starts(text, i))
			continue;
		for (size_t j = i + 1; j <= text.size && n_words < MAX_WORDS; j++) {
			if (!starts(text, j))
				continue;
			add_piece(search, guess_cut(text, i, j));
			n_words++;
		}
	}
}

/* The event's own examples. */
static void gather(struct search *search, const struct rule *rule, const struct event *event)
{
	for (size_t i = 0; i < rule->n_examples && search->n_bases < MAX_BASES; i++) {
		const struct example *example = &rule->examples[i];
		struct span base = span_of(example->message);

		if (example->event && strcmp(example->event, event->name) == 0 && base.size > 0 &&
		    base.size <= MAX_BASE)
			search->bases[search->n_bases++] = base;
	}
	for (size_t i = 0; i < N_SIGNS; i++)
		add_piece(search, (struct span){ &signs[i], 1 });
	for (size_t i = search->n_bases; i > 0; i--)
		add_pieces(search, search->bases[i - 1], is_word_start);
	for (size_t i = search->n_bases; i > 0; i--)
		add_pieces(search, search->bases[i - 1], is_start);
}

/* True if a run of bytes that stand nowhere else is taken at this place. */
static bool is_free(struct search *search, struct span base, size_t place)
{
	char *out = mempcpy(search->text, base.data, place);

	memset(out, 'z', FREE_RUN);
	out[FREE_RUN] = PUMP_ODD.data[0];
	return pump_reach(search->pump, (struct span){ search->text, place + FREE_RUN + 1 }) >=
	       place + FREE_RUN;
}

/* What stands at the place, repeated there. */
static int repeat_in_place(struct search *search, struct span base, size_t place,
			   bool (*starts)(struct span text, size_t i), struct growth *ret)
{
	unsigned n_words = 0;
	int r;

	for (size_t i = place + 1; i <= base.size && n_words < MAX_WORDS; i++) {
		if (!starts(base, i) || i - place > GROWTH_PIECE_MAX)
			continue;
		n_words++;
		r = attempt(search, base, place, guess_cut(base, place, i), ret);
		if (r != 0)
			return r;
	}
	return 0;
}

/* At every start what stands there; where words begin single signs, too; and all that is known at
 * the first place of each stretch that takes anything. */
static int search_place(struct search *search, struct span base, size_t place, bool first_free,
			struct growth *ret)
{
	bool word = is_word_start(base, place);
	size_t n_pieces = first_free ? search->n_pieces : word ? N_SIGNS : 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n_pieces; i++)
		r = attempt(search, base, place, search->pieces[i], ret);
	if (r == 0)
		r = repeat_in_place(search, base, place, is_start, ret);
	if (r == 0 && word)
		r = repeat_in_place(search, base, place, is_word_start, ret);
	return r;
}

static int search_base(struct search *search, struct span base, struct growth *ret)
{
	size_t reach = pump_reach(search->pump, base), n_free = 0;
	bool was_free = false;
	int r = 0;

	for (size_t i = 1; r == 0 && i <= reach; i++) {
		bool now_free;

		if (i < base.size)
			r = attempt(search, base, i, guess_cut(base, i, i + 1), ret);
		if (r != 0 || !is_start(base, i))
			continue;
		now_free = is_free(search, base, i);
		r = search_place(search, base, i, now_free && !was_free && n_free < MAX_FREE, ret);
		n_free += now_free && !was_free;
		was_free = now_free;
	}
	return r;
}

int guess_growth(struct pump *pump, const struct rule *rule, const struct event *event,
		 struct growth *ret)
{
	cleanup(freep) struct search *search = calloc(1, sizeof(*search));
	int r = 0;

	if (!search)
		return -ENOMEM;
	search->pump = pump;
	gather(search, rule, event);
	if (search->n_bases == 0)
		return -ENODATA;
	for (size_t i = 0; r == 0 && i < search->n_bases; i++)
		r = search_base(search, search->bases[i], ret);
	return r;
}
