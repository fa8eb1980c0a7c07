#ifndef BANISH_DAEMON_NETLINK_NETADDR_H
#define BANISH_DAEMON_NETLINK_NETADDR_H

/*
 * The machine's own addresses and its default gateways, from rtnetlink: who bans these cuts off
 * everybody. Followed as they change. No inet socket is made.
 */

#include "base/address.h"
#include "base/util.h"

struct own;

int own_open(struct own **ret) must_check;
struct own *own_free(struct own *own);
DEFINE_CLEANUP(struct own *, own_free)

/* All of them now, each with its full length, sorted, each once; the array is the caller's. */
int own_list(struct own *own, struct prefix **ret, size_t *ret_n) must_check;

/* Readable: something changed. own_drain() reads the notices away: 1: list again; 0: nothing for
 * us; negative errno. */
int own_fd(const struct own *own);
int own_drain(struct own *own) must_check;

#endif
