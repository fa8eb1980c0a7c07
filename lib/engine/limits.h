#ifndef BANISH_ENGINE_LIMITS_H
#define BANISH_ENGINE_LIMITS_H

/* Bans that come too fast, and accounts that many try. */

#include "engine/state.h"

/* Before each failure that weighs. -ENOMEM. */
int limits_close_breaker(struct engine *engine, unsigned jail, usec_t time) must_check;
/* What stands in the way of a ban: 1: the jail bans too fast, it is held back; 0: nothing. `anew`:
 * the offender was not over the limit before. -ENOMEM. */
int limits_hold_back(struct engine *engine, unsigned jail, const struct ban *would,
		     bool anew) must_check;
/* After each failure that weighs, whether or not a ban prevents it: is its user under attack?
 * -ENOMEM, or what the entry says. */
int limits_note_target(struct engine *engine, const struct entry *entry,
		       const struct verdict_of_hit *verdict, const struct prefix *offender,
		       usec_t time) must_check;

#endif
