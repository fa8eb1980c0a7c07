#include "nftmsg.h"

#include <errno.h>
#include <stdio.h>

#define COMMENT_TEXT "banish: each element is a /"

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

static bool ends_in_networks(struct span name)
{
	size_t size = strlen(NFT_NETWORKS);

	return name.size > size && memcmp(name.data + name.size - size, NFT_NETWORKS, size) == 0;
}

const char *nft_jail_name(const char *jail, bool network, char buffer[static NFT_JAIL_SIZE])
{
	size_t size = strnlen(jail, NFT_JAIL_SIZE - (network ? sizeof(NFT_NETWORKS) : 1));

	memcpy(buffer, jail, size);
	memcpy(buffer + size, network ? NFT_NETWORKS : "", network ? sizeof(NFT_NETWORKS) : 1);
	return buffer;
}

bool nft_jail_is_network(const char *name)
{
	return ends_in_networks(span_of(name));
}

bool nft_jail_is_forced(const char *name)
{
	return strcmp(name, NFT_FORCED) == 0;
}

const char *nft_jail_bare(const char *name, char buffer[static NFT_JAIL_SIZE])
{
	size_t size = strlen(name) - (nft_jail_is_network(name) ? strlen(NFT_NETWORKS) : 0);

	snprintf(buffer, NFT_JAIL_SIZE, "%.*s", (int)size, name);
	return buffer;
}

static bool is_name(struct span text)
{
	if (text.size == 0 || text.size >= NAME_SIZE || text.data[0] < 'a' || text.data[0] > 'z')
		return false;
	for (size_t i = 0; i < text.size; i++) {
		char c = text.data[i];

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-')
			return false;
	}
	return true;
}

bool nft_set_parse_name(struct span name, char jail[static NFT_JAIL_SIZE], uint8_t *family)
{
	struct span front = { name.data, name.size - 1 }, bare;
	char last;

	if (name.size < 2)
		return false;
	bare = front;
	if (ends_in_networks(front))
		bare.size -= strlen(NFT_NETWORKS);
	if (!is_name(bare) || span_equal(bare, SPAN_LITERAL(NFT_IGNORE)))
		return false;
	last = name.data[name.size - 1];
	if (last != '4' && last != '6')
		return false;
	memcpy(jail, front.data, front.size);
	jail[front.size] = '\0';
	*family = last == '4' ? AF_INET : AF_INET6;
	return true;
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
