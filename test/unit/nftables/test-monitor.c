#include "nftables/monitor.h"

#include <arpa/inet.h>
#include <endian.h>

#include "unit.h"

#include <linux/netfilter.h>

#include "nftables/elements.h"
#include "nftmsg-messages.h"

#define OUR_PORT   4711
#define OTHER_PORT 815

static const struct nft_set sets[] = {
	{ "dovecot", AF_INET, 32 },
	{ "dovecot", AF_INET6, 64 },
	{ "manual", AF_INET, 32 },
};

static struct nftmsg_batch
	batch; /* a datagram in the making; its begin is passed over by readers */
static struct nftmsg_watch *watch;

static void begin(void)
{
	assert_int_equal(nftmsg_batch_begin(&batch, 1), 0);
}

static struct nlmsghdr *message(uint16_t type, uint32_t port)
{
	struct nlmsghdr *header = nftmsg_batch_open(&batch, type, 0, 1000);

	assert_non_null(header);
	header->nlmsg_pid = port;
	return header;
}

static void named(uint16_t type, uint32_t port, const char *table, const char *name)
{
	struct nlmsghdr *header = message(type, port);

	mnl_attr_put_strz(header, NFTA_SET_TABLE, table);
	if (name)
		mnl_attr_put_strz(header,
				  type == NFT_MSG_DELCHAIN || type == NFT_MSG_NEWCHAIN
					  ? NFTA_CHAIN_NAME
					  : NFTA_SET_NAME,
				  name);
	nftmsg_batch_close(&batch, header);
}

static void element(uint16_t type, uint32_t port, const char *set, const char *address,
		    uint64_t msec, const char *comment)
{
	struct nlmsghdr *header = message(type, port);
	struct nlattr *list, *item, *key;
	struct address parsed;
	char udata[200] = { 0, 0 };

	assert_int_equal(address_parse(span_of(address), &parsed), 0);
	mnl_attr_put_strz(header, NFTA_SET_ELEM_LIST_TABLE, "banish");
	mnl_attr_put_strz(header, NFTA_SET_ELEM_LIST_SET, set);
	list = mnl_attr_nest_start(header, NFTA_SET_ELEM_LIST_ELEMENTS);
	item = mnl_attr_nest_start(header, NFTA_LIST_ELEM);
	key = mnl_attr_nest_start(header, NFTA_SET_ELEM_KEY);
	mnl_attr_put(header, NFTA_DATA_VALUE, address_bits(&parsed) / 8, parsed.bytes);
	mnl_attr_nest_end(header, key);
	if (msec > 0) {
		mnl_attr_put_u64(header, NFTA_SET_ELEM_TIMEOUT, htobe64(msec));
		mnl_attr_put_u64(header, NFTA_SET_ELEM_EXPIRATION, htobe64(msec - 1));
	}
	if (comment) {
		udata[1] = (char)(strlen(comment) + 1);
		memcpy(udata + 2, comment, strlen(comment) + 1);
		mnl_attr_put(header, NFTA_SET_ELEM_USERDATA, strlen(comment) + 3, udata);
	}
	mnl_attr_nest_end(header, item);
	mnl_attr_nest_end(header, list);
	nftmsg_batch_close(&batch, header);
}

static void table_message(uint16_t type, uint32_t flags)
{
	struct nlmsghdr *header = message(type, OTHER_PORT);

	mnl_attr_put_strz(header, NFTA_TABLE_NAME, "banish");
	mnl_attr_put_u32(header, NFTA_TABLE_FLAGS, htonl(flags));
	nftmsg_batch_close(&batch, header);
}

static void generation(uint32_t port, const char *process, uint32_t process_id)
{
	struct nlmsghdr *header = message(NFT_MSG_NEWGEN, port);

	((struct nfgenmsg *)mnl_nlmsg_get_payload(header))->nfgen_family = AF_UNSPEC;
	mnl_attr_put_u32(header, NFTA_GEN_PROC_PID, htonl(process_id));
	if (process)
		mnl_attr_put_strz(header, NFTA_GEN_PROC_NAME, process);
	nftmsg_batch_close(&batch, header);
}

static void feed(void)
{
	assert_int_equal(nftmsg_watch_feed(watch, (struct span){ batch.data, batch.size }), 0);
}

static struct nft_notice take(enum nft_notice_type type)
{
	struct nft_notice notice;

	assert_true(nftmsg_watch_take(watch, &notice));
	assert_int_equal(notice.type, type);
	return notice;
}

static void assert_nothing_left(void)
{
	struct nft_notice notice;

	assert_false(nftmsg_watch_take(watch, &notice));
}

static int set_up(void **state)
{
	assert_int_equal(nftmsg_watch_new("banish", OUR_PORT, &watch), 0);
	assert_int_equal(nftmsg_watch_sets(watch, sets, ARRAY_SIZE(sets)), 0);
	begin();
	return 0;
}

static int tear_down(void **state)
{
	watch = nftmsg_watch_free(watch);
	nftmsg_batch_done(&batch);
	return 0;
}

static void an_element_is_told_when_its_maker_is_known(void **state)
{
	struct nft_notice notice;

	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "dovecot4", "192.0.2.7", 60000, "by hand");
	feed();
	assert_nothing_left();
	begin();
	generation(OTHER_PORT, "nft", 99);
	feed();
	notice = take(NFT_NOTICE_ADDED);
	assert_string_equal(notice.process, "nft");
	assert_int_equal(notice.process_id, 99);
	assert_string_equal(notice.jail, "dovecot");
	assert_int_equal(notice.prefix.length, 32);
	assert_false(notice.host_bits);
	assert_false(notice.restored);
	assert_int_equal(notice.timeout, 60 * USEC_PER_SEC);
	assert_int_equal(notice.remaining, 60 * USEC_PER_SEC - 1000);
	assert_string_equal(notice.comment, "by hand");
	nft_notice_done(&notice);
	assert_nothing_left();
}

static void a_permanent_element_has_no_end(void **state)
{
	struct nft_notice notice;

	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "manual4", "192.0.2.7", 0, NULL);
	generation(OTHER_PORT, NULL, 0);
	feed();
	notice = take(NFT_NOTICE_ADDED);
	assert_int_equal(notice.timeout, USEC_INFINITY);
	assert_int_equal(notice.remaining, USEC_INFINITY);
	assert_string_equal(notice.process, "");
	assert_null(notice.comment);
}

static void host_bits_are_told(void **state)
{
	struct nft_notice notice;
	char text[PREFIX_TEXT_MAX];

	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "dovecot6", "2001:db8:1:2:3::4", 1000, NULL);
	generation(OTHER_PORT, "nft", 1);
	feed();
	notice = take(NFT_NOTICE_ADDED);
	assert_true(notice.host_bits);
	assert_string_equal(prefix_format(&notice.prefix, text), "2001:db8:1:2::/64");
	assert_string_equal(address_format(&notice.address, text), "2001:db8:1:2:3::4");
}

static void a_set_of_a_length_is_known_by_its_name(void **state)
{
	struct nft_notice notice;
	char text[PREFIX_TEXT_MAX];

	begin();
	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "manual.20v4", "198.51.96.0", 5000, NULL);
	generation(OTHER_PORT, "nft", 1);
	feed();
	notice = take(NFT_NOTICE_ADDED);
	assert_string_equal(notice.jail, "manual.20v");
	assert_string_equal(prefix_format(&notice.prefix, text), "198.51.96.0/20");
	assert_false(notice.host_bits);
	nft_notice_done(&notice);
	begin();
	element(NFT_MSG_DELSETELEM, OTHER_PORT, "dovecot.128v6", "64:ff9b::1", 0, NULL);
	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "friends.20", "198.51.96.0", 0, NULL);
	generation(OTHER_PORT, "nft", 1);
	feed();
	notice = take(NFT_NOTICE_DELETED);
	assert_string_equal(prefix_format(&notice.prefix, text), "64:ff9b::1/128");
	nft_notice_done(&notice);
	assert_nothing_left();
}

static void own_transactions_are_silent(void **state)
{
	element(NFT_MSG_NEWSETELEM, OUR_PORT, "dovecot4", "192.0.2.7", 60000, NULL);
	named(NFT_MSG_DELSET, OUR_PORT, "banish", "dovecot4");
	generation(OUR_PORT, "banish", 99);
	feed();
	assert_nothing_left();
}

static void what_others_do_elsewhere_is_silent(void **state)
{
	named(NFT_MSG_DELTABLE, OTHER_PORT, "filter", NULL);
	named(NFT_MSG_DELSET, OTHER_PORT, "filter", "dovecot4");
	named(NFT_MSG_DELSET, OTHER_PORT, "banish", "friends");
	named(NFT_MSG_DELCHAIN, OTHER_PORT, "banish", "own");
	named(NFT_MSG_DELRULE, OTHER_PORT, "banish", "own");
	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "friends", "192.0.2.7", 0, NULL);
	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "ignore4", "192.0.2.7", 0, NULL);
	generation(OTHER_PORT, "nft", 1);
	feed();
	assert_nothing_left();
}

static void of_one_element_the_last_word_counts(void **state)
{
	struct nft_notice notice;

	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "dovecot4", "192.0.2.1", 0, "a");
	element(NFT_MSG_DELSETELEM, OTHER_PORT, "dovecot4", "192.0.2.1", 0, NULL);
	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "dovecot4", "192.0.2.2", 0, "b");
	element(NFT_MSG_DELSETELEM, OTHER_PORT, "dovecot4", "192.0.2.2", 0, NULL);
	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "dovecot4", "192.0.2.2", 5000, "c");
	element(NFT_MSG_DELSETELEM, OTHER_PORT, "manual4", "192.0.2.2", 0, NULL);
	generation(OTHER_PORT, "banish", 1);
	feed();
	notice = take(NFT_NOTICE_DELETED);
	assert_int_equal(notice.address.bytes[3], 1);
	notice = take(NFT_NOTICE_ADDED);
	assert_int_equal(notice.address.bytes[3], 2);
	assert_string_equal(notice.comment, "c");
	nft_notice_done(&notice);
	notice = take(NFT_NOTICE_DELETED);
	assert_string_equal(notice.jail, "manual");
	assert_nothing_left();
}

static void losses_are_damage(void **state)
{
	static const struct {
		uint16_t type;
		const char *name;
		enum nft_loss loss;
	} cases[] = {
		{ NFT_MSG_DELRULE, NFT_CHAIN, NFT_LOSS_RULE },
		{ NFT_MSG_DELCHAIN, NFT_CHAIN, NFT_LOSS_CHAIN },
		{ NFT_MSG_DELSET, "dovecot6", NFT_LOSS_SET },
		{ NFT_MSG_DELSET, "ignore4", NFT_LOSS_SET },
		{ NFT_MSG_DELSET, "list-drop4.b", NFT_LOSS_SET },
		{ NFT_MSG_DELSETELEM, "list-drop4", NFT_LOSS_LISTED },
		{ NFT_MSG_DELTABLE, NULL, NFT_LOSS_TABLE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nft_notice notice;

		begin();
		named(cases[i].type, OTHER_PORT, "banish", cases[i].name);
		generation(OTHER_PORT, "firewalld", 12);
		feed();
		notice = take(NFT_NOTICE_DAMAGED);
		assert_int_equal(notice.loss, cases[i].loss);
		assert_string_equal(notice.process, "firewalld");
		assert_nothing_left();
	}
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		named(cases[i].type, OTHER_PORT, "banish", cases[i].name);
	generation(OTHER_PORT, "nft", 12);
	feed();
	assert_int_equal(take(NFT_NOTICE_DAMAGED).loss, NFT_LOSS_TABLE);
	assert_nothing_left();
}

static void elements_that_go_with_their_set_are_no_unbans(void **state)
{
	struct nft_notice notice;

	element(NFT_MSG_DELSETELEM, OTHER_PORT, "dovecot4", "192.0.2.1", 0, NULL);
	element(NFT_MSG_DELSETELEM, OTHER_PORT, "manual4", "192.0.2.2", 0, NULL);
	named(NFT_MSG_DELSET, OTHER_PORT, "banish", "dovecot4");
	generation(OTHER_PORT, "nft", 1);
	feed();
	notice = take(NFT_NOTICE_DELETED);
	assert_string_equal(notice.jail, "dovecot");
	assert_true(notice.restored);
	notice = take(NFT_NOTICE_DELETED);
	assert_string_equal(notice.jail, "manual");
	assert_false(notice.restored);
	take(NFT_NOTICE_DAMAGED);
	assert_nothing_left();

	/* of another transaction it is */
	begin();
	element(NFT_MSG_DELSETELEM, OTHER_PORT, "dovecot4", "192.0.2.1", 0, NULL);
	generation(OTHER_PORT, "nft", 2);
	named(NFT_MSG_DELTABLE, OTHER_PORT, "banish", NULL);
	generation(OTHER_PORT, "nft", 3);
	feed();
	assert_false(take(NFT_NOTICE_DELETED).restored);
	take(NFT_NOTICE_DAMAGED);
	assert_nothing_left();
}

static void less_ignored_hosts_are_damage(void **state)
{
	element(NFT_MSG_DELSETELEM, OTHER_PORT, "ignore4", "192.0.2.7", 0, NULL);
	generation(OTHER_PORT, "nft", 1);
	feed();
	assert_int_equal(take(NFT_NOTICE_DAMAGED).loss, NFT_LOSS_IGNORED);
	assert_nothing_left();
}

static void a_sleeping_table_is_damage(void **state)
{
	table_message(NFT_MSG_NEWTABLE, NFT_TABLE_F_DORMANT);
	generation(OTHER_PORT, "nft", 1);
	feed();
	assert_int_equal(take(NFT_NOTICE_DAMAGED).loss, NFT_LOSS_DORMANT);
	begin();
	table_message(NFT_MSG_NEWTABLE, 0);
	generation(OTHER_PORT, "nft", 1);
	feed();
	assert_nothing_left();
}

static void what_comes_with_a_new_set_or_table_is_flagged(void **state)
{
	struct nft_notice notice;

	for (int i = 0; i < 4; i++) {
		begin();
		element(NFT_MSG_NEWSETELEM, OTHER_PORT, "manual4", "192.0.2.1", 0, NULL);
		if (i == 0)
			named(NFT_MSG_NEWSET, OTHER_PORT, "banish", "manual4");
		else if (i == 1)
			named(NFT_MSG_NEWRULE, OTHER_PORT, "banish", NFT_CHAIN);
		else if (i == 2)
			named(NFT_MSG_NEWCHAIN, OTHER_PORT, "banish", NFT_CHAIN);
		else
			table_message(NFT_MSG_NEWTABLE, 0);
		generation(OTHER_PORT, "nft", 1);
		feed();
		assert_true(take(NFT_NOTICE_ADDED).restored);
	}
	/* The next transaction begins anew. */
	begin();
	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "manual4", "192.0.2.1", 0, NULL);
	generation(OTHER_PORT, "nft", 1);
	feed();
	notice = take(NFT_NOTICE_ADDED);
	assert_false(notice.restored);
}

static void a_loss_of_notices_is_told_once_and_alone(void **state)
{
	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "manual4", "192.0.2.1", 0, NULL);
	generation(OTHER_PORT, "nft", 1);
	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "manual4", "192.0.2.2", 0, "half told");
	feed();
	nftmsg_watch_lost(watch);
	nftmsg_watch_lost(watch);
	begin();
	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "manual4", "192.0.2.3", 0, NULL);
	generation(OTHER_PORT, "nft", 1);
	feed();
	take(NFT_NOTICE_RESYNC);
	assert_int_equal(take(NFT_NOTICE_ADDED).address.bytes[3], 3);
	assert_nothing_left();
}

static void keys_of_a_wrong_size_are_passed_over(void **state)
{
	element(NFT_MSG_NEWSETELEM, OTHER_PORT, "manual4", "2001:db8::1", 0, NULL);
	generation(OTHER_PORT, "nft", 1);
	feed();
	assert_nothing_left();
}

static void a_great_flush_is_told_in_full(void **state)
{
	char address[ADDRESS_TEXT_MAX];
	struct nft_notice notice;
	size_t n = 0;

	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t number = htonl(0x0a000000 + i);

		if (i % 1000 == 0) {
			feed();
			begin();
		}
		element(NFT_MSG_DELSETELEM, OTHER_PORT, "manual4",
			inet_ntop(AF_INET, &number, address, sizeof(address)), 0, NULL);
	}
	generation(OTHER_PORT, "nft", 1);
	feed();
	while (nftmsg_watch_take(watch, &notice))
		n++;
	assert_int_equal(n, 20000);
}

int main(void)
{
#define WATCHED(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WATCHED(an_element_is_told_when_its_maker_is_known),
		WATCHED(a_permanent_element_has_no_end),
		WATCHED(host_bits_are_told),
		WATCHED(a_set_of_a_length_is_known_by_its_name),
		WATCHED(own_transactions_are_silent),
		WATCHED(what_others_do_elsewhere_is_silent),
		WATCHED(of_one_element_the_last_word_counts),
		WATCHED(losses_are_damage),
		WATCHED(elements_that_go_with_their_set_are_no_unbans),
		WATCHED(less_ignored_hosts_are_damage),
		WATCHED(a_sleeping_table_is_damage),
		WATCHED(what_comes_with_a_new_set_or_table_is_flagged),
		WATCHED(a_loss_of_notices_is_told_once_and_alone),
		WATCHED(keys_of_a_wrong_size_are_passed_over),
		WATCHED(a_great_flush_is_told_in_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
