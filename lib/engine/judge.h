#ifndef BANISH_ENGINE_JUDGE_H
#define BANISH_ENGINE_JUDGE_H

#include "engine/state.h"

/* One hit of an entry: its verdict, and the decisions that follow. -ENOMEM, or what the entry says.
 */
int judge_hit(struct engine *engine, const struct entry *entry, const struct hit *hit,
	      usec_t time) must_check;

#endif
