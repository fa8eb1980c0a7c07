/* Elements in a real kernel, compared with what nft shows of them. */
#include "unit.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"

static void a_ban_can_be_extended_shortened_and_made_permanent(void **state)
{
	struct address address = address_of("192.0.2.1");
	struct shown shown;
	usec_t remaining;

	apply(change_of(NFT_PUT, "192.0.2.1", 1000, "first"));
	shown = json_element("mail4", "192.0.2.1");
	assert_int_equal(shown.timeout, 1000);
	assert_in_range(shown.expires, 990, 1000);
	assert_string_equal(shown.comment, "first");

	apply(change_of(NFT_PUT, "192.0.2.1", 5000, "longer"));
	shown = json_element("mail4", "192.0.2.1");
	assert_in_range(shown.expires, 4990, 5000);
	assert_string_equal(shown.comment, "longer");

	apply(change_of(NFT_PUT, "192.0.2.1", 100, NULL));
	assert_in_range(json_element("mail4", "192.0.2.1").expires, 90, 100);
	assert_int_equal(nft_find(nft, "mail", &address, &remaining), 1);
	assert_in_range(remaining, 90 * USEC_PER_SEC, 100 * USEC_PER_SEC);

	apply(change_of(NFT_PUT, "192.0.2.1", 0, NULL));
	assert_true(json_element("mail4", "192.0.2.1").permanent);
	assert_int_equal(nft_find(nft, "mail", &address, &remaining), 1);
	assert_true(remaining == USEC_INFINITY);

	apply(change_of(NFT_PUT, "192.0.2.1", 100, NULL));
	assert_int_equal(json_element("mail4", "192.0.2.1").timeout, 100);
	apply(change_of(NFT_DELETE, "192.0.2.1", 0, NULL));
	assert_int_equal(json_count("mail4"), 0);
	assert_int_equal(nft_find(nft, "mail", &address, NULL), 0);
	apply(change_of(NFT_DELETE, "192.0.2.1", 0, NULL));
}

static void the_same_time_again_is_renewed(void **state)
{
	struct address address = address_of("192.0.2.1");
	struct nft_change change = change_of(NFT_PUT, "192.0.2.1", 1, NULL);
	usec_t remaining;

	apply(change);
	usleep(500000);
	apply(change);
	assert_int_equal(nft_find(nft, "mail", &address, &remaining), 1);
	assert_in_range(remaining, 700000, USEC_PER_SEC);
}

/* What expires between our look and our word must not undo the transaction. */
static void what_just_expired_does_no_harm(void **state)
{
	struct nft_change changes[] = {
		change_of(NFT_PUT, "192.0.2.1", 1, NULL),
		change_of(NFT_PUT, "192.0.2.2", 1, NULL),
		change_of(NFT_PUT, "192.0.2.3", 100, NULL),
	};

	changes[0].remaining = changes[1].remaining = 20000;
	for (int i = 0; i < 20; i++) {
		changes[0].operation = changes[1].operation = changes[2].operation = NFT_PUT;
		assert_int_equal(nft_apply(nft, changes, 3), 0);
		usleep(15000 + 1000u * (unsigned)i);
		changes[0].operation = NFT_DELETE;
		changes[2].operation = NFT_DELETE;
		assert_int_equal(nft_apply(nft, changes, 3), 0);
		assert_false(json_element("mail4", "192.0.2.3").found);
	}
}

static void thousands_in_one_call_are_all_there(void **state)
{
	static struct nft_change changes[100000];
	struct nft_elements list;
	size_t n6 = 0;

	for (uint32_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct nft_change *c = &changes[i];

		*c = change_of(NFT_PUT_NEW, i % 2 ? "2001:db8::" : "10.0.0.0", 600, "x5");
		for (int byte = 0; byte < 3; byte++)
			c->address.bytes[(i % 2 ? 5 : 1) + byte] = (uint8_t)(i >> (16 - 8 * byte));
	}
	assert_int_equal(nft_apply(nft, changes, ARRAY_SIZE(changes)), 0);
	assert_int_equal(json_count("mail4"), ARRAY_SIZE(changes) / 2);
	assert_int_equal(json_count("mail6"), ARRAY_SIZE(changes) / 2);

	assert_int_equal(nft_list(nft, NULL, &list), 0);
	assert_int_equal(list.n_items, ARRAY_SIZE(changes));
	for (size_t i = 0; i < list.n_items; i++) {
		n6 += list.items[i].address.family == AF_INET6;
		assert_string_equal(list.items[i].jail, "mail");
		assert_string_equal(list.items[i].comment, "x5");
		assert_in_range(list.items[i].remaining, 500 * USEC_PER_SEC, 600 * USEC_PER_SEC);
	}
	assert_int_equal(n6, ARRAY_SIZE(changes) / 2);
	nft_elements_done(&list);

	for (uint32_t i = 0; i < ARRAY_SIZE(changes); i++)
		changes[i].operation = i % 4 ? NFT_PUT : NFT_DELETE;
	assert_int_equal(nft_apply(nft, changes, ARRAY_SIZE(changes)), 0);
	assert_int_equal(json_count("mail4"), ARRAY_SIZE(changes) / 4);
}

static void long_comments_cost_no_element(void **state)
{
	static struct nft_change changes[2000];
	char comment[NFT_COMMENT_BYTES] = "";

	memset(comment, 'c', sizeof(comment) - 1);
	for (uint32_t i = 0; i < ARRAY_SIZE(changes); i++) {
		changes[i] = change_of(NFT_PUT, "2001:db8::", 600, comment);
		changes[i].address.bytes[6] = (uint8_t)(i >> 8);
		changes[i].address.bytes[7] = (uint8_t)i;
	}
	assert_int_equal(nft_apply(nft, changes, ARRAY_SIZE(changes)), 0);
	assert_int_equal(json_count("mail6"), ARRAY_SIZE(changes));
	assert_string_equal(json_element("mail6", "2001:db8:0:7cf::").comment, comment);
}

static void a_full_set_says_so_and_takes_what_fits(void **state)
{
	struct nft_layout layout = netns_layout();
	static struct nft_change changes[2000];
	size_t n_refused = 0;

	layout.size = 1234;
	assert_int_equal(nft_install(nft, &layout, NULL), 1);
	for (uint32_t i = 0; i < ARRAY_SIZE(changes); i++) {
		changes[i] = change_of(NFT_PUT, "10.0.0.0", 600, NULL);
		changes[i].address.bytes[2] = (uint8_t)(i >> 8);
		changes[i].address.bytes[3] = (uint8_t)i;
	}
	assert_int_equal(nft_apply(nft, changes, ARRAY_SIZE(changes)), 1);
	assert_int_equal(json_count("mail4"), 1234);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		assert_true(changes[i].error == 0 || changes[i].error == -ENFILE);
		n_refused += changes[i].error < 0;
	}
	assert_int_equal(n_refused, ARRAY_SIZE(changes) - 1234);
	/* The other family has room, what is in can be extended, what is not can be deleted. */
	apply(change_of(NFT_PUT, "2001:db8::", 600, NULL));
	changes[1].remaining = 7000 * USEC_PER_SEC;
	changes[1999].operation = NFT_DELETE;
	assert_int_equal(nft_apply(nft, changes, 2), 0);
	assert_int_equal(nft_apply(nft, changes + 1999, 1), 0);
	assert_int_equal(json_element("mail4", "10.0.0.1").timeout, 7000);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		changes[i].operation = NFT_DELETE;
	assert_int_equal(nft_apply(nft, changes, ARRAY_SIZE(changes)), 0);
	assert_int_equal(json_count("mail4"), 0);
}

static void host_bits_are_told(void **state)
{
	struct prefix prefix = prefix_of("2001:db8:1:2::/64");
	struct nft_elements list;

	run("nft add element inet banish mail6 '{ 2001:db8:1:2::5 timeout 1h comment \"by hand\" }'");
	assert_int_equal(nft_list(nft, "mail", &list), 0);
	assert_int_equal(list.n_items, 1);
	assert_true(list.items[0].host_bits);
	assert_true(prefix_equal(&list.items[0].prefix, &prefix));
	nft_elements_done(&list);
}

static void what_is_absent_is_told_apart(void **state)
{
	struct address address = address_of("192.0.2.1");
	struct nft_change changes[] = { change_of(NFT_PUT, "192.0.2.1", 10, NULL),
					change_of(NFT_PUT, "192.0.2.1", 10, NULL) };
	struct prefixset ignored = { 0 };
	struct nft_elements list;
	struct nft_sets sets;

	changes[1].jail = "nojail";
	assert_int_equal(nft_find(nft, "nojail", &address, NULL), -ENOENT);
	assert_int_equal(nft_apply(nft, changes, 2), 1);
	assert_int_equal(changes[0].error, 0);
	assert_int_equal(changes[1].error, -ENOENT);
	assert_int_equal(nft_list_sets(nft, &sets), 0);
	assert_int_equal(sets.n_items, 6);
	assert_int_equal(nft_sets_find(&sets, "mail", AF_INET6)->prefix, 64);
	assert_null(nft_sets_find(&sets, "nojail", AF_INET));
	nft_sets_done(&sets);

	run("nft flush ruleset");
	assert_int_equal(nft_list(nft, NULL, &list), -ENOENT);
	assert_int_equal(nft_list_ignored(nft, AF_INET, &ignored), -ENOENT);
	assert_int_equal(nft_find(nft, "mail", &address, NULL), -ENOENT);
	assert_int_equal(nft_apply(nft, changes, 1), 1);
	assert_int_equal(changes[0].error, -ENOENT);
}

static void without_the_capability_it_says_so(void **state)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
		struct __user_cap_data_struct none[2] = { { 0 } };
		struct nft *other = NULL;

		if (syscall(SYS_capset, &header, none) < 0)
			_exit(1);
		_exit(nft_open("banish", &other) == -EPERM ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		INSTALLED(a_ban_can_be_extended_shortened_and_made_permanent),
		INSTALLED(the_same_time_again_is_renewed),
		INSTALLED(what_just_expired_does_no_harm),
		INSTALLED(thousands_in_one_call_are_all_there),
		INSTALLED(long_comments_cost_no_element),
		INSTALLED(a_full_set_says_so_and_takes_what_fits),
		INSTALLED(host_bits_are_told),
		INSTALLED(what_is_absent_is_told_apart),
		INSTALLED(without_the_capability_it_says_so),
	};

	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
