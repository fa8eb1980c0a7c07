#include "nftables/layout.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "base/array.h"
#include "nftables/rule.h"
#include "nftables/set.h"

#define FORCED_SIZE  1024 /* elements: each was typed by somebody */
#define ROOM         1024 /* bytes of a message about a table or chain */
#define PRIORITY_RAW (-300)
#define CHAIN_TYPE   "filter"

static bool is(struct span text, const char *other)
{
	return span_equal(text, span_of(other));
}

int nftmsg_state_feed(struct nftmsg_state *state, const char *table,
		      const struct nftmsg_answer *answer)
{
	struct nftmsg_known_set *known;
	struct nftmsg_table its_table;
	struct nftmsg_chain chain;
	struct nftmsg_set set;

	if (answer->type != ANSWER_DATA || answer->family != NFPROTO_INET)
		return 0;
	if (answer->message == NFT_MSG_NEWTABLE && nftmsg_read_table(answer->header, &its_table) &&
	    is(its_table.name, table)) {
		state->has_table = true;
		state->table_handle = its_table.handle;
	}
	if (answer->message == NFT_MSG_NEWCHAIN && nftmsg_read_chain(answer->header, &chain) &&
	    is(chain.table, table) && is(chain.name, NFT_CHAIN)) {
		state->has_chain = true;
		state->chain_is_fit = chain.has_hook && chain.hook == NF_INET_PRE_ROUTING &&
				      chain.priority == PRIORITY_RAW && chain.policy == NF_ACCEPT &&
				      is(chain.type, CHAIN_TYPE);
	}
	if (answer->message != NFT_MSG_NEWSET || !nftmsg_read_set(answer->header, &set) ||
	    !is(set.table, table) || set.name.size >= NFT_SET_NAME_SIZE)
		return 0;
	if (!array_grow(state->sets, state->n_sets))
		return -ENOMEM;
	known = &state->sets[state->n_sets++];
	*known = (struct nftmsg_known_set){
		.flags = set.flags,
		.key_type = set.key_type,
		.size = set.size,
		.handle = set.handle,
		.prefix = nft_set_parse_comment(set.comment),
	};
	memcpy(known->name, set.name.data, set.name.size);
	if (nft_is_list_set(set.name) && nft_list_parse_comment(set.comment, &known->list) < 0)
		known->list = (struct nft_list_comment){ 0 };
	return 0;
}

void nftmsg_state_done(struct nftmsg_state *state)
{
	free(state->sets);
	*state = (struct nftmsg_state){ 0 };
}

const struct nftmsg_known_set *nftmsg_state_find(const struct nftmsg_state *state, const char *jail,
						 uint8_t family)
{
	char name[NFT_SET_NAME_SIZE];

	return nftmsg_state_find_set(state, nft_set_name(jail, family, name));
}

const struct nftmsg_known_set *nftmsg_state_find_set(const struct nftmsg_state *state,
						     const char *name)
{
	for (size_t i = 0; i < state->n_sets; i++)
		if (strcmp(state->sets[i].name, name) == 0)
			return &state->sets[i];
	return NULL;
}

void nftmsg_state_estrange(struct nftmsg_state *state)
{
	for (size_t i = 0; i < state->n_sets; i++)
		state->sets[i].strange = true;
}

static unsigned prefix_of(const struct nft_jail *jail, uint8_t family)
{
	return family == AF_INET ? jail->prefix4 : jail->prefix6;
}

/* The jail that a length belongs to. */
static bool find_jail(const struct nft_layout *layout, const char *name, struct nft_jail *ret)
{
	*ret = (struct nft_jail){
		.name = NFT_JAIL_MANUAL,
		.prefix4 = layout->manual_prefix4,
		.prefix6 = layout->manual_prefix6,
		.verdict = layout->manual_verdict,
		.ports = { .all = true },
	};
	for (size_t i = 0; i < layout->n_jails; i++)
		if (strcmp(layout->jails[i].name, name) == 0) {
			*ret = layout->jails[i];
			return true;
		}
	return strcmp(name, NFT_JAIL_MANUAL) == 0;
}

struct nft_jail nftmsg_length_jail(const struct nft_jail *jail, uint8_t family, unsigned length)
{
	struct nft_jail ret = *jail;

	nft_length_name(jail->name, length, ret.name);
	ret.prefix4 = ret.prefix6 = length;
	ret.family = family;
	return ret;
}

const struct nft_jail *nftmsg_layout_jail(const struct nft_layout *layout, size_t index,
					  struct nft_jail *buffer)
{
	struct nft_jail jail;

	if (index < layout->n_jails)
		return &layout->jails[index];
	index -= layout->n_jails;
	if (index == 0) {
		(void)find_jail(layout, NFT_JAIL_MANUAL, buffer);
	} else if (index == 1) {
		*buffer = (struct nft_jail){ .name = NFT_FORCED,
					     .prefix4 = 32,
					     .prefix6 = 128,
					     .verdict = layout->manual_verdict,
					     .ports = { .all = true } };
	} else if (index - 2 < layout->lengths.n_items) {
		const struct nft_length *item = &layout->lengths.items[index - 2];

		(void)find_jail(layout, item->jail, &jail);
		*buffer = nftmsg_length_jail(&jail, item->family, item->length);
	} else {
		return NULL;
	}
	return buffer;
}

bool nftmsg_layout_length(const struct nft_layout *layout, const char *set, struct nft_length *ret)
{
	char name[NFT_JAIL_SIZE], bare[NFT_JAIL_SIZE];
	struct nft_jail jail;
	unsigned length;
	uint8_t family;

	if (!nft_set_parse_name(span_of(set), name, &family))
		return false;
	length = nft_jail_length(name);
	if (length == 0 || !find_jail(layout, nft_jail_bare(name, bare), &jail) ||
	    length == prefix_of(&jail, family))
		return false;
	*ret = (struct nft_length){ .family = family, .length = (uint8_t)length };
	memcpy(ret->jail, bare, sizeof(ret->jail));
	return true;
}

int nftmsg_layout_check(const struct nft_layout *layout)
{
	char name[NFT_JAIL_SIZE], set[NFT_SET_NAME_SIZE];
	struct nft_length same;

	for (size_t i = 0; i < layout->n_jails; i++) {
		const struct nft_jail *jail = &layout->jails[i];

		if (strcmp(jail->name, NFT_IGNORE) == 0 || nft_jail_is_forced(jail->name) ||
		    strcmp(jail->name, NFT_JAIL_MANUAL) == 0 || jail->prefix4 > 32 ||
		    jail->prefix6 > 128)
			return -EINVAL;
		for (size_t j = 0; j < i; j++)
			if (strcmp(jail->name, layout->jails[j].name) == 0)
				return -EINVAL;
	}
	for (size_t i = 0; i < layout->lengths.n_items; i++) {
		const struct nft_length *item = &layout->lengths.items[i];

		nft_length_name(item->jail, item->length, name);
		if (!nftmsg_layout_length(layout, nft_set_name(name, item->family, set), &same) ||
		    same.length != item->length)
			return -EINVAL;
	}
	return 0;
}

static uint32_t size_of(const struct nft_layout *layout, const struct nft_jail *jail)
{
	if (nft_jail_is_forced(jail->name))
		return FORCED_SIZE;
	return layout->size ? layout->size : NFT_SIZE_DEFAULT;
}

/* It can stay as it is, or be emptied. */
static bool is_fit(const struct nft_layout *layout, const struct nftmsg_known_set *set,
		   const struct nft_jail *jail, uint8_t family)
{
	return set->flags == NFT_SET_TIMEOUT && set->key_type == nftmsg_set_key_type(family) &&
	       set->size == size_of(layout, jail) && set->prefix == (int)prefix_of(jail, family);
}

static const struct nftmsg_known_set *fit_set(const struct nft_layout *layout,
					      const struct nftmsg_state *state,
					      const struct nft_jail *jail, uint8_t family)
{
	const struct nftmsg_known_set *set = nftmsg_state_find(state, jail->name, family);

	return set && is_fit(layout, set, jail, family) ? set : NULL;
}

bool nftmsg_layout_keeps(const struct nft_layout *layout, const struct nftmsg_state *state,
			 const struct nft_jail *jail, uint8_t family)
{
	const struct nftmsg_known_set *set = fit_set(layout, state, jail, family);

	return set && !set->strange;
}

static bool layout_is_list_set(const struct nft_list *list, bool other, const char *set)
{
	char name[NFT_SET_NAME_SIZE];

	return strcmp(set, nft_list_set_name(list->name, AF_INET, other, name)) == 0 ||
	       strcmp(set, nft_list_set_name(list->name, AF_INET6, other, name)) == 0;
}

/* What rules look into, and what is filled beside it, stays. */
static bool layout_keeps_list_set(const struct nft_layout *layout,
				  const struct nftmsg_known_set *set)
{
	for (size_t i = 0; !set->strange && i < layout->n_lists; i++) {
		const struct nft_list *list = &layout->lists[i];

		if ((list->in_force && layout_is_list_set(list, list->other, set->name)) ||
		    (list->fills && layout_is_list_set(list, !list->other, set->name)))
			return true;
	}
	return false;
}

/* A known set goes if it is unfit, if it holds what is always told anew, or if it was ours and its
 * jail is gone. */
static bool must_go(const struct nft_layout *layout, const struct nftmsg_state *state,
		    const struct nftmsg_known_set *set)
{
	char name[NFT_SET_NAME_SIZE];
	const struct nft_jail *jail;
	struct nft_jail buffer;

	if (nft_is_list_set(span_of(set->name)))
		return !layout_keeps_list_set(layout, set);
	for (size_t f = 0; f < ARRAY_SIZE(nft_families); f++) {
		if (strcmp(set->name, nft_set_name(NFT_IGNORE, nft_families[f], name)) == 0)
			return true;
		for (size_t i = 0; (jail = nftmsg_layout_jail(layout, i, &buffer)); i++)
			if (nftmsg_jail_has(jail, nft_families[f]) &&
			    strcmp(set->name, nft_set_name(jail->name, nft_families[f], name)) == 0)
				return !is_fit(layout, set, jail, nft_families[f]);
	}
	return set->prefix >= 0;
}

/* Table and chain. Of what stands already rules go first: a set or chain that is in use cannot go.
 */
static int put_table(const struct nft_layout *layout, const struct nftmsg_state *state,
		     struct nftmsg_batch *batch)
{
	struct nlmsghdr *message =
		nftmsg_batch_open(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_ECHO, ROOM);
	struct nlattr *hook;
	int r = 0;

	if (!message)
		return -ENOMEM;
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, layout->table);
	/* No flag: wakes a table that somebody made dormant. */
	mnl_attr_put_u32(message, NFTA_TABLE_FLAGS, htonl(0));
	nftmsg_batch_close(batch, message);
	if (state->has_chain)
		r = nftmsg_batch_name(batch, NFT_MSG_DELRULE, layout->table, NFTA_RULE_CHAIN,
				      NFT_CHAIN);
	if (r == 0 && state->has_chain && !state->chain_is_fit)
		r = nftmsg_batch_name(batch, NFT_MSG_DELCHAIN, layout->table, NFTA_CHAIN_NAME,
				      NFT_CHAIN);
	for (size_t i = 0; r == 0 && i < state->n_sets; i++)
		if (must_go(layout, state, &state->sets[i]))
			r = nftmsg_batch_name(batch, NFT_MSG_DELSET, layout->table, NFTA_SET_NAME,
					      state->sets[i].name);
	if (r < 0 || (state->has_chain && state->chain_is_fit))
		return r;
	message = nftmsg_batch_open(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, ROOM);
	if (!message)
		return -ENOMEM;
	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, layout->table);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, NFT_CHAIN);
	hook = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(NF_INET_PRE_ROUTING));
	mnl_attr_put_u32(message, NFTA_HOOK_PRIORITY, htonl((uint32_t)PRIORITY_RAW));
	mnl_attr_nest_end(message, hook);
	mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
	mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, CHAIN_TYPE);
	nftmsg_batch_close(batch, message);
	return 0;
}

/* Of NFT_FORCED alone, or of all others. */
static int put_jails(const struct nft_layout *layout, bool forced, struct nftmsg_batch *batch,
		     uint32_t *set_id)
{
	const struct nft_jail *jail;
	struct nft_jail buffer;
	int r = 0;

	for (size_t i = 0; r == 0 && (jail = nftmsg_layout_jail(layout, i, &buffer)); i++)
		for (size_t f = 0; r == 0 && f < ARRAY_SIZE(nft_families); f++)
			if (nft_jail_is_forced(jail->name) == forced &&
			    nftmsg_jail_has(jail, nft_families[f]))
				r = nftmsg_rule_add_jail(batch, layout->table, jail,
							 nft_families[f], set_id);
	return r;
}

/* Of those that stand; the others will be filled. */
static int put_lists(const struct nft_layout *layout, const struct nftmsg_state *state,
		     struct nftmsg_batch *batch, uint32_t *set_id)
{
	const struct nftmsg_known_set *set;
	char name[NFT_SET_NAME_SIZE];
	int r = 0;

	for (size_t i = 0; r == 0 && i < layout->n_lists; i++)
		for (size_t f = 0; r == 0 && f < ARRAY_SIZE(nft_families); f++) {
			const struct nft_list *list = &layout->lists[i];

			set = nftmsg_state_find_set(state,
						    nft_list_set_name(list->name, nft_families[f],
								      list->other, name));
			if (list->in_force && set && !set->strange &&
			    set->flags == NFT_SET_INTERVAL &&
			    set->key_type == nftmsg_set_key_type(nft_families[f]))
				r = nftmsg_rule_add_list(batch, layout->table, list,
							 nft_families[f], (struct nft_count){ 0 },
							 set_id);
		}
	return r;
}

int nftmsg_layout_build(const struct nft_layout *layout, const struct nftmsg_state *state,
			uint32_t sequence, struct nftmsg_batch *batch)
{
	const struct nftmsg_known_set *set;
	const struct nft_jail *jail;
	struct nft_jail buffer;
	uint32_t set_id = 0;
	int r;

	r = nftmsg_batch_begin(batch, sequence);
	if (r == 0)
		r = put_table(layout, state, batch);
	for (size_t f = 0; r == 0 && f < ARRAY_SIZE(nft_families); f++)
		r = nftmsg_set_add_ignored(batch, layout->table, nft_families[f], layout->ignore,
					   layout->n_ignore);
	for (size_t i = 0; r == 0 && (jail = nftmsg_layout_jail(layout, i, &buffer)); i++)
		for (size_t f = 0; r == 0 && f < ARRAY_SIZE(nft_families); f++) {
			if (!nftmsg_jail_has(jail, nft_families[f]))
				continue;
			set = fit_set(layout, state, jail, nft_families[f]);
			if (!set)
				r = nftmsg_set_add_bans(batch, layout->table, jail->name,
							nft_families[f],
							prefix_of(jail, nft_families[f]),
							size_of(layout, jail));
			else if (set->strange) /* where no elements are named all are meant */
				r = nftmsg_batch_name(batch, NFT_MSG_DELSETELEM, layout->table,
						      NFTA_SET_ELEM_LIST_SET, set->name);
		}
	if (r == 0)
		r = put_jails(layout, true, batch, &set_id);
	if (r == 0)
		r = nftmsg_rule_add_ignore(batch, layout->table);
	if (r == 0)
		r = put_jails(layout, false, batch, &set_id);
	return r < 0 ? r : put_lists(layout, state, batch, &set_id);
}

int nftmsg_layout_add(const char *table, const struct nft_jail *jail, uint32_t size,
		      uint32_t sequence, struct nftmsg_batch *batch)
{
	uint32_t set_id = 0;
	int r;

	r = nftmsg_batch_begin(batch, sequence);
	if (r >= 0)
		r = nftmsg_set_add_bans(batch, table, jail->name, jail->family, jail->prefix4,
					size ?: NFT_SIZE_DEFAULT);
	if (r >= 0)
		r = nftmsg_rule_add_jail(batch, table, jail, jail->family, &set_id);
	return r < 0 ? r : nftmsg_batch_end(batch);
}
