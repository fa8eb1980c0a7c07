#include "netlink/netaddr.h"

#include "base/array.h"

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

static void add_bytes(struct list *list, uint8_t family, const void *bytes, size_t size)
{
	struct address address = { .family = family };
	char text[ADDRESS_TEXT_MAX];
	if (size != (family == AF_INET    ? 4
		     : family == AF_INET6 ? 16
					  : 0) ||
	    list->n_items >= MAX_OWN)
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

static void netaddr_add(struct list *list, uint8_t family, const struct nlattr *attr)
{
	add_bytes(list, family, mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
}

/* Which address of an interface is ours: on a point-to-point link IFA_ADDRESS is the peer,
 * IFA_LOCAL is we. */
struct interface {
	const struct nlattr *address, *local;
};

static int take_interface(const struct nlattr *attr, void *data)
{
	struct interface *interface = data;

	if (mnl_attr_get_type(attr) == IFA_ADDRESS)
		interface->address = attr;
	if (mnl_attr_get_type(attr) == IFA_LOCAL)
		interface->local = attr;
	return MNL_CB_OK;
}

static void add_address(struct list *list, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(message);
	struct interface interface = { 0 };

	(void)mnl_attr_parse(message, sizeof(*head), take_interface, &interface);
	if (interface.local ?: interface.address)
		netaddr_add(list, head->ifa_family, interface.local ?: interface.address);
}

struct route {
	struct list *list;
	uint8_t family;
};

static void add_nexthops(const struct route *route, const struct nlattr *multipath);

static int take_route(const struct nlattr *attr, void *data)
{
	const struct route *route = data;
	const struct rtvia *via = mnl_attr_get_payload(attr);
	uint16_t size = mnl_attr_get_payload_len(attr);

	switch (mnl_attr_get_type(attr)) {
	case RTA_GATEWAY:
		netaddr_add(route->list, route->family, attr);
		break;
	case RTA_VIA: /* a gateway of the other family */
		if (size > sizeof(*via))
			add_bytes(route->list, (uint8_t)via->rtvia_family, via->rtvia_addr,
				  size - sizeof(*via));
		break;
	case RTA_MULTIPATH:
		add_nexthops(route, attr);
		break;
	}
	return MNL_CB_OK;
}

static void add_nexthops(const struct route *route, const struct nlattr *multipath)
{
	const char *data = mnl_attr_get_payload(multipath);
	size_t left = mnl_attr_get_payload_len(multipath);
	struct rtnexthop hop;

	while (left >= sizeof(hop)) {
		struct route inner = *route;
		size_t step;

		memcpy(&hop, data, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > left)
			return;
		(void)mnl_attr_parse_payload(data + sizeof(hop), hop.rtnh_len - sizeof(hop),
					     take_route, &inner);
		step = MIN(left, (size_t)NLMSG_ALIGN(hop.rtnh_len));
		data += step;
		left -= step;
	}
}

/* Default routes of any table: a gateway in a policy route is a gateway too. */
static void add_route(struct list *list, const struct nlmsghdr *message)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(message);
	struct route route = { list, head->rtm_family };

	if (head->rtm_dst_len == 0)
		(void)mnl_attr_parse(message, sizeof(*head), take_route, &route);
}

static int take_message(const struct nlmsghdr *message, void *data)
{
	if (message->nlmsg_type == RTM_NEWADDR &&
	    mnl_nlmsg_get_payload_len(message) >= sizeof(struct ifaddrmsg))
		add_address(data, message);
	if (message->nlmsg_type == RTM_NEWROUTE &&
	    mnl_nlmsg_get_payload_len(message) >= sizeof(struct rtmsg))
		add_route(data, message);
	return MNL_CB_OK;
}

static bool ends(const char *buffer, size_t size)
{
	const struct nlmsghdr *message = (const void *)buffer;
	int left = (int)size;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
		if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
			return true;
	return false;
}

static int dump(struct netaddr *netaddr, uint16_t type, size_t head_size, struct list *list)
{
	char buffer[BUFFER_SIZE];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	bool torn = false;
	ssize_t n;
	int r;

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message->nlmsg_seq = ++netaddr->sequence;
	(void)mnl_nlmsg_put_extra_header(message, head_size); /* zeros: family AF_UNSPEC */
	if (mnl_socket_sendto(netaddr->commands, message, message->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(netaddr->commands, buffer, sizeof(buffer));
		if (n < 0)
			return -errno;
		r = mnl_cb_run(buffer, (size_t)n, netaddr->sequence,
			       mnl_socket_get_portid(netaddr->commands), take_message, list);
		/* read to the end all the same */
		if (r < 0 && errno == EINTR) {
			torn = true;
			r = ends(buffer, (size_t)n) ? MNL_CB_STOP : MNL_CB_OK;
		} else if (r < 0) {
			return -errno;
		}
	} while (r > MNL_CB_STOP);
	return torn ? -EINTR : list->error;
}

static int netaddr_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct prefix));
}

static void sort_unique(struct list *list)
{
	size_t n = 0;

	if (list->n_items == 0)
		return;
	qsort(list->items, list->n_items, sizeof(*list->items), netaddr_compare);
	for (size_t i = 1; i < list->n_items; i++)
		if (!prefix_equal(&list->items[n], &list->items[i]))
			list->items[++n] = list->items[i];
	list->n_items = n + 1;
}

/* What changes while the kernel tells it may be told twice or not at all; it says so. The rest of
 * that answer waits in the socket then, and would be taken for the next one's. */
static int dump_whole(struct netaddr *netaddr, uint16_t type, size_t head_size, struct list *list)
{
	size_t n_before = list->n_items;
	int r = -EINTR;

	for (unsigned i = 0; i < MAX_TRIES && r == -EINTR; i++) {
		list->n_items = n_before;
		r = dump(netaddr, type, head_size, list);
	}
	return r;
}

int netaddr_list(struct netaddr *netaddr, struct prefix **ret, size_t *ret_n)
{
	struct list list = { 0 };
	int r;

	r = dump_whole(netaddr, RTM_GETADDR, sizeof(struct ifaddrmsg), &list);
	if (r >= 0)
		r = dump_whole(netaddr, RTM_GETROUTE, sizeof(struct rtmsg), &list);
	if (r < 0) {
		free(list.items);
		return r;
	}
	sort_unique(&list);
	*ret = list.items;
	*ret_n = list.n_items;
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
