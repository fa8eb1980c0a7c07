#include "nftables/names.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define COMMENT_TEXT "banish: each element is a /"

const uint8_t nft_families[NFT_FAMILIES] = { AF_INET, AF_INET6 };

void nft_notice_done(struct nft_notice *notice)
{
	free(notice->comment);
	notice->comment = NULL;
}

const char *nft_set_name(const char *jail, uint8_t family, char buffer[static NFT_SET_NAME_SIZE])
{
	size_t size = strnlen(jail, NFT_SET_NAME_SIZE - 2);

	memcpy(buffer, jail, size);
	buffer[size] = family == AF_INET ? '4' : '6';
	buffer[size + 1] = '\0';
	return buffer;
}

/* A name, and what stands behind its dot: "", ".net" or ".128v". */
static struct span suffix_of(struct span name)
{
	const char *dot = name.size > 0 ? memchr(name.data, '.', name.size) : NULL;

	return dot ? (struct span){ dot, (size_t)(name.data + name.size - dot) }
		   : (struct span){ 0 };
}

/* ".128v": 128; else 0. */
static unsigned length_in(struct span suffix)
{
	unsigned length = 0;

	if (suffix.size < 3 || suffix.size > strlen(".128v") || suffix.data[1] == '0' ||
	    suffix.data[suffix.size - 1] != 'v')
		return 0;
	for (size_t i = 1; i + 1 < suffix.size; i++) {
		if (suffix.data[i] < '0' || suffix.data[i] > '9')
			return 0;
		length = 10 * length + (unsigned)(suffix.data[i] - '0');
	}
	return length <= 128 ? length : 0;
}

const char *nft_jail_name(const char *jail, bool network, char buffer[static NFT_JAIL_SIZE])
{
	size_t size = strnlen(jail, NFT_JAIL_SIZE - (network ? sizeof(NFT_NETWORKS) : 1));

	memcpy(buffer, jail, size);
	memcpy(buffer + size, network ? NFT_NETWORKS : "", network ? sizeof(NFT_NETWORKS) : 1);
	return buffer;
}

const char *nft_length_name(const char *jail, unsigned length, char buffer[static NFT_JAIL_SIZE])
{
	snprintf(buffer, NFT_JAIL_SIZE, "%.*s.%uv", NAME_SIZE - 1, jail, MIN(length, 128u));
	return buffer;
}

bool nft_jail_is_network(const char *name)
{
	return span_equal(suffix_of(span_of(name)), SPAN_LITERAL(NFT_NETWORKS));
}

unsigned nft_jail_length(const char *name)
{
	return length_in(suffix_of(span_of(name)));
}

bool nft_jail_is_forced(const char *name)
{
	return strcmp(name, NFT_FORCED) == 0;
}

const char *nft_jail_bare(const char *name, char buffer[static NFT_JAIL_SIZE])
{
	snprintf(buffer, NFT_JAIL_SIZE, "%.*s", (int)strcspn(name, "."), name);
	return buffer;
}

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

bool nft_set_parse_name(struct span name, char jail[static NFT_JAIL_SIZE], uint8_t *family)
{
	struct span front = { name.data, name.size - 1 }, bare, suffix;
	unsigned length;
	char last;

	if (name.size < 2)
		return false;
	suffix = suffix_of(front);
	bare = (struct span){ name.data, front.size - suffix.size };
	length = length_in(suffix);
	last = name.data[name.size - 1];
	if ((last != '4' && last != '6') || !name_is_valid(bare, NAME_SIZE - 1) ||
	    span_equal(bare, SPAN_LITERAL(NFT_IGNORE)) || nft_is_list_set(bare))
		return false;
	if (suffix.size > 0 && (span_equal(bare, SPAN_LITERAL(NFT_FORCED)) ||
				(length == 0 && !span_equal(suffix, SPAN_LITERAL(NFT_NETWORKS))) ||
				(length > 32 && last == '4')))
		return false;
	memcpy(jail, front.data, front.size);
	jail[front.size] = '\0';
	*family = last == '4' ? AF_INET : AF_INET6;
	return true;
}

const char *nft_list_name(const char *list, char buffer[static NAME_SIZE])
{
	snprintf(buffer, NAME_SIZE, NFT_LIST "%s", list);
	return buffer;
}

const char *nft_list_set_name(const char *list, uint8_t family, bool other,
			      char buffer[static NFT_SET_NAME_SIZE])
{
	snprintf(buffer, NFT_SET_NAME_SIZE, "%.*s%c%s", NAME_SIZE - 1, list,
		 family == AF_INET ? '4' : '6', other ? ".b" : "");
	return buffer;
}

bool nft_is_list_set(struct span name)
{
	const struct span list = SPAN_LITERAL(NFT_LIST);

	return name.size > list.size && memcmp(name.data, list.data, list.size) == 0;
}

const char *nft_set_comment(unsigned prefix, char buffer[static NFT_SET_COMMENT_SIZE])
{
	snprintf(buffer, NFT_SET_COMMENT_SIZE, COMMENT_TEXT "%u", prefix);
	return buffer;
}

int nft_set_parse_comment(struct span comment)
{
	struct span front = SPAN_LITERAL(COMMENT_TEXT);
	int bits = 0;

	if (comment.size <= front.size || comment.size > front.size + 3 ||
	    memcmp(comment.data, front.data, front.size) != 0)
		return -EINVAL;
	for (size_t i = front.size; i < comment.size; i++) {
		if (comment.data[i] < '0' || comment.data[i] > '9')
			return -EINVAL;
		bits = bits * 10 + comment.data[i] - '0';
	}
	return bits <= 128 ? bits : -EINVAL;
}

const char *nft_list_write_comment(const struct nft_list_comment *comment,
				   char buffer[static NFT_LIST_COMMENT_SIZE])
{
	snprintf(buffer, NFT_LIST_COMMENT_SIZE,
		 "banish: %" PRIu64 " networks of a file of @%" PRIu64, comment->n_networks,
		 comment->time);
	return buffer;
}

int nft_list_parse_comment(struct span text, struct nft_list_comment *ret)
{
	char copy[NFT_LIST_COMMENT_SIZE], same[NFT_LIST_COMMENT_SIZE];
	struct nft_list_comment comment;

	if (text.size == 0 || text.size >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	if (sscanf(copy, "banish: %10" SCNu64 " networks of a file of @%12" SCNu64,
		   &comment.n_networks, &comment.time) != 2 ||
	    strcmp(copy, nft_list_write_comment(&comment, same)) != 0)
		return -EINVAL;
	*ret = comment;
	return 0;
}
