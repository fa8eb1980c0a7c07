#include "count/network.h"

#include "unit.h"

#include <stdio.h>

static const uint8_t seed[16] = "networks' seed";

static struct prefix prefix(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(span_of(text), &prefix), 0);
	return prefix;
}

static void note(struct network_list *networks, unsigned jail, const char *network,
		 const char *offender, size_t depth)
{
	struct prefix a = prefix(network), b = prefix(offender);

	assert_int_equal(networks_note(networks, jail, &a, &b, depth), 0);
}

static void expect(struct network_list *networks, unsigned jail, const char *network,
		   const char *wanted)
{
	struct prefix a = prefix(network);
	char text[256] = "", one[PREFIX_TEXT_MAX];
	const struct prefix *offenders;
	size_t n;

	offenders = networks_offenders(networks, jail, &a, &n);
	for (size_t i = 0; i < n; i++) {
		strcat(text, i > 0 ? " " : "");
		strcat(text, prefix_format(&offenders[i], one));
	}
	assert_string_equal(text, wanted);
}

static void remembers_each_offender_once_the_latest_last(void **state)
{
	cleanup(networks_freep) struct network_list *networks = NULL;

	assert_int_equal(networks_new(seed, 100, &networks), 0);
	expect(networks, 0, "192.0.2.0/24", "");
	note(networks, 0, "192.0.2.0/24", "192.0.2.1/32", 3);
	note(networks, 0, "192.0.2.0/24", "192.0.2.2/32", 3);
	note(networks, 0, "192.0.2.0/24", "192.0.2.1/32", 3);
	expect(networks, 0, "192.0.2.0/24", "192.0.2.2/32 192.0.2.1/32");
	note(networks, 1, "192.0.2.0/24", "192.0.2.3/32", 3);
	note(networks, 0, "2001:db8::/48", "2001:db8:0:1::/64", 3);
	expect(networks, 1, "192.0.2.0/24", "192.0.2.3/32");
	expect(networks, 0, "192.0.2.0/25", "");
	expect(networks, 0, "2001:db8::/48", "2001:db8:0:1::/64");
	note(networks, 0, "192.0.2.0/24", "192.0.2.4/32", 3);
	note(networks, 0, "192.0.2.0/24", "192.0.2.5/32", 3);
	expect(networks, 0, "192.0.2.0/24", "192.0.2.1/32 192.0.2.4/32 192.0.2.5/32");
}

static void forgets_a_network(void **state)
{
	cleanup(networks_freep) struct network_list *networks = NULL;
	struct prefix network = prefix("192.0.2.0/24");

	assert_int_equal(networks_new(seed, 100, &networks), 0);
	networks_forget(networks, 0, &network);
	note(networks, 0, "192.0.2.0/24", "192.0.2.1/32", 3);
	note(networks, 0, "198.51.100.0/24", "198.51.100.1/32", 3);
	networks_forget(networks, 0, &network);
	expect(networks, 0, "192.0.2.0/24", "");
	expect(networks, 0, "198.51.100.0/24", "198.51.100.1/32");
}

static void lets_quiet_networks_go_at_the_bound(void **state)
{
	cleanup(networks_freep) struct network_list *networks = NULL;

	assert_int_equal(networks_new(seed, 3, &networks), 0);
	note(networks, 0, "10.1.0.0/24", "10.1.0.1/32", 9);
	note(networks, 0, "10.2.0.0/24", "10.2.0.1/32", 9);
	note(networks, 0, "10.1.0.0/24", "10.1.0.2/32", 9);
	note(networks, 0, "10.3.0.0/24", "10.3.0.1/32", 9);
	expect(networks, 0, "10.1.0.0/24", "10.1.0.1/32 10.1.0.2/32");
	expect(networks, 0, "10.2.0.0/24", "");
	expect(networks, 0, "10.3.0.0/24", "10.3.0.1/32");
	/* what alone is more than the bound stays, so that it can be counted */
	for (unsigned i = 2; i < 6; i++) {
		char text[PREFIX_TEXT_MAX];

		snprintf(text, sizeof(text), "10.3.0.%u/32", i);
		note(networks, 0, "10.3.0.0/24", text, 9);
	}
	expect(networks, 0, "10.1.0.0/24", "");
	expect(networks, 0, "10.3.0.0/24",
	       "10.3.0.1/32 10.3.0.2/32 10.3.0.3/32 10.3.0.4/32 10.3.0.5/32");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remembers_each_offender_once_the_latest_last),
		cmocka_unit_test(forgets_a_network),
		cmocka_unit_test(lets_quiet_networks_go_at_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
