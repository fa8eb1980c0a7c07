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
	snprintf(buffer, NFT_SET_NAME_SIZE, "%s%c", jail, family == AF_INET ? '4' : '6');
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

bool nft_set_parse_name(struct span name, char jail[static NAME_SIZE], uint8_t *family)
{
	struct span front = { name.data, name.size - 1 };
	char last;

	if (name.size < 2 || !is_name(front) || span_equal(front, SPAN_LITERAL(NFT_IGNORE)))
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
