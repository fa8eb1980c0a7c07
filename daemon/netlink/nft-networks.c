/* The sets of lists: filled a piece at a time, exchanged, deleted. See nft.h. */
#include "netlink/nft.h"

#include <endian.h>
#include <errno.h>

#include <linux/netfilter/nf_tables.h>

#include "base/array.h"
#include "netlink/nft-socket.h"
#include "nftables/rule.h"
#include "nftables/set.h"

#define MAX_TRIES    5    /* against somebody else who changes the table meanwhile */
#define NETWORK_SIZE 72   /* bytes in a message: two elements of IPv6 */
#define ROOM         8192 /* bytes of all else in a transaction */

static bool networks_touch(const struct prefix *first, const struct prefix *second)
{
	struct address behind;

	return prefix_behind(first, &behind) && address_equal(&behind, &second->address);
}

/* So many fit into a transaction. Two that touch are one interval: they stay together. */
static size_t networks_fit(const struct nft *nft, const struct prefix *networks, size_t n,
			   size_t max)
{
	size_t end = MIN((nft->max_batch - ROOM) / NETWORK_SIZE, max);

	if (n <= end)
		return n;
	while (end > 1 && networks_touch(&networks[end - 1], &networks[end]))
		end--;
	return end;
}

static int networks_transact(struct nft *nft, int r)
{
	if (r >= 0)
		r = nftmsg_batch_end(&nft->batch);
	if (r >= 0)
		r = nft_socket_transact(nft, NULL);
	nft_socket_end_batch(nft);
	return r;
}

int nft_add_networks(struct nft *nft, const char *set, uint8_t family,
		     const struct nft_list_comment *comment, const struct prefix *networks,
		     size_t n, size_t max, size_t *ret_taken)
{
	size_t end = networks_fit(nft, networks, n, max);
	int r;

	nft->batch.generation = nft->generation;
	r = nftmsg_batch_begin(&nft->batch, nft->sequence);
	if (r >= 0 && comment)
		r = nftmsg_set_add_list(&nft->batch, nft->table, set, family, comment);
	if (r >= 0)
		r = nftmsg_set_add_networks(&nft->batch, nft->table, set, family, networks, end);
	r = networks_transact(nft, r);
	if (r >= 0)
		*ret_taken = end;
	return r;
}

int nft_delete_set(struct nft *nft, const char *set)
{
	int r;

	nft->batch.generation = nft->generation;
	r = nftmsg_batch_begin(&nft->batch, nft->sequence);
	if (r >= 0)
		r = nftmsg_batch_name(&nft->batch, NFT_MSG_DELSET, nft->table, NFTA_SET_NAME, set);
	r = networks_transact(nft, r);
	return r == -ENOENT ? 0 : r;
}

uint64_t nft_set_handle(const struct nft *nft, const char *set)
{
	const struct nftmsg_known_set *known = nftmsg_state_find_set(&nft->made, set);

	if (!known)
		known = nftmsg_state_find_set(&nft->ours, set);
	return known ? known->handle : 0;
}

/* The rules of a list, whichever of its sets they look into. */
struct list_rules {
	const struct nft *nft;
	const struct nft_list *list;
	uint64_t *handles; /* owned */
	size_t n;
	struct nft_count counts[ARRAY_SIZE(nft_families)];
};

static void list_rules_done(struct list_rules *rules)
{
	free(rules->handles);
}

static int list_rules_add(struct list_rules *rules, const struct nftmsg_rule *rule, size_t f)
{
	if (!array_grow(rules->handles, rules->n))
		return -ENOMEM;
	rules->handles[rules->n++] = rule->handle;
	rules->counts[f].packets += rule->packets;
	rules->counts[f].bytes += rule->bytes;
	return 0;
}

static int list_rules_take(void *data, const struct nftmsg_answer *answer)
{
	struct list_rules *rules = data;
	char name[NFT_SET_NAME_SIZE];
	struct nftmsg_rule rule;
	int r = 0;

	if (answer->message != NFT_MSG_NEWRULE || !nftmsg_read_rule(answer->header, &rule) ||
	    !span_equal(rule.table, span_of(rules->nft->table)) ||
	    !span_equal(rule.chain, span_of(NFT_CHAIN)))
		return 0;
	for (size_t f = 0; r >= 0 && f < ARRAY_SIZE(nft_families); f++)
		for (int other = 0; r >= 0 && other <= 1; other++) {
			nft_list_set_name(rules->list->name, nft_families[f], other, name);
			if (span_equal(rule.set, span_of(name)))
				r = list_rules_add(rules, &rule, f);
		}
	return r;
}

static int list_rule_delete(struct nft *nft, uint64_t handle)
{
	struct nlmsghdr *message = nftmsg_batch_open(&nft->batch, NFT_MSG_DELRULE, 0, ROOM);

	if (!message)
		return -ENOMEM;
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, nft->table);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, NFT_CHAIN);
	mnl_attr_put_u64(message, NFTA_RULE_HANDLE, htobe64(handle));
	nftmsg_batch_close(&nft->batch, message);
	return 0;
}

/* -ERESTART, -EINTR: somebody else changed the ruleset meanwhile. */
static int list_try_to_point(struct nft *nft, const struct nft_list *list)
{
	const struct nft_question question = { .type = NFT_MSG_GETRULE,
					       .table = nft->table,
					       .flags = NLM_F_DUMP };
	cleanup(list_rules_done) struct list_rules rules = { .nft = nft, .list = list };
	uint32_t generation = 0, set_id = 0;
	int r;

	r = nft_socket_ask_generation(nft, &generation);
	if (r >= 0)
		r = nft_socket_ask(nft, &question, list_rules_take, &rules);
	if (r != 0)
		return r > 0 ? -EINTR : r;
	nft->batch.generation = generation;
	r = nftmsg_batch_begin(&nft->batch, nft->sequence);
	for (size_t i = 0; r >= 0 && i < rules.n; i++)
		r = list_rule_delete(nft, rules.handles[i]);
	for (size_t f = 0; r >= 0 && f < ARRAY_SIZE(nft_families); f++)
		r = nftmsg_rule_add_list(&nft->batch, nft->table, list, nft_families[f],
					 rules.counts[f], &set_id);
	return networks_transact(nft, r);
}

int nft_point_list(struct nft *nft, const struct nft_list *list)
{
	int r = -EINTR;

	for (int i = 0; (r == -EINTR || r == -ERESTART) && i < MAX_TRIES; i++)
		r = list_try_to_point(nft, list);
	return r;
}
