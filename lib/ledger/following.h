#ifndef BANISH_LEDGER_FOLLOWING_H
#define BANISH_LEDGER_FOLLOWING_H

/* What followed.h is made of. */

#include "ledger/hearing.h"

#define FOLLOWED_MAX 1024

struct followed {
	struct member member; /* without a cursor it is read from `time` on; all is taken */
	bool unsaved;
};

struct following {
	struct followed *members; /* owned */
	size_t n_members;
};

#endif
