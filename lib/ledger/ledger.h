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

#include "ledger/ban.h"

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

/* Its bans are not those of all jails: see ledger_next_overall(). -ENOMEM, -E2BIG. */
int ledger_set_apart(struct ledger *ledger, const char *jail) must_check;
/* How long those of all jails are needed, whatever became of them; at first not at all. */
void ledger_set_overall(struct ledger *ledger, usec_t memory);

/* A jail's number, for the calls that are made for every failure. -ENOMEM, -E2BIG. */
int ledger_jail(struct ledger *ledger, const char *name, unsigned *ret) must_check;

/* Adds a ban; texts are copied. id 0: the next free one. -ENOMEM, -E2BIG (jails), -EEXIST (id). */
int ledger_add(struct ledger *ledger, const struct ban *ban, const struct ban **ret) must_check;
/* As the file told it, with its id: not marked for saving, and nothing is let go for it but at the
 * bound. */
int ledger_restore(struct ledger *ledger, const struct ban *ban) must_check;

/* Lets go of all that nobody needs at `now`. */
void ledger_prune(struct ledger *ledger, usec_t now);

/* What becomes of a ban, and of what stands beside the bans; marked for saving (change.c). */

/* An unknown id is fine: it was let go. */
void ledger_place(struct ledger *ledger, uint64_t id);
int ledger_set_until(struct ledger *ledger, uint64_t id, usec_t until) must_check;
/* It ends at `until`, for that reason. */
int ledger_end(struct ledger *ledger, uint64_t id, usec_t until, enum ban_end why) must_check;
int ledger_lift(struct ledger *ledger, uint64_t id, usec_t now,
		const struct position *after) must_check;
/* It counts no longer as a failure of the jail recidive. */
int ledger_spend(struct ledger *ledger, uint64_t id) must_check;
/* Why a manual ban is; the text is copied. */
int ledger_set_reason(struct ledger *ledger, uint64_t id, const char *reason) must_check;
/* Moves a ban under another prefix (of its address); not saved: the policy says it anew at each
 * start, from the prefix that was given. -ENOMEM. */
int ledger_set_prefix(struct ledger *ledger, uint64_t id, const struct prefix *prefix) must_check;

void ledger_set_met(struct ledger *ledger, uint64_t id, bool met);
void ledger_set_lift_met(struct ledger *ledger, uint64_t id, bool met);

/* How far the journal is consumed; the cursor is copied. */
int ledger_set_position(struct ledger *ledger, const struct position *position) must_check;

/* Which of the kernel's tables the placed bans are in, by a mark of the caller's; copied. "": not
 * known. With another table no set is filled. */
int ledger_set_table(struct ledger *ledger, const char *mark) must_check;
/* The kernel has acknowledged that all running bans are in this set of that table, which has this
 * handle: what is absent from it later was taken out. Handle 0: not so any more. The name is
 * copied. -ENOMEM, -E2BIG: too long a name, or too many. */
int ledger_set_filled(struct ledger *ledger, const char *set, uint64_t handle) must_check;

/* Which bans were told, each when it began, and when banish ended it. What is not saved as told is
 * told again after a crash. Bans are told in the order of their numbers. */
void ledger_told(struct ledger *ledger, uint64_t id);
void ledger_told_end(struct ledger *ledger, uint64_t id);
/* As the file told it: up to this number, and all that ended so far. */
void ledger_set_told(struct ledger *ledger, uint64_t id);

bool ledger_table_is_unsaved(const struct ledger *ledger); /* nor its filled sets */
/* All of it lies on the disk. */
void ledger_saved(struct ledger *ledger);

/* What is asked of the ledger (query.c). `jail`: a number of ledger_jail(), which may bear
 * LEDGER_NETWORKS.
 */

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

/* Bans of one prefix in all jails that do not stand apart; start with NULL. */
const struct ban *ledger_next_overall(const struct ledger *ledger, const struct prefix *prefix,
				      const struct ban *ban);

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
