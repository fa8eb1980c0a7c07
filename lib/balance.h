#ifndef BANISH_BALANCE_H
#define BANISH_BALANCE_H

/*
 * Lines without a session share one nameless session per jail and address: what they tell is set
 * off against what sessions tell, and the reverse, within findtime, oldest first.
 *
 * Most servers name a session in each line. So what sessions tell is only written down one after
 * the other, and put where it can be found by its address when the first nameless line asks.
 */

#include "address.h"
#include "util.h"

#define BALANCE_MAX_NOTES 65536 /* attempts that are only written down: 32 bytes each */

struct balances;

/* Per jail: how long an attempt can be set off (findtime), and how many of an address may wait for
 * it at most (64 in any case); copied. `max_sources` bounds the addresses of all jails together. */
int balances_new(const uint8_t seed[16], const usec_t *lifetimes, const size_t *depths,
		 size_t n_jails, size_t max_sources, struct balances **ret) must_check;
struct balances *balances_free(struct balances *balances);
DEFINE_CLEANUP(struct balances *, balances_free)

/* A line at `now` tells of `attempts`, at most WINDOW_WEIGHT_MAX: takes off those that the other
 * kind of lines told already. -ENOMEM. */
int balances_settle(struct balances *balances, unsigned jail, const struct address *address,
		    bool has_session, usec_t now, uint32_t *attempts) must_check;
/* That will be asked soon. Only saves time; see windows_fetch(). */
void balances_fetch(struct balances *balances, unsigned jail, const struct address *address,
		    bool bucket_is_there);
/* The latest time up to `time` that no set-off reaches over: a warm-up that begins there sets off
 * as it was done the first time. Where attempts come so densely that there is none within the
 * longest lifetime and an hour, `time`. */
usec_t balances_since(struct balances *balances, usec_t time);
/* Once an event, with the latest time seen: constant work. */
void balances_expire(struct balances *balances, usec_t latest);

#endif
