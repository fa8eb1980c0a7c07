#include "base/prefixset.h"

#include "unit.h"

static struct prefix parse(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(span_of(text), &prefix), 0);
	return prefix;
}

static void tells_what_is_covered(void **state)
{
	static const char *const members[] = {
		"192.0.2.0/24",     "192.0.2.128/25", "192.0.2.0/24",    "198.51.100.7",
		"203.0.112.128/25", "203.0.112.0/26", "203.0.112.64/26", "198.51.100.4/31",
		"198.51.100.6/32",  "10.0.0.0/8",     "2001:db8:1::/48", "::ffff:203.0.113.0/120"
	};
	static const struct {
		const char *prefix;
		bool covered;
	} cases[] = {
		{ "192.0.2.0", true },
		{ "192.0.2.255", true },
		{ "192.0.3.0", false },
		{ "192.0.1.255", false },
		{ "192.0.2.64/26", true },
		{ "192.0.0.0/16", false },
		{ "198.51.100.7", true },
		{ "198.51.100.8", false },
		{ "198.51.100.6/31", true },
		{ "198.51.100.4/30", true },
		{ "203.0.112.0/24", true },
		{ "203.0.112.0/23", true },
		{ "203.0.112.0/22", false },
		{ "198.51.100.0/29", false },
		{ "10.255.255.255", true },
		{ "11.0.0.0", false },
		{ "2001:db8:1::", true },
		{ "2001:db8:2::", false },
		{ "2001:db8:1:5::/64", true },
		{ "c000:200::", false },
		{ "203.0.113.9", true },
		{ "0.0.0.0", false },
		{ "::", false },
	};
	struct prefixset set = { 0 };
	struct prefix prefix = parse("192.0.2.1");

	assert_false(prefixset_covers(&set, &prefix));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		prefix = parse(members[i]);
		assert_int_equal(prefixset_add(&set, &prefix), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		prefix = parse(cases[i].prefix);
		if (prefixset_covers(&set, &prefix) != cases[i].covered)
			fail_msg("%s", cases[i].prefix);
		if (prefix.length == address_bits(&prefix.address))
			assert_int_equal(prefixset_contains(&set, &prefix.address),
					 cases[i].covered);
	}
	prefixset_done(&set);
}

/* One of them holds it, or both its halves are held. */
static bool covered_slowly(const struct prefix *prefixes, size_t n, const struct prefix *asked)
{
	struct prefix half = { asked->address, (uint8_t)(asked->length + 1) };

	for (size_t i = 0; i < n; i++)
		if (prefix_covers(&prefixes[i], asked))
			return true;
	if (asked->length >= 16 || !covered_slowly(prefixes, n, &half))
		return false;
	half.address.bytes[asked->length / 8] |= (uint8_t)(0x80 >> asked->length % 8);
	return covered_slowly(prefixes, n, &half);
}

static void agrees_with_a_slow_search(void **state)
{
	unsigned seed = 1;

	for (int round = 0; round < 200; round++) {
		struct prefix prefixes[8];
		struct prefixset set = { 0 };

		for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
			struct address address = { .family = AF_INET,
						   .bytes = { rand_r(&seed) % 2,
							      rand_r(&seed) % 4 << 6 } };

			prefixes[i] = address_widen(&address, (unsigned)rand_r(&seed) % 17);
			assert_int_equal(prefixset_add(&set, &prefixes[i]), 0);
		}
		for (int i = 0; i < 20; i++) {
			struct address address = { .family = AF_INET,
						   .bytes = { rand_r(&seed) % 3,
							      rand_r(&seed) % 8 << 5 } };
			struct prefix asked = address_widen(&address, (unsigned)rand_r(&seed) % 20);

			assert_int_equal(prefixset_covers(&set, &asked),
					 covered_slowly(prefixes, ARRAY_SIZE(prefixes), &asked));
		}
		prefixset_done(&set);
	}
}

static void an_interval_is_the_fewest_prefixes(void **state)
{
	static const struct {
		const char *first, *end, *prefixes[5];
	} cases[] = {
		{ "192.0.2.0", "192.0.3.0", { "192.0.2.0/24" } },
		{ "192.0.2.1", "192.0.2.8", { "192.0.2.1", "192.0.2.2/31", "192.0.2.4/30" } },
		{ "192.0.2.7", "192.0.2.7", { NULL } },
		{ "255.255.255.254", NULL, { "255.255.255.254/31" } },
		{ "0.0.0.0", NULL, { "0.0.0.0/0" } },
		{ "127.255.255.255", "128.0.0.1", { "127.255.255.255", "128.0.0.0" } },
		{ "2001:db8::", "2001:db8:0:1::1", { "2001:db8::/64", "2001:db8:0:1::" } },
		{ "ffff::", NULL, { "ffff::/16" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct prefixset set = { 0 };
		struct prefix end = { 0 }, prefix, first = parse(cases[i].first);
		size_t n = 0;

		if (cases[i].end)
			end = parse(cases[i].end);
		assert_int_equal(prefixset_add_interval(&set, &first.address,
							cases[i].end ? &end.address : NULL),
				 0);
		for (; cases[i].prefixes[n]; n++) {
			prefix = parse(cases[i].prefixes[n]);
			assert_true(n < set.n_prefixes);
			assert_true(prefix_equal(&set.prefixes[n], &prefix));
		}
		assert_int_equal(set.n_prefixes, n);
		prefixset_done(&set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_is_covered),
		cmocka_unit_test(agrees_with_a_slow_search),
		cmocka_unit_test(an_interval_is_the_fewest_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
