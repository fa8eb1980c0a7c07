#include "fuzz.h"
#include "netlink/netaddr.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>

/* Datagrams, each behind its size in two bytes; the kernel is not asked. */
static const uint8_t *rest, *end;

ssize_t mnl_socket_sendto(const struct mnl_socket *socket, const void *message, size_t size)
{
	(void)socket;
	(void)message;
	return (ssize_t)size;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *socket, void *buffer, size_t room)
{
	size_t size;

	(void)socket;
	if (end - rest < 2) {
		errno = EAGAIN;
		return -1;
	}
	size = MIN((size_t)rest[0] | (size_t)rest[1] << 8, (size_t)(end - rest) - 2);
	size = MIN(size, room);
	memcpy(buffer, rest + 2, size);
	rest += 2 + size;
	return (ssize_t)size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct netaddr *netaddr;
	cleanup(freep) struct prefix *own = NULL;
	size_t n = 0;
	int r;

	if (!netaddr)
		FUZZ_CHECK(netaddr_open(&netaddr) == 0);
	rest = data;
	end = data + size;
	r = netaddr_list(netaddr, &own, &n);
	FUZZ_CHECK(r <= 0);
	for (size_t i = 0; r == 0 && i < n; i++) {
		char text[PREFIX_TEXT_MAX];
		struct prefix prefix;

		FUZZ_CHECK(own[i].length == (own[i].address.family == AF_INET ? 32 : 128));
		FUZZ_CHECK(prefix_parse(span_of(prefix_format(&own[i], text)), &prefix) == 0);
		FUZZ_CHECK(prefix_equal(&prefix, &own[i]));
		FUZZ_CHECK(i == 0 || !prefix_equal(&own[i - 1], &own[i]));
	}
	r = netaddr_drain(netaddr);
	FUZZ_CHECK(r == 0 || r == 1);
	return 0;
}
