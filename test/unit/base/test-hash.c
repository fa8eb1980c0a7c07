#include "base/hash.h"

#include "unit.h"

/* The published vectors: key 00..0f, message 00, 01, ... of that length. */
static void agrees_with_published_vectors(void **state)
{
	static const struct {
		size_t size;
		uint64_t narrow;
		uint64_t wide[2];
	} cases[] = {
		{ 0, 0x726fdb47dd0e0e31, { 0xe6a825ba047f81a3, 0x930255c71472f66d } },
		{ 1, 0x74f839c593dc67fd, { 0x44af996bd8c187da, 0x45fc229b11597634 } },
		{ 15, 0xa129ca6149be45e5, { 0x11a8b03399e99354, 0xd9c3cf970fec087e } },
	};
	uint8_t seed[HASH_SEED_SIZE], data[16];
	uint64_t wide[2];

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = data[i] = (uint8_t)i;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(hash64(seed, data, cases[i].size), cases[i].narrow);
		hash128(seed, data, cases[i].size, wide);
		assert_int_equal(wide[0], cases[i].wide[0]);
		assert_int_equal(wide[1], cases[i].wide[1]);
	}
}

/* The state file holds such numbers: the key stays for ever. */
static void an_identity_is_the_same_everywhere(void **state)
{
	assert_true(hash_identity("alice", 5) == 0x5db9116a0705d2e1);
	assert_true(hash_identity("", 0) == 0x4c831c1d7dc0d4e1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_published_vectors),
		cmocka_unit_test(an_identity_is_the_same_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
