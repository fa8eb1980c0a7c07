#include "nftables/rule.h"

#include <stdio.h>

#include "unit.h"

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

#include "nftmsg-messages.h"

#define TEXT_SIZE 400

static void append(char *text, const char *word, const char *more, int number)
{
	size_t used = strlen(text);

	snprintf(text + used, TEXT_SIZE - used, "%s%s%s%s%d; ", word, more[0] ? " " : "", more,
		 more[0] ? "#" : "", number);
}

static int describe(struct nftnl_expr *e, void *text)
{
	const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);
	uint32_t size;

	if (strcmp(name, "meta") == 0)
		append(text, "meta ", "", (int)nftnl_expr_get_u32(e, NFTNL_EXPR_META_KEY));
	else if (strcmp(name, "cmp") == 0)
		append(text, "is ", "",
		       *(const uint8_t *)nftnl_expr_get(e, NFTNL_EXPR_CMP_DATA, &size));
	else if (strcmp(name, "payload") == 0)
		append(text, "at ", "", (int)nftnl_expr_get_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET));
	else if (strcmp(name, "bitwise") == 0)
		append(text, "mask ", "", (int)nftnl_expr_get_u32(e, NFTNL_EXPR_BITWISE_LEN));
	else if (strcmp(name, "lookup") == 0)
		append(text, "in", nftnl_expr_get_str(e, NFTNL_EXPR_LOOKUP_SET),
		       (int)nftnl_expr_get_u32(e, NFTNL_EXPR_LOOKUP_SET_ID));
	else if (strcmp(name, "immediate") == 0)
		append(text, "verdict ", "", (int)nftnl_expr_get_u32(e, NFTNL_EXPR_IMM_VERDICT));
	else if (strcmp(name, "reject") == 0)
		append(text, "reject ", "", (int)nftnl_expr_get_u32(e, NFTNL_EXPR_REJECT_TYPE));
	else
		append(text, name, "", 0);
	return 0;
}

static void assert_rules(const struct nftmsg_batch *batch, const char *const *expected)
{
	struct messages messages;
	size_t n = 0;

	messages_of(batch, &messages);
	for (size_t i = 0; i < messages.n_items; i++) {
		struct nftnl_rule *rule;
		char text[TEXT_SIZE] = "";

		if (message_type(messages.items[i]) != NFT_MSG_NEWRULE)
			continue;
		rule = nftnl_rule_alloc();
		assert_int_equal(nftnl_rule_nlmsg_parse(messages.items[i], rule), 0);
		assert_string_equal(nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN), NFT_CHAIN);
		assert_true(messages.items[i]->nlmsg_flags & NLM_F_APPEND);
		nftnl_expr_foreach(rule, describe, text);
		nftnl_rule_free(rule);
		assert_non_null(expected[n]);
		assert_string_equal(text, expected[n]);
		n++;
	}
	assert_null(expected[n]);
}

/* meta 15: nfproto, 16: l4proto; 2 and 10: IPv4 and IPv6; verdict 5: return, 0: drop. */
static void ignored_hosts_return(void **state)
{
	static const char *const expected[] = {
		"meta 15; is 2; at 12; in ignore4#0; counter0; verdict -5; ",
		"meta 15; is 10; at 8; in ignore6#0; counter0; verdict -5; ",
		NULL,
	};
	struct nftmsg_batch batch = { 0 };

	assert_int_equal(nftmsg_batch_begin(&batch, 1), 0);
	assert_int_equal(nftmsg_rule_add_ignore(&batch, "banish"), 0);
	assert_int_equal(nftmsg_batch_end(&batch), 0);
	assert_rules(&batch, expected);
	nftmsg_batch_done(&batch);
}

static void jails_of_all_kinds(void **state)
{
	static struct port_range ranges[] = { { 22, 22 }, { 5000, 5010 } };
	static const struct {
		struct nft_jail jail;
		uint8_t family;
		const char *expected[3];
	} cases[] = {
		{ { "a", 32, 64, VERDICT_DROP, { .all = true }, 0 },
		  AF_INET,
		  { "meta 15; is 2; at 12; in a4#0; counter0; verdict 0; " } },
		{ { "a", 32, 64, VERDICT_DROP, { .all = true }, 0 },
		  AF_INET6,
		  { "meta 15; is 10; at 8; mask 16; in a6#0; counter0; verdict 0; " } },
		{ { "a", 24, 128, VERDICT_DROP, { .all = true }, 0 },
		  AF_INET,
		  { "meta 15; is 2; at 12; mask 4; in a4#0; counter0; verdict 0; " } },
		{ { "a", 24, 128, VERDICT_DROP, { .all = true }, 0 },
		  AF_INET6,
		  { "meta 15; is 10; at 8; in a6#0; counter0; verdict 0; " } },
		{ { "a", 32, 64, VERDICT_DROP, { ranges, 1, false }, 0 },
		  AF_INET,
		  { "meta 15; is 2; meta 16; in __set%d#1; at 2; is 0; at 12; in a4#0; counter0; "
		    "verdict 0; " } },
		{ { "a", 32, 64, VERDICT_DROP, { ranges, 2, false }, 0 },
		  AF_INET,
		  { "meta 15; is 2; meta 16; in __set%d#1; at 2; in __set%d#2; at 12; in a4#0; "
		    "counter0; verdict 0; " } },
		{ { "a", 32, 64, VERDICT_REJECT, { ranges, 2, false }, 0 },
		  AF_INET,
		  { "meta 15; is 2; meta 16; is 6; at 2; in __set%d#1; at 12; in a4#0; counter0; "
		    "reject 1; ",
		    "meta 15; is 2; meta 16; is 17; at 2; in __set%d#2; at 12; in a4#0; counter0; "
		    "reject 2; " } },
		{ { "a", 32, 64, VERDICT_REJECT, { .all = true }, 0 },
		  AF_INET,
		  { "meta 15; is 2; meta 16; is 6; at 12; in a4#0; counter0; reject 1; ",
		    "meta 15; is 2; at 12; in a4#0; counter0; reject 2; " } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nftmsg_batch batch = { 0 };
		uint32_t set_id = 0;

		assert_int_equal(nftmsg_batch_begin(&batch, 1), 0);
		assert_int_equal(nftmsg_rule_add_jail(&batch, "banish", &cases[i].jail,
						      cases[i].family, &set_id),
				 0);
		assert_int_equal(nftmsg_batch_end(&batch), 0);
		assert_rules(&batch, cases[i].expected);
		nftmsg_batch_done(&batch);
	}
}

/* Whichever of its sets holds the networks; the counter goes on, once. */
static void lists_are_looked_up_whole(void **state)
{
	static struct port_range smtp[] = { { 25, 25 } };
	static const struct {
		struct nft_list list;
		uint8_t family;
		const char *expected[3];
	} cases[] = {
		{ { .name = "list-a", .ports = { .all = true } },
		  AF_INET,
		  { "meta 15; is 2; at 12; in list-a4#0; counter0; verdict 0; " } },
		{ { .name = "list-a", .other = true, .ports = { .all = true } },
		  AF_INET6,
		  { "meta 15; is 10; at 8; in list-a6.b#0; counter0; verdict 0; " } },
		{ { .name = "list-a", .ports = { smtp, 1, false } },
		  AF_INET6,
		  { "meta 15; is 10; meta 16; in __set%d#1; at 2; is 0; at 8; in list-a6#0; "
		    "counter0; verdict 0; " } },
		{ { .name = "list-a", .verdict = VERDICT_REJECT, .ports = { .all = true } },
		  AF_INET,
		  { "meta 15; is 2; meta 16; is 6; at 12; in list-a4#0; counter0; reject 1; ",
		    "meta 15; is 2; at 12; in list-a4#0; counter0; reject 2; " } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nftmsg_batch batch = { 0 };
		struct messages messages;
		uint64_t packets = 0, bytes = 0;
		uint32_t set_id = 0;

		assert_int_equal(nftmsg_batch_begin(&batch, 1), 0);
		assert_int_equal(nftmsg_rule_add_list(&batch, "banish", &cases[i].list,
						      cases[i].family, (struct nft_count){ 7, 420 },
						      &set_id),
				 0);
		assert_int_equal(nftmsg_batch_end(&batch), 0);
		assert_rules(&batch, cases[i].expected);
		messages_of(&batch, &messages);
		for (size_t k = 0; k < messages.n_items; k++) {
			struct nftmsg_rule rule;

			if (message_type(messages.items[k]) != NFT_MSG_NEWRULE)
				continue;
			assert_true(nftmsg_read_rule(messages.items[k], &rule));
			packets += rule.packets;
			bytes += rule.bytes;
		}
		assert_int_equal(packets, 7);
		assert_int_equal(bytes, 420);
		nftmsg_batch_done(&batch);
	}
}

static void masks_have_the_prefix_length(void **state)
{
	for (unsigned bits = 0; bits < 128; bits++) {
		struct nft_jail jail = { "a", 32, bits, VERDICT_DROP, { .all = true }, 0 };
		const struct nftnl_expr *bitwise = NULL;
		struct nftnl_expr_iter *iterator;
		struct nftmsg_batch batch = { 0 };
		struct messages messages;
		struct nftnl_rule *rule;
		struct nftnl_expr *e;
		uint32_t set_id = 0, size;
		const uint8_t *mask;

		assert_int_equal(nftmsg_batch_begin(&batch, 1), 0);
		assert_int_equal(nftmsg_rule_add_jail(&batch, "banish", &jail, AF_INET6, &set_id),
				 0);
		assert_int_equal(nftmsg_batch_end(&batch), 0);
		messages_of(&batch, &messages);
		rule = nftnl_rule_alloc();
		assert_int_equal(nftnl_rule_nlmsg_parse(messages.items[0], rule), 0);
		iterator = nftnl_expr_iter_create(rule);
		while ((e = nftnl_expr_iter_next(iterator)))
			if (strcmp(nftnl_expr_get_str(e, NFTNL_EXPR_NAME), "bitwise") == 0)
				bitwise = e;
		assert_non_null(bitwise);
		mask = nftnl_expr_get(bitwise, NFTNL_EXPR_BITWISE_MASK, &size);
		assert_int_equal(size, 16);
		for (unsigned i = 0; i < 128; i++)
			assert_int_equal(mask[i / 8] >> (7 - i % 8) & 1, i < bits);
		nftnl_expr_iter_destroy(iterator);
		nftnl_rule_free(rule);
		nftmsg_batch_done(&batch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ignored_hosts_return),
		cmocka_unit_test(jails_of_all_kinds),
		cmocka_unit_test(lists_are_looked_up_whole),
		cmocka_unit_test(masks_have_the_prefix_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
