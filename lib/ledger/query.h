#ifndef BANISH_LEDGER_QUERY_H
#define BANISH_LEDGER_QUERY_H

/* What is asked of the ledger. `jail`: a number of ledger_jail(), which may bear LEDGER_NETWORKS.
 */

#include "ledger/ban.h"

/* The number of the jail of a ban that the ledger holds. */
unsigned ledger_ban_jail(const struct ban *ban);

/* The highest number ever used here; 0: none. */
uint64_t ledger_last_id(const struct ledger *ledger);
const struct ban *ledger_get(const struct ledger *ledger, uint64_t id);
/* A ban of that offender with since <= now < until; NULL: none. */
const struct ban *ledger_banned(const struct ledger *ledger, unsigned jail,
				const struct prefix *prefix, usec_t now);
/* Automatic bans of that offender with since in (now - memory, now]. */
uint32_t ledger_offences(const struct ledger *ledger, unsigned jail, const struct prefix *prefix,
			 usec_t now, usec_t memory);

/* A ban of the ledger that another one of its offender, added later, outdoes while both run: the
 * kernel holds that one. */
bool ledger_is_outdone(const struct ledger *ledger, const struct ban *ban, usec_t now);

/* All bans in the order they were added; start with NULL. Only the last one answered may be changed
 * meanwhile. */
const struct ban *ledger_next(const struct ledger *ledger, const struct ban *ban);
/* Bans of one offender, latest `since` first; start with NULL. */
const struct ban *ledger_next_of(const struct ledger *ledger, unsigned jail,
				 const struct prefix *prefix, const struct ban *ban);

struct position ledger_position(const struct ledger *ledger);         /* borrowed until set again */
const char *ledger_table(const struct ledger *ledger);                /* borrowed until set again */
uint64_t ledger_filled(const struct ledger *ledger, const char *set); /* 0: not known to be */
/* Of a ledger that was read: all that ended (struct ban) and all of these may be untold. */
bool ledger_is_untold(const struct ledger *ledger, const struct ban *ban, usec_t now);

size_t ledger_n_bans(const struct ledger *ledger);
/* At the bound: let go so far; running bans ended so far. */
uint64_t ledger_n_evicted(const struct ledger *ledger);
uint64_t ledger_n_cut(const struct ledger *ledger);
/* How many bans ended and nobody was told. */
size_t ledger_n_ended(const struct ledger *ledger);

#endif
