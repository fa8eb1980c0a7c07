#include "nftables/layout.h"

#include <errno.h>

#include "unit.h"

#include <linux/netfilter.h>

#include "nftmsg-messages.h"

static void there_are_few_lengths(void **state)
{
	struct nft_lengths lengths = { 0 };

	for (unsigned i = 0; i < 2 * NFT_MAX_LENGTHS; i++) {
		uint8_t family = i % 2 ? AF_INET : AF_INET6;

		assert_int_equal(nft_lengths_add(&lengths, "a", family, 1 + i / 2), 1);
		assert_int_equal(nft_lengths_add(&lengths, "a", family, 1 + i / 2), 0);
	}
	assert_int_equal(nft_lengths_add(&lengths, "b", AF_INET, 1), -EDQUOT);
	assert_int_equal(nft_lengths_add(&lengths, "b", AF_INET6, 1), -EDQUOT);
	assert_int_equal(nft_lengths_add(&lengths, "a", AF_INET6, 1), 0);
	assert_true(nft_lengths_have(&lengths, "a", AF_INET, 1));
	assert_false(nft_lengths_have(&lengths, "b", AF_INET, 1));
	assert_false(nft_lengths_have(&lengths, "a", AF_INET, NFT_MAX_LENGTHS + 1));
	assert_int_equal(lengths.n_items, 2 * NFT_MAX_LENGTHS);
}

static void one_more_set_comes_with_its_rules_alone(void **state)
{
	static struct port_range range = { 25, 25 };
	struct nft_jail jail = { "mox", 32, 64, VERDICT_REJECT, { &range, 1, false }, 0 };
	struct nft_jail added = nftmsg_length_jail(&jail, AF_INET6, 128);
	struct nftmsg_batch batch = { 0 };
	struct messages messages;
	struct nftmsg_rule rule;
	struct nftmsg_set set;

	assert_string_equal(added.name, "mox.128v");
	assert_int_equal(added.prefix6, 128);
	assert_false(nftmsg_jail_has(&added, AF_INET));
	assert_true(nftmsg_jail_has(&jail, AF_INET));
	assert_int_equal(nftmsg_layout_add("banish", &added, 0, 1, &batch), 0);
	messages_of(&batch, &messages);
	/* the set, a rule for each protocol */
	assert_int_equal(messages.n_items, 3);
	assert_int_equal(message_type(messages.items[0]), NFT_MSG_NEWSET);
	assert_true(nftmsg_read_set(messages.items[0], &set));
	assert_true(span_equal(set.name, SPAN_LITERAL("mox.128v6")));
	assert_int_equal(nft_set_parse_comment(set.comment), 128);
	assert_int_equal(set.size, NFT_SIZE_DEFAULT);
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(message_type(messages.items[i]), NFT_MSG_NEWRULE);
		assert_true(nftmsg_read_rule(messages.items[i], &rule));
		assert_true(span_equal(rule.set, SPAN_LITERAL("mox.128v6")));
	}
	nftmsg_batch_done(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_are_few_lengths),
		cmocka_unit_test(one_more_set_comes_with_its_rules_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
