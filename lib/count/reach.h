#ifndef BANISH_COUNT_REACH_H
#define BANISH_COUNT_REACH_H

/*
 * Banned hosts that go on failing. A few lines after a ban are no wonder: packets on their way,
 * connections that the server tells of only when they time out. Many, long after it, mean that the
 * ban does not keep them out: they come through a port that it does not close, or by a proxy.
 */

#include "base/address.h"

#define REACH_GRACE  (10 * 60 * USEC_PER_SEC) /* longer than servers keep a dead connection */
#define REACH_ENOUGH 10                       /* failures */
#define REACH_WITHIN USEC_PER_HOUR
#define REACH_HOSTS  32 /* so many are told apart */

/* One a jail; zeroed at first. */
struct reach {
	usec_t since; /* the first failure; 0: none of late */
	unsigned n;
	struct prefix hosts[REACH_HOSTS];
	unsigned n_hosts;
	bool said;
};

/* A failure at `time` of a host that is banned since `begun`. True: there are enough within the
 * time to be told of, once. */
bool reach_note(struct reach *reach, const struct prefix *host, usec_t begun, usec_t time);

#endif
