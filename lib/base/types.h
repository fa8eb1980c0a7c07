#ifndef BANISH_BASE_TYPES_H
#define BANISH_BASE_TYPES_H

/* Words of the configuration that other rooms speak too. */

#include "base/util.h"

#define NAME_SIZE 33 /* [a-z][a-z0-9_-]{0,31} and NUL: rules, jails, tables */

/* [a-z][a-z0-9_-]*, of at most `max` bytes: what rules, jails, tables and events are called. */
bool name_is_valid(struct span name, size_t max);

/* Weights are counted in tenths of one failed attempt, so that a probe can weigh less than a
 * password. */
#define WEIGHT_ONE 10
#define WEIGHT_MAX (100 * WEIGHT_ONE) /* of an event */

/* "4.5" or "5", of tenths. Returns `buffer`. */
#define WEIGHT_TEXT_MAX 24 /* bytes */
const char *weight_format(uint64_t tenths, char buffer[static WEIGHT_TEXT_MAX]);

/* A decimal number up to `max`, without sign or leading zero. 0 or -EINVAL. */
int number_parse(struct span text, uint16_t max, uint16_t *ret) must_check;

enum mode { MODE_NORMAL, MODE_AGGRESSIVE };
enum verdict { VERDICT_DROP, VERDICT_REJECT };

/* So many within that time; 0: the key is not in use. */
struct rate {
	uint32_t count;
	usec_t within;
};

#endif
