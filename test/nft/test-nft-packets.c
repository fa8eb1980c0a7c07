/*
 * What the rules do to packets: a second network, joined by a veth pair, holds the clients'
 * addresses; a socket that is made there stays there.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns.h"

#define SERVER4  "192.0.2.1"
#define SERVER6  "2001:db8::1"
#define PATIENCE 300 /* ms; a dropped packet is never answered, a good one in microseconds */

enum result { CONNECTED, REFUSED, SILENT, PROHIBITED };

static int server_network, client_network;

static void enter(int network)
{
	assert_int_equal(setns(network, CLONE_NEWNET), 0);
}

static void make_networks(void)
{
	server_network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	client_network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(server_network >= 0 && client_network >= 0);
	run("ip link set lo up");
	run("ip link add client type veth peer name server netns /proc/%d/fd/%d", getpid(),
	    server_network);
	run("ip link set client up");
	for (int i = 2; i < 6; i++)
		run("ip address add 192.0.2.%d/24 dev client", i);
	run("ip -6 address add 2001:db8::2/64 dev client nodad");
	run("ip -6 address add 2001:db8:0:1::2/64 dev client nodad");
	run("ip -6 address add 2001:db8:0:1::3/64 dev client nodad");
	run("ip -6 address add 2001:db8:0:2::2/64 dev client nodad");
	run("ip -6 address add 64:ff9b::c633:6401/96 dev client nodad");
	run("ip -6 address add 64:ff9b::c633:6402/96 dev client nodad");
	run("ip -6 address add 2002:c633:6401:1::1/64 dev client nodad");
	run("ip -6 address add 2002:c633:6401:2::1/64 dev client nodad");
	run("ip -6 address add 2002:c633:6402:1::1/64 dev client nodad");
	enter(server_network);
	run("ip link set server up");
	run("ip address add " SERVER4 "/24 dev server");
	run("ip -6 address add " SERVER6 "/64 dev server nodad");
	run("ip -6 route add 2001:db8::/32 dev server");
	run("ip -6 route add 64:ff9b::/96 dev server");
	run("ip -6 route add 2002::/16 dev server");
}

static socklen_t endpoint(const char *text, uint16_t port, struct sockaddr_storage *ret)
{
	struct address address = address_of(text);

	memset(ret, 0, sizeof(*ret));
	if (address.family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)ret;

		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, address.bytes, 4);
		return sizeof(*in);
	}
	((struct sockaddr_in6 *)ret)->sin6_family = AF_INET6;
	((struct sockaddr_in6 *)ret)->sin6_port = htons(port);
	memcpy(&((struct sockaddr_in6 *)ret)->sin6_addr, address.bytes, 16);
	return sizeof(struct sockaddr_in6);
}

static void listen_at(uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), udp;

	assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(listen(fd, 100), 0);
	udp = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(udp, (struct sockaddr *)&any, sizeof(any)), 0);
}

static enum result judge(int error)
{
	switch (error) {
	case 0:
		return CONNECTED;
	case ECONNREFUSED:
		return REFUSED;
	case EHOSTUNREACH:
	case EACCES:
		return PROHIBITED;
	default:
		fail_msg("unexpected: %s", strerror(error));
		return SILENT;
	}
}

static enum result try(int type, const char *from, const char *to, uint16_t port)
{
	struct sockaddr_storage source, target;
	socklen_t source_size = endpoint(from, 0, &source), size = endpoint(to, port, &target);
	struct pollfd wait = { .events = type == SOCK_STREAM ? POLLOUT : POLLIN };
	int error = 0;
	socklen_t error_size = sizeof(error);

	enter(client_network);
	wait.fd = socket(target.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(wait.fd, (struct sockaddr *)&source, source_size), 0);
	enter(server_network);
	if (connect(wait.fd, (struct sockaddr *)&target, size) < 0)
		assert_int_equal(errno, EINPROGRESS);
	if (type == SOCK_DGRAM)
		assert_int_equal(send(wait.fd, "x", 1, 0), 1);
	if (poll(&wait, 1, PATIENCE) == 0) {
		close(wait.fd);
		return SILENT;
	}
	assert_int_equal(getsockopt(wait.fd, SOL_SOCKET, SO_ERROR, &error, &error_size), 0);
	close(wait.fd);
	return judge(error);
}

static enum result reach(const char *from, uint16_t port)
{
	return try(SOCK_STREAM, from, strchr(from, ':') ? SERVER6 : SERVER4, port);
}

static void install(enum verdict verdict, bool all_ports, const char *ignore)
{
	struct nft_layout layout = netns_layout();
	struct nft_jail jail = layout.jails[0];
	struct prefix prefix = prefix_of(ignore ? ignore : "203.0.113.1");

	jail.verdict = verdict;
	jail.ports.all = all_ports;
	layout.jails = &jail;
	layout.ignore = &prefix;
	layout.n_ignore = 1;
	assert_true(nft_install(nft, &layout, NULL) >= 0);
}

static void ban(const char *address)
{
	struct nft_change change = change_of(NFT_PUT, address, 100, NULL);

	assert_int_equal(nft_apply(nft, &change, 1), 0);
}

static void unban(const char *address)
{
	struct nft_change change = change_of(NFT_DELETE, address, 0, NULL);

	assert_int_equal(nft_apply(nft, &change, 1), 0);
}

static int set_up(void **state)
{
	run("nft flush ruleset");
	assert_int_equal(nft_open("banish", &nft), 0);
	return 0;
}

static int tear_down(void **state)
{
	nft = nft_free(nft);
	return 0;
}

static void a_banned_host_hears_nothing(void **state)
{
	install(VERDICT_DROP, false, NULL);
	assert_int_equal(reach("192.0.2.2", 143), CONNECTED);
	ban("192.0.2.2");
	assert_int_equal(reach("192.0.2.2", 143), SILENT);
	assert_int_equal(reach("192.0.2.2", 993), SILENT);
	assert_int_equal(reach("192.0.2.3", 143), CONNECTED);
	unban("192.0.2.2");
	assert_int_equal(reach("192.0.2.2", 143), CONNECTED);
}

static void a_banned_network_holds_its_neighbours(void **state)
{
	install(VERDICT_DROP, false, NULL);
	assert_int_equal(reach("2001:db8:0:1::2", 143), CONNECTED);
	ban("2001:db8:0:1::");
	assert_int_equal(reach("2001:db8:0:1::2", 143), SILENT);
	assert_int_equal(reach("2001:db8:0:1::3", 143), SILENT);
	assert_int_equal(reach("2001:db8:0:2::2", 143), CONNECTED);
	assert_int_equal(reach("2001:db8::2", 143), CONNECTED);
}

static void other_ports_stay_open(void **state)
{
	install(VERDICT_DROP, false, NULL);
	ban("192.0.2.2");
	ban("2001:db8:0:1::");
	assert_int_equal(reach("192.0.2.2", 22), CONNECTED);
	assert_int_equal(reach("2001:db8:0:1::2", 22), CONNECTED);
	install(VERDICT_DROP, true, NULL);
	assert_int_equal(reach("192.0.2.2", 22), SILENT);
	assert_int_equal(reach("2001:db8:0:1::2", 22), SILENT);
}

static void an_ignored_host_passes_though_its_network_is_banned(void **state)
{
	install(VERDICT_DROP, false, "2001:db8:0:1::3");
	ban("2001:db8:0:1::");
	assert_int_equal(reach("2001:db8:0:1::3", 143), CONNECTED);
	assert_int_equal(reach("2001:db8:0:1::2", 143), SILENT);
	install(VERDICT_DROP, false, "192.0.2.0/30");
	ban("192.0.2.3");
	ban("192.0.2.4");
	assert_int_equal(reach("192.0.2.3", 143), CONNECTED);
	assert_int_equal(reach("192.0.2.4", 143), SILENT);
}

static void put(enum nft_operation operation, const char *jail, const char *address)
{
	struct nft_change change = change_of(operation, address, 100, NULL);

	change.jail = jail;
	assert_int_equal(nft_apply(nft, &change, 1), 0);
}

static void install_lengths(enum verdict verdict)
{
	struct nft_layout layout = netns_layout();
	struct nft_jail jail = layout.jails[0];
	struct prefix prefix = prefix_of("64:ff9b::c633:6402");

	jail.verdict = verdict;
	layout.jails = &jail;
	layout.ignore = &prefix;
	layout.n_ignore = 1;
	assert_true(nft_lengths_add(&layout.lengths, "mail", AF_INET6, 128) > 0);
	assert_true(nft_lengths_add(&layout.lengths, "mail", AF_INET6, 48) > 0);
	assert_true(nft_lengths_add(&layout.lengths, "manual", AF_INET, 30) > 0);
	assert_true(nft_install(nft, &layout, NULL) >= 0);
}

static void a_set_of_a_length_masks_by_it(void **state)
{
	install_lengths(VERDICT_DROP);
	put(NFT_PUT, "mail.128v", "64:ff9b::c633:6401");
	assert_int_equal(reach("64:ff9b::c633:6401", 143), SILENT);
	assert_int_equal(reach("64:ff9b::c633:6401", 22), CONNECTED); /* the jail's ports */
	assert_int_equal(reach("64:ff9b::c633:6402", 143), CONNECTED);
	put(NFT_PUT, "mail.128v", "64:ff9b::c633:6402"); /* ignored */
	assert_int_equal(reach("64:ff9b::c633:6402", 143), CONNECTED);

	put(NFT_PUT, "mail.48v", "2002:c633:6401::");
	assert_int_equal(reach("2002:c633:6401:1::1", 143), SILENT);
	assert_int_equal(reach("2002:c633:6401:2::1", 143), SILENT);
	assert_int_equal(reach("2002:c633:6402:1::1", 143), CONNECTED);

	put(NFT_PUT, "manual.30v", "192.0.2.4");
	assert_int_equal(reach("192.0.2.3", 143), CONNECTED);
	assert_int_equal(reach("192.0.2.4", 143), SILENT);
	assert_int_equal(reach("192.0.2.5", 22), SILENT);

	install_lengths(VERDICT_REJECT); /* they stay, and do as the jail does */
	assert_int_equal(reach("64:ff9b::c633:6401", 143), REFUSED);
	assert_int_equal(reach("2002:c633:6401:2::1", 993), REFUSED);
	put(NFT_DELETE, "mail.48v", "2002:c633:6401::");
	assert_int_equal(reach("2002:c633:6401:2::1", 993), CONNECTED);
}

static void of_the_ignored_only_who_is_forced_is_kept_out(void **state)
{
	install(VERDICT_DROP, false, "192.0.2.0/29");
	ban("192.0.2.2");
	assert_int_equal(reach("192.0.2.2", 143), CONNECTED);
	put(NFT_PUT, NFT_FORCED, "192.0.2.2");
	assert_int_equal(reach("192.0.2.2", 143), SILENT);
	assert_int_equal(reach("192.0.2.2", 22), SILENT);
	assert_int_equal(reach("192.0.2.3", 143), CONNECTED);
	put(NFT_DELETE, NFT_FORCED, "192.0.2.2");
	assert_int_equal(reach("192.0.2.2", 143), CONNECTED);

	install(VERDICT_DROP, false, "2001:db8:0:1::/64");
	put(NFT_PUT, NFT_FORCED, "2001:db8:0:1::2");
	assert_int_equal(reach("2001:db8:0:1::2", 143), SILENT);
	assert_int_equal(reach("2001:db8:0:1::3", 143), CONNECTED);

	install(VERDICT_DROP, false, NULL); /* who is not ignored, too */
	assert_int_equal(reach("2001:db8:0:1::2", 22), SILENT);
	assert_int_equal(reach("2001:db8:0:1::3", 22), CONNECTED);
}

static void a_rejected_host_is_told_at_once(void **state)
{
	install(VERDICT_REJECT, false, NULL);
	ban("192.0.2.2");
	ban("2001:db8:0:1::");
	assert_int_equal(reach("192.0.2.2", 143), REFUSED);
	assert_int_equal(reach("2001:db8:0:1::2", 143), REFUSED);
	assert_int_equal(reach("192.0.2.2", 22), CONNECTED);
	assert_int_equal(try(SOCK_DGRAM, "192.0.2.2", SERVER4, 143), PROHIBITED);
	assert_int_equal(try(SOCK_DGRAM, "2001:db8:0:1::2", SERVER6, 143), PROHIBITED);
	assert_int_equal(try(SOCK_DGRAM, "192.0.2.2", SERVER4, 22), SILENT);
	install(VERDICT_REJECT, true, NULL);
	assert_int_equal(reach("192.0.2.2", 22), REFUSED);
	assert_int_equal(try(SOCK_DGRAM, "192.0.2.2", SERVER4, 22), PROHIBITED);
}

static void an_open_connection_is_cut(void **state)
{
	struct sockaddr_storage source, target;
	socklen_t source_size = endpoint("192.0.2.2", 0, &source);
	socklen_t size = endpoint(SERVER4, 143, &target);
	struct pollfd wait = { .events = POLLIN };

	install(VERDICT_REJECT, false, NULL);
	enter(client_network);
	wait.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	enter(server_network);
	assert_int_equal(bind(wait.fd, (struct sockaddr *)&source, source_size), 0);
	assert_int_equal(connect(wait.fd, (struct sockaddr *)&target, size), 0);
	ban("192.0.2.2");
	assert_int_equal(send(wait.fd, "x", 1, 0), 1);
	assert_int_equal(poll(&wait, 1, PATIENCE), 1);
	assert_int_equal(recv(wait.fd, &(char){ 0 }, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	close(wait.fd);
}

static void ports_are_those_that_arrive(void **state)
{
	install(VERDICT_DROP, false, NULL);
	if (system("nft 'add table inet forward; add chain inet forward in { type nat hook prerouting "
		   "priority dstnat; }; add rule inet forward in tcp dport { 1143, 993 } redirect to "
		   ":22' 2>/dev/null") != 0)
		skip();
	assert_int_equal(reach("192.0.2.2", 1143), CONNECTED);
	assert_int_equal(reach("192.0.2.2", 993), CONNECTED);
	ban("192.0.2.2");
	assert_int_equal(reach("192.0.2.2", 1143), CONNECTED);
	assert_int_equal(reach("192.0.2.2", 993), SILENT);
}

static void what_an_address_looks_like_in_the_other_family_is_another(void **state)
{
	install(VERDICT_DROP, true, NULL);
	/* The first bytes of 2001:db8:... as an IPv4 address. */
	ban("32.1.13.184");
	assert_int_equal(reach("2001:db8:0:1::2", 143), CONNECTED);
}

int main(void)
{
#define OPENED(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		OPENED(a_banned_host_hears_nothing),
		OPENED(a_banned_network_holds_its_neighbours),
		OPENED(other_ports_stay_open),
		OPENED(an_ignored_host_passes_though_its_network_is_banned),
		OPENED(a_set_of_a_length_masks_by_it),
		OPENED(of_the_ignored_only_who_is_forced_is_kept_out),
		OPENED(a_rejected_host_is_told_at_once),
		OPENED(an_open_connection_is_cut),
		OPENED(ports_are_those_that_arrive),
		OPENED(what_an_address_looks_like_in_the_other_family_is_another),
	};

	netns_enter();
	make_networks();
	listen_at(22);
	listen_at(143);
	listen_at(993);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
