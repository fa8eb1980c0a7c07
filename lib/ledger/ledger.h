#ifndef BANISH_LEDGER_H
#define BANISH_LEDGER_H

/*
 * What the journal cannot tell again: the bans, who made them and how they ended. In memory here;
 * encode.h has the lines that make it durable. A ban is *decided* when the ledger holds it and
 * *placed* once the kernel has acknowledged it. Ended bans stay as offences (memory) and as long as
 * a warm-up can reach them; what nobody needs is let go a few at a time. At the bound the oldest
 * that are over go first; then running bans end (END_EVICTED), those that end soonest first, and
 * those by hand never.
 *
 * Jails are named by text: a ban outlives the jail's place in the configuration, or the jail.
 */

#include "ledger/change.h"
#include "ledger/query.h"

#define LEDGER_MAX_BANS \
	131072 /* default bound: at about 0.4 KiB each the daemon's memory limit holds them */

int ledger_new(const uint8_t seed[16], struct ledger **ret) must_check;
struct ledger *ledger_free(struct ledger *ledger);
DEFINE_CLEANUP(struct ledger *, ledger_free)

/* So many bans will be added; saves time only. */
void ledger_expect(struct ledger *ledger, size_t n_bans);

/* Bounds and horizons; each has a default. `reach`: how far before the position a warm-up begins.
 */
void ledger_set_max_bans(struct ledger *ledger, size_t max_bans);
void ledger_set_reach(struct ledger *ledger, usec_t reach);
/* How long offences count; `jail` NULL: for jails that nobody set. -ENOMEM, -E2BIG: too many jails.
 */
int ledger_set_memory(struct ledger *ledger, const char *jail, usec_t memory) must_check;

/* A jail's number, for the calls that are made for every failure. -ENOMEM, -E2BIG. */
int ledger_jail(struct ledger *ledger, const char *name, unsigned *ret) must_check;

/* Adds a ban; texts are copied. id 0: the next free one. -ENOMEM, -E2BIG (jails), -EEXIST (id). */
int ledger_add(struct ledger *ledger, const struct ban *ban, const struct ban **ret) must_check;
/* As the file told it, with its id: not marked for saving, and nothing is let go for it but at the
 * bound. */
int ledger_restore(struct ledger *ledger, const struct ban *ban) must_check;

/* Lets go of all that nobody needs at `now`. */
void ledger_prune(struct ledger *ledger, usec_t now);

#endif
