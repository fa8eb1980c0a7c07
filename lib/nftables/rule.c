#include "nftables/rule.h"

#include <arpa/inet.h>
#include <errno.h>

#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nftables/set.h"

#define RULE_ROOM 4096 /* bytes; the longest rule needs about 700 */

/* A rule in the making. The first failure is remembered, and what follows it left out. */
struct rule_draft {
	struct nftmsg_batch *batch;
	const char *table;
	uint32_t *set_id; /* counts the anonymous sets */
	struct nftnl_rule *rule;
	int error;
};

struct rule_attribute {
	uint16_t type; /* 0: left out */
	const void *data;
	uint32_t size;
};

static inline void rule_freep(struct nftnl_rule **rule)
{
	if (*rule)
		nftnl_rule_free(*rule);
}

#define NUMBER(x) &(const uint32_t){ (x) }, sizeof(uint32_t)
#define EXPRESS(draft, name, ...)                                                     \
	rule_express((draft), (name), (const struct rule_attribute[]){ __VA_ARGS__ }, \
		     ARRAY_SIZE(((const struct rule_attribute[]){ __VA_ARGS__ })))

static void rule_express(struct rule_draft *draft, const char *name,
			 const struct rule_attribute *attributes, size_t n)
{
	struct nftnl_expr *expression = draft->error < 0 ? NULL : nftnl_expr_alloc(name);

	if (!expression) {
		draft->error = -ENOMEM;
		return;
	}
	nftnl_rule_add_expr(draft->rule, expression);
	for (size_t i = 0; i < n; i++)
		if (attributes[i].type &&
		    nftnl_expr_set(expression, attributes[i].type, attributes[i].data,
				   attributes[i].size) < 0)
			draft->error = -ENOMEM;
}

static void load_meta(struct rule_draft *draft, uint32_t key)
{
	EXPRESS(draft, "meta", { NFTNL_EXPR_META_KEY, NUMBER(key) },
		{ NFTNL_EXPR_META_DREG, NUMBER(NFT_REG_1) });
}

static void load_payload(struct rule_draft *draft, uint32_t base, uint32_t offset, uint32_t size)
{
	EXPRESS(draft, "payload", { NFTNL_EXPR_PAYLOAD_DREG, NUMBER(NFT_REG_1) },
		{ NFTNL_EXPR_PAYLOAD_BASE, NUMBER(base) },
		{ NFTNL_EXPR_PAYLOAD_OFFSET, NUMBER(offset) },
		{ NFTNL_EXPR_PAYLOAD_LEN, NUMBER(size) });
}

static void rule_compare(struct rule_draft *draft, const void *data, uint32_t size)
{
	EXPRESS(draft, "cmp", { NFTNL_EXPR_CMP_SREG, NUMBER(NFT_REG_1) },
		{ NFTNL_EXPR_CMP_OP, NUMBER(NFT_CMP_EQ) }, { NFTNL_EXPR_CMP_DATA, data, size });
}

/* `set_id` 0: a set with a name of its own. */
static void look_up(struct rule_draft *draft, const char *set, uint32_t set_id)
{
	EXPRESS(draft, "lookup", { NFTNL_EXPR_LOOKUP_SREG, NUMBER(NFT_REG_1) },
		{ set_id > 0 ? NFTNL_EXPR_LOOKUP_SET_ID : 0, NUMBER(set_id) },
		{ NFTNL_EXPR_LOOKUP_SET, set, (uint32_t)strlen(set) + 1 });
}

static void decide(struct rule_draft *draft, uint32_t code)
{
	EXPRESS(draft, "immediate", { NFTNL_EXPR_IMM_DREG, NUMBER(NFT_REG_VERDICT) },
		{ NFTNL_EXPR_IMM_VERDICT, NUMBER(code) });
}

static void begin_rule(struct rule_draft *draft, uint8_t family)
{
	uint8_t protocol = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;

	draft->rule = nftnl_rule_alloc();
	draft->error = draft->rule ? 0 : -ENOMEM;
	load_meta(draft, NFT_META_NFPROTO);
	rule_compare(draft, &protocol, sizeof(protocol));
}

static void match_source(struct rule_draft *draft, const char *set, uint8_t family, unsigned prefix)
{
	uint32_t offset = family == AF_INET ? 12 : 8; /* of the source in the header */
	uint32_t size = family == AF_INET ? 4 : 16;
	uint8_t ones[16] = { 0 }, zeros[16] = { 0 };

	load_payload(draft, NFT_PAYLOAD_NETWORK_HEADER, offset, size);
	for (unsigned i = 0; i < MIN(prefix, 8 * size); i++)
		ones[i / 8] |= 0x80 >> i % 8;
	if (prefix < 8 * size)
		EXPRESS(draft, "bitwise", { NFTNL_EXPR_BITWISE_SREG, NUMBER(NFT_REG_1) },
			{ NFTNL_EXPR_BITWISE_DREG, NUMBER(NFT_REG_1) },
			{ NFTNL_EXPR_BITWISE_LEN, NUMBER(size) },
			{ NFTNL_EXPR_BITWISE_MASK, ones, size },
			{ NFTNL_EXPR_BITWISE_XOR, zeros, size });
	look_up(draft, set, 0);
}

/* The transport protocol: one of `protocols`; 0 of them: any. */
static void match_protocol(struct rule_draft *draft, const uint8_t *protocols, size_t n_protocols)
{
	char set[NFTMSG_ANONYMOUS_SIZE];

	if (n_protocols == 0)
		return;
	load_meta(draft, NFT_META_L4PROTO);
	if (n_protocols == 1) {
		rule_compare(draft, protocols, 1);
		return;
	}
	if (draft->error == 0)
		draft->error = nftmsg_set_add_protocols(draft->batch, draft->table, protocols,
							n_protocols, ++*draft->set_id, set);
	if (draft->error == 0)
		look_up(draft, set, *draft->set_id);
}

static void match_ports(struct rule_draft *draft, const struct ports *ports)
{
	char set[NFTMSG_ANONYMOUS_SIZE];
	uint16_t port;

	if (ports->all)
		return;
	load_payload(draft, NFT_PAYLOAD_TRANSPORT_HEADER, 2, sizeof(port));
	if (ports->n_ranges == 1 && ports->ranges[0].first == ports->ranges[0].last) {
		port = htons(ports->ranges[0].first);
		rule_compare(draft, &port, sizeof(port));
		return;
	}
	if (draft->error == 0)
		draft->error = nftmsg_set_add_ports(draft->batch, draft->table, ports,
						    ++*draft->set_id, set);
	if (draft->error == 0)
		look_up(draft, set, *draft->set_id);
}

/* Into the batch, or not if something failed. */
static int end_rule(struct rule_draft *draft)
{
	cleanup(rule_freep) struct nftnl_rule *rule = draft->rule;
	struct nlmsghdr *message;

	if (draft->error < 0)
		return draft->error;
	if (nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, draft->table) < 0 ||
	    nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, NFT_CHAIN) < 0)
		return -ENOMEM;
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	message = nftmsg_batch_open(draft->batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
				    RULE_ROOM);
	if (!message)
		return -ENOMEM;
	nftnl_rule_nlmsg_build_payload(message, rule);
	nftmsg_batch_close(draft->batch, message);
	return 0;
}

int nftmsg_rule_add_ignore(struct nftmsg_batch *batch, const char *table)
{
	struct rule_draft draft = { .batch = batch, .table = table };
	char set[NFT_SET_NAME_SIZE];
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(nft_families); i++) {
		begin_rule(&draft, nft_families[i]);
		match_source(&draft, nft_set_name(NFT_IGNORE, nft_families[i], set),
			     nft_families[i], 128);
		rule_express(&draft, "counter", NULL, 0);
		decide(&draft, (uint32_t)NFT_RETURN);
		r = end_rule(&draft);
	}
	return r;
}

enum end { END_DROP, END_RESET, END_PROHIBITED };

/* What a rule looks for, and what becomes of it. */
struct rule_aim {
	const char *set;
	uint8_t family;
	unsigned prefix;
	const struct ports *ports;
	enum verdict verdict;
	struct nft_count count; /* of the first rule */
};

static int add_rule(struct rule_draft *draft, const struct rule_aim *aim, const uint8_t *protocols,
		    size_t n_protocols, enum end end)
{
	bool counts_on = end != END_PROHIBITED && aim->count.packets > 0;
	uint8_t code = end == END_RESET ? 0 : NFT_REJECT_ICMPX_ADMIN_PROHIBITED;

	begin_rule(draft, aim->family);
	match_protocol(draft, protocols, n_protocols);
	match_ports(draft, aim->ports);
	match_source(draft, aim->set, aim->family, aim->prefix);
	EXPRESS(draft, "counter",
		{ counts_on ? NFTNL_EXPR_CTR_PACKETS : 0, &aim->count.packets, sizeof(uint64_t) },
		{ counts_on ? NFTNL_EXPR_CTR_BYTES : 0, &aim->count.bytes, sizeof(uint64_t) });
	if (end == END_DROP)
		decide(draft, NF_DROP);
	else
		EXPRESS(draft, "reject",
			{ NFTNL_EXPR_REJECT_TYPE,
			  NUMBER(end == END_RESET ? NFT_REJECT_TCP_RST
						  : NFT_REJECT_ICMPX_UNREACH) },
			{ NFTNL_EXPR_REJECT_CODE, &code, sizeof(code) });
	return end_rule(draft);
}

static int rule_add_all(struct rule_draft *draft, const struct rule_aim *aim)
{
	/* Ports stand at the same place in both. A reset answers TCP, anything else leaves clients
	 * waiting. */
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	bool all = aim->ports->all;
	int r;

	switch (aim->verdict) {
	case VERDICT_DROP:
		return add_rule(draft, aim, protocols, all ? 0 : 2, END_DROP);
	case VERDICT_REJECT:
		r = add_rule(draft, aim, protocols, 1, END_RESET);
		if (r < 0)
			return r;
		return add_rule(draft, aim, protocols + 1, all ? 0 : 1, END_PROHIBITED);
	}
	return -EINVAL;
}

int nftmsg_rule_add_jail(struct nftmsg_batch *batch, const char *table, const struct nft_jail *jail,
			 uint8_t family, uint32_t *set_id)
{
	struct rule_draft draft = { .batch = batch, .table = table, .set_id = set_id };
	char set[NFT_SET_NAME_SIZE];
	const struct rule_aim aim = {
		.set = nft_set_name(jail->name, family, set),
		.family = family,
		.prefix = family == AF_INET ? jail->prefix4 : jail->prefix6,
		.ports = &jail->ports,
		.verdict = jail->verdict,
	};

	return rule_add_all(&draft, &aim);
}

int nftmsg_rule_add_list(struct nftmsg_batch *batch, const char *table, const struct nft_list *list,
			 uint8_t family, struct nft_count count, uint32_t *set_id)
{
	struct rule_draft draft = { .batch = batch, .table = table, .set_id = set_id };
	char set[NFT_SET_NAME_SIZE];
	const struct rule_aim aim = {
		.set = nft_list_set_name(list->name, family, list->other, set),
		.family = family,
		.prefix = 128,
		.ports = &list->ports,
		.verdict = list->verdict,
		.count = count,
	};

	return rule_add_all(&draft, &aim);
}
