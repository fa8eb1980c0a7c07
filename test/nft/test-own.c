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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_addresses_are_told_while_others_come_and_go),
	};

	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
