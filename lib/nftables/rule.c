#include "nftables/rule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nftables/set.h"

#define RULE_ROOM 4096 /* bytes; the longest rule needs about 700 */

static inline void rule_freep(struct nftnl_rule **rule)
{
	if (*rule)
		nftnl_rule_free(*rule);
}

static struct nftnl_expr *nft_rule_add(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *expression = nftnl_expr_alloc(name);

	if (expression)
		nftnl_rule_add_expr(rule, expression);
	return expression;
}

static int load_meta(struct nftnl_rule *rule, uint32_t key)
{
	struct nftnl_expr *e = nft_rule_add(rule, "meta");

	if (!e)
		return -ENOMEM;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
	return 0;
}

static int load_payload(struct nftnl_rule *rule, uint32_t base, uint32_t offset, uint32_t size)
{
	struct nftnl_expr *e = nft_rule_add(rule, "payload");

	if (!e)
		return -ENOMEM;
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, size);
	return 0;
}

static int nft_rule_compare(struct nftnl_rule *rule, const void *data, uint32_t size)
{
	struct nftnl_expr *e = nft_rule_add(rule, "cmp");

	if (!e)
		return -ENOMEM;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	return nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, size) < 0 ? -ENOMEM : 0;
}

/* `set_id` 0: a set with a name of its own. */
static int look_up(struct nftnl_rule *rule, const char *set, uint32_t set_id, bool inverted)
{
	struct nftnl_expr *e = nft_rule_add(rule, "lookup");

	if (!e)
		return -ENOMEM;
	if (inverted)
		nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	if (set_id > 0)
		nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SET_ID, set_id);
	return nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, set) < 0 ? -ENOMEM : 0;
}

static int mask(struct nftnl_rule *rule, unsigned bits, uint32_t size)
{
	uint8_t ones[16] = { 0 }, zeros[16] = { 0 };
	struct nftnl_expr *e;

	if (bits >= 8 * size)
		return 0;
	for (unsigned i = 0; i < bits; i++)
		ones[i / 8] |= 0x80 >> i % 8;
	e = nft_rule_add(rule, "bitwise");
	if (!e)
		return -ENOMEM;
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, size);
	if (nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, ones, size) < 0 ||
	    nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, zeros, size) < 0)
		return -ENOMEM;
	return 0;
}

static int decide(struct nftnl_rule *rule, uint32_t code)
{
	struct nftnl_expr *e = nft_rule_add(rule, "immediate");

	if (!e)
		return -ENOMEM;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, code);
	return 0;
}

static int reject(struct nftnl_rule *rule, bool tcp)
{
	struct nftnl_expr *e = nft_rule_add(rule, "reject");

	if (!e)
		return -ENOMEM;
	nftnl_expr_set_u32(e, NFTNL_EXPR_REJECT_TYPE,
			   tcp ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMPX_UNREACH);
	nftnl_expr_set_u8(e, NFTNL_EXPR_REJECT_CODE, tcp ? 0 : NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
	return 0;
}

static int match_family(struct nftnl_rule *rule, uint8_t family)
{
	uint8_t protocol = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;
	int r;

	r = load_meta(rule, NFT_META_NFPROTO);
	if (r < 0)
		return r;
	return nft_rule_compare(rule, &protocol, sizeof(protocol));
}

static int match_source(struct nftnl_rule *rule, uint8_t family, unsigned prefix, const char *set,
			bool inverted)
{
	uint32_t offset = family == AF_INET ? 12 : 8; /* of the source in the header */
	uint32_t size = family == AF_INET ? 4 : 16;
	int r;

	r = load_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, offset, size);
	if (r < 0)
		return r;
	r = mask(rule, prefix, size);
	if (r < 0)
		return r;
	return look_up(rule, set, 0, inverted);
}

/* The transport protocol: one of `protocols`; 0 of them: any. */
static int match_protocol(struct nftmsg_batch *batch, struct nftnl_rule *rule, const char *table,
			  const uint8_t *protocols, size_t n_protocols, uint32_t *set_id)
{
	char set[NFTMSG_ANONYMOUS_SIZE];
	int r;

	if (n_protocols == 0)
		return 0;
	r = load_meta(rule, NFT_META_L4PROTO);
	if (r < 0)
		return r;
	if (n_protocols == 1)
		return nft_rule_compare(rule, protocols, 1);
	r = nftmsg_set_add_protocols(batch, table, protocols, n_protocols, ++*set_id, set);
	if (r < 0)
		return r;
	return look_up(rule, set, *set_id, false);
}

static int match_ports(struct nftmsg_batch *batch, struct nftnl_rule *rule, const char *table,
		       const struct ports *ports, uint32_t *set_id)
{
	char set[NFTMSG_ANONYMOUS_SIZE];
	uint16_t port;
	int r;

	if (ports->all)
		return 0;
	r = load_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 2, sizeof(port));
	if (r < 0)
		return r;
	if (ports->n_ranges == 1 && ports->ranges[0].first == ports->ranges[0].last) {
		port = htons(ports->ranges[0].first);
		return nft_rule_compare(rule, &port, sizeof(port));
	}
	r = nftmsg_set_add_ports(batch, table, ports, ++*set_id, set);
	if (r < 0)
		return r;
	return look_up(rule, set, *set_id, false);
}

static int nft_rule_put(struct nftmsg_batch *batch, struct nftnl_rule *rule, const char *table)
{
	struct nlmsghdr *message;

	if (nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, table) < 0 ||
	    nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, NFT_CHAIN) < 0)
		return -ENOMEM;
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	message = nftmsg_batch_open(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, RULE_ROOM);
	if (!message)
		return -ENOMEM;
	nftnl_rule_nlmsg_build_payload(message, rule);
	nftmsg_batch_close(batch, message);
	return 0;
}

int nftmsg_rule_add_ignore(struct nftmsg_batch *batch, const char *table)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	char set[NFT_SET_NAME_SIZE];
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		cleanup(rule_freep) struct nftnl_rule *rule = nftnl_rule_alloc();

		if (!rule)
			return -ENOMEM;
		r = match_family(rule, families[i]);
		if (r < 0)
			return r;
		r = match_source(rule, families[i], 128, nft_set_name(NFT_IGNORE, families[i], set),
				 false);
		if (r < 0)
			return r;
		r = match_source(rule, families[i], 128, nft_set_name(NFT_FORCED, families[i], set),
				 true);
		if (r < 0)
			return r;
		if (!nft_rule_add(rule, "counter"))
			return -ENOMEM;
		r = decide(rule, (uint32_t)NFT_RETURN);
		if (r < 0)
			return r;
		r = nft_rule_put(batch, rule, table);
		if (r < 0)
			return r;
	}
	return 0;
}

enum end { END_DROP, END_RESET, END_PROHIBITED };

static int add_rule(struct nftmsg_batch *batch, const char *table, const struct nft_jail *jail,
		    uint8_t family, const uint8_t *protocols, size_t n_protocols, enum end end,
		    uint32_t *set_id)
{
	cleanup(rule_freep) struct nftnl_rule *rule = nftnl_rule_alloc();
	char set[NFT_SET_NAME_SIZE];
	int r;

	if (!rule)
		return -ENOMEM;
	r = match_family(rule, family);
	if (r < 0)
		return r;
	r = match_protocol(batch, rule, table, protocols, n_protocols, set_id);
	if (r < 0)
		return r;
	r = match_ports(batch, rule, table, &jail->ports, set_id);
	if (r < 0)
		return r;
	r = match_source(rule, family, family == AF_INET ? jail->prefix4 : jail->prefix6,
			 nft_set_name(jail->name, family, set), false);
	if (r < 0)
		return r;
	if (!nft_rule_add(rule, "counter"))
		return -ENOMEM;
	r = end == END_DROP ? decide(rule, NF_DROP) : reject(rule, end == END_RESET);
	if (r < 0)
		return r;
	return nft_rule_put(batch, rule, table);
}

int nftmsg_rule_add_jail(struct nftmsg_batch *batch, const char *table, const struct nft_jail *jail,
			 uint8_t family, uint32_t *set_id)
{
	/* Ports stand at the same place in both. A reset answers TCP, anything else leaves clients
	 * waiting. */
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP };
	int r;

	switch (jail->verdict) {
	case VERDICT_DROP:
		return add_rule(batch, table, jail, family, protocols, jail->ports.all ? 0 : 2,
				END_DROP, set_id);
	case VERDICT_REJECT:
		r = add_rule(batch, table, jail, family, protocols, 1, END_RESET, set_id);
		if (r < 0)
			return r;
		return add_rule(batch, table, jail, family, protocols + 1, jail->ports.all ? 0 : 1,
				END_PROHIBITED, set_id);
	}
	return -EINVAL;
}
