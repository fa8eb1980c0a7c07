/* Sets for bans of another length than their jail's. */
#include "nftables/layout.h"

#include <errno.h>
#include <stdio.h>

#include "nftables/rule.h"
#include "nftables/set.h"

bool nft_lengths_have(const struct nft_lengths *lengths, const char *jail, uint8_t family,
		      unsigned length)
{
	for (size_t i = 0; i < lengths->n_items; i++) {
		const struct nft_length *item = &lengths->items[i];

		if (item->family == family && item->length == length &&
		    strcmp(item->jail, jail) == 0)
			return true;
	}
	return false;
}

int nft_lengths_add(struct nft_lengths *lengths, const char *jail, uint8_t family, unsigned length)
{
	struct nft_length *item = &lengths->items[lengths->n_items];
	size_t n = 0;

	if (nft_lengths_have(lengths, jail, family, length))
		return 0;
	for (size_t i = 0; i < lengths->n_items; i++)
		n += lengths->items[i].family == family;
	if (n >= NFT_MAX_LENGTHS)
		return -EDQUOT;
	*item = (struct nft_length){ .family = family, .length = (uint8_t)length };
	snprintf(item->jail, sizeof(item->jail), "%s", jail);
	lengths->n_items++;
	return 1;
}

struct nft_jail nftmsg_length_jail(const struct nft_jail *jail, uint8_t family, unsigned length)
{
	struct nft_jail ret = *jail;

	nft_length_name(jail->name, length, ret.name);
	ret.prefix4 = ret.prefix6 = length;
	ret.family = family;
	return ret;
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
