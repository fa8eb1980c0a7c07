#ifndef BANISH_COUNT_NAMELESS_H
#define BANISH_COUNT_NAMELESS_H

/*
 * Lines without a session tell at once what a session's line may tell minutes later. So per jail,
 * address and thing that is counted they are one session more, and what that one tells and what the
 * sessions with a name together raised are two sums over the same hour of the clock. The larger one
 * counts.
 */

#include "base/address.h"
#include "count/totals.h"

struct nameless;

/* Of one offender at most so many addresses are kept. */
#define NAMELESS_ADDRESSES_MAX 64

/* One line that counts, now. */
struct nameless_line {
	unsigned jail;
	const struct address *address;
	const struct prefix *offender;   /* of the address */
	const struct counting *counting; /* of the jail's rule */
	unsigned event;
	usec_t time;
	bool unordered; /* where lines of a later hour were told before, it is summed with them */
	bool announced; /* without a session: it told that there were `attempts` in all */
	uint64_t attempts;
};

/* `max`: addresses of all jails together; what is oldest goes first. */
int nameless_new(const uint8_t seed[16], size_t max, struct nameless **ret) must_check;
struct nameless *nameless_free(struct nameless *nameless);
DEFINE_CLEANUP(struct nameless *, nameless_free)

/* A line whose session's count rose by `raise`, or (NULL) one without a session; `ret`: by how much
 * the larger sum rose. -ENOMEM. */
int nameless_tell(struct nameless *nameless, const struct nameless_line *line,
		  const struct raise *raise, uint32_t *ret) must_check;
/* That will be asked soon. Only saves time; see windows_prefetch(). */
void nameless_prefetch(const struct nameless *nameless, unsigned jail,
		       const struct prefix *offender, bool bucket_is_there);

/* Both sums of all addresses of an offender begin anew; the same for a network of offenders. */
void nameless_forget(struct nameless *nameless, unsigned jail, const struct prefix *offender);
void nameless_forget_network(struct nameless *nameless, unsigned jail,
			     const struct prefix *network);

/* Once an event, with the latest time seen: constant work. */
void nameless_expire(struct nameless *nameless, usec_t latest);
uint64_t nameless_n_evicted(const struct nameless *nameless);

#endif
