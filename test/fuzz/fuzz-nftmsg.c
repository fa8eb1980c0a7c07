/* What the kernel sends: no bytes may break the readers, and nothing read may lie outside them. */
#include "fuzz.h"
#include "nftables/layout.h"
#include "nftables/monitor.h"
#include "nftables/parse.h"

static void check_inside(struct span all, struct span part)
{
	if (part.data)
		FUZZ_CHECK(part.data >= all.data && part.data + part.size <= all.data + all.size);
}

static void read_elements(struct span all, const struct nlmsghdr *header)
{
	struct nftmsg_elements elements;
	struct nftmsg_element element;
	struct address address;

	if (!nftmsg_read_elements(header, &elements))
		return;
	check_inside(all, elements.set);
	while (nftmsg_element_next(&elements, &element)) {
		check_inside(all, element.key);
		check_inside(all, element.comment);
		if (nftmsg_key_address(element.key, AF_INET, &address))
			FUZZ_CHECK(element.key.size == 4);
	}
}

static void read_message(struct span all, const struct nlmsghdr *header)
{
	struct nftmsg_generation generation;
	struct nftmsg_chain chain;
	struct nftmsg_table table;
	struct nftmsg_rule rule;
	struct nftmsg_set set;

	if (nftmsg_read_table(header, &table))
		check_inside(all, table.name);
	if (nftmsg_read_chain(header, &chain))
		check_inside(all, chain.type);
	if (nftmsg_read_rule(header, &rule))
		check_inside(all, rule.chain);
	if (nftmsg_read_set(header, &set)) {
		check_inside(all, set.name);
		check_inside(all, set.comment);
		FUZZ_CHECK(nft_set_parse_comment(set.comment) <= 128);
	}
	nftmsg_read_generation(header, &generation);
	check_inside(all, generation.process);
	read_elements(all, header);
}

static void watch(struct span datagram)
{
	static const struct nft_set sets[] = { { "mail", AF_INET, 32 }, { "mail", AF_INET6, 64 } };
	cleanup(nftmsg_watch_freep) struct nftmsg_watch *watch = NULL;
	struct nft_notice notice;

	FUZZ_CHECK(nftmsg_watch_new("banish", 1, &watch) == 0);
	FUZZ_CHECK(nftmsg_watch_sets(watch, sets, ARRAY_SIZE(sets)) == 0);
	FUZZ_CHECK(nftmsg_watch_feed(watch, datagram) == 0);
	while (nftmsg_watch_take(watch, &notice)) {
		FUZZ_CHECK(notice.type != NFT_NOTICE_RESYNC);
		if (notice.type == NFT_NOTICE_ADDED || notice.type == NFT_NOTICE_DELETED)
			FUZZ_CHECK(notice.remaining <= notice.timeout &&
				   strcmp(notice.jail, "mail") == 0);
		nft_notice_done(&notice);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1); /* aligned, as the sockets' buffers are */
	struct span all = { copy, size }, left = all;
	struct nftmsg_state state = { 0 };
	struct nftmsg_answer answer;

	FUZZ_CHECK(copy);
	if (size > 0)
		memcpy(copy, data, size);
	while (nftmsg_answer_next(&left, &answer)) {
		if (answer.type == ANSWER_DATA)
			read_message(all, answer.header);
		else
			FUZZ_CHECK(answer.error <= 0);
		FUZZ_CHECK(nftmsg_state_feed(&state, "banish", &answer) == 0);
	}
	watch(all);
	nftmsg_state_done(&state);
	free(copy);
	return 0;
}
