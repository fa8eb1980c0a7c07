#ifndef BANISH_HASH_H
#define BANISH_HASH_H

/*
 * SipHash-2-4: a keyed hash for tables whose keys strangers choose. Without the seed nobody can aim
 * at a bucket. 128 bits stand for the text itself where keeping the text would cost too much.
 */

#include "util.h"

#define HASH_SEED_SIZE 16 /* bytes */

uint64_t hash64(const uint8_t seed[static HASH_SEED_SIZE], const void *data, size_t size);
void hash128(const uint8_t seed[static HASH_SEED_SIZE], const void *data, size_t size,
	     uint64_t ret[static 2]);

#endif
