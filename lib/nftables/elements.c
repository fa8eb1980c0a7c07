#include "nftables/elements.h"

#include "base/array.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>

#include <libmnl/libmnl.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

#define MAX_PER_BATCH   2000 /* more take longer: they leave the caches */
#define MAX_PER_MESSAGE 500
#define MAX_LIST_SIZE   60000 /* bytes; beyond 64 KiB they are lost silently */
#define MAX_RACES       100   /* lost against elements that expire in the middle of a transaction */
#define NAMES_ROOM      256   /* bytes for table and set */
#define MAX_MSEC        (100ull * 366 * 24 * 3600 * 1000) /* the kernel refuses more than 584 years */

struct nftmsg_plan_item {
	uint32_t change;
	uint16_t limit; /* how many may share its message */
	bool finished;  /* refused for good */
};

struct nftmsg_plan_part {
	size_t begin, end;    /* items */
	uint32_t first, last; /* sequences */
	bool refused;
};

static int compare_sets(const struct nft_change *a, const struct nft_change *b)
{
	int r = a->jail == b->jail ? 0 : strcmp(a->jail, b->jail);

	return r ? r : a->address.family - b->address.family;
}

static int compare_elements(const struct nft_change *a, const struct nft_change *b)
{
	int r = compare_sets(a, b);

	return r ? r : memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes));
}

static int elements_by_element(const void *a, const void *b, void *changes)
{
	const struct nftmsg_plan_item *left = a, *right = b;
	const struct nft_change *all = changes;
	int r = compare_elements(&all[left->change], &all[right->change]);

	return r ? r : (left->change > right->change) - (left->change < right->change);
}

static int by_message(const void *a, const void *b, void *changes)
{
	const struct nftmsg_plan_item *left = a, *right = b;
	const struct nft_change *x = (const struct nft_change *)changes + left->change;
	const struct nft_change *y = (const struct nft_change *)changes + right->change;
	int r = compare_sets(x, y);

	if (r == 0)
		r = (int)x->operation - (int)y->operation;
	return r ? r : compare_elements(x, y);
}

/* What is put back often lies in order, and is in order for the second time if it was for the
 * first. */
static void elements_sort(struct nftmsg_plan_item *items, size_t n,
			  int (*compare)(const void *a, const void *b, void *changes),
			  void *changes)
{
	for (size_t i = 1; i < n; i++)
		if (compare(&items[i - 1], &items[i], changes) > 0) {
			qsort_r(items, n, sizeof(*items), compare, changes);
			return;
		}
}

int nftmsg_plan_init(struct nftmsg_plan *plan, struct nft_change *changes, size_t n_changes)
{
	struct nftmsg_plan_item *items;
	size_t n = 0;

	if (n_changes > UINT32_MAX)
		return -E2BIG;
	items = calloc(n_changes + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < n_changes; i++) {
		items[i] = (struct nftmsg_plan_item){ .change = (uint32_t)i,
						      .limit = MAX_PER_MESSAGE };
		changes[i].error = -EAGAIN;
	}
	elements_sort(items, n_changes, elements_by_element, changes);
	for (size_t i = 0; i < n_changes; i++) {
		if (i + 1 < n_changes &&
		    compare_elements(&changes[items[i].change], &changes[items[i + 1].change]) == 0)
			changes[items[i].change].error = 0;
		else
			items[n++] = items[i];
	}
	elements_sort(items, n, by_message, changes);
	*plan = (struct nftmsg_plan){ .changes = changes, .items = items, .n_items = n };
	return 0;
}

void nftmsg_plan_done(struct nftmsg_plan *plan)
{
	free(plan->items);
	free(plan->parts);
	*plan = (struct nftmsg_plan){ 0 };
}

/* nft prints comments as they are: a quote would make a saved ruleset unreadable, a byte that is no
 * UTF-8 its JSON. What is too long is cut between characters. */
size_t nft_clean_comment(const char *comment, char buffer[static NFT_COMMENT_BYTES])
{
	size_t size = strnlen(comment, 2 * (size_t)NFT_COMMENT_BYTES), used = 0;

	for (size_t i = 0; i < size;) {
		size_t n =
			(unsigned char)comment[i] < 0x80 ? 1 : utf8_length(comment + i, size - i);

		if (used + MAX(n, 1u) >= NFT_COMMENT_BYTES)
			break;
		if (n > 1)
			memcpy(buffer + used, comment + i, n);
		else if (n == 0)
			buffer[used] = '?';
		else if ((unsigned char)comment[i] < ' ' || comment[i] == 0x7f)
			buffer[used] = ' ';
		else
			buffer[used] = comment[i] == '"' ? '\'' : comment[i];
		used += MAX(n, 1u);
		i += MAX(n, 1u);
	}
	buffer[used] = '\0';
	return used;
}

static size_t key_size(const struct nft_change *change)
{
	return change->address.family == AF_INET ? 4 : 16;
}

static size_t element_size(const struct nft_change *change)
{
	size_t size = 3 * MNL_ATTR_HDRLEN + key_size(change); /* element, key, value */

	size += MNL_ATTR_HDRLEN + sizeof(uint64_t);
	if (change->comment)
		size += MNL_ATTR_HDRLEN +
			MNL_ALIGN(strnlen(change->comment, NFT_COMMENT_BYTES) + 3);
	return size;
}

static void put_element(struct nlmsghdr *message, const struct nft_change *change, bool whole)
{
	struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM), *key;
	uint64_t msec = change->remaining / 1000 + (change->remaining % 1000 > 0);
	char udata[NFT_COMMENT_BYTES + 2];
	size_t size = 0;

	key = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
	mnl_attr_put(message, NFTA_DATA_VALUE, key_size(change), change->address.bytes);
	mnl_attr_nest_end(message, key);
	if (whole && change->remaining != USEC_INFINITY)
		mnl_attr_put_u64(message, NFTA_SET_ELEM_TIMEOUT,
				 htobe64(MIN(MAX(msec, 1u), MAX_MSEC)));
	if (whole && change->comment)
		size = nft_clean_comment(change->comment, udata + 2);
	if (size > 0) {
		udata[0] = NFTNL_UDATA_SET_ELEM_COMMENT;
		udata[1] = (char)(size + 1);
		mnl_attr_put(message, NFTA_SET_ELEM_USERDATA, size + 3, udata);
	}
	mnl_attr_nest_end(message, element);
}

static int put_message(struct nftmsg_plan *plan, const struct nftmsg_plan_part *part,
		       const char *table, uint16_t type, bool whole, size_t room,
		       struct nftmsg_batch *batch)
{
	const struct nft_change *first = &plan->changes[plan->items[part->begin].change];
	uint16_t flags = type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0;
	struct nlmsghdr *message = nftmsg_batch_open(batch, type, flags, NAMES_ROOM + room);
	char set[NFT_SET_NAME_SIZE];
	struct nlattr *list;

	if (!message)
		return -ENOMEM;
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, table);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET,
			  nft_set_name(first->jail, first->address.family, set));
	list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (size_t i = part->begin; i < part->end; i++)
		put_element(message, &plan->changes[plan->items[i].change], whole);
	mnl_attr_nest_end(message, list);
	nftmsg_batch_close(batch, message);
	return 0;
}

/* How far the items from `begin` on can share a message. */
static size_t find_end(const struct nftmsg_plan *plan, size_t begin, size_t *ret_room)
{
	const struct nft_change *first = &plan->changes[plan->items[begin].change];
	size_t room = 0, i, limit = plan->items[begin].limit;

	for (i = begin; i < plan->n_items; i++) {
		const struct nft_change *change = &plan->changes[plan->items[i].change];

		limit = MIN(limit, plan->items[i].limit);
		if (i - begin >= limit || change->operation != first->operation ||
		    compare_sets(first, change) != 0 || room + element_size(change) > MAX_LIST_SIZE)
			break;
		room += element_size(change);
	}
	*ret_room = room;
	return i;
}

int nftmsg_plan_build(struct nftmsg_plan *plan, const char *table, uint32_t sequence,
		      size_t max_size, struct nftmsg_batch *batch)
{
	int r;

	r = nftmsg_batch_begin(batch, sequence);
	if (r >= 0)
		r = nftmsg_plan_add(plan, table, max_size, batch);
	if (r <= 0)
		return r;
	r = nftmsg_batch_end(batch);
	return r < 0 ? r : 1;
}

int nftmsg_plan_add(struct nftmsg_plan *plan, const char *table, size_t max_size,
		    struct nftmsg_batch *batch)
{
	size_t n = plan->start;
	int r;

	if (plan->n_parts > 0) { /* the last one was refused: what is finished is left out */
		for (size_t i = plan->start; i < plan->n_items; i++)
			if (!plan->items[i].finished)
				plan->items[n++] = plan->items[i];
		plan->n_items = n;
	}
	plan->n_parts = 0;
	plan->end = plan->start;
	while (plan->end < plan->n_items && plan->end - plan->start < MAX_PER_BATCH) {
		struct nftmsg_plan_part part = { .begin = plan->end, .first = batch->sequence };
		enum nft_operation operation =
			plan->changes[plan->items[part.begin].change].operation;
		size_t room;

		part.end = find_end(plan, part.begin, &room);
		if (plan->n_parts > 0 && batch->size + 3 * (room + NAMES_ROOM) > max_size)
			break;
		r = 0;
		if (operation != NFT_PUT_NEW) {
			r = put_message(plan, &part, table, NFT_MSG_NEWSETELEM, false, room, batch);
			if (r == 0)
				r = put_message(plan, &part, table, NFT_MSG_DELSETELEM, false, room,
						batch);
		}
		if (r == 0 && operation != NFT_DELETE)
			r = put_message(plan, &part, table, NFT_MSG_NEWSETELEM, true, room, batch);
		if (r < 0)
			return r;
		part.last = batch->sequence - 1;
		if (!array_grow(plan->parts, plan->n_parts))
			return -ENOMEM;
		plan->parts[plan->n_parts++] = part;
		plan->end = part.end;
	}
	return plan->n_parts > 0;
}

void nftmsg_plan_succeeded(struct nftmsg_plan *plan)
{
	for (size_t i = plan->start; i < plan->end; i++)
		plan->changes[plan->items[i].change].error = 0;
	plan->start = plan->end;
	plan->n_parts = 0;
}

static void elements_refuse(struct nftmsg_plan *plan, const struct nftmsg_plan_part *part,
			    int error)
{
	size_t n = part->end - part->begin;

	for (size_t i = part->begin; i < part->end; i++) {
		struct nftmsg_plan_item *item = &plan->items[i];
		struct nft_change *change = &plan->changes[item->change];

		if (error == -ENFILE && n > 1) {
			item->limit = (uint16_t)MAX(n / 2, 1u);
			continue;
		}
		/* No room for it: so it is not there. */
		change->error = error == -ENFILE && change->operation == NFT_DELETE ? 0 : error;
		item->finished = true;
	}
}

bool nftmsg_plan_refused(struct nftmsg_plan *plan, uint32_t sequence, int error)
{
	for (size_t i = 0; i < plan->n_parts; i++) {
		struct nftmsg_plan_part *part = &plan->parts[i];

		if (sequence < part->first || sequence > part->last)
			continue;
		/* The first refusal is the cause of the part's others. Kernels that look at the
		 * clock for each message (before 6.8) may see an element at the add that has
		 * expired at the delete; without the set the add would have been refused already.
		 */
		if (!part->refused &&
		    !(error == -ENOENT && sequence != part->first && plan->n_races++ < MAX_RACES))
			elements_refuse(plan, part, error);
		part->refused = true;
		return true;
	}
	return false;
}
