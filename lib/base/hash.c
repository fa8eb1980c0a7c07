/* SipHash as Aumasson and Bernstein published it: 2 rounds a word, 4 at the end, words
 * little-endian. */

#include "base/hash.h"

#include <endian.h>

/* A value, not an array: four registers. */
struct siphash {
	uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static inline struct siphash rounds(struct siphash s, unsigned n)
{
	while (n-- > 0) {
		s.a += s.b;
		s.c += s.d;
		s.b = rotate(s.b, 13) ^ s.a;
		s.d = rotate(s.d, 16) ^ s.c;
		s.a = rotate(s.a, 32) + s.d;
		s.c += s.b;
		s.d = rotate(s.d, 21) ^ s.a;
		s.b = rotate(s.b, 17) ^ s.c;
		s.c = rotate(s.c, 32);
	}
	return s;
}

static inline uint64_t hash_word(const void *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return le64toh(word);
}

static inline struct siphash absorb(struct siphash s, uint64_t word)
{
	s.d ^= word;
	s = rounds(s, 2);
	s.a ^= word;
	return s;
}

/* The state after all of `data`; `wide` chooses between the two published output sizes. */
static inline struct siphash take_in(const uint8_t *seed, const void *data, size_t size, bool wide)
{
	uint64_t low = hash_word(seed), high = hash_word(seed + 8);
	/* of nothing NULL may be the place */
	const uint8_t *bytes = data ?: (const void *)"", *end = bytes + (size & ~(size_t)7);
	struct siphash s = {
		.a = low ^ 0x736f6d6570736575,
		.b = high ^ 0x646f72616e646f6d ^ (wide ? 0xee : 0),
		.c = low ^ 0x6c7967656e657261,
		.d = high ^ 0x7465646279746573,
	};
	uint64_t last = (uint64_t)size << 56;

	for (; bytes < end; bytes += 8)
		s = absorb(s, hash_word(bytes));
	for (unsigned i = 0; i < (size & 7); i++)
		last |= (uint64_t)bytes[i] << 8 * i;
	s = absorb(s, last);
	s.c ^= wide ? 0xee : 0xff;
	return rounds(s, 4);
}

uint64_t hash64(const uint8_t seed[static HASH_SEED_SIZE], const void *data, size_t size)
{
	struct siphash s = take_in(seed, data, size, false);

	return s.a ^ s.b ^ s.c ^ s.d;
}

uint64_t hash_identity(const void *data, size_t size)
{
	static const uint8_t key[HASH_SEED_SIZE] = { 'b', 'a', 'n', 'i', 's', 'h' };

	return hash64(key, data, size) ?: 1;
}

void hash128(const uint8_t seed[static HASH_SEED_SIZE], const void *data, size_t size,
	     uint64_t ret[static 2])
{
	struct siphash s = take_in(seed, data, size, true);

	ret[0] = s.a ^ s.b ^ s.c ^ s.d;
	s.b ^= 0xdd;
	s = rounds(s, 4);
	ret[1] = s.a ^ s.b ^ s.c ^ s.d;
}
