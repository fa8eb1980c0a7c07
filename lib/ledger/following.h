#ifndef BANISH_LEDGER_FOLLOWING_H
#define BANISH_LEDGER_FOLLOWING_H

/* What followed.h is made of. */

#include "ledger/hearing.h"

#define FOLLOWED_MAX 1024

struct followed {
	char name[MEMBER_NAME_SIZE];
	char *cursor; /* owned; of the last entry that was read; NULL: it is read from `time` on */
	usec_t time;
	bool unsaved;
};

struct following {
	struct followed *members; /* owned */
	size_t n_members;
};

#endif
