#include <errno.h>
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "base/array.h"
#include "netlink/nft-socket.h"
#include "netlink/nft.h"

#define MAX_TRIES 5 /* for answers of one moment */

static int has_table(struct nft *nft)
{
	struct nft_question question = { .type = NFT_MSG_GETTABLE, .table = nft->table };

	return nft_socket_ask(nft, &question, NULL, NULL);
}

static int add_set(void *data, const struct nftmsg_answer *answer)
{
	struct nft_sets *sets = data;
	struct nft_set set = { 0 };
	struct nftmsg_set told;
	int r;

	if (answer->message != NFT_MSG_NEWSET || !nftmsg_read_set(answer->header, &told) ||
	    !nft_set_parse_name(told.name, set.jail, &set.family) ||
	    !(told.flags & NFT_SET_TIMEOUT) || told.flags & NFT_SET_INTERVAL ||
	    told.key_size != (set.family == AF_INET ? 4 : 16))
		return 0;
	r = nft_set_parse_comment(told.comment);
	set.prefix = nft_jail_length(set.jail) ?: (r >= 0 ? (unsigned)r : 8 * told.key_size);
	if (!array_grow(sets->items, sets->n_items))
		return -ENOMEM;
	sets->items[sets->n_items++] = set;
	return 0;
}

int nft_list_sets(struct nft *nft, struct nft_sets *ret)
{
	struct nft_question question = { .type = NFT_MSG_GETSET,
					 .table = nft->table,
					 .flags = NLM_F_DUMP };
	cleanup(nft_sets_done) struct nft_sets sets = { 0 };
	int r;

	r = has_table(nft);
	if (r < 0)
		return r;
	for (int i = 0; i < MAX_TRIES; i++) {
		nft_sets_done(&sets);
		r = nft_socket_ask(nft, &question, add_set, &sets);
		if (r <= 0)
			break;
	}
	if (r < 0)
		return r;
	*ret = sets;
	sets = (struct nft_sets){ 0 };
	return 0;
}

void nft_sets_done(struct nft_sets *sets)
{
	free(sets->items);
	*sets = (struct nft_sets){ 0 };
}

const struct nft_set *nft_sets_find(const struct nft_sets *sets, const char *jail, uint8_t family)
{
	for (size_t i = 0; i < sets->n_items; i++)
		if (sets->items[i].family == family && strcmp(sets->items[i].jail, jail) == 0)
			return &sets->items[i];
	return NULL;
}

/* A list in the making: comments are places in `text` until it moves no more. */
struct builder {
	const struct nft_set *set;
	struct nft_element *items;
	size_t n_items;
	size_t *comments; /* SIZE_MAX: none */
	char *text;
	size_t text_size, text_capacity;
};

static void nft_list_builder_done(struct builder *builder)
{
	free(builder->items);
	free(builder->comments);
	free(builder->text);
}

static int add_element(struct builder *b, const struct nftmsg_element *element)
{
	struct span comment = element->comment;
	struct nft_element *item;

	if (!array_grow(b->items, b->n_items) || !array_grow(b->comments, b->n_items))
		return -ENOMEM;
	while (b->text_size + comment.size + 1 > b->text_capacity)
		if (array_reserve(&b->text, b->text_capacity, &b->text_capacity, 1) < 0)
			return -ENOMEM;
	item = &b->items[b->n_items];
	*item = (struct nft_element){
		.jail = b->set->jail,
		.timeout = element->timeout,
		.remaining = element->timeout == USEC_INFINITY ? USEC_INFINITY : element->remaining,
	};
	if (!nftmsg_key_address(element->key, b->set->family, &item->address))
		return 0;
	item->prefix = address_widen(&item->address, b->set->prefix);
	item->host_bits = !address_equal(&item->prefix.address, &item->address);
	b->comments[b->n_items++] = comment.data ? b->text_size : SIZE_MAX;
	if (comment.data) {
		memcpy(b->text + b->text_size, comment.data, comment.size);
		b->text_size += comment.size;
		b->text[b->text_size++] = '\0';
	}
	return 0;
}

static int add_elements(void *data, const struct nftmsg_answer *answer)
{
	struct nftmsg_elements elements;
	struct nftmsg_element element;
	int r = 0;

	if (answer->message != NFT_MSG_NEWSETELEM ||
	    !nftmsg_read_elements(answer->header, &elements))
		return 0;
	while (r == 0 && nftmsg_element_next(&elements, &element))
		r = add_element(data, &element);
	return r;
}

/* 0; 1: not of one moment. A set that vanished meanwhile is empty. */
static int list_set(struct nft *nft, const struct nft_set *set, struct builder *builder)
{
	size_t n_items = builder->n_items, text_size = builder->text_size;
	char name[NFT_SET_NAME_SIZE];
	struct nft_question question = {
		.type = NFT_MSG_GETSETELEM,
		.table = nft->table,
		.name = nft_set_name(set->jail, set->family, name),
		.flags = NLM_F_DUMP,
	};
	int r = 0;

	builder->set = set;
	for (int i = 0; i < MAX_TRIES; i++) {
		builder->n_items = n_items;
		builder->text_size = text_size;
		r = nft_socket_ask(nft, &question, add_elements, builder);
		if (r <= 0)
			return r == -ENOENT ? 0 : r;
	}
	return r;
}

int nft_list(struct nft *nft, const char *jail, struct nft_elements *ret)
{
	cleanup(nft_sets_done) struct nft_sets sets = { 0 };
	cleanup(nft_list_builder_done) struct builder builder = { 0 };
	char bare[NFT_JAIL_SIZE];
	int r, torn = 0;

	r = nft_list_sets(nft, &sets);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sets.n_items; i++) {
		if (jail && strcmp(jail, nft_jail_bare(sets.items[i].jail, bare)) != 0)
			continue;
		r = list_set(nft, &sets.items[i], &builder);
		if (r < 0)
			return r;
		torn |= r;
	}
	for (size_t i = 0; i < builder.n_items; i++)
		if (builder.comments[i] != SIZE_MAX)
			builder.items[i].comment = builder.text + builder.comments[i];
	*ret = (struct nft_elements){
		.items = TAKE_PTR(builder.items),
		.n_items = builder.n_items,
		.sets = sets,
		.text = TAKE_PTR(builder.text),
	};
	sets = (struct nft_sets){ 0 };
	return torn;
}

void nft_elements_done(struct nft_elements *elements)
{
	free(elements->items);
	free(elements->text);
	nft_sets_done(&elements->sets);
	*elements = (struct nft_elements){ 0 };
}

static int take_remaining(void *data, const struct nftmsg_answer *answer)
{
	struct nftmsg_elements elements;
	struct nftmsg_element element;
	usec_t *remaining = data;

	if (nftmsg_read_elements(answer->header, &elements) &&
	    nftmsg_element_next(&elements, &element))
		*remaining = element.timeout == USEC_INFINITY ? USEC_INFINITY : element.remaining;
	return 0;
}

int nft_find(struct nft *nft, const char *jail, const struct address *address,
	     usec_t *ret_remaining)
{
	cleanup(nft_sets_done) struct nft_sets sets = { 0 };
	char name[NFT_SET_NAME_SIZE];
	struct nft_question question = {
		.type = NFT_MSG_GETSETELEM,
		.table = nft->table,
		.name = nft_set_name(jail, address->family, name),
		.key = address,
	};
	usec_t remaining = USEC_INFINITY;
	int r;

	r = nft_socket_ask(nft, &question, take_remaining, &remaining);
	if (r >= 0) {
		if (ret_remaining)
			*ret_remaining = remaining;
		return 1;
	}
	if (r != -ENOENT)
		return r;
	/* The same word for no table, no set and no element. */
	question.type = NFT_MSG_GETSET;
	question.key = NULL;
	r = nft_socket_ask(nft, &question, add_set, &sets);
	return r < 0 ? r : sets.n_items > 0 ? 0 : -ENOENT;
}

/* Where an interval begins or ends, in any order. */
struct borders {
	struct border {
		struct address address;
		bool is_end;
	} * items;
	size_t n_items;
	uint8_t family;
};

static int nft_list_take_borders(void *data, const struct nftmsg_answer *answer)
{
	struct nftmsg_elements elements;
	struct nftmsg_element element;
	struct borders *borders = data;

	if (answer->message != NFT_MSG_NEWSETELEM ||
	    !nftmsg_read_elements(answer->header, &elements))
		return 0;
	while (nftmsg_element_next(&elements, &element)) {
		struct border border = { .is_end = element.interval_end };

		if (!nftmsg_key_address(element.key, borders->family, &border.address))
			continue;
		if (!array_grow(borders->items, borders->n_items))
			return -ENOMEM;
		borders->items[borders->n_items++] = border;
	}
	return 0;
}

/* Where one ends and another begins, the end comes first. */
static int nft_list_compare_borders(const void *a, const void *b)
{
	const struct border *x = a, *y = b;
	int r = memcmp(x->address.bytes, y->address.bytes, sizeof(x->address.bytes));

	return r ?: (int)y->is_end - (int)x->is_end;
}

int nft_list_networks(struct nft *nft, const char *set, uint8_t family, struct prefixset *ret)
{
	const struct nft_question question = {
		.type = NFT_MSG_GETSETELEM,
		.table = nft->table,
		.name = set,
		.flags = NLM_F_DUMP,
	};
	struct borders borders = { .family = family };
	int r = 1, torn;

	for (int i = 0; r > 0 && i < MAX_TRIES; i++) {
		borders.n_items = 0;
		r = nft_socket_ask(nft, &question, nft_list_take_borders, &borders);
	}
	torn = r;
	if (borders.n_items > 0)
		qsort(borders.items, borders.n_items, sizeof(*borders.items),
		      nft_list_compare_borders);
	for (size_t i = 0; r >= 0 && i < borders.n_items; i++)
		if (!borders.items[i].is_end)
			r = prefixset_add_interval(ret, &borders.items[i].address,
						   i + 1 < borders.n_items
							   ? &borders.items[i + 1].address
							   : NULL);
	free(borders.items);
	return r < 0 ? r : torn;
}

int nft_list_ignored(struct nft *nft, uint8_t family, struct prefixset *ret)
{
	char name[NFT_SET_NAME_SIZE];

	return nft_list_networks(nft, nft_set_name(NFT_IGNORE, family, name), family, ret);
}

int nft_find_network(struct nft *nft, const char *set, const struct address *address)
{
	struct nft_question question = {
		.type = NFT_MSG_GETSETELEM,
		.table = nft->table,
		.name = set,
		.key = address,
	};
	int r;

	r = nft_socket_ask(nft, &question, NULL, NULL);
	if (r != -ENOENT)
		return r < 0 ? r : 1;
	/* the same word for no set and no element */
	question.type = NFT_MSG_GETSET;
	question.key = NULL;
	return nft_socket_ask(nft, &question, NULL, NULL);
}
