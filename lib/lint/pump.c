#include "lint/pump.h"

#include "base/fault.h"
#include "lint/counted.h"
#include "match/match.h"
#include "match/measure.h"

#include <errno.h>

#define CHEAP       6      /* steps a byte that raise no suspicion; linear patterns need 1 to 5 */
#define CHEAP_START 200    /* steps, whatever the size */
#define DEAR        64     /* steps a byte, and */
#define DEAR_START  100000 /* steps: no linear pattern needs so many */
#define GROWS                                                                                    \
	28 /* tenths: linear cost doubles from one difference to the next, quadratic is fourfold \
	    */

/* Each repetition adds as many bytes as the piece has, and those cost CHEAP; n repetitions that are
 * tried at n places cost n * n / 2. These are enough to tell the one from the other. */
#define MIN_REPEATS(size) (64 + 16 * (size))
#define MIN_SIZE          512  /* bytes repeated */
#define MAX_SIZE          2048 /* bytes repeated: of long pieces each place tried costs many steps */

struct pump {
	struct matcher *matcher;
	struct match *match;
	char *counted;      /* the pattern, if it could be counted better */
	struct event event; /* with that pattern */
	uint64_t cheap;     /* steps a byte, in tenths */
	bool matched;
	char text[MAX_SIZE + PUMP_ENDS_MAX];
};

static int pump_compile(struct pump *pump, const struct rule *rule, char *pattern)
{
	struct faults faults = { 0 };
	int r;

	pump->event.pattern = pattern;
	r = match_new(rule->file, &pump->event, MATCH_MEASURE, &faults, &pump->match);
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
	r = counted_pattern(event->pattern, &pump->counted);
	if (r == -ENOMEM)
		return r;
	r = pump_compile(pump, rule, pump->counted ?: event->pattern);
	if (r == -EINVAL && pump->counted) /* too large so */
		r = pump_compile(pump, rule, event->pattern);
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
	matcher_free(pump->matcher);
	free(pump->counted);
	free(pump);
	return NULL;
}

static struct span pump_build(struct pump *pump, const struct ruletest *ruletest, size_t n_repeats)
{
	char *out = pump->text;

	if (ruletest->head.size > 0)
		out = mempcpy(out, ruletest->head.data, ruletest->head.size);
	for (size_t i = 0; i < n_repeats; i++)
		out = mempcpy(out, ruletest->piece.data, ruletest->piece.size);
	if (ruletest->tail.size > 0)
		out = mempcpy(out, ruletest->tail.data, ruletest->tail.size);
	return (struct span){ pump->text, (size_t)(out - pump->text) };
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

/* A trial that is dear but linear raises what counts as cheap, so that its like pass quickly. */
static int measure(struct pump *pump, const struct ruletest *ruletest, size_t n, struct growth *ret)
{
	struct growth growth = { .repeats = { n / 4, n / 2, n / 2 * 2 } };
	uint64_t max = 0;
	size_t size = 0;

	for (size_t i = 0; i < 3; i++) {
		struct span text = pump_build(pump, ruletest, growth.repeats[i]);

		size = text.size;
		max = DEAR_START + DEAR * size;
		growth.steps[i] = measure_steps(pump->match, pump->matcher, text, max);
	}
	pump->cheap = MAX(pump->cheap, growth.steps[2] * 13 / size);
	if (growth.steps[2] < max &&
	    growth.steps[2] - MIN(growth.steps[1], growth.steps[2]) <=
		    (growth.steps[1] - MIN(growth.steps[0], growth.steps[1])) * GROWS / 10)
		return 0;
	show(ruletest->piece, growth.piece);
	*ret = growth;
	return 1;
}

int pump_try(struct pump *pump, const struct ruletest *ruletest, struct growth *ret)
{
	size_t size = ruletest->piece.size;
	size_t n = MIN(MAX(MIN_SIZE / size, MIN_REPEATS(size)), MAX_SIZE / size);
	struct span text;
	int r;

	pump->matched = false;
	if (ruletest->head.size + ruletest->tail.size > PUMP_ENDS_MAX)
		return 0;
	text = pump_build(pump, ruletest, n);
	r = match_try(pump->match, pump->matcher, text, false,
		      CHEAP_START + text.size * pump->cheap / 10);
	pump->matched = r > 0;
	if (r != -E2BIG)
		return 0;
	return measure(pump, ruletest, n, ret);
}

bool pump_matched(const struct pump *pump)
{
	return pump->matched;
}

size_t pump_reach(struct pump *pump, struct span text)
{
	return measure_reach(pump->match, pump->matcher, text);
}
