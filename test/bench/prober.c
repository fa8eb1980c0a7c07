/*
 * How long it takes from a line in the log to the element in the kernel. Runs as dovecot.service:
 * writes failures of new addresses to its standard output at random times, hears of new elements of
 * any table and set (but those of lists, a million at once) from the kernel, and writes each one's
 *delay in milliseconds to a file.
 *
 *	bench-prober FILE COUNT GAP NETWORK
 *
 * SIGTERM ends the writing, not the waiting for what was written.
 *
 * GAP: milliseconds between two lines, on average (0: all at once). NETWORK: the first two bytes of
 * the addresses, as 11.1
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/set.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_COUNT 65536
#define PATIENCE  30.0 /* seconds after the last line or answer */

struct probe {
	uint32_t network; /* host order */
	unsigned count, n_written, n_seen;
	double written[MAX_COUNT], seen[MAX_COUNT]; /* seconds; 0: not yet */
};

static struct probe probe;
static volatile sig_atomic_t ended;

static void fail(const char *what)
{
	fprintf(stderr, "bench-prober: %s failed: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int take_element(struct nftnl_set_elem *element, void *userdata)
{
	uint32_t size, number;
	const uint32_t *key = nftnl_set_elem_get(element, NFTNL_SET_ELEM_KEY, &size);

	if (!key || size != sizeof(*key) || (ntohl(*key) & 0xffff0000U) != probe.network)
		return 0;
	number = ntohl(*key) & 0xffff;
	if (number < probe.n_written && probe.seen[number] <= 0) {
		probe.seen[number] = *(double *)userdata;
		probe.n_seen++;
	}
	return 0;
}

static int take_message(const struct nlmsghdr *header, void *userdata)
{
	struct nftnl_set *set;

	if ((header->nlmsg_type & 0xff) != NFT_MSG_NEWSETELEM)
		return MNL_CB_OK;
	set = nftnl_set_alloc();
	if (set && nftnl_set_elems_nlmsg_parse(header, set) >= 0)
		nftnl_set_elem_foreach(set, take_element, userdata);
	if (set)
		nftnl_set_free(set);
	return MNL_CB_OK;
}

static void hear(struct mnl_socket *socket)
{
	static char buffer[256 * 1024];
	double time = now();
	ssize_t size = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));

	if (size < 0)
		fail("hearing from the kernel");
	(void)mnl_cb_run(buffer, (size_t)size, 0, 0, take_message, &time);
}

static void write_line(unsigned number)
{
	uint32_t address = probe.network | number;

	probe.written[number] = now();
	printf("imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): "
	       "user=<guess%u@example.org>, method=PLAIN, rip=%u.%u.%u.%u, lip=198.51.100.1, "
	       "TLS: Connection closed, session=<bench%u>\n",
	       number % 97, address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255,
	       address);
	if (fflush(stdout) < 0)
		fail("writing a line");
	probe.n_written++;
}

/* Drops messages about the table "banish" and a set that begins with "list": in each the names come
 * first, at these places. */
static void leave_lists_out(struct mnl_socket *socket)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 24), /* "bani" */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x62616e69, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 36),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x6c697374, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_ATTACH_FILTER, &program,
		       sizeof(program)) < 0)
		fail("setting the filter");
}

static struct mnl_socket *listen_to_kernel(void)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
	int group = NFNLGRP_NFTABLES, room = 32 * 1024 * 1024;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) <
		    0 ||
	    mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		fail("listening to the kernel");
	leave_lists_out(socket);
	return socket;
}

static void end(int number)
{
	ended = 1;
}

static void run(struct mnl_socket *socket, double gap)
{
	struct pollfd wait = { .fd = mnl_socket_get_fd(socket), .events = POLLIN };
	double next = now(), last = next;

	while (probe.n_seen < probe.count && now() - last < PATIENCE) {
		double left = probe.n_written < probe.count ? next - now() : PATIENCE;
		struct timespec timeout = { (time_t)left,
					    (long)((left - (double)(time_t)left) * 1e9) };

		if (left > 0 && ppoll(&wait, 1, &timeout, NULL) > 0) {
			hear(socket);
			last = now();
		}
		if (probe.n_written < probe.count && now() >= next) {
			write_line(probe.n_written);
			next += gap * 2 * drand48();
			last = now();
		}
		if (ended && probe.n_written < probe.count)
			probe.count = probe.n_written;
	}
}

int main(int argc, char **argv)
{
	unsigned high, low;
	FILE *file;

	if (argc != 5 || sscanf(argv[4], "%u.%u", &high, &low) != 2)
		return 2;
	probe.count = (unsigned)strtoul(argv[2], NULL, 10);
	probe.network = high << 24 | low << 16;
	if (probe.count > MAX_COUNT)
		return 2;
	file = fopen(argv[1], "w");
	if (!file)
		fail("opening the file");
	srand48(1);
	(void)signal(SIGTERM, end);
	run(listen_to_kernel(), strtod(argv[3], NULL) / 1e3);
	for (unsigned i = 0; i < probe.count; i++)
		if (probe.seen[i] > 0)
			fprintf(file, "%.3f %.3f\n", (probe.seen[i] - probe.written[i]) * 1e3,
				(probe.seen[i] - probe.written[0]) * 1e3);
	return fclose(file) != 0;
}
