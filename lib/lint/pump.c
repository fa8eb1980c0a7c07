#include "lint/pump.h"

#include "base/fault.h"
#include "match/match.h"
#include "match/measure.h"
#include "match/token.h"

#include <errno.h>
#include <limits.h>

#define MAX_TIMES 16 /* PCRE2 writes out a group as often as it may come, if that has an end */

#define CHEAP       7      /* steps a byte that raise no suspicion; linear patterns need 1 to 5 */
#define CHEAP_START 200    /* steps, whatever the size */
#define CHEAP_ENDS  4      /* the same, of what is not repeated */
#define DEAR        64     /* steps a byte, and */
#define DEAR_START  100000 /* steps: no linear pattern needs so many */

/* Tenths: linear cost doubles from one difference to the next, quadratic is fourfold. */
#define GROWS 28

/* Each repetition adds as many bytes as the piece has, and those cost CHEAP; n repetitions that are
 * tried at n places cost n * n / 2. These are enough to tell the one from the other. */
#define SCREEN_SIZE    64 /* bytes repeated, and */
#define SCREEN_REPEATS 20 /* at least */

#define MEASURE_TIMES 4 /* as many again are measured: what comes to an end shall show it */
#define MAX_SIZE      (MEASURE_TIMES * SCREEN_REPEATS * PUMP_PIECE_MAX) /* bytes repeated */
#define TAKES         4 /* repetitions that show that there could be more */

struct pump {
	struct matcher *matcher;
	struct match *match; /* what is counted */
	struct match *plain; /* as at run time */
	char *spelled;       /* the pattern, if it could be spelled out */
	struct event event;  /* with that pattern */
	uint64_t cheap;      /* steps a byte, in tenths */
	char text[MAX_SIZE + PUMP_ENDS_MAX];
};

int pump_spell_out(const char *pattern, char **ret)
{
	/* Each item grows by "(?:" and ")" at most. */
	cleanup(freep) char *spelled = malloc(5 * strlen(pattern) + 1);
	char *out = spelled;

	if (!spelled)
		return -ENOMEM;
	for (const char *p = pattern;;) {
		struct token token = token_next(&p), after;
		const char *q = p;
		bool repeated;

		if (token.kind == TOKEN_LOST)
			return -ENODATA;
		if (token.kind == TOKEN_END)
			break;
		after = token_next(&q);
		repeated = (token.kind == TOKEN_BYTE || token.kind == TOKEN_CLASS ||
			    token.kind == TOKEN_REFERENCE) &&
			   after.kind == TOKEN_REPEAT &&
			   (after.max == UINT_MAX ? after.min : after.max) <= MAX_TIMES;
		if (repeated)
			out = mempcpy(out, "(?:", 3);
		out = mempcpy(out, token.text.data, token.text.size);
		if (repeated)
			*out++ = ')';
	}
	*out = '\0';
	*ret = TAKE_PTR(spelled);
	return 0;
}

static int pump_compile(const char *file, const struct event *event, enum match_flags flags,
			struct match **ret)
{
	struct faults faults = { 0 };
	int r = match_new(file, event, flags, &faults, ret);

	faults_done(&faults);
	return r;
}

int pump_new(const struct rule *rule, const struct event *event, struct pump **ret)
{
	cleanup(pump_freep) struct pump *pump = NULL;
	int r;

	if (event->format != FORMAT_PATTERN)
		return -EINVAL;
	pump = calloc(1, sizeof(*pump));
	if (!pump)
		return -ENOMEM;
	pump->cheap = CHEAP * 10;
	pump->event = *event;
	r = matcher_new(&pump->matcher);
	if (r < 0)
		return r;
	r = pump_compile(rule->file, event, 0, &pump->plain);
	if (r < 0)
		return r;
	r = pump_spell_out(event->pattern, &pump->spelled);
	if (r == -ENOMEM)
		return r;
	pump->event.pattern = pump->spelled ?: event->pattern;
	r = pump_compile(rule->file, &pump->event, MATCH_MEASURE, &pump->match);
	if (r == -EINVAL && pump->spelled) { /* too large so */
		pump->event.pattern = event->pattern;
		r = pump_compile(rule->file, &pump->event, MATCH_MEASURE, &pump->match);
	}
	if (r < 0)
		return r;

	*ret = TAKE_PTR(pump);
	return 0;
}

struct pump *pump_free(struct pump *pump)
{
	if (!pump)
		return NULL;
	match_free(pump->match);
	match_free(pump->plain);
	matcher_free(pump->matcher);
	free(pump->spelled);
	free(pump);
	return NULL;
}

static struct span pump_text(struct pump *pump, const struct trial *trial, size_t n_repeats)
{
	char *out = pump->text;

	if (trial->head.size > 0)
		out = mempcpy(out, trial->head.data, trial->head.size);
	for (size_t i = 0; trial->piece.size > 0 && i < n_repeats; i++)
		out = mempcpy(out, trial->piece.data, trial->piece.size);
	if (trial->tail.size > 0)
		out = mempcpy(out, trial->tail.data, trial->tail.size);
	return (struct span){ pump->text, (size_t)(out - pump->text) };
}

bool pump_takes(struct pump *pump, struct span head, struct span piece)
{
	struct trial trial = { .head = head, .piece = piece };
	struct span text;

	if (head.size > PUMP_ENDS_MAX)
		return false;
	text = pump_text(pump, &trial, TAKES);
	return match_try(pump->plain, pump->matcher, text, true, match_limit(text.size)) != 0;
}

/* Linear, but how dear at run time? */
static bool comes_near_limit(struct pump *pump, const struct trial *trial, struct pumped *ret)
{
	uint64_t limit = match_limit(PUMP_LINE) / 4 * 3, steps[2];
	size_t sizes[2];

	for (size_t i = 0; i < 2; i++) {
		struct span text = pump_text(pump, trial, ret->repeats[i + 1]);

		sizes[i] = text.size;
		steps[i] = measure_steps(pump->plain, pump->matcher, text, limit);
	}
	ret->steps_at_most =
		(steps[1] - MIN(steps[0], steps[1])) * PUMP_LINE / (sizes[1] - sizes[0]);
	return ret->steps_at_most >= limit;
}

/* A trial that is dear but linear raises what counts as cheap, so that its like pass quickly. */
static int pump_measure(struct pump *pump, const struct trial *trial, size_t n, struct pumped *ret)
{
	struct pumped pumped = { .repeats = { n / 4, n / 2, n / 2 * 2 } };
	uint64_t max = 0, *steps = pumped.steps;
	size_t size = 0;

	for (size_t i = 0; i < 3; i++) {
		struct span text = pump_text(pump, trial, pumped.repeats[i]);

		size = text.size;
		max = DEAR_START + DEAR * size;
		steps[i] = measure_steps(pump->match, pump->matcher, text, max);
	}
	if (steps[2] < max && steps[2] - MIN(steps[1], steps[2]) <=
				      (steps[1] - MIN(steps[0], steps[1])) * GROWS / 10) {
		pump->cheap = MAX(pump->cheap, steps[2] * 13 / size);
		if (!comes_near_limit(pump, trial, &pumped))
			return 0;
	}
	*ret = pumped;
	return 1;
}

int pump_try(struct pump *pump, const struct trial *trial, struct pumped *ret)
{
	size_t n = MAX(SCREEN_SIZE / trial->piece.size, SCREEN_REPEATS);
	size_t size = n * trial->piece.size;
	struct span text;
	int r;

	if (trial->head.size + trial->tail.size > PUMP_ENDS_MAX)
		return 0;
	text = pump_text(pump, trial, n);
	r = match_try(pump->match, pump->matcher, text, false,
		      CHEAP_START + CHEAP_ENDS * (text.size - size) + size * pump->cheap / 10);
	if (r != -E2BIG)
		return r > 0 ? 2 : 0;
	return pump_measure(pump, trial, MEASURE_TIMES * n, ret);
}
