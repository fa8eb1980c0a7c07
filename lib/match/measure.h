#ifndef BANISH_MATCH_MEASURE_H
#define BANISH_MATCH_MEASURE_H

/* What a pattern does with a text, beyond whether it matches: how far it comes and what it costs.
 */

#include "base/util.h"
#include "match/match.h"

/* How many bytes of the text could begin a match; 0 for logfmt. For people: costs a few runs. */
size_t measure_reach(const struct match *match, struct matcher *matcher, struct span text);

/* How many steps (calls of PCRE2's inner matching function) the interpreter needs to answer for
 * this text, to the nearest 1 %; `max` if it needs that many or more. The match is made with
 * MATCH_MEASURE. */
uint64_t measure_steps(const struct match *match, struct matcher *matcher, struct span text,
		       uint64_t max);

#endif
