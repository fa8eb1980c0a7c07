#ifndef BANISH_BASE_HASH_H
#define BANISH_BASE_HASH_H

/*
 * SipHash-2-4: a keyed hash for tables whose keys strangers choose. Without the seed nobody can aim
 * at a bucket. 128 bits stand for the text itself where keeping the text would cost too much.
 *
 * Where a hash decides who is the same (users, networks of an attack), it has a fixed key, so that
 * every run decides alike. Among n names of one source two are taken for one with probability
 * n^2 / 2^65: at the most that are compared, 64, once in 10^16. Who looks for another name like a
 * given one needs 2^64 tries, and two like each other that he made up are of no use to him.
 */

#include "base/util.h"

#define HASH_SEED_SIZE 16 /* bytes */

uint64_t hash64(const uint8_t seed[static HASH_SEED_SIZE], const void *data, size_t size);
/* Never 0. */
uint64_t hash_identity(const void *data, size_t size);
void hash128(const uint8_t seed[static HASH_SEED_SIZE], const void *data, size_t size,
	     uint64_t ret[static 2]);

#endif
