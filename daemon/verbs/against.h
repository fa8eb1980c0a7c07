#ifndef BANISH_DAEMON_VERBS_AGAINST_H
#define BANISH_DAEMON_VERBS_AGAINST_H

/* `banish replay --against DIR`: where the bans of two configurations, A and B, differ. */

#include "engine/engine.h"
#include "report/compare.h"

struct against {
	bool json;
	const struct lockout *watches[2]; /* set by the caller, borrowed */
	struct compare compare;
	struct difference *found; /* owned; not printed yet */
	size_t n_found;
	uint64_t bans[2], only[2];
	uint64_t earlier, later, longer, shorter;
	uint64_t differences;
};

void against_init(struct against *against, const uint8_t seed[static HASH_SEED_SIZE]);
void against_done(struct against *against);

/* A ban of one of them, as compare_add() wants them. -ENOMEM. */
int against_add(struct against *against, unsigned side, const struct ban *ban) must_check;
/* All differences that are not printed yet, in the order of their times, and the sums. -ENOMEM. */
int against_print(struct against *against, uint64_t n_entries) must_check;

#endif
