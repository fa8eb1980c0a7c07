#ifndef BANISH_ENGINE_LIFT_H
#define BANISH_ENGINE_LIFT_H

/* Unbans whose position the warm-up has not reached yet: there each empties the window once more.
 */

#include "engine/state.h"

/* The ban was lifted. -ENOMEM. */
int lift_add(struct engine *engine, const struct ban *ban) must_check;
void lift_clear(struct engine *engine);
/* A position is still to be met, so that every entry's time matters. */
bool lift_is_pending(struct engine *engine);
/* Before an entry at that time, and after it: 0, or what the entry says. */
void lift_apply_overdue(struct engine *engine, usec_t time);
int lift_apply_at(struct engine *engine, const struct entry *entry, usec_t time) must_check;
/* The stretch is over. */
void lift_apply_rest(struct engine *engine);

#endif
