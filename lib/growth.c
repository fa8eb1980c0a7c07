#include "growth.h"

#include "fault.h"
#include "match.h"
#include "measure.h"
#include "sample.h"

#include <ctype.h>
#include <errno.h>

#define TEXT_SIZE  512    /* bytes of a first try: pieces are repeated until it is full */
#define MAX_STEPS  300000 /* of one measurement; no linear cost of a text so short */
#define CHEAP      6      /* steps a byte that raise no suspicion; linear patterns need 1 to 5 */
#define MAX_BASES  4
#define MAX_BASE   400 /* bytes */
#define MAX_PIECES 120
#define ODD        '\x01' /* ends every try: it fits nowhere */
#define MAX_FREE   6      /* places of a base where anything may stand */
#define MAX_WORDS  5      /* that a piece holds */
#define N_SAMPLES  2
#define GROWS                                                                                    \
	28 /* tenths: linear cost doubles from one difference to the next, quadratic is fourfold \
	    */

static const char signs[] = "a1 ,<>()=:\".-/@";
#define N_SIGNS (sizeof(signs) - 1)

struct trial {
	struct span head, piece, tail;
};

struct search {
	struct matcher *matcher;
	struct match *match;
	uint64_t cheap; /* steps a byte, in tenths */
	char samples[N_SAMPLES][MAX_BASE];
	struct span bases[MAX_BASES];
	size_t n_bases;
	struct span pieces[MAX_PIECES];
	size_t n_pieces;
	char text[TEXT_SIZE + 8 * GROWTH_PIECE_MAX + 2 * MAX_BASE];
};

static struct span cut(struct span text, size_t start, size_t end)
{
	return (struct span){ text.data + start, end - start };
}

static struct span build(struct search *search, const struct trial *trial, size_t n_repeats)
{
	char *out = search->text;

	out = mempcpy(out, trial->head.data, trial->head.size);
	for (size_t i = 0; i < n_repeats; i++)
		out = mempcpy(out, trial->piece.data, trial->piece.size);
	if (trial->tail.size > 0)
		out = mempcpy(out, trial->tail.data, trial->tail.size);
	*out++ = ODD;
	return (struct span){ search->text, (size_t)(out - search->text) };
}

static void show(struct span piece, char shown[static GROWTH_PIECE_MAX + 1])
{
	size_t n = MIN(piece.size, GROWTH_PIECE_MAX);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)piece.data[i];

		shown[i] = c < 0x20 || c > 0x7e ? '?' : piece.data[i];
	}
	shown[n] = '\0';
}

/* 1: it grows. A trial that is dear but linear raises what counts as cheap, so that its like pass
 * quickly. */
static int measure(struct search *search, const struct trial *trial, struct growth *ret)
{
	size_t n = MAX(TEXT_SIZE / trial->piece.size, 8);
	struct growth growth = { .repeats = { n / 4, n / 2, n / 2 * 2 } };
	size_t size = 0;

	for (size_t i = 0; i < 3; i++) {
		struct span text = build(search, trial, growth.repeats[i]);

		growth.steps[i] = measure_steps(search->match, search->matcher, text, MAX_STEPS);
		size = text.size;
	}
	search->cheap = MAX(search->cheap, growth.steps[2] * 13 / size);
	if (growth.steps[2] < MAX_STEPS &&
	    growth.steps[2] - MIN(growth.steps[1], growth.steps[2]) <=
		    (growth.steps[1] - MIN(growth.steps[0], growth.steps[1])) * GROWS / 10)
		return 0;
	show(trial->piece, growth.piece);
	*ret = growth;
	return 1;
}

static int attempt(struct search *search, struct span base, size_t place, struct span piece,
		   struct growth *ret)
{
	struct trial trial = { cut(base, 0, place), piece, { 0 } };

	/* What fails at its end has tried everything: at once, or behind what was to come. */
	for (int i = 0; i < 2; i++) {
		struct span text = build(search, &trial, TEXT_SIZE / piece.size);
		uint64_t cheap = 200 + text.size * search->cheap / 10;
		int r = 0;

		if (match_try(search->match, search->matcher, text, false, cheap) == -E2BIG)
			r = measure(search, &trial, ret);
		if (r != 0)
			return r;
		trial.tail = cut(base, place, base.size);
	}
	return 0;
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
			add_piece(search, cut(text, i, j));
			n_words++;
		}
	}
}

static void add_base(struct search *search, struct span base)
{
	if (base.size > 0 && base.size <= MAX_BASE && search->n_bases < MAX_BASES)
		search->bases[search->n_bases++] = base;
}

/* The event's own examples first, then what the pattern itself says could come. */
static void gather(struct search *search, const struct rule *rule, const struct event *event)
{
	for (size_t i = 0; i < rule->n_examples && search->n_bases < MAX_BASES - N_SAMPLES; i++) {
		const struct example *example = &rule->examples[i];

		if (example->event && strcmp(example->event, event->name) == 0)
			add_base(search, span_of(example->message));
	}
	for (unsigned i = 0; i < N_SAMPLES; i++) {
		size_t size = sample_text(event->pattern, i, search->samples[i], MAX_BASE);

		add_base(search, (struct span){ search->samples[i], size });
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
	struct trial trial = { cut(base, 0, place), SPAN_LITERAL("z"), { 0 } };
	struct span text = build(search, &trial, 64);

	return measure_reach(search->match, search->matcher, text) + 1 >= text.size;
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
		r = attempt(search, base, place, cut(base, place, i), ret);
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
	size_t reach = measure_reach(search->match, search->matcher, base), n_free = 0;
	bool was_free = false;
	int r = 0;

	for (size_t i = 1; r == 0 && i <= reach; i++) {
		bool now_free;

		if (i < base.size)
			r = attempt(search, base, i, cut(base, i, i + 1), ret);
		if (r != 0 || !is_start(base, i))
			continue;
		now_free = is_free(search, base, i);
		r = search_place(search, base, i, now_free && !was_free && n_free < MAX_FREE, ret);
		n_free += now_free && !was_free;
		was_free = now_free;
	}
	return r;
}

/* -EINVAL: the event has no pattern, or it does not compile. */
static int prepare(struct search *search, const struct rule *rule, const struct event *event)
{
	cleanup(freep) char *counted = NULL;
	struct faults faults = { 0 };
	struct event copy = *event;
	int r;

	if (event->format != FORMAT_PATTERN)
		return -EINVAL;
	r = matcher_new(&search->matcher);
	if (r < 0)
		return r;
	r = sample_counted(event->pattern, &counted);
	if (r == -ENOMEM)
		return r;
	if (counted)
		copy.pattern = counted;
	r = match_new(rule->file, &copy, MATCH_MEASURE, &faults, &search->match);
	faults_done(&faults);
	return r;
}

static void search_done(struct search *search)
{
	match_free(search->match);
	matcher_free(search->matcher);
}

int growth_find(const struct rule *rule, const struct event *event, struct growth *ret)
{
	cleanup(freep) struct search *search = calloc(1, sizeof(*search));
	int r;

	if (!search)
		return -ENOMEM;
	search->cheap = CHEAP * 10;
	r = prepare(search, rule, event);
	if (r >= 0) {
		gather(search, rule, event);
		for (size_t i = 0; r == 0 && i < search->n_bases; i++)
			r = search_base(search, search->bases[i], ret);
	}
	search_done(search);
	return r;
}
