#ifndef BANISH_REPORT_FRONT_H
#define BANISH_REPORT_FRONT_H

/*
 * Is there a proxy or NAT in front of the server? Then one address makes most failures and most
 * logins: attackers behind it are not told from users.
 */

#include "base/address.h"
#include "report/tally.h"

struct front {
	struct tally addresses; /* count: failures; weight: logins */
	uint64_t n_failures, n_logins;
};

void front_init(struct front *front, const uint8_t seed[static HASH_SEED_SIZE]);
void front_done(struct front *front);

/* An attempt from there, and whether it failed. -ENOMEM. */
int front_note(struct front *front, const struct address *address, bool failure) must_check;
/* A sentence about that address, owned. 1; 0: there is none; -ENOMEM. */
int front_explain(const struct front *front, char **ret) must_check;

#endif
