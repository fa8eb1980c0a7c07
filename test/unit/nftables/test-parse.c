#include "nftables/parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "unit.h"

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nftables/elements.h"
#include "nftables/rule.h"
#include "nftables/set.h"
#include "nftmsg-messages.h"
#include "random.h"

static uint64_t seed;

static void results_and_ends(void **state)
{
	static const struct {
		uint16_t type;
		int32_t told;
		int error;
	} cases[] = {
		{ NLMSG_ERROR, 0, 0 },       { NLMSG_ERROR, -EPERM, -EPERM },
		{ NLMSG_ERROR, 5, -EPROTO }, { NLMSG_ERROR, INT32_MIN, -EPROTO },
		{ NLMSG_DONE, 0, 0 },        { NLMSG_DONE, -EINTR, -EINTR },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct {
			struct nlmsghdr header;
			int32_t error;
		} message = { { sizeof(message), cases[i].type, 0, 42, 7 }, cases[i].told };
		struct span datagram = { (const char *)&message, sizeof(message) };
		struct nftmsg_answer answer;

		assert_true(nftmsg_answer_next(&datagram, &answer));
		assert_int_equal(answer.type,
				 cases[i].type == NLMSG_DONE ? ANSWER_DONE : ANSWER_RESULT);
		assert_int_equal(answer.error, cases[i].error);
		assert_int_equal(answer.sequence, 42);
		assert_int_equal(answer.port, 7);
		assert_false(nftmsg_answer_next(&datagram, &answer));
	}
}

static void short_results_make_no_sense(void **state)
{
	struct nlmsghdr message = { sizeof(message), NLMSG_ERROR, 0, 1, 0 };
	struct span datagram = { (const char *)&message, sizeof(message) };
	struct nftmsg_answer answer;

	assert_true(nftmsg_answer_next(&datagram, &answer));
	assert_int_equal(answer.error, -EPROTO);
	message.nlmsg_type = NLMSG_DONE;
	datagram = (struct span){ (const char *)&message, sizeof(message) };
	assert_true(nftmsg_answer_next(&datagram, &answer));
	assert_int_equal(answer.error, 0);
}

static void other_messages_are_passed_over(void **state)
{
	struct nlmsghdr messages[] = {
		{ sizeof(*messages), NLMSG_NOOP, 0, 1, 0 },
		{ sizeof(*messages), NFNL_SUBSYS_CTNETLINK << 8, 0, 2, 0 },
		{ sizeof(*messages), NFNL_SUBSYS_NFTABLES << 8, 0, 3, 0 }, /* too short */
		{ sizeof(*messages), NLMSG_DONE, NLM_F_DUMP_INTR, 4, 0 },
	};
	struct span datagram = { (const char *)messages, sizeof(messages) };
	struct nftmsg_answer answer;

	assert_true(nftmsg_answer_next(&datagram, &answer));
	assert_int_equal(answer.sequence, 4);
	assert_true(answer.interrupted);
	assert_false(nftmsg_answer_next(&datagram, &answer));
}

static void keys_must_fit_the_family(void **state)
{
	struct address address;

	assert_true(nftmsg_key_address((struct span){ "\x7f\0\0\1", 4 }, AF_INET, &address));
	assert_int_equal(address.family, AF_INET);
	assert_false(nftmsg_key_address((struct span){ "\x7f\0\0\1", 4 }, AF_INET6, &address));
	assert_false(nftmsg_key_address((struct span){ 0 }, AF_INET, &address));
	assert_true(
		nftmsg_key_address((struct span){ "0123456789abcdef", 16 }, AF_INET6, &address));
	/* No mapping here: what the kernel holds is told as it is. */
	assert_true(nftmsg_key_address((struct span){ "\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4", 16 },
				       AF_INET6, &address));
	assert_int_equal(address.family, AF_INET6);
}

/* Everything there is to read, of every message. */
static struct nftnl_expr *add_expression(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *expression = nftnl_expr_alloc(name);

	assert_non_null(expression);
	nftnl_rule_add_expr(rule, expression);
	return expression;
}

static void rules_tell_their_set_and_what_they_counted(void **state)
{
	char buffer[1024] __attribute__((aligned(8)));
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct nlmsghdr *header;
	struct nftnl_expr *e;
	struct nftmsg_rule told;

	assert_non_null(rule);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, "banish");
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, "prerouting");
	header = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_NEWRULE, NFPROTO_INET, 0, 1);
	nftnl_rule_nlmsg_build_payload(header, rule);
	assert_true(nftmsg_read_rule(header, &told));
	assert_null(told.set.data);
	assert_int_equal(told.packets, 0);

	nftnl_expr_set_str(add_expression(rule, "lookup"), NFTNL_EXPR_LOOKUP_SET, "__set1");
	nftnl_expr_set_str(add_expression(rule, "lookup"), NFTNL_EXPR_LOOKUP_SET, "dovecot4");
	e = add_expression(rule, "counter");
	nftnl_expr_set_u64(e, NFTNL_EXPR_CTR_PACKETS, 7);
	nftnl_expr_set_u64(e, NFTNL_EXPR_CTR_BYTES, (uint64_t)1 << 40);
	header = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_NEWRULE, NFPROTO_INET, 0, 1);
	nftnl_rule_nlmsg_build_payload(header, rule);
	assert_true(nftmsg_read_rule(header, &told));
	assert_span_equal(told.table, "banish");
	assert_span_equal(told.chain, "prerouting");
	assert_span_equal(told.set, "dovecot4");
	assert_int_equal(told.packets, 7);
	assert_int_equal(told.bytes, (uint64_t)1 << 40);
	nftnl_rule_free(rule);
}

static void read_all(struct span datagram)
{
	struct nftmsg_answer answer;

	while (nftmsg_answer_next(&datagram, &answer)) {
		struct nftmsg_elements elements;
		struct nftmsg_element element;
		struct nftmsg_generation generation;
		struct nftmsg_chain chain;
		struct nftmsg_table table;
		struct nftmsg_rule rule;
		struct nftmsg_set set;
		struct address address;

		if (answer.type != ANSWER_DATA)
			continue;
		(void)nftmsg_read_table(answer.header, &table);
		(void)nftmsg_read_chain(answer.header, &chain);
		(void)nftmsg_read_rule(answer.header, &rule);
		nftmsg_read_generation(answer.header, &generation);
		if (nftmsg_read_set(answer.header, &set))
			assert_true(nft_set_parse_comment(set.comment) <= 128);
		if (!nftmsg_read_elements(answer.header, &elements))
			continue;
		while (nftmsg_element_next(&elements, &element))
			(void)nftmsg_key_address(element.key, AF_INET, &address);
	}
}

static void build(struct nftmsg_batch *batch)
{
	struct nft_change changes[] = {
		{ .jail = "a", .address = { AF_INET, { 1 } }, .remaining = 1, .comment = "one" },
		{ .jail = "a", .address = { AF_INET6, { 2 } }, .remaining = 2, .comment = "two" },
	};
	struct nftmsg_plan plan;

	assert_int_equal(nftmsg_plan_init(&plan, changes, 2), 0);
	assert_int_equal(nftmsg_plan_build(&plan, "banish", 1, 1 << 20, batch), 1);
	nftmsg_plan_done(&plan);
	assert_int_equal(nftmsg_set_add_bans(batch, "banish", "a", AF_INET, 32, 10), 0);
	assert_int_equal(nftmsg_rule_add_ignore(batch, "banish"), 0);
}

/* The copy is exactly as long as what is read, so that a sanitizer sees one byte too many. */
static void cut_messages_are_harmless(void **state)
{
	struct nftmsg_batch batch = { 0 };

	build(&batch);
	for (size_t size = 0; size <= batch.size; size++) {
		char *copy = malloc(size + (size == 0));

		assert_non_null(copy);
		memcpy(copy, batch.data, size);
		read_all((struct span){ copy, size });
		free(copy);
	}
	nftmsg_batch_done(&batch);
}

/* Where the length of a message is odd, libmnl's end of it lies behind the datagram. */
static void an_attribute_behind_the_datagram_is_none(void **state)
{
	const uint16_t size = sizeof(struct nfgenmsg) + NLMSG_HDRLEN + NLA_HDRLEN;
	_Alignas(struct nlmsghdr) char bytes[64] = { 0 };
	struct nlmsghdr *header = mnl_nlmsg_put_header(bytes);
	struct nftmsg_generation generation;
	struct nftmsg_answer answer;

	header->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN;
	mnl_nlmsg_put_extra_header(header, sizeof(struct nfgenmsg));
	mnl_attr_put_strz(header, NFTA_GEN_PROC_NAME, "nft");
	assert_int_equal(header->nlmsg_len, size + 4);
	for (uint16_t cut = 0; cut < 4; cut++) {
		struct span datagram = { bytes, size + 4U - cut };

		header->nlmsg_len = (uint32_t)datagram.size;
		assert_true(nftmsg_answer_next(&datagram, &answer));
		nftmsg_read_generation(answer.header, &generation);
		assert_int_equal(generation.process.size, cut == 0 ? 3 : 0);
	}
}

static void garbled_messages_are_harmless(void **state)
{
	struct nftmsg_batch batch = { 0 };
	uint64_t random = seed;
	char *copy;

	build(&batch);
	copy = malloc(batch.size);
	assert_non_null(copy);
	for (int round = 0; round < 20000; round++) {
		memcpy(copy, batch.data, batch.size);
		for (uint64_t n = 1 + random_below(&random, 8); n > 0; n--)
			copy[random_below(&random, batch.size)] = (char)random_next(&random);
		read_all((struct span){ copy, batch.size });
	}
	free(copy);
	nftmsg_batch_done(&batch);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_and_ends),
		cmocka_unit_test(short_results_make_no_sense),
		cmocka_unit_test(other_messages_are_passed_over),
		cmocka_unit_test(keys_must_fit_the_family),
		cmocka_unit_test(rules_tell_their_set_and_what_they_counted),
		cmocka_unit_test(cut_messages_are_harmless),
		cmocka_unit_test(an_attribute_behind_the_datagram_is_none),
		cmocka_unit_test(garbled_messages_are_harmless),
	};

	seed = random_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
