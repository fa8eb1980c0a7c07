/*
 * The plain way to follow the journal: sd_journal_wait(), one compiled pattern, one element put
 *into the set 'seen' of table inet bench for each hit. What latency nobody who only waits can beat.
 *
 *	bench-follow UNIT
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <time.h>

static const char pattern[] = "\\(auth failed, \\d+ attempts[^)]*\\): user=<[^>]*>, method=[^,]*, "
			      "rip=([^,]+),";

static void fail(const char *what)
{
	fprintf(stderr, "bench-follow: %s failed\n", what);
	exit(1);
}

static struct nftnl_set *make_set(uint32_t address)
{
	struct nftnl_set *set = nftnl_set_alloc();
	struct nftnl_set_elem *element = nftnl_set_elem_alloc();

	if (!set || !element)
		fail("nftnl");
	nftnl_set_set_str(set, NFTNL_SET_TABLE, "bench");
	nftnl_set_set_str(set, NFTNL_SET_NAME, "seen");
	nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, &address, sizeof(address));
	nftnl_set_elem_add(set, element);
	return set;
}

static void put(struct mnl_socket *socket, uint32_t address)
{
	static uint32_t sequence;
	char buffer[4096];
	struct mnl_nlmsg_batch *batch = mnl_nlmsg_batch_start(buffer, sizeof(buffer));
	struct nftnl_set *set = make_set(address);
	struct nlmsghdr *header;

	nftnl_batch_begin(mnl_nlmsg_batch_current(batch), sequence++);
	mnl_nlmsg_batch_next(batch);
	header = nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(batch), NFT_MSG_NEWSETELEM,
				       NFPROTO_INET, NLM_F_CREATE, sequence++);
	nftnl_set_elems_nlmsg_build_payload(header, set);
	mnl_nlmsg_batch_next(batch);
	nftnl_batch_end(mnl_nlmsg_batch_current(batch), sequence++);
	mnl_nlmsg_batch_next(batch);
	if (mnl_socket_sendto(socket, mnl_nlmsg_batch_head(batch), mnl_nlmsg_batch_size(batch)) < 0)
		fail("sending");
	mnl_nlmsg_batch_stop(batch);
	nftnl_set_free(set);
}

static void read_entry(sd_journal *journal, pcre2_code *code, pcre2_match_data *captures,
		       struct mnl_socket *socket)
{
	const void *data;
	size_t size, length = INET_ADDRSTRLEN;
	char text[INET_ADDRSTRLEN];
	struct in_addr address;

	if (sd_journal_get_data(journal, "MESSAGE", &data, &size) < 0 ||
	    pcre2_jit_match(code, (PCRE2_SPTR)data + 8, size - 8, 0, 0, captures, NULL) <= 0 ||
	    pcre2_substring_copy_bynumber(captures, 1, (PCRE2_UCHAR *)text, &length) < 0)
		return;
	if (inet_pton(AF_INET, text, &address) == 1)
		put(socket, address.s_addr);
}

int main(int argc, char **argv)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
	pcre2_match_data *captures;
	sd_journal *journal;
	pcre2_code *code;
	char match[256];
	size_t place;
	int error;

	if (argc != 2 || !socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		fail("opening netlink");
	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, 0, &error, &place, NULL);
	if (!code || pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) < 0)
		fail("compiling the pattern");
	captures = pcre2_match_data_create_from_pattern(code, NULL);
	(void)snprintf(match, sizeof(match), "_SYSTEMD_UNIT=%s", argv[1]);
	if (sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM) < 0 ||
	    sd_journal_add_match(journal, match, 0) < 0 ||
	    sd_journal_seek_realtime_usec(journal, (uint64_t)time(NULL) * 1000000) < 0)
		fail("opening the journal");
	for (;;) {
		while (sd_journal_next(journal) > 0)
			read_entry(journal, code, captures, socket);
		if (sd_journal_wait(journal, UINT64_MAX) < 0)
			fail("waiting");
	}
}
