#ifndef BANISH_LINT_PUMP_H
#define BANISH_LINT_PUMP_H

/*
 * A pattern put to a text of which one piece is repeated, twice and four times as often: does its
 * cost grow faster than the text, or come near the match limit? Costs are steps of PCRE2's
 * interpreter, never time.
 */

#include "base/util.h"
#include "config/rule.h"

#define PUMP_PIECE_MAX 64         /* bytes */
#define PUMP_ENDS_MAX  4096       /* bytes of a trial that are not repeated */
#define PUMP_LINE      (64 << 10) /* bytes of the longest line that is reckoned with */

/* As a tail: it fits nowhere, but where anything does. */
#define PUMP_ODD SPAN_LITERAL("\x01")

/* What stands before the piece, and behind its repetitions. */
struct trial {
	struct span head, piece, tail;
};

/* What was found; of `repeats` and `steps` the former grow evenly and the latter do not, or, if
 * `steps_at_most` is not 0, so many steps would a line of PUMP_LINE take. */
struct pumped {
	size_t repeats[3];
	uint64_t steps[3];
	uint64_t steps_at_most;
};

struct pump;

/* The event is borrowed. -EINVAL: no pattern, or one that does not compile; -ENOMEM. */
int pump_new(const struct rule *rule, const struct event *event, struct pump **ret) must_check;
struct pump *pump_free(struct pump *pump);
DEFINE_CLEANUP(struct pump *, pump_free)

/* Whether the piece may stand there, over and over, and more could follow: if not, it costs nothing
 * to repeat it. */
bool pump_takes(struct pump *pump, struct span head, struct span piece);

/* 1: it costs too much, and `ret` shows it; 0: it does not; 2: the text matched, and what would
 * have been tried, had it failed, is not known. The piece has 1 to PUMP_PIECE_MAX bytes. */
int pump_try(struct pump *pump, const struct trial *trial, struct pumped *ret) must_check;

/*
 * The same pattern in a form that hides no cost, with every repeated byte or class as a group:
 * PCRE2 runs over "[^<]*+" in one step, however long it is, but takes a step for each "(?:[^<])".
 * What may come many times, but not without end, is left as it is. 0: owned by the caller;
 * -ENODATA: not understood; -ENOMEM.
 */
int pump_spell_out(const char *pattern, char **ret) must_check;

#endif
