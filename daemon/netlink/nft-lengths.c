/* Sets for bans of another length than their jail's: which stay, and one more. */
#include <errno.h>
#include <netinet/in.h>

#include <linux/netfilter/nf_tables.h>

#include "netlink/nft-lengths.h"
#include "netlink/nft.h"

const struct nft_lengths *nft_lengths(const struct nft *nft)
{
	return &nft->lengths;
}

static int note_element(void *data, const struct nftmsg_answer *answer)
{
	struct nftmsg_elements elements;
	struct nftmsg_element element;
	bool *found = data;

	if (nftmsg_read_elements(answer->header, &elements) &&
	    nftmsg_element_next(&elements, &element))
		*found = true;
	return 0;
}

/* 1, 0. One that vanished meanwhile is empty. */
static int is_in_use(struct nft *nft, const char *set)
{
	const struct nft_question question = {
		.type = NFT_MSG_GETSETELEM,
		.table = nft->table,
		.name = set,
		.flags = NLM_F_DUMP,
	};
	bool found = false;
	int r;

	r = nft_socket_ask(nft, &question, note_element, &found);
	return r < 0 && r != -ENOENT ? r : found;
}

int nft_lengths_keep(struct nft *nft, struct nft_layout *layout, const struct nftmsg_state *state,
		     bool tidy)
{
	int r, n_empty = 0;

	for (size_t i = 0; i < state->n_sets; i++) {
		const struct nftmsg_known_set *set = &state->sets[i];
		struct nft_length item;

		if (!nftmsg_layout_length(layout, set->name, &item) || set->prefix != item.length ||
		    nft_lengths_have(&layout->lengths, item.jail, item.family, item.length))
			continue;
		r = tidy ? is_in_use(nft, set->name) : 1;
		if (r < 0)
			return r;
		if (r > 0)
			r = nft_lengths_add(&layout->lengths, item.jail, item.family, item.length);
		n_empty += r <= 0;
	}
	return n_empty > 0;
}

static size_t count_lengths(const struct nft_sets *sets, uint8_t family)
{
	size_t n = 0;

	for (size_t i = 0; i < sets->n_items; i++)
		n += sets->items[i].family == family && nft_jail_length(sets->items[i].jail) > 0;
	return n;
}

int nft_add_length(struct nft *nft, const struct nft_jail *jail, uint8_t family, unsigned length)
{
	cleanup(nft_sets_done) struct nft_sets sets = { 0 };
	struct nft_jail added = nftmsg_length_jail(jail, family, length);
	int r;

	r = nft_list_sets(nft, &sets);
	if (r < 0)
		return r;
	if (nft_sets_find(&sets, added.name, family))
		return 0;
	if (count_lengths(&sets, family) >= NFT_MAX_LENGTHS)
		return -EDQUOT;
	nft->batch.generation = 0;
	r = nftmsg_layout_add(nft->table, &added, 0, nft->sequence, &nft->batch);
	return r < 0 ? r : nft_socket_transact(nft, NULL);
}
