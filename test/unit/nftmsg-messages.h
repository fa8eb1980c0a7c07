#ifndef BANISH_TEST_NFTMSG_MESSAGES_H
#define BANISH_TEST_NFTMSG_MESSAGES_H

/* The messages of a batch, taken apart again. Include after unit.h. */

#include <netinet/in.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nftables/batch.h"
#include "nftables/parse.h"

#define MAX_MESSAGES 4096

struct messages {
	const struct nlmsghdr *items[MAX_MESSAGES];
	size_t n_items;
};

/* Without begin and end, which are checked here, as are the sequence numbers. */
static inline void messages_of(const struct nftmsg_batch *batch, struct messages *ret)
{
	const struct nlmsghdr *header = (const void *)batch->data;
	int left = (int)batch->size;
	uint32_t sequence = batch->first;

	ret->n_items = 0;
	assert_true(mnl_nlmsg_ok(header, left));
	assert_int_equal(header->nlmsg_type, NFNL_MSG_BATCH_BEGIN);
	for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
		assert_int_equal(header->nlmsg_seq, sequence++);
		if (header->nlmsg_type == NFNL_MSG_BATCH_BEGIN)
			continue;
		if (header->nlmsg_type == NFNL_MSG_BATCH_END)
			break;
		assert_true(ret->n_items < MAX_MESSAGES);
		ret->items[ret->n_items++] = header;
	}
	assert_int_equal(header->nlmsg_type, NFNL_MSG_BATCH_END);
	assert_int_equal(left, header->nlmsg_len);
	assert_int_equal(batch->sequence, sequence);
}

static inline unsigned message_type(const struct nlmsghdr *header)
{
	assert_int_equal(NFNL_SUBSYS_ID(header->nlmsg_type), NFNL_SUBSYS_NFTABLES);
	return NFNL_MSG_TYPE(header->nlmsg_type);
}

static inline void assert_span_equal(struct span span, const char *text)
{
	assert_non_null(span.data);
	assert_int_equal(span.size, strlen(text));
	assert_memory_equal(span.data, text, span.size);
}

#endif
