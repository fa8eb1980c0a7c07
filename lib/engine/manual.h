#ifndef BANISH_ENGINE_MANUAL_H
#define BANISH_ENGINE_MANUAL_H

/* Bans and unbans by hand, and bans that end before their time. */

#include "engine/decision.h"

/* From outside (nft, banish ban/unban), at wall time `now`: an element runs until `until`; whether
 * it is in its set still, ledger_place() says. The prefix is that of an offender, of a network
 * (`network`), or any: it then stays as it is, whatever the policy says later. `reason`: its
 * comment, at most LEDGER_MAX_TEXT bytes of UTF-8. */
int engine_ban(struct engine *engine, unsigned jail, const struct prefix *prefix, bool network,
	       usec_t now, usec_t until, const char *reason) must_check;
/* 1: was banned, is no more; its offence is taken back and its window is empty. 0: was not banned.
 * `after`: the last entry that was consumed (before the warm-up is done: the ledger's position). */
int engine_unban(struct engine *engine, unsigned jail, const struct prefix *prefix, bool network,
		 usec_t now, const struct position *after) must_check;

/* Ends the running bans whose jail is gone or whose address is ignored now: DECISION_END for each.
 */
int engine_end_bans(struct engine *engine, usec_t now) must_check;

#endif
