#include "nftables/set.h"

#include "base/prefixset.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include <libmnl/libmnl.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#define SET_ROOM 1024 /* bytes of a set's message; about 200 are used */
#define KEY_ROOM 64   /* bytes of one element without timeout and comment; 40 are used */
#define MAX_PER_MESSAGE                                                          \
	500 /* all elements of a message share one attribute, which holds 64 KiB \
	     */

/* nft's own numbers of types, by which it prints the keys. */
enum { TYPE_IPV4 = 7, TYPE_IPV6 = 8, TYPE_PROTOCOL = 12, TYPE_SERVICE = 13 };

struct set_key {
	uint8_t bytes[16];
	bool end; /* of an interval: the first that is not in it */
};

struct set_keys {
	struct set_key *items; /* owned */
	size_t n_items;
	uint32_t size; /* bytes of each */
};

static inline void set_freep(struct nftnl_set **set)
{
	if (*set)
		nftnl_set_free(*set);
}

static void keys_done(struct set_keys *keys)
{
	free(keys->items);
}

uint32_t nftmsg_set_key_type(uint8_t family)
{
	return family == AF_INET ? TYPE_IPV4 : TYPE_IPV6;
}

static struct nftnl_set *set_new(const char *table, const char *name, uint32_t flags, uint32_t type,
				 uint32_t size)
{
	cleanup(set_freep) struct nftnl_set *set = nftnl_set_alloc();

	if (!set)
		return NULL;
	if (nftnl_set_set_str(set, NFTNL_SET_TABLE, table) < 0 ||
	    nftnl_set_set_str(set, NFTNL_SET_NAME, name) < 0)
		return NULL;
	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, NFPROTO_INET);
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS, flags);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, type);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, size);
	/* The kernel wants a number even where only the name counts. */
	nftnl_set_set_u32(set, NFTNL_SET_ID, 0);
	return TAKE_PTR(set);
}

static int put_set(struct nftmsg_batch *batch, struct nftnl_set *set)
{
	struct nlmsghdr *message =
		nftmsg_batch_open(batch, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_ECHO, SET_ROOM);

	if (!message)
		return -ENOMEM;
	nftnl_set_nlmsg_build_payload(message, set);
	nftmsg_batch_close(batch, message);
	return 0;
}

static int put_keys(struct nftmsg_batch *batch, const char *table, const char *set, uint32_t set_id,
		    const struct set_keys *keys)
{
	for (size_t i = 0; i < keys->n_items;) {
		size_t end = MIN(keys->n_items, i + MAX_PER_MESSAGE);
		struct nlattr *list, *element, *value;
		struct nlmsghdr *message;
		message = nftmsg_batch_open(batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE,
					    SET_ROOM + (end - i) * KEY_ROOM);
		if (!message)
			return -ENOMEM;
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, table);
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
		if (set_id > 0)
			mnl_attr_put_u32(message, NFTA_SET_ELEM_LIST_SET_ID, htonl(set_id));
		list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
		for (; i < end; i++) {
			element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
			if (keys->items[i].end)
				mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS,
						 htonl(NFT_SET_ELEM_INTERVAL_END));
			value = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
			mnl_attr_put(message, NFTA_DATA_VALUE, keys->size, keys->items[i].bytes);
			mnl_attr_nest_end(message, value);
			mnl_attr_nest_end(message, element);
		}
		mnl_attr_nest_end(message, list);
		nftmsg_batch_close(batch, message);
	}
	return 0;
}

static bool set_comment(struct nftnl_set *set, const char *comment)
{
	char udata[2 + NFT_COMMENT_BYTES];
	size_t size = strlen(comment) + 1;

	udata[0] = NFTNL_UDATA_SET_COMMENT;
	udata[1] = (char)size;
	memcpy(udata + 2, comment, size);
	return nftnl_set_set_data(set, NFTNL_SET_USERDATA, udata, 2 + (uint32_t)size) >= 0;
}

int nftmsg_set_add_bans(struct nftmsg_batch *batch, const char *table, const char *jail,
			uint8_t family, unsigned prefix, uint32_t size)
{
	cleanup(set_freep) struct nftnl_set *set = NULL;
	char name[NFT_SET_NAME_SIZE], comment[NFT_SET_COMMENT_SIZE];

	set = set_new(table, nft_set_name(jail, family, name), NFT_SET_TIMEOUT,
		      nftmsg_set_key_type(family), family == AF_INET ? 4 : 16);
	if (!set)
		return -ENOMEM;
	nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, size);
	if (!set_comment(set, nft_set_comment(prefix, comment)))
		return -ENOMEM;
	return put_set(batch, set);
}

/* An interval that begins where the last one ended makes that one longer. */
static void add_interval(struct set_keys *keys, const struct prefix *prefix)
{
	struct set_key *key = &keys->items[keys->n_items];
	struct address behind;

	if (keys->n_items > 0 &&
	    memcmp(key[-1].bytes, prefix->address.bytes, sizeof(key->bytes)) == 0) {
		key--;
	} else {
		memcpy(key->bytes, prefix->address.bytes, sizeof(key->bytes));
		key++;
	}
	key->end = prefix_behind(prefix, &behind);
	memcpy(key->bytes, behind.bytes, sizeof(key->bytes));
	keys->n_items = (size_t)(key - keys->items) + key->end;
}

int nftmsg_set_add_networks(struct nftmsg_batch *batch, const char *table, const char *set,
			    uint8_t family, const struct prefix *networks, size_t n)
{
	cleanup(keys_done) struct set_keys keys = { .size = family == AF_INET ? 4 : 16 };

	keys.items = calloc(2 * n + 1, sizeof(*keys.items));
	if (!keys.items)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		add_interval(&keys, &networks[i]);
	return put_keys(batch, table, set, 0, &keys);
}

int nftmsg_set_add_ignored(struct nftmsg_batch *batch, const char *table, uint8_t family,
			   const struct prefix *prefixes, size_t n_prefixes)
{
	cleanup(set_freep) struct nftnl_set *set = NULL;
	cleanup(prefixset_done) struct prefixset own = { 0 };
	char name[NFT_SET_NAME_SIZE];
	int r = 0;

	set = set_new(table, nft_set_name(NFT_IGNORE, family, name), NFT_SET_INTERVAL,
		      nftmsg_set_key_type(family), family == AF_INET ? 4 : 16);
	for (size_t i = 0; r == 0 && i < n_prefixes; i++)
		if (prefixes[i].address.family == family)
			r = prefixset_add(&own, &prefixes[i]);
	if (r < 0)
		return r;
	prefixset_sort(&own);
	r = set ? put_set(batch, set) : -ENOMEM;
	if (r < 0)
		return r;
	return nftmsg_set_add_networks(batch, table, name, family, own.prefixes, own.n_prefixes);
}

int nftmsg_set_add_list(struct nftmsg_batch *batch, const char *table, const char *set,
			uint8_t family, const struct nft_list_comment *comment)
{
	cleanup(set_freep) struct nftnl_set *new = NULL;
	char text[NFT_LIST_COMMENT_SIZE];

	new = set_new(table, set, NFT_SET_INTERVAL, nftmsg_set_key_type(family),
		      family == AF_INET ? 4 : 16);
	if (!new || !set_comment(new, nft_list_write_comment(comment, text)))
		return -ENOMEM;
	return put_set(batch, new);
}

static int add_anonymous(struct nftmsg_batch *batch, const char *table, uint32_t flags,
			 uint32_t type, const struct set_keys *keys, uint32_t set_id,
			 char ret_name[static NFTMSG_ANONYMOUS_SIZE])
{
	cleanup(set_freep) struct nftnl_set *set = NULL;
	int r;

	/* The kernel puts a free number where %d stands; the rule finds the set by its id. */
	snprintf(ret_name, NFTMSG_ANONYMOUS_SIZE, "__set%%d");
	set = set_new(table, ret_name, flags | NFT_SET_ANONYMOUS | NFT_SET_CONSTANT, type,
		      keys->size);
	if (!set)
		return -ENOMEM;
	nftnl_set_set_u32(set, NFTNL_SET_ID, set_id);
	if (!(flags & NFT_SET_INTERVAL))
		nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, (uint32_t)keys->n_items);
	r = put_set(batch, set);
	if (r < 0)
		return r;
	return put_keys(batch, table, ret_name, set_id, keys);
}

int nftmsg_set_add_protocols(struct nftmsg_batch *batch, const char *table,
			     const uint8_t *protocols, size_t n, uint32_t set_id,
			     char ret_name[static NFTMSG_ANONYMOUS_SIZE])
{
	cleanup(keys_done) struct set_keys keys = { .size = 1 };

	keys.items = calloc(n + 1, sizeof(*keys.items));
	if (!keys.items)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		keys.items[keys.n_items++].bytes[0] = protocols[i];
	return add_anonymous(batch, table, 0, TYPE_PROTOCOL, &keys, set_id, ret_name);
}

static void add_port(struct set_keys *keys, unsigned port, bool end)
{
	struct set_key *key = &keys->items[keys->n_items++];

	key->bytes[0] = port >> 8;
	key->bytes[1] = port & 0xff;
	key->end = end;
}

int nftmsg_set_add_ports(struct nftmsg_batch *batch, const char *table, const struct ports *ports,
			 uint32_t set_id, char ret_name[static NFTMSG_ANONYMOUS_SIZE])
{
	cleanup(keys_done) struct set_keys keys = { .size = 2 };
	bool interval = false;

	keys.items = calloc(2 * ports->n_ranges + 1, sizeof(*keys.items));
	if (!keys.items)
		return -ENOMEM;
	for (size_t i = 0; i < ports->n_ranges; i++)
		interval = interval || ports->ranges[i].first != ports->ranges[i].last;
	for (size_t i = 0; i < ports->n_ranges; i++) {
		add_port(&keys, ports->ranges[i].first, false);
		if (interval && ports->ranges[i].last < UINT16_MAX)
			add_port(&keys, ports->ranges[i].last + 1u, true);
	}
	return add_anonymous(batch, table, interval ? NFT_SET_INTERVAL : 0, TYPE_SERVICE, &keys,
			     set_id, ret_name);
}
