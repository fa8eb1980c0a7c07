#ifndef BANISH_RANDOM_H
#define BANISH_RANDOM_H

/* Random tests: every run takes another seed and says it; given as the only argument, it repeats
 * that run. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

static inline uint64_t random_seed(int argc, char *argv[])
{
	uint64_t seed;

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	else if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = 1;
	printf("seed: 0x%016" PRIx64 "\n", seed);
	return seed;
}

/* splitmix64 */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* 0 ... n - 1; the bias does not matter to tests. */
static inline uint64_t random_below(uint64_t *state, uint64_t n)
{
	return random_next(state) % n;
}

#endif
