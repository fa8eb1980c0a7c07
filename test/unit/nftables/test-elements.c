/*
 * The plans are carried out by a kernel of a few lines: a set with a size, transactions that are
 * taken or undone as a whole, an answer to every message that fails.
 */
#include "nftables/elements.h"

#include <errno.h>
#include <stdio.h>

#include "unit.h"

#include "nftmsg-messages.h"
#include "random.h"

#define MAX_BATCH (1 << 20)

static uint64_t seed;

struct kernel_element {
	struct address address;
	usec_t timeout;
	char comment[NFT_COMMENT_BYTES];
};

struct kernel {
	struct kernel_element items[4000];
	size_t n_items, size;
};

static struct kernel kernel, saved;

static struct kernel_element *find(const struct address *address)
{
	for (size_t i = 0; i < kernel.n_items; i++)
		if (address_equal(&kernel.items[i].address, address))
			return &kernel.items[i];
	return NULL;
}

/* As old kernels do: an add of what is there changes nothing. */
static int add(const struct nftmsg_element *element, const struct address *address)
{
	struct kernel_element *item = find(address);

	if (item)
		return 0;
	if (kernel.n_items == kernel.size)
		return -ENFILE;
	item = &kernel.items[kernel.n_items++];
	*item = (struct kernel_element){ .address = *address, .timeout = element->timeout };
	if (element->comment.data) {
		assert_true(element->comment.size < sizeof(item->comment));
		memcpy(item->comment, element->comment.data, element->comment.size);
	}
	return 0;
}

static unsigned n_expiring; /* deletions before which the element expires */

static int take_out(const struct address *address)
{
	struct kernel_element *item = find(address);

	if (item && n_expiring > 0) {
		n_expiring--;
		*item = kernel.items[--kernel.n_items];
		item = NULL;
	}
	if (!item)
		return -ENOENT;
	*item = kernel.items[--kernel.n_items];
	return 0;
}

static int carry_out_message(const struct nlmsghdr *header, size_t *n_elements)
{
	struct nftmsg_element element;
	struct nftmsg_elements list;
	struct address address;
	size_t n = 0;
	int r = 0;

	assert_true(header->nlmsg_len < UINT16_MAX);
	assert_true(nftmsg_read_elements(header, &list));
	if (!span_equal(list.set, SPAN_LITERAL("jail4")) &&
	    !span_equal(list.set, SPAN_LITERAL("jail6")))
		return -ENOENT;
	while (r == 0 && nftmsg_element_next(&list, &element)) {
		uint8_t family = list.set.data[list.set.size - 1] == '4' ? AF_INET : AF_INET6;

		assert_true(nftmsg_key_address(element.key, family, &address));
		r = message_type(header) == NFT_MSG_NEWSETELEM ? add(&element, &address)
							       : take_out(&address);
		n++;
	}
	assert_true(n <= 500);
	*n_elements += n;
	return r;
}

/* Returns how many transactions were sent. */
static size_t carry_out(struct nft_change *changes, size_t n_changes, size_t max_size)
{
	struct nftmsg_batch batch = { 0 };
	struct nftmsg_plan plan;
	size_t n_batches = 0;
	int r;

	assert_int_equal(nftmsg_plan_init(&plan, changes, n_changes), 0);
	while ((r = nftmsg_plan_build(&plan, "banish", 1, max_size, &batch)) > 0) {
		static struct messages messages;
		size_t n_elements = 0;
		bool refused = false;

		assert_true(batch.size <= max_size);
		assert_true(n_batches++ < 10000);
		messages_of(&batch, &messages);
		saved = kernel;
		for (size_t i = 0; i < messages.n_items; i++) {
			int error = carry_out_message(messages.items[i], &n_elements);

			if (error == 0)
				continue;
			refused = true;
			assert_true(
				nftmsg_plan_refused(&plan, messages.items[i]->nlmsg_seq, error));
		}
		assert_true(n_elements <= 3 * 5500);
		if (refused)
			kernel = saved;
		else
			nftmsg_plan_succeeded(&plan);
	}
	assert_int_equal(r, 0);
	nftmsg_plan_done(&plan);
	nftmsg_batch_done(&batch);
	return n_batches;
}

static struct nft_change change(enum nft_operation operation, uint8_t family, uint32_t number,
				usec_t remaining, const char *comment)
{
	struct nft_change c = {
		.operation = operation,
		.jail = "jail",
		.address = { .family = family },
		.remaining = remaining,
		.comment = comment,
	};

	c.address.bytes[0] = 0x20;
	c.address.bytes[1] = (uint8_t)(number >> 16);
	c.address.bytes[2] = (uint8_t)(number >> 8);
	c.address.bytes[3] = (uint8_t)number;
	return c;
}

static void reset(size_t size)
{
	kernel.n_items = 0;
	kernel.size = size;
}

static void puts_extends_and_deletes(void **state)
{
	struct nft_change c = change(NFT_PUT, AF_INET, 1, 10 * USEC_PER_SEC, "first");

	reset(10);
	carry_out(&c, 1, MAX_BATCH);
	assert_int_equal(c.error, 0);
	assert_int_equal(kernel.n_items, 1);
	assert_int_equal(kernel.items[0].timeout, 10 * USEC_PER_SEC);

	c = change(NFT_PUT, AF_INET, 1, 5 * USEC_PER_SEC, "second");
	carry_out(&c, 1, MAX_BATCH);
	assert_int_equal(kernel.items[0].timeout, 5 * USEC_PER_SEC);
	assert_string_equal(kernel.items[0].comment, "second");

	c = change(NFT_PUT, AF_INET, 1, USEC_INFINITY, NULL);
	carry_out(&c, 1, MAX_BATCH);
	assert_int_equal(kernel.items[0].timeout, USEC_INFINITY);
	assert_string_equal(kernel.items[0].comment, "");

	for (int i = 0; i < 2; i++) {
		c = change(NFT_DELETE, AF_INET, 1, 0, NULL);
		carry_out(&c, 1, MAX_BATCH);
		assert_int_equal(c.error, 0);
		assert_int_equal(kernel.n_items, 0);
	}
}

static void times_are_whole_milliseconds_never_none(void **state)
{
	static const struct {
		usec_t remaining, timeout;
	} cases[] = {
		{ 0, 1000 },         { 1, 1000 },
		{ 1000, 1000 },      { 1001, 2000 },
		{ 999999, 1000000 }, { USEC_INFINITY - 1, 3162240000000000000ull / 1000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nft_change c = change(NFT_PUT_NEW, AF_INET, 1, cases[i].remaining, NULL);

		reset(10);
		carry_out(&c, 1, MAX_BATCH);
		assert_int_equal(kernel.items[0].timeout, cases[i].timeout);
	}
}

static void long_comments_are_cut_between_characters(void **state)
{
	char text[300], umlauts[300];
	struct nft_change c[] = {
		change(NFT_PUT, AF_INET, 1, 1000, text),
		change(NFT_PUT, AF_INET, 2, 1000, umlauts),
		change(NFT_PUT, AF_INET, 3, 1000, ""),
	};

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < sizeof(umlauts) - 2; i += 2)
		memcpy(umlauts + i, "\xc3\xbc", 3);
	reset(10);
	carry_out(c, 3, MAX_BATCH);
	assert_int_equal(kernel.n_items, 3);
	assert_int_equal(strlen(find(&c[0].address)->comment), 127);
	assert_int_equal(strlen(find(&c[1].address)->comment), 126);
	assert_int_equal(strlen(find(&c[2].address)->comment), 0);
}

static void comments_are_made_harmless(void **state)
{
	static const struct {
		const char *comment, *kept;
	} cases[] = {
		{ "auth-failed x5", "auth-failed x5" },
		{ "a \"quoted\" word", "a 'quoted' word" },
		{ "two\nlines\tand \x1b[31mred\x7f", "two lines and  [31mred " },
		{ "\xff\xc3(\xed\xa0\x80\xc3", "?\?(\?\?\?\?" },
		{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
		  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nft_change c = change(NFT_PUT, AF_INET, 1, 1000, cases[i].comment);

		reset(10);
		carry_out(&c, 1, MAX_BATCH);
		assert_string_equal(kernel.items[0].comment, cases[i].kept);
	}
}

static void of_several_changes_to_one_element_the_last_counts(void **state)
{
	struct nft_change c[] = {
		change(NFT_PUT, AF_INET, 1, 1000, "a"),    change(NFT_DELETE, AF_INET, 2, 0, NULL),
		change(NFT_PUT, AF_INET, 1, 2000, "b"),    change(NFT_PUT, AF_INET, 2, 1000, "c"),
		change(NFT_DELETE, AF_INET, 1, 0, NULL),   change(NFT_PUT, AF_INET6, 1, 1000, "d"),
		change(NFT_PUT_NEW, AF_INET, 3, 1000, ""), change(NFT_PUT, AF_INET, 3, 3000, "e"),
	};

	reset(10);
	carry_out(c, ARRAY_SIZE(c), MAX_BATCH);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		assert_int_equal(c[i].error, 0);
	assert_int_equal(kernel.n_items, 3);
	assert_null(find(&c[0].address));
	assert_string_equal(find(&c[1].address)->comment, "c");
	assert_string_equal(find(&c[5].address)->comment, "d");
	assert_string_equal(find(&c[6].address)->comment, "e");
}

static void nothing_is_lost_in_long_messages(void **state)
{
	static struct nft_change c[4000];
	char comment[NFT_COMMENT_BYTES];

	memset(comment, 'c', sizeof(comment) - 1);
	comment[sizeof(comment) - 1] = '\0';
	for (uint32_t i = 0; i < ARRAY_SIZE(c); i++)
		c[i] = change(i % 2 ? NFT_PUT : NFT_PUT_NEW, i % 3 ? AF_INET6 : AF_INET, i, 1000,
			      comment);
	reset(ARRAY_SIZE(c));
	assert_int_equal(carry_out(c, ARRAY_SIZE(c), 200 << 10) > 5, true);
	assert_int_equal(kernel.n_items, ARRAY_SIZE(c));
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		assert_int_equal(c[i].error, 0);
}

static void a_full_set_takes_what_fits(void **state)
{
	static struct nft_change c[2000];
	size_t n_full = 0;

	for (uint32_t i = 0; i < ARRAY_SIZE(c); i++)
		c[i] = change(NFT_PUT_NEW, AF_INET, i, 1000, "x");
	reset(1234);
	carry_out(c, ARRAY_SIZE(c), MAX_BATCH);
	assert_int_equal(kernel.n_items, 1234);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		assert_int_equal(c[i].error, find(&c[i].address) ? 0 : -ENFILE);
		n_full += c[i].error < 0;
	}
	assert_int_equal(n_full, ARRAY_SIZE(c) - 1234);

	/* What is in can still be extended, and anything deleted. */
	for (uint32_t i = 0; i < ARRAY_SIZE(c); i++)
		c[i] = change(NFT_PUT, AF_INET, i, 9000, "y");
	carry_out(c, ARRAY_SIZE(c), MAX_BATCH);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		const struct kernel_element *item = find(&c[i].address);

		assert_int_equal(c[i].error, item ? 0 : -ENFILE);
		assert_true(!item || item->timeout == 9000);
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(c); i++)
		c[i] = change(NFT_DELETE, AF_INET, i, 0, NULL);
	carry_out(c, ARRAY_SIZE(c), MAX_BATCH);
	assert_int_equal(kernel.n_items, 0);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		assert_int_equal(c[i].error, 0);
}

static void what_expires_in_the_middle_is_tried_again(void **state)
{
	for (unsigned n = 1; n <= 1000; n += 333) {
		struct nft_change c[] = {
			change(NFT_PUT, AF_INET, 1, 1000, NULL),
			change(NFT_DELETE, AF_INET, 2, 0, NULL),
		};
		size_t n_batches;

		reset(10);
		n_expiring = n;
		n_batches = carry_out(c, 2, MAX_BATCH);
		n_expiring = 0;
		assert_true(n_batches < 110);
		if (n == 1) {
			assert_int_equal(c[0].error, 0);
			assert_int_equal(c[1].error, 0);
			assert_int_equal(kernel.n_items, 1);
		}
	}
}

static void an_absent_set_harms_no_other(void **state)
{
	struct nft_change c[] = {
		change(NFT_PUT, AF_INET, 1, 1000, NULL),
		change(NFT_PUT, AF_INET, 2, 1000, NULL),
		change(NFT_PUT, AF_INET, 3, 1000, NULL),
		change(NFT_DELETE, AF_INET, 4, 1000, NULL),
	};

	c[1].jail = c[3].jail = "gone";
	reset(10);
	carry_out(c, ARRAY_SIZE(c), MAX_BATCH);
	assert_int_equal(kernel.n_items, 2);
	assert_int_equal(c[0].error, 0);
	assert_int_equal(c[1].error, -ENOENT);
	assert_int_equal(c[2].error, 0);
	assert_int_equal(c[3].error, -ENOENT);
}

static void knows_only_its_own_messages(void **state)
{
	struct nft_change c = change(NFT_PUT, AF_INET, 1, 1000, NULL);
	struct nftmsg_batch batch = { 0 };
	struct nftmsg_plan plan;

	assert_int_equal(nftmsg_plan_init(&plan, &c, 1), 0);
	assert_int_equal(nftmsg_plan_build(&plan, "banish", 100, MAX_BATCH, &batch), 1);
	assert_int_equal(c.error, -EAGAIN);
	assert_false(nftmsg_plan_refused(&plan, 100, -EPERM)); /* the begin */
	assert_false(nftmsg_plan_refused(&plan, 104, -EPERM));
	assert_true(nftmsg_plan_refused(&plan, 101, -EINVAL));
	assert_true(nftmsg_plan_refused(&plan, 103, -ENOENT));
	assert_int_equal(nftmsg_plan_build(&plan, "banish", 105, MAX_BATCH, &batch), 0);
	assert_int_equal(c.error, -EINVAL);
	nftmsg_plan_done(&plan);
	nftmsg_batch_done(&batch);
}

static void random_changes_do_what_a_list_of_them_would(void **state)
{
	static struct nft_change c[300];
	static bool wanted[2][40];
	uint64_t random = seed;

	for (int round = 0; round < 200; round++) {
		memset(wanted, 0, sizeof(wanted));
		reset(1000);
		for (size_t part = 0; part < 3; part++) {
			size_t n = random_below(&random, ARRAY_SIZE(c));

			for (size_t i = 0; i < n; i++) {
				uint8_t family = random_below(&random, 2) ? AF_INET : AF_INET6;
				uint32_t number = (uint32_t)random_below(&random, 40);
				bool put = random_below(&random, 2);

				c[i] = change(put ? NFT_PUT : NFT_DELETE, family, number, 1000,
					      "z");
				wanted[family == AF_INET][number] = put;
			}
			carry_out(c, n, MAX_BATCH);
			for (uint32_t i = 0; i < 80; i++) {
				struct nft_change one =
					change(NFT_PUT, i % 2 ? AF_INET : AF_INET6, i / 2, 0, NULL);

				assert_int_equal(find(&one.address) != NULL, wanted[i % 2][i / 2]);
			}
		}
	}
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_extends_and_deletes),
		cmocka_unit_test(times_are_whole_milliseconds_never_none),
		cmocka_unit_test(long_comments_are_cut_between_characters),
		cmocka_unit_test(comments_are_made_harmless),
		cmocka_unit_test(of_several_changes_to_one_element_the_last_counts),
		cmocka_unit_test(nothing_is_lost_in_long_messages),
		cmocka_unit_test(a_full_set_takes_what_fits),
		cmocka_unit_test(what_expires_in_the_middle_is_tried_again),
		cmocka_unit_test(an_absent_set_harms_no_other),
		cmocka_unit_test(knows_only_its_own_messages),
		cmocka_unit_test(random_changes_do_what_a_list_of_them_would),
	};

	seed = random_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
