#ifndef BANISH_DAEMON_NETLINK_NETADDR_H
#define BANISH_DAEMON_NETLINK_NETADDR_H

/*
 * The machine's own addresses and its default gateways, from rtnetlink: who bans these cuts off
 * everybody. Followed as they change. No inet socket is made.
 */

#include "base/address.h"
#include "base/util.h"

struct netaddr;

int netaddr_open(struct netaddr **ret) must_check;
struct netaddr *netaddr_free(struct netaddr *netaddr);
DEFINE_CLEANUP(struct netaddr *, netaddr_free)

/* All of them now, each with its full length, sorted, each once; the array is the caller's. */
int netaddr_list(struct netaddr *netaddr, struct prefix **ret, size_t *ret_n) must_check;

/* Readable: something changed. netaddr_drain() reads the notices away: 1: list again; 0: nothing
 * for us; negative errno. */
int netaddr_fd(const struct netaddr *netaddr);
int netaddr_drain(struct netaddr *netaddr) must_check;

#endif
