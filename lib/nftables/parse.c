#include "nftables/parse.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>

#include <libmnl/libmnl.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#define USEC_PER_MSEC ((usec_t)1000)
#define MAX_TYPE      31

/* By type; NULL: absent. Of several the last counts. */
struct attributes {
	const struct nlattr *at[MAX_TYPE + 1];
};

static void sort_attributes(const struct nlattr *attribute, const char *end, struct attributes *ret)
{
	*ret = (struct attributes){ 0 };
	while (mnl_attr_ok(attribute, (int)(end - (const char *)attribute))) {
		uint16_t type = mnl_attr_get_type(attribute);

		if (type <= MAX_TYPE)
			ret->at[type] = attribute;
		attribute = mnl_attr_next(attribute);
	}
}

/* mnl_nlmsg_get_payload_tail() rounds the length up, and the last message of a datagram may have no
 * such bytes. */
static void sort_message(const struct nlmsghdr *header, struct attributes *ret)
{
	sort_attributes(mnl_nlmsg_get_payload_offset(header, sizeof(struct nfgenmsg)),
			(const char *)header + header->nlmsg_len, ret);
}

static struct span bytes_of(const struct nlattr *attribute)
{
	if (!attribute)
		return (struct span){ 0 };
	return (struct span){ mnl_attr_get_payload(attribute),
			      mnl_attr_get_payload_len(attribute) };
}

static void sort_nested(const struct nlattr *attribute, struct attributes *ret)
{
	struct span bytes = bytes_of(attribute);

	*ret = (struct attributes){ 0 };
	if (bytes.size > 0)
		sort_attributes((const struct nlattr *)(const void *)bytes.data,
				bytes.data + bytes.size, ret);
}

static struct span nft_parse_text_of(const struct nlattr *attribute)
{
	struct span bytes = bytes_of(attribute);

	if (bytes.data)
		bytes.size = strnlen(bytes.data, bytes.size);
	return bytes;
}

static uint32_t nft_parse_number_of(const struct nlattr *attribute)
{
	struct span bytes = bytes_of(attribute);
	uint32_t number = 0;

	if (bytes.size == sizeof(number))
		memcpy(&number, bytes.data, sizeof(number));
	return ntohl(number);
}

static uint64_t long_number_of(const struct nlattr *attribute, uint64_t otherwise)
{
	struct span bytes = bytes_of(attribute);
	uint64_t number;

	if (bytes.size != sizeof(number))
		return otherwise;
	memcpy(&number, bytes.data, sizeof(number));
	return be64toh(number);
}

static usec_t msec_of(const struct nlattr *attribute)
{
	usec_t usec;

	return __builtin_mul_overflow(long_number_of(attribute, UINT64_MAX), USEC_PER_MSEC, &usec)
		       ? USEC_INFINITY
		       : usec;
}

/* nft keeps comments in a list of type (1 byte), length (1 byte), bytes with a NUL at the end. */
static struct span comment_of(const struct nlattr *attribute, uint8_t type)
{
	struct span left = bytes_of(attribute);

	while (left.size >= 2) {
		uint8_t its_type = left.data[0], size = left.data[1];

		left.data += 2;
		left.size -= 2;
		if (size > left.size)
			break;
		if (its_type == type)
			return (struct span){ left.data, strnlen(left.data, size) };
		left.data += size;
		left.size -= size;
	}
	return (struct span){ 0 };
}

bool nftmsg_is_whole(const struct nlmsghdr *header, size_t size)
{
	return size >= sizeof(*header) && header->nlmsg_len >= sizeof(*header) &&
	       header->nlmsg_len <= size;
}

bool nftmsg_answer_next(struct span *datagram, struct nftmsg_answer *ret)
{
	for (;;) {
		const struct nlmsghdr *header = (const void *)datagram->data;
		const struct nfgenmsg *general;
		int32_t error;
		size_t step;

		if (!nftmsg_is_whole(header, datagram->size))
			return false;
		step = MIN(MNL_ALIGN((size_t)header->nlmsg_len), datagram->size);
		datagram->data += step;
		datagram->size -= step;
		*ret = (struct nftmsg_answer){
			.sequence = header->nlmsg_seq,
			.port = header->nlmsg_pid,
			.interrupted = header->nlmsg_flags & NLM_F_DUMP_INTR,
			.header = header,
		};
		if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
			bool done = header->nlmsg_type == NLMSG_DONE;

			error = done ? 0 : -EPROTO;
			if (mnl_nlmsg_get_payload_len(header) >= sizeof(error))
				memcpy(&error, mnl_nlmsg_get_payload(header), sizeof(error));
			ret->type = done ? ANSWER_DONE : ANSWER_RESULT;
			ret->error = error <= 0 && error > -4096 ? error : -EPROTO;
			return true;
		}
		if (NFNL_SUBSYS_ID(header->nlmsg_type) != NFNL_SUBSYS_NFTABLES ||
		    mnl_nlmsg_get_payload_len(header) < sizeof(*general))
			continue;
		general = mnl_nlmsg_get_payload(header);
		ret->type = ANSWER_DATA;
		ret->message = NFNL_MSG_TYPE(header->nlmsg_type);
		ret->family = general->nfgen_family;
		return true;
	}
}

bool nftmsg_read_set(const struct nlmsghdr *header, struct nftmsg_set *ret)
{
	struct attributes a, description;

	sort_message(header, &a);
	sort_nested(a.at[NFTA_SET_DESC], &description);
	*ret = (struct nftmsg_set){
		.table = nft_parse_text_of(a.at[NFTA_SET_TABLE]),
		.name = nft_parse_text_of(a.at[NFTA_SET_NAME]),
		.comment = comment_of(a.at[NFTA_SET_USERDATA], NFTNL_UDATA_SET_COMMENT),
		.flags = nft_parse_number_of(a.at[NFTA_SET_FLAGS]),
		.key_type = nft_parse_number_of(a.at[NFTA_SET_KEY_TYPE]),
		.key_size = nft_parse_number_of(a.at[NFTA_SET_KEY_LEN]),
		.size = nft_parse_number_of(description.at[NFTA_SET_DESC_SIZE]),
		.handle = long_number_of(a.at[NFTA_SET_HANDLE], 0),
	};
	return ret->table.data && ret->name.data;
}

bool nftmsg_read_chain(const struct nlmsghdr *header, struct nftmsg_chain *ret)
{
	struct attributes a, hook;

	sort_message(header, &a);
	sort_nested(a.at[NFTA_CHAIN_HOOK], &hook);
	*ret = (struct nftmsg_chain){
		.table = nft_parse_text_of(a.at[NFTA_CHAIN_TABLE]),
		.name = nft_parse_text_of(a.at[NFTA_CHAIN_NAME]),
		.type = nft_parse_text_of(a.at[NFTA_CHAIN_TYPE]),
		.has_hook = a.at[NFTA_CHAIN_HOOK],
		.hook = nft_parse_number_of(hook.at[NFTA_HOOK_HOOKNUM]),
		.priority = (int32_t)nft_parse_number_of(hook.at[NFTA_HOOK_PRIORITY]),
		.policy = nft_parse_number_of(a.at[NFTA_CHAIN_POLICY]),
	};
	return ret->table.data && ret->name.data;
}

bool nftmsg_read_table(const struct nlmsghdr *header, struct nftmsg_table *ret)
{
	struct attributes a;

	sort_message(header, &a);
	*ret = (struct nftmsg_table){
		.name = nft_parse_text_of(a.at[NFTA_TABLE_NAME]),
		.flags = nft_parse_number_of(a.at[NFTA_TABLE_FLAGS]),
		.handle = long_number_of(a.at[NFTA_TABLE_HANDLE], 0),
	};
	return ret->name.data;
}

bool nftmsg_read_rule(const struct nlmsghdr *header, struct nftmsg_rule *ret)
{
	const struct nlattr *expression;
	struct attributes a, data;
	struct span list, name;

	sort_message(header, &a);
	*ret = (struct nftmsg_rule){
		.table = nft_parse_text_of(a.at[NFTA_RULE_TABLE]),
		.chain = nft_parse_text_of(a.at[NFTA_RULE_CHAIN]),
		.handle = long_number_of(a.at[NFTA_RULE_HANDLE], 0),
	};
	list = bytes_of(a.at[NFTA_RULE_EXPRESSIONS]);
	expression = (const void *)list.data;
	while (list.size > 0 &&
	       mnl_attr_ok(expression, (int)(list.data + list.size - (const char *)expression))) {
		sort_nested(expression, &a);
		sort_nested(a.at[NFTA_EXPR_DATA], &data);
		name = nft_parse_text_of(a.at[NFTA_EXPR_NAME]);
		if (span_equal(name, SPAN_LITERAL("lookup")))
			ret->set = nft_parse_text_of(data.at[NFTA_LOOKUP_SET]);
		if (span_equal(name, SPAN_LITERAL("counter"))) {
			ret->packets = long_number_of(data.at[NFTA_COUNTER_PACKETS], 0);
			ret->bytes = long_number_of(data.at[NFTA_COUNTER_BYTES], 0);
		}
		expression = mnl_attr_next(expression);
	}
	return ret->table.data && ret->chain.data;
}

void nftmsg_read_generation(const struct nlmsghdr *header, struct nftmsg_generation *ret)
{
	struct attributes a;

	sort_message(header, &a);
	*ret = (struct nftmsg_generation){
		.number = nft_parse_number_of(a.at[NFTA_GEN_ID]),
		.process = nft_parse_text_of(a.at[NFTA_GEN_PROC_NAME]),
		.process_id = nft_parse_number_of(a.at[NFTA_GEN_PROC_PID]),
	};
}

bool nftmsg_read_elements(const struct nlmsghdr *header, struct nftmsg_elements *ret)
{
	struct attributes a;
	struct span list;

	sort_message(header, &a);
	list = bytes_of(a.at[NFTA_SET_ELEM_LIST_ELEMENTS]);
	*ret = (struct nftmsg_elements){
		.table = nft_parse_text_of(a.at[NFTA_SET_ELEM_LIST_TABLE]),
		.set = nft_parse_text_of(a.at[NFTA_SET_ELEM_LIST_SET]),
		.next = (const void *)list.data,
		.end = list.data ? list.data + list.size : NULL,
	};
	return ret->table.data && ret->set.data;
}

bool nftmsg_element_next(struct nftmsg_elements *elements, struct nftmsg_element *ret)
{
	struct attributes a, key;

	if (!elements->next || !mnl_attr_ok(elements->next, (int)((const char *)elements->end -
								  (const char *)elements->next)))
		return false;
	sort_nested(elements->next, &a);
	sort_nested(a.at[NFTA_SET_ELEM_KEY], &key);
	*ret = (struct nftmsg_element){
		.key = bytes_of(key.at[NFTA_DATA_VALUE]),
		.interval_end =
			nft_parse_number_of(a.at[NFTA_SET_ELEM_FLAGS]) & NFT_SET_ELEM_INTERVAL_END,
		.timeout = msec_of(a.at[NFTA_SET_ELEM_TIMEOUT]),
		.remaining = msec_of(a.at[NFTA_SET_ELEM_EXPIRATION]),
		.comment = comment_of(a.at[NFTA_SET_ELEM_USERDATA], NFTNL_UDATA_SET_ELEM_COMMENT),
	};
	elements->next = mnl_attr_next(elements->next);
	return true;
}

bool nftmsg_key_address(struct span key, uint8_t family, struct address *ret)
{
	if (key.size != (family == AF_INET ? 4 : 16))
		return false;
	*ret = (struct address){ .family = family };
	memcpy(ret->bytes, key.data, key.size);
	return true;
}
