#include "nftables/batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#define HEADERS_ROOM 64   /* bytes: netlink and nfnetlink header, and slack */
#define NAMES_ROOM   1024 /* bytes: of a table and what is in it */

static int nft_batch_reserve(struct nftmsg_batch *batch, size_t room)
{
	size_t needed = batch->size + room + HEADERS_ROOM, capacity;
	char *data;

	if (needed <= batch->capacity)
		return 0;
	capacity = MAX(needed, 2 * batch->capacity);
	data = realloc(batch->data, capacity);
	if (!data)
		return -ENOMEM;
	/* libmnl 1.0.4 leaves the padding of attributes as it is */
	memset(data + batch->capacity, 0, capacity - batch->capacity);
	batch->data = data;
	batch->capacity = capacity;
	return 0;
}

int nftmsg_batch_begin(struct nftmsg_batch *batch, uint32_t sequence)
{
	struct nlmsghdr *begin;
	int r;

	batch->size = 0;
	batch->last = 0;
	r = nft_batch_reserve(batch, 0);
	if (r < 0)
		return r;
	batch->first = sequence;
	begin = nftnl_batch_begin(batch->data, sequence);
	if (batch->generation)
		mnl_attr_put_u32(begin, NFNL_BATCH_GENID, htonl(batch->generation));
	batch->size = begin->nlmsg_len;
	batch->sequence = sequence + 1;
	return 0;
}

struct nlmsghdr *nftmsg_batch_open(struct nftmsg_batch *batch, uint16_t type, uint16_t flags,
				   size_t room)
{
	if (nft_batch_reserve(batch, room) < 0)
		return NULL;
	return nftnl_nlmsg_build_hdr(batch->data + batch->size, type, NFPROTO_INET, flags,
				     batch->sequence);
}

void nftmsg_batch_close(struct nftmsg_batch *batch, const struct nlmsghdr *message)
{
	batch->last = batch->size;
	batch->size += MNL_ALIGN(message->nlmsg_len);
	batch->sequence++;
}

int nftmsg_batch_name(struct nftmsg_batch *batch, uint16_t type, const char *table,
		      uint16_t type_of_name, const char *name)
{
	struct nlmsghdr *message = nftmsg_batch_open(batch, type, 0, NAMES_ROOM);

	if (!message)
		return -ENOMEM;
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, table);
	mnl_attr_put_strz(message, type_of_name, name);
	nftmsg_batch_close(batch, message);
	return 0;
}

int nftmsg_batch_end(struct nftmsg_batch *batch)
{
	const struct nlmsghdr *end;
	int r;

	r = nft_batch_reserve(batch, 0);
	if (r < 0)
		return r;
	if (batch->last > 0)
		((struct nlmsghdr *)(batch->data + batch->last))->nlmsg_flags |= NLM_F_ACK;
	end = nftnl_batch_end(batch->data + batch->size, batch->sequence++);
	batch->size += end->nlmsg_len;
	return 0;
}

void nftmsg_batch_done(struct nftmsg_batch *batch)
{
	free(batch->data);
	*batch = (struct nftmsg_batch){ 0 };
}
