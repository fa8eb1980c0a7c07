/* The machine's own addresses, listed while somebody changes them. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netlink/netaddr.h"
#include "netns.h"

#define N_ADDRESSES 3000 /* enough that the kernel tells them in several pieces */
#define N_LISTS     50

static bool has(const struct prefix *prefixes, size_t n, const struct prefix *wanted)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_equal(&prefixes[i], wanted))
			return true;
	return false;
}

static void own_addresses_are_told_while_others_come_and_go(void **state)
{
	struct prefix wanted = prefix_of("192.0.2.1");
	cleanup(netaddr_freep) struct netaddr *netaddr = NULL;
	pid_t child;

	run("ip link set lo up; for i in $(seq %d); do echo address add "
	    "10.0.$((i / 250)).$((i %% 250 + 1))/32 dev lo; done | ip -batch -",
	    N_ADDRESSES);
	run("ip address add 192.0.2.1/32 dev lo");
	assert_int_equal(netaddr_open(&netaddr), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)setpgid(0, 0); /* the whole pipe is ended at once */
		execl("/bin/sh", "sh", "-c",
		      "while :; do echo address add 192.0.2.9/32 dev lo; "
		      "echo address delete 192.0.2.9/32 dev lo; sleep 0.005; done | ip -batch - 2>/dev/null",
		      NULL);
		_exit(127);
	}
	for (int i = 0; i < N_LISTS; i++) {
		struct prefix *prefixes;
		size_t n;
		int r = netaddr_list(netaddr, &prefixes, &n);

		if (r < 0)
			kill(-child, SIGKILL);
		assert_int_equal(r, 0);
		assert_true(has(prefixes, n, &wanted));
		free(prefixes);
	}
	kill(-child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Of one default route, of several next hops, and of the other family. */
static void gateways_are_told(void **state)
{
	struct prefix wanted[] = {
		prefix_of("198.51.100.1"), prefix_of("198.51.100.2"), prefix_of("198.51.100.3"),
		prefix_of("2001:db8::1"),  prefix_of("198.51.100.9"),
	};
	cleanup(netaddr_freep) struct netaddr *netaddr = NULL;
	struct prefix *prefixes;
	size_t n;

	run("ip link add own0 type veth peer name own1; ip link set own0 up; ip link set own1 up; "
	    "ip address add 198.51.100.10/24 dev own0; ip address add 2001:db8::10/64 dev own0 nodad");
	run("ip route add default via 198.51.100.9; "
	    "ip route add default metric 5 nexthop via 198.51.100.1 dev own0 "
	    "nexthop via 198.51.100.2 dev own0; "
	    "ip route add default metric 6 via inet6 2001:db8::1 dev own0; "
	    "ip route add 203.0.113.0/24 via 198.51.100.4");
	run("ip -6 route add default via 2001:db8::1 dev own0; "
	    "ip route add default table 7 via 198.51.100.3");
	assert_int_equal(netaddr_open(&netaddr), 0);
	assert_int_equal(netaddr_list(netaddr, &prefixes, &n), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_true(has(prefixes, n, &wanted[i]));
	wanted[0] = prefix_of("198.51.100.4"); /* not of a default route */
	assert_false(has(prefixes, n, &wanted[0]));
	free(prefixes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gateways_are_told),
		cmocka_unit_test(own_addresses_are_told_while_others_come_and_go),
	};

	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
