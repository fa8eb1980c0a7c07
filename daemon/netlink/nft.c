#include "netlink/nft.h"

#include <errno.h>
#include <linux/filter.h>
#include <stddef.h>
#include <sys/socket.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "netlink/nft-socket.h"

int nft_open(const char *table, struct nft **ret)
{
	cleanup(nft_freep) struct nft *nft = calloc(1, sizeof(*nft));
	size_t size = strlen(table);
	socklen_t length = sizeof(int);
	uint32_t generation;
	int r, room;

	if (!nft)
		return -ENOMEM;
	if (size >= sizeof(nft->table))
		return -EINVAL;
	memcpy(nft->table, table, size);
	nft->sequence = 1;
	r = nft_socket_open(&nft->command);
	if (r < 0)
		return r;
	if (getsockopt(mnl_socket_get_fd(nft->command), SOL_SOCKET, SO_SNDBUF, &room, &length) < 0)
		return -errno;
	nft->max_batch = (size_t)room - 1024; /* the kernel keeps some for itself */
	/* The first question tells whether we may ask at all. */
	r = nft_socket_ask_generation(nft, &generation);
	if (r < 0)
		return r == -EINVAL ? -EOPNOTSUPP : r; /* nfnetlink knows no such subsystem */
	*ret = TAKE_PTR(nft);
	return 0;
}

struct nft *nft_free(struct nft *nft)
{
	if (!nft)
		return NULL;
	if (nft->command)
		mnl_socket_close(nft->command);
	if (nft->notices)
		mnl_socket_close(nft->notices);
	nftmsg_batch_done(&nft->batch);
	nftmsg_watch_free(nft->watch);
	nftmsg_state_done(&nft->ours);
	nftmsg_state_done(&nft->made);
	free(nft->empty_sets);
	free(nft);
	return NULL;
}

const char *nft_explain(int error)
{
	switch (-error) {
	case EPERM:
		return "permission denied: run as root or with CAP_NET_ADMIN";
	case EOPNOTSUPP:
		return "this kernel lacks nf_tables or a part of it, load the modules nf_tables and nft_reject_inet";
	case EAFNOSUPPORT:
		return "netlink sockets are not allowed: add AF_NETLINK to RestrictAddressFamilies=";
	case ENOBUFS:
		return "a netlink reply was lost: try again";
	case ENOENT:
		return "no such nftables table or set, start banish.service";
	case EBUSY:
		return "a set or chain of banish is in use by other rules: remove those first";
	case EPROTO:
		return "unexpected netlink reply from the kernel";
	case ENFILE:
		return "the set is full";
	default:
		return strerror(-error);
	}
}

int nft_apply(struct nft *nft, struct nft_change *changes, size_t n_changes)
{
	cleanup(nftmsg_plan_done) struct nftmsg_plan plan = { 0 };
	int r;

	r = nftmsg_plan_init(&plan, changes, n_changes);
	while (r >= 0) {
		nft->batch.generation = nft->generation;
		r = nftmsg_plan_build(&plan, nft->table, nft->sequence, nft->max_batch,
				      &nft->batch);
		if (r <= 0)
			break;
		r = nft_socket_transact(nft, &plan);
		if (r == 0)
			nftmsg_plan_succeeded(&plan);
		if (r == -ERESTART) /* once only: from then on everything is taken */
			r = 0;
	}
	nft_socket_end_batch(nft);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n_changes; i++)
		if (changes[i].error < 0)
			return 1;
	return 0;
}

int nft_prepare(struct nft *nft)
{
	uint32_t port = mnl_socket_get_portid(nft->command);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __builtin_bswap32(port), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };
	int r;

	r = nft_socket_open(&nft->notices);
	if (r < 0)
		return r;
	r = nftmsg_watch_new(nft->table, port, &nft->watch);
	if (r < 0)
		return r;
	/* Our own transactions need not wake us: they are left out by the kernel where the sender's
	 * port stands in the header of each message. Saves time only: the watch knows it too. */
	(void)setsockopt(mnl_socket_get_fd(nft->notices), SOL_SOCKET, SO_ATTACH_FILTER, &program,
			 sizeof(program));
	return nft_socket_ask_generation(nft, &nft->generation);
}

/* Each of our transactions was refused if it did not follow the one before. */
int nft_listen(struct nft *nft)
{
	uint32_t known = nft->generation, generation = 0;
	int group = NFNLGRP_NFTABLES, r;

	nft->generation = 0;
	if (mnl_socket_setsockopt(nft->notices, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return -errno;
	r = nft_socket_ask_generation(nft, &generation);
	if (r < 0)
		return r;
	return known == 0 || generation != known;
}

int nft_fd(const struct nft *nft)
{
	return nft->notices ? mnl_socket_get_fd(nft->notices) : -1;
}

/* An overflow is told before what was queued ahead of it, and the kernel queues nothing more until
 * all of that is read: what is half told then will never be told in full. */
int nft_read_notices(struct nft *nft)
{
	bool lost = false;

	for (;;) {
		ssize_t n = nft_socket_receive(nft, nft->notices);
		int r;

		if (n == -ENOBUFS) {
			lost = true;
			continue;
		}
		if (n < 0)
			return (int)n;
		if (n == 0 && lost)
			nftmsg_watch_lost(nft->watch);
		if (n == 0)
			return 0;
		r = nftmsg_watch_feed(nft->watch, (struct span){ nft->buffer, (size_t)n });
		if (r < 0)
			return r;
	}
}

bool nft_take_notice(struct nft *nft, struct nft_notice *ret)
{
	return nftmsg_watch_take(nft->watch, ret);
}
