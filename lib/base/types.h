#ifndef BANISH_BASE_TYPES_H
#define BANISH_BASE_TYPES_H

/* Words of the configuration that other rooms speak too. */

#include "base/util.h"

#define NAME_SIZE 33 /* [a-z][a-z0-9_-]{0,31} and NUL: rules, jails, tables */

/* Weights are counted in tenths of one failed attempt, so that a probe can weigh less than a
 * password. */
#define WEIGHT_ONE 10
#define WEIGHT_MAX (100 * WEIGHT_ONE) /* of an event */

enum mode { MODE_NORMAL, MODE_AGGRESSIVE };
enum verdict { VERDICT_DROP, VERDICT_REJECT };

/* So many within that time; 0: the key is not in use. */
struct rate {
	uint32_t count;
	usec_t within;
};

#endif
