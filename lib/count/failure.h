#ifndef BANISH_COUNT_FAILURE_H
#define BANISH_COUNT_FAILURE_H

#include "base/util.h"

#define WINDOW_WEIGHT_MAX ((1U << 24) - 1)
#define WINDOW_MAX_DEPTH  65535 /* failures of one source */
#define WINDOW_MAX_USERS  64
#define USER_NONE         0
#define SECRET_NONE       0
#define SECRET_MASK       (((uint64_t)1 << 48) - 1)

struct failure {
	usec_t time;     /* below 2^56 */
	uint64_t weight; /* at most WINDOW_WEIGHT_MAX */
	/* Kept only in a list that remembers users: who it was about, and with which password, as
	 * hash_identity() says it; USER_NONE, SECRET_NONE: not told. */
	uint64_t user, secret; /* of the secret SECRET_MASK */
};

#endif
