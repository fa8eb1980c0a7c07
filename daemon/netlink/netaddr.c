#include "netlink/netaddr.h"

#include "base/array.h"
#include "nftables/parse.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#define BUFFER_SIZE 32768 /* bytes: dumps come in pages of up to 32 KiB */
#define MAX_TRIES   20    /* for an answer of one moment */
#define MAX_OWN     4096  /* addresses; a router with more has to name them in ignoreip */

struct netaddr {
	struct mnl_socket *commands, *notices;
	unsigned sequence;
};

struct list {
	struct prefix *items;
	size_t n_items;
	int error;
};

struct netaddr *netaddr_free(struct netaddr *netaddr)
{
	if (!netaddr)
		return NULL;
	if (netaddr->commands)
		(void)mnl_socket_close(netaddr->commands); /* read-only use: nothing can be lost */
	if (netaddr->notices)
		(void)mnl_socket_close(netaddr->notices);
	free(netaddr);
	return NULL;
}

static int open_socket(unsigned groups, int flags, struct mnl_socket **ret)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags);

	if (!socket)
		return -errno;
	if (mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0) {
		int r = -errno;

		(void)mnl_socket_close(socket);
		return r;
	}
	*ret = socket;
	return 0;
}

int netaddr_open(struct netaddr **ret)
{
	cleanup(netaddr_freep) struct netaddr *netaddr = calloc(1, sizeof(*netaddr));
	int r;

	if (!netaddr)
		return -ENOMEM;
	r = open_socket(0, 0, &netaddr->commands);
	if (r >= 0)
		r = open_socket(RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
					RTMGRP_IPV6_ROUTE,
				SOCK_NONBLOCK, &netaddr->notices);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(netaddr);
	return 0;
}

static void netaddr_add(struct list *list, uint8_t family, const void *bytes, size_t size)
{
	struct address address = { .family = family };
	char text[ADDRESS_TEXT_MAX];
	size_t wanted = family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;

	if (wanted == 0 || size != wanted || list->n_items >= MAX_OWN)
		return;
	if (!array_grow(list->items, list->n_items)) {
		list->error = -ENOMEM;
		return;
	}
	memcpy(address.bytes, bytes, size);
	/* through the text, since the parser folds IPv4-mapped addresses, wherever they come from
	 */
	if (prefix_parse(span_of(address_format(&address, text)), &list->items[list->n_items]) == 0)
		list->n_items++;
}

/* The one behind `attr`, NULL: the first; NULL: no more. */
static const struct nlattr *attribute_next(const void *attributes, size_t size,
					   const struct nlattr *attr)
{
	attr = attr ? mnl_attr_next(attr) : attributes;
	return mnl_attr_ok(attr, (int)((const char *)attributes + size - (const char *)attr))
		       ? attr
		       : NULL;
}

/* On a point-to-point link IFA_ADDRESS is the peer, IFA_LOCAL is we. */
static void add_address(struct list *list, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(message);
	size_t size = mnl_nlmsg_get_payload_len(message) - sizeof(*head);
	const struct nlattr *attr = NULL, *address = NULL, *local = NULL;

	while ((attr = attribute_next(head + 1, size, attr))) {
		if (mnl_attr_get_type(attr) == IFA_ADDRESS)
			address = attr;
		if (mnl_attr_get_type(attr) == IFA_LOCAL)
			local = attr;
	}
	if (local ?: address)
		netaddr_add(list, head->ifa_family, mnl_attr_get_payload(local ?: address),
			    mnl_attr_get_payload_len(local ?: address));
}

/* Those of a route, or of one of its next hops. */
static void add_gateways(struct list *list, uint8_t family, const void *attributes, size_t size)
{
	const struct nlattr *attr = NULL;

	while ((attr = attribute_next(attributes, size, attr))) {
		struct rtnexthop *hop = mnl_attr_get_payload(attr);
		const struct rtvia *via = mnl_attr_get_payload(attr);
		int left = mnl_attr_get_payload_len(attr);

		switch (mnl_attr_get_type(attr)) {
		case RTA_GATEWAY:
			netaddr_add(list, family, via, (size_t)left);
			break;
		case RTA_VIA: /* one of the other family */
			if ((size_t)left > sizeof(*via))
				netaddr_add(list, (uint8_t)via->rtvia_family, via->rtvia_addr,
					    (size_t)left - sizeof(*via));
			break;
		case RTA_MULTIPATH:
			while (left >= (int)sizeof(*hop) && RTNH_OK(hop, left)) {
				add_gateways(list, family, RTNH_DATA(hop),
					     hop->rtnh_len - sizeof(*hop));
				left -= RTNH_ALIGN(hop->rtnh_len);
				hop = RTNH_NEXT(hop);
			}
			break;
		}
	}
}

/* What changes while the kernel tells it may be told twice or not at all; it says so, and what is
 * left of that answer is read all the same, or it would be taken for the next one's: -EINTR. */
static int dump(struct netaddr *netaddr, uint16_t type, size_t head_size, struct list *list)
{
	char buffer[BUFFER_SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	const struct rtmsg *route;
	bool torn = false;

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message->nlmsg_seq = ++netaddr->sequence;
	(void)mnl_nlmsg_put_extra_header(message, head_size); /* zeros: family AF_UNSPEC */
	if (mnl_socket_sendto(netaddr->commands, message, message->nlmsg_len) < 0)
		return -errno;
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(netaddr->commands, buffer, sizeof(buffer));
		int left = (int)n;

		if (n < 0)
			return -errno;
		for (message = (void *)buffer; left > 0 && nftmsg_is_whole(message, (size_t)left);
		     message = mnl_nlmsg_next(message, &left)) {
			size_t size = mnl_nlmsg_get_payload_len(message);

			if (message->nlmsg_seq != netaddr->sequence)
				continue;
			torn = torn || message->nlmsg_flags & NLM_F_DUMP_INTR;
			if (message->nlmsg_type == NLMSG_ERROR && size >= sizeof(struct nlmsgerr))
				return ((struct nlmsgerr *)mnl_nlmsg_get_payload(message))->error;
			if (message->nlmsg_type == NLMSG_DONE)
				return torn ? -EINTR : list->error;
			if (message->nlmsg_type == RTM_NEWADDR && size >= sizeof(struct ifaddrmsg))
				add_address(list, message);
			/* default routes of any table: a gateway in a policy route is a gateway
			 * too */
			route = mnl_nlmsg_get_payload(message);
			if (message->nlmsg_type == RTM_NEWROUTE && size >= sizeof(*route) &&
			    route->rtm_dst_len == 0)
				add_gateways(list, route->rtm_family, route + 1,
					     size - sizeof(*route));
		}
	}
}

static int netaddr_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct prefix));
}

int netaddr_list(struct netaddr *netaddr, struct prefix **ret, size_t *ret_n)
{
	static const struct {
		uint16_t type;
		size_t head_size;
	} dumps[] = {
		{ RTM_GETADDR, sizeof(struct ifaddrmsg) },
		{ RTM_GETROUTE, sizeof(struct rtmsg) },
	};
	struct list list = { 0 };
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(dumps); i++) {
		size_t n_before = list.n_items;

		r = -EINTR;
		for (unsigned k = 0; k < MAX_TRIES && r == -EINTR; k++) {
			list.n_items = n_before;
			r = dump(netaddr, dumps[i].type, dumps[i].head_size, &list);
		}
	}
	if (r < 0) {
		free(list.items);
		return r;
	}
	if (list.n_items > 0)
		qsort(list.items, list.n_items, sizeof(*list.items), netaddr_compare);
	for (size_t i = 0; i < list.n_items; i++)
		if (i == 0 || !prefix_equal(&list.items[n - 1], &list.items[i]))
			list.items[n++] = list.items[i];
	*ret = list.items;
	*ret_n = n;
	return 0;
}

int netaddr_fd(const struct netaddr *netaddr)
{
	return mnl_socket_get_fd(netaddr->notices);
}

int netaddr_drain(struct netaddr *netaddr)
{
	char buffer[BUFFER_SIZE];
	int answer = 0;

	for (;;) {
		ssize_t n = mnl_socket_recvfrom(netaddr->notices, buffer, sizeof(buffer));

		if (n >= 0 || errno == ENOBUFS) /* lost notices: list again all the more */
			answer = 1;
		else
			return errno == EAGAIN ? answer : -errno;
	}
}
