#include "nftables/monitor.h"

#include "base/array.h"

#include <errno.h>
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#define MAX_QUEUE 300000 /* notices; more at once are told as a resync */

struct nftmsg_watch {
	char table[NAME_SIZE];
	uint32_t port;
	struct nft_set *sets; /* owned */
	size_t n_sets;

	/* queue[head .. ready) can be taken, queue[ready .. n_queue) belongs to the open
	 * transaction. */
	struct nft_notice *queue; /* owned */
	size_t head, ready, n_queue;
	bool lost; /* a resync is due, before everything else */

	/* The open transaction. */
	bool damaged, has_new;
	enum nft_loss loss;
};

int nftmsg_watch_new(const char *table, uint32_t port, struct nftmsg_watch **ret)
{
	cleanup(nftmsg_watch_freep) struct nftmsg_watch *watch = calloc(1, sizeof(*watch));
	size_t size = strlen(table);

	if (!watch)
		return -ENOMEM;
	if (size >= sizeof(watch->table))
		return -EINVAL;
	memcpy(watch->table, table, size);
	watch->port = port;
	*ret = TAKE_PTR(watch);
	return 0;
}

struct nftmsg_watch *nftmsg_watch_free(struct nftmsg_watch *watch)
{
	if (!watch)
		return NULL;
	for (size_t i = watch->head; i < watch->n_queue; i++)
		nft_notice_done(&watch->queue[i]);
	free(watch->queue);
	free(watch->sets);
	free(watch);
	return NULL;
}

int nftmsg_watch_sets(struct nftmsg_watch *watch, const struct nft_set *sets, size_t n_sets)
{
	struct nft_set *copy = reallocarray(watch->sets, n_sets + 1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < n_sets; i++)
		copy[i] = sets[i];
	watch->sets = copy;
	watch->n_sets = n_sets;
	return 0;
}

/* Who lists and compares then learns more than what waits would tell. */
void nftmsg_watch_lost(struct nftmsg_watch *watch)
{
	watch->damaged = watch->has_new = false;
	watch->loss = 0;
	for (size_t i = watch->head; i < watch->n_queue; i++)
		nft_notice_done(&watch->queue[i]);
	watch->head = watch->ready = watch->n_queue = 0;
	watch->lost = true;
}

static int push(struct nftmsg_watch *watch, const struct nft_notice *notice)
{
	if (watch->n_queue - watch->head >= MAX_QUEUE)
		return -ENOBUFS;
	if (!array_grow(watch->queue, watch->n_queue))
		return -ENOMEM;
	watch->queue[watch->n_queue++] = *notice;
	return 0;
}

static void damage(struct nftmsg_watch *watch, enum nft_loss loss)
{
	watch->damaged = true;
	watch->loss = MAX(watch->loss, loss);
}

static void note(struct nftmsg_watch *watch, bool added, enum nft_loss loss)
{
	if (added)
		watch->has_new = true;
	else
		damage(watch, loss);
}

/* Something of the table was added, or it is lost. */
static bool is_ours(const struct nftmsg_watch *watch, struct span table)
{
	return span_equal(table, span_of(watch->table));
}

static bool is_ignore_set(struct span name)
{
	return span_equal(name, SPAN_LITERAL(NFT_IGNORE "4")) ||
	       span_equal(name, SPAN_LITERAL(NFT_IGNORE "6"));
}

static bool monitor_find_set(const struct nftmsg_watch *watch, struct span name,
			     struct nft_set *ret)
{
	*ret = (struct nft_set){ 0 };
	if (!nft_set_parse_name(name, ret->jail, &ret->family))
		return false;
	for (size_t i = 0; i < watch->n_sets; i++)
		if (watch->sets[i].family == ret->family &&
		    strcmp(watch->sets[i].jail, ret->jail) == 0) {
			*ret = watch->sets[i];
			return true;
		}
	return false;
}

static int push_element(struct nftmsg_watch *watch, const struct nft_set *set,
			const struct nftmsg_element *element, bool added)
{
	struct nft_notice notice = {
		.type = added ? NFT_NOTICE_ADDED : NFT_NOTICE_DELETED,
		.timeout = element->timeout,
		.remaining = MIN(element->remaining, element->timeout),
	};
	int r;

	if (!nftmsg_key_address(element->key, set->family, &notice.address))
		return 0;
	memcpy(notice.jail, set->jail, sizeof(notice.jail));
	notice.prefix = address_widen(&notice.address, set->prefix);
	notice.host_bits = !address_equal(&notice.prefix.address, &notice.address);
	if (added && element->comment.data) {
		notice.comment = strndup(element->comment.data, element->comment.size);
		if (!notice.comment)
			return -ENOMEM;
	}
	r = push(watch, &notice);
	if (r < 0)
		nft_notice_done(&notice);
	return r;
}

static int feed_elements(struct nftmsg_watch *watch, const struct nlmsghdr *header, bool added)
{
	struct nftmsg_elements elements;
	struct nftmsg_element element;
	struct nft_set set;
	int r = 0;

	if (!nftmsg_read_elements(header, &elements) || !is_ours(watch, elements.table))
		return 0;
	if (!added && is_ignore_set(elements.set))
		damage(watch, NFT_LOSS_IGNORED);
	if (!added && nft_is_list_set(elements.set))
		damage(watch, NFT_LOSS_LISTED);
	/* A set of a length says by its name what its elements are, so anybody may make it. */
	if (!monitor_find_set(watch, elements.set, &set)) {
		set.prefix = nft_jail_length(set.jail);
		if (set.prefix == 0)
			return 0;
	}
	while (r == 0 && nftmsg_element_next(&elements, &element))
		r = push_element(watch, &set, &element, added);
	return r;
}

/* Whoever takes the elements out before the set means the set. NULL: all sets. */
static void lose_elements(struct nftmsg_watch *watch, const struct nft_set *set)
{
	for (size_t i = watch->ready; i < watch->n_queue; i++) {
		struct nft_notice *notice = &watch->queue[i];

		if (!set ||
		    (notice->address.family == set->family && strcmp(notice->jail, set->jail) == 0))
			notice->restored = true;
	}
}

static int compare_notices(const struct nft_notice *a, const struct nft_notice *b)
{
	int r = strcmp(a->jail, b->jail);

	if (r == 0)
		r = a->address.family - b->address.family;
	return r ? r : memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes));
}

/* qsort is not stable: the place in the transaction decides between equals. */
static int monitor_by_element(const void *a, const void *b, void *queue)
{
	const struct nft_notice *all = queue;
	const size_t *left = a, *right = b;
	int r = compare_notices(&all[*left], &all[*right]);

	return r ? r : (*left > *right) - (*left < *right);
}

/* Marks all but the last notice about an element by an empty jail. */
static int drop_superseded(struct nftmsg_watch *watch)
{
	size_t n_notices = watch->n_queue - watch->ready;
	cleanup(freep) size_t *order = NULL;
	struct nft_notice *notices;

	if (n_notices < 2)
		return 0;
	notices = watch->queue + watch->ready;
	order = calloc(n_notices, sizeof(*order));
	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < n_notices; i++)
		order[i] = i;
	qsort_r(order, n_notices, sizeof(*order), monitor_by_element, notices);
	for (size_t i = 0; i + 1 < n_notices; i++)
		if (compare_notices(&notices[order[i]], &notices[order[i + 1]]) == 0)
			notices[order[i]].jail[0] = '\0';
	return 0;
}

static void set_culprit(struct nft_notice *notice, const struct nftmsg_generation *generation)
{
	size_t size = MIN(generation->process.size, sizeof(notice->process) - 1);

	if (size > 0)
		memcpy(notice->process, generation->process.data, size);
	notice->process_id = generation->process_id;
}

/* The transaction is over: what it did can be taken. */
static int close_transaction(struct nftmsg_watch *watch, const struct nlmsghdr *header)
{
	struct nftmsg_generation generation;
	size_t kept = watch->ready;
	int r;

	nftmsg_read_generation(header, &generation);
	r = drop_superseded(watch);
	if (r < 0)
		return r;
	for (size_t i = watch->ready; i < watch->n_queue; i++) {
		struct nft_notice *notice = &watch->queue[i];

		if (notice->jail[0] == '\0') {
			nft_notice_done(notice);
			continue;
		}
		set_culprit(notice, &generation);
		if (notice->type == NFT_NOTICE_ADDED)
			notice->restored = watch->has_new;
		watch->queue[kept++] = *notice;
	}
	watch->n_queue = kept;
	if (watch->damaged) {
		struct nft_notice notice = { .type = NFT_NOTICE_DAMAGED, .loss = watch->loss };

		set_culprit(&notice, &generation);
		r = push(watch, &notice);
	}
	watch->ready = watch->n_queue;
	watch->damaged = watch->has_new = false;
	watch->loss = 0;
	return r;
}

static int feed_message(struct nftmsg_watch *watch, const struct nftmsg_answer *answer)
{
	const struct nlmsghdr *header = answer->header;
	uint16_t message = answer->message;
	struct nftmsg_table table;
	struct nftmsg_chain chain;
	struct nftmsg_rule rule;
	struct nftmsg_set set;
	struct nft_set known;
	bool is_known;

	switch (message) {
	case NFT_MSG_NEWGEN:
		return close_transaction(watch, header);
	case NFT_MSG_NEWSETELEM:
	case NFT_MSG_DELSETELEM:
		return feed_elements(watch, header, message == NFT_MSG_NEWSETELEM);
	case NFT_MSG_NEWSET:
	case NFT_MSG_DELSET:
		if (!nftmsg_read_set(header, &set) || !is_ours(watch, set.table))
			break;
		is_known = monitor_find_set(watch, set.name, &known);
		if (message == NFT_MSG_NEWSET || is_known || is_ignore_set(set.name) ||
		    nft_is_list_set(set.name))
			note(watch, message == NFT_MSG_NEWSET, NFT_LOSS_SET);
		if (message == NFT_MSG_DELSET && is_known)
			lose_elements(watch, &known);
		break;
	case NFT_MSG_NEWTABLE:
	case NFT_MSG_DELTABLE:
		if (!nftmsg_read_table(header, &table) || !is_ours(watch, table.name))
			break;
		note(watch, message == NFT_MSG_NEWTABLE, NFT_LOSS_TABLE);
		if (message == NFT_MSG_DELTABLE)
			lose_elements(watch, NULL);
		else if (table.flags & NFT_TABLE_F_DORMANT)
			damage(watch, NFT_LOSS_DORMANT);
		break;
	/* Kernels before 6.2 say nothing of a set that is added where it stands already; what else
	 * a saved ruleset holds, the chain and its rules, gives it away. */
	case NFT_MSG_NEWCHAIN:
	case NFT_MSG_DELCHAIN:
		if (nftmsg_read_chain(header, &chain) && is_ours(watch, chain.table) &&
		    span_equal(chain.name, SPAN_LITERAL(NFT_CHAIN)))
			note(watch, message == NFT_MSG_NEWCHAIN, NFT_LOSS_CHAIN);
		break;
	case NFT_MSG_NEWRULE:
	case NFT_MSG_DELRULE:
		if (nftmsg_read_rule(header, &rule) && is_ours(watch, rule.table) &&
		    span_equal(rule.chain, SPAN_LITERAL(NFT_CHAIN)))
			note(watch, message == NFT_MSG_NEWRULE, NFT_LOSS_RULE);
		break;
	}
	return 0;
}

int nftmsg_watch_feed(struct nftmsg_watch *watch, struct span datagram)
{
	struct nftmsg_answer answer;
	int r;

	while (nftmsg_answer_next(&datagram, &answer)) {
		if (answer.type != ANSWER_DATA || answer.port == watch->port)
			continue;
		if (answer.message != NFT_MSG_NEWGEN && answer.family != NFPROTO_INET)
			continue;
		r = feed_message(watch, &answer);
		if (r < 0) {
			nftmsg_watch_lost(watch);
			if (r != -ENOBUFS)
				return r;
		}
	}
	return 0;
}

bool nftmsg_watch_take(struct nftmsg_watch *watch, struct nft_notice *ret)
{
	if (watch->lost) {
		watch->lost = false;
		*ret = (struct nft_notice){ .type = NFT_NOTICE_RESYNC };
		return true;
	}
	if (watch->head == watch->ready)
		return false;
	*ret = watch->queue[watch->head++];
	if (watch->head == watch->n_queue) {
		watch->head = watch->ready = watch->n_queue = 0;
		free(watch->queue);
		watch->queue = NULL;
	}
	return true;
}
