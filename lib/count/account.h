#ifndef BANISH_COUNT_ACCOUNT_H
#define BANISH_COUNT_ACCOUNT_H

/*
 * One account, many sources: who is under attack. Per jail and account the hosts that failed at it
 * of late, each with its latest time, and never more of them than it takes to tell. An account is
 * told of at most once in each stretch of `within`, stretches counted from 1970: so a restart,
 * which reads two of them again, tells the same. A failure ahead of a clock that was set back
 * counts too. The tables are bounded, and the account that was not touched longest goes first.
 */

#include "base/address.h"
#include "base/types.h"
#include "base/util.h"

#define TARGETS_MAX_ACCOUNTS 16384
#define TARGETS_MAX_HOSTS    262144 /* of all accounts: 32 bytes each */

struct accounts;

int accounts_new(const uint8_t seed[16], struct accounts **ret) must_check;
struct accounts *accounts_free(struct accounts *accounts);
DEFINE_CLEANUP(struct accounts *, accounts_free)

/* A failure at `user` from `host`. 1: as many hosts as `rate` says failed there within its time,
 * and this is the first failure in the stretch with which that is so; 0: not so. -ENOMEM. */
int accounts_note(struct accounts *accounts, const struct rate *rate, unsigned jail,
		  struct span user, const struct address *host, usec_t now) must_check;
/* How far before a position a restart has to read for it. */
usec_t accounts_reach(const struct rate *rate);

size_t accounts_n_accounts(const struct accounts *accounts);

#endif
