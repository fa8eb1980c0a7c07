#ifndef BANISH_MATCH_REQUIRED_H
#define BANISH_MATCH_REQUIRED_H

/*
 * What every text that an event matches must hold: some of these bytes, and some of those. Read off
 * the pattern without knowing all of PCRE2: what is not understood demands nothing. A text that
 * lacks it need not be tried.
 */

#include "base/util.h"
#include "config/rule.h"

/* One of these texts stands somewhere. */
struct any_of {
	struct span *texts;
	size_t n_texts;
	size_t shortest; /* bytes, > 0 */
};

/* Each of the sets holds; none: nothing is known. */
struct required {
	struct any_of *sets;
	size_t n_sets;
	struct required_block *blocks; /* owned; all of the above lies in them */
};

/* 0 or -ENOMEM. */
int required_of_pattern(const char *pattern, struct required *ret) must_check;
int required_of_event(const struct event *event, struct required *ret) must_check;
void required_done(struct required *required);

#endif
