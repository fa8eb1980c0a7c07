#include "nftables/batch.h"

#include "unit.h"

#include <arpa/inet.h>

#include "nftmsg-messages.h"

static void put(struct nftmsg_batch *batch, uint16_t type, size_t size)
{
	static const char zeros[60000];
	struct nlmsghdr *message = nftmsg_batch_open(batch, type, NLM_F_CREATE, size + 4);

	assert_non_null(message);
	mnl_attr_put(message, 1, size, zeros);
	nftmsg_batch_close(batch, message);
}

static void only_the_last_message_asks_for_an_answer(void **state)
{
	struct nftmsg_batch batch = { 0 };
	struct messages messages;

	assert_int_equal(nftmsg_batch_begin(&batch, 7), 0);
	assert_int_equal(batch.last, 0);
	put(&batch, NFT_MSG_NEWTABLE, 3);
	put(&batch, NFT_MSG_NEWSET, 8);
	put(&batch, NFT_MSG_NEWRULE, 0);
	assert_int_not_equal(batch.last, 0);
	assert_int_equal(nftmsg_batch_end(&batch), 0);

	messages_of(&batch, &messages);
	assert_int_equal(messages.n_items, 3);
	assert_int_equal(message_type(messages.items[0]), NFT_MSG_NEWTABLE);
	assert_int_equal(message_type(messages.items[2]), NFT_MSG_NEWRULE);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(messages.items[i]->nlmsg_flags,
				 NLM_F_REQUEST | NLM_F_CREATE | (i == 2 ? NLM_F_ACK : 0));
	nftmsg_batch_done(&batch);
}

static void grows_and_starts_over(void **state)
{
	struct nftmsg_batch batch = { 0 };
	struct messages messages;

	for (uint32_t round = 1; round < 4; round++) {
		assert_int_equal(nftmsg_batch_begin(&batch, round * 1000), 0);
		for (size_t i = 0; i < 200; i++)
			put(&batch, NFT_MSG_NEWSETELEM, 300 * i);
		assert_int_equal(nftmsg_batch_end(&batch), 0);
		messages_of(&batch, &messages);
		assert_int_equal(messages.n_items, 200);
		assert_int_equal(messages.items[0]->nlmsg_seq, round * 1000 + 1);
	}
	nftmsg_batch_done(&batch);
}

static void holds_for_one_generation_only_if_asked(void **state)
{
	for (uint32_t generation = 0; generation < 2; generation++) {
		struct nftmsg_batch batch = { .generation = 0x01020304 * generation };
		const struct nlmsghdr *begin;
		const struct nlattr *attribute;

		assert_int_equal(nftmsg_batch_begin(&batch, 7), 0);
		begin = (const struct nlmsghdr *)batch.data;
		assert_int_equal(begin->nlmsg_type, NFNL_MSG_BATCH_BEGIN);
		attribute = mnl_nlmsg_get_payload_offset(begin, sizeof(struct nfgenmsg));
		assert_int_equal(mnl_attr_ok(attribute, (int)(begin->nlmsg_len - MNL_NLMSG_HDRLEN -
							      sizeof(struct nfgenmsg))),
				 generation);
		if (generation) {
			assert_int_equal(mnl_attr_get_type(attribute), NFNL_BATCH_GENID);
			assert_int_equal(ntohl(mnl_attr_get_u32(attribute)), 0x01020304);
		}
		nftmsg_batch_done(&batch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_last_message_asks_for_an_answer),
		cmocka_unit_test(grows_and_starts_over),
		cmocka_unit_test(holds_for_one_generation_only_if_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
