/* SipHash as Aumasson and Bernstein published it: 2 rounds a word, 4 at the end, words
 * little-endian. */

#include "hash.h"

#include <endian.h>

static uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void rounds(uint64_t v[static 4], unsigned n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32) + v[3];
		v[2] += v[1];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static uint64_t read_word(const void *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return le64toh(word);
}

static void absorb(uint64_t v[static 4], uint64_t word)
{
	v[3] ^= word;
	rounds(v, 2);
	v[0] ^= word;
}

/* The state after all of `data`; `wide` chooses between the two published output sizes. */
static void take_in(uint64_t v[static 4], const uint8_t *seed, const void *data, size_t size,
		    bool wide)
{
	uint64_t low = read_word(seed), high = read_word(seed + 8);
	const uint8_t *bytes = data;
	uint8_t last[8] = { 0 };
	size_t whole = size & ~(size_t)7;

	v[0] = low ^ 0x736f6d6570736575;
	v[1] = high ^ 0x646f72616e646f6d ^ (wide ? 0xee : 0);
	v[2] = low ^ 0x6c7967656e657261;
	v[3] = high ^ 0x7465646279746573;
	for (size_t i = 0; i < whole; i += 8)
		absorb(v, read_word(bytes + i));
	if (size > whole)
		memcpy(last, bytes + whole, size - whole);
	last[7] = (uint8_t)size;
	absorb(v, read_word(last));
	v[2] ^= wide ? 0xee : 0xff;
	rounds(v, 4);
}

uint64_t hash64(const uint8_t seed[static HASH_SEED_SIZE], const void *data, size_t size)
{
	uint64_t v[4];

	take_in(v, seed, data, size, false);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_identity(const void *data, size_t size)
{
	static const uint8_t key[HASH_SEED_SIZE] = { 'b', 'a', 'n', 'i', 's', 'h' };

	return hash64(key, data, size) ?: 1;
}

void hash128(const uint8_t seed[static HASH_SEED_SIZE], const void *data, size_t size,
	     uint64_t ret[static 2])
{
	uint64_t v[4];

	take_in(v, seed, data, size, true);
	ret[0] = v[0] ^ v[1] ^ v[2] ^ v[3];
	v[1] ^= 0xdd;
	rounds(v, 4);
	ret[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
}
