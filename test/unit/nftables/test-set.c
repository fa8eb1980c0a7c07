#include "nftables/set.h"

#include <stdio.h>

#include "unit.h"

#include "nftmsg-messages.h"

/* "10.0.0.0 10.0.1.0) ..." of all elements in a batch; ends of intervals carry a bracket. */
static char *keys_of(const struct nftmsg_batch *batch, uint8_t family, char *buffer, size_t size)
{
	struct nftmsg_element element;
	struct nftmsg_elements list;
	struct messages messages;

	buffer[0] = '\0';
	messages_of(batch, &messages);
	for (size_t i = 0; i < messages.n_items; i++) {
		if (message_type(messages.items[i]) != NFT_MSG_NEWSETELEM)
			continue;
		assert_true(nftmsg_read_elements(messages.items[i], &list));
		while (nftmsg_element_next(&list, &element)) {
			char text[ADDRESS_TEXT_MAX];
			struct address address;
			size_t used = strlen(buffer);

			if (element.key.size == 2)
				snprintf(text, sizeof(text), "%u",
					 (unsigned)(uint8_t)element.key.data[0] * 256 +
						 (uint8_t)element.key.data[1]);
			else if (element.key.size == 1)
				snprintf(text, sizeof(text), "%u", element.key.data[0]);
			else if (nftmsg_key_address(element.key, family, &address))
				address_format(&address, text);
			else
				fail();
			snprintf(buffer + used, size - used, "%s%s%s", used ? " " : "", text,
				 element.interval_end ? ")" : "");
		}
	}
	return buffer;
}

static void set_of_bans_has_timeouts_size_and_comment(void **state)
{
	struct nftmsg_batch batch = { 0 };
	struct messages messages;
	struct nftmsg_set set;

	assert_int_equal(nftmsg_batch_begin(&batch, 1), 0);
	assert_int_equal(nftmsg_set_add_bans(&batch, "banish", "mox", AF_INET6, 56, 4711), 0);
	assert_int_equal(nftmsg_batch_end(&batch), 0);
	messages_of(&batch, &messages);
	assert_int_equal(messages.n_items, 1);
	assert_int_equal(message_type(messages.items[0]), NFT_MSG_NEWSET);
	assert_true(nftmsg_read_set(messages.items[0], &set));
	assert_span_equal(set.table, "banish");
	assert_span_equal(set.name, "mox6");
	assert_int_equal(set.flags, NFT_SET_TIMEOUT);
	assert_int_equal(set.key_type, nftmsg_set_key_type(AF_INET6));
	assert_int_equal(set.key_size, 16);
	assert_int_equal(set.size, 4711);
	assert_int_equal(nft_set_parse_comment(set.comment), 56);
	nftmsg_batch_done(&batch);
}

static void ignored_networks_become_intervals(void **state)
{
	static const struct {
		uint8_t family;
		const char *prefixes, *keys;
	} cases[] = {
		{ AF_INET, "", "" },
		{ AF_INET, "192.0.2.1", "192.0.2.1 192.0.2.2)" },
		{ AF_INET, "::1 192.0.2.0/24", "192.0.2.0 192.0.3.0)" },
		{ AF_INET6, "::1 192.0.2.0/24", "::1 ::2)" },
		{ AF_INET, "10.0.0.0/8 10.1.0.0/16 10.0.0.1", "10.0.0.0 11.0.0.0)" },
		{ AF_INET, "10.0.0.1 10.0.0.0/8 10.0.0.1", "10.0.0.0 11.0.0.0)" },
		{ AF_INET, "10.0.0.128/25 10.0.0.0/25", "10.0.0.0 10.0.1.0)" },
		{ AF_INET, "10.0.0.0/25 10.0.1.0/25", "10.0.0.0 10.0.0.128) 10.0.1.0 10.0.1.128)" },
		{ AF_INET, "10.0.255.0/24", "10.0.255.0 10.1.0.0)" },
		{ AF_INET, "240.0.0.0/4", "240.0.0.0" },
		{ AF_INET, "224.0.0.0/4 255.255.255.255 240.0.0.0/4", "224.0.0.0" },
		{ AF_INET, "0.0.0.0/0 10.0.0.0/8", "0.0.0.0" },
		{ AF_INET6, "2001:db8::/33", "2001:db8:: 2001:db8:8000::)" },
		{ AF_INET6, "::/0", "::" },
		{ AF_INET6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nftmsg_batch batch = { 0 };
		struct prefix prefixes[8];
		char text[200], keys[400];
		size_t n = 0;

		snprintf(text, sizeof(text), "%s", cases[i].prefixes);
		for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
			assert_int_equal(prefix_parse(span_of(word), &prefixes[n++]), 0);
		assert_int_equal(nftmsg_batch_begin(&batch, 1), 0);
		assert_int_equal(nftmsg_set_add_ignored(&batch, "banish", cases[i].family, prefixes,
							n),
				 0);
		assert_int_equal(nftmsg_batch_end(&batch), 0);
		assert_string_equal(keys_of(&batch, cases[i].family, keys, sizeof(keys)),
				    cases[i].keys);
		nftmsg_batch_done(&batch);
	}
}

static void thousands_of_ignored_hosts_fit(void **state)
{
	struct prefix *prefixes = calloc(20000, sizeof(*prefixes));
	struct nftmsg_batch batch = { 0 };
	struct nftmsg_element element;
	struct nftmsg_elements list;
	struct messages messages;
	size_t n = 0;

	for (size_t i = 0; i < 20000; i++)
		prefixes[i] = (struct prefix){
			.address = { AF_INET6, { 0x20, 1, 0, (uint8_t)(i >> 8), (uint8_t)i } },
			.length = 128,
		};
	assert_int_equal(nftmsg_batch_begin(&batch, 1), 0);
	assert_int_equal(nftmsg_set_add_ignored(&batch, "banish", AF_INET6, prefixes, 20000), 0);
	assert_int_equal(nftmsg_batch_end(&batch), 0);
	messages_of(&batch, &messages);
	for (size_t i = 1; i < messages.n_items; i++) {
		assert_true(messages.items[i]->nlmsg_len < UINT16_MAX);
		assert_true(nftmsg_read_elements(messages.items[i], &list));
		while (nftmsg_element_next(&list, &element))
			n++;
	}
	assert_int_equal(n, 40000);
	nftmsg_batch_done(&batch);
	free(prefixes);
}

/* A piece of a list: into the set that stands, as many messages as it needs, touching networks as
 * one interval also where a message ends. */
static void networks_go_into_a_set_that_stands(void **state)
{
	static const char *const texts[] = { "10.0.0.0/25", "10.0.0.128/26", "10.1.0.0/16",
					     "255.255.255.255" };
	struct prefix *networks = calloc(20000, sizeof(*networks));
	struct nftmsg_batch batch = { 0 };
	struct nftmsg_element element;
	struct nftmsg_elements list;
	struct messages messages;
	char keys[200];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(prefix_parse(span_of(texts[i]), &networks[i]), 0);
	assert_int_equal(nftmsg_batch_begin(&batch, 1), 0);
	assert_int_equal(nftmsg_set_add_networks(&batch, "banish", "list-drop4.b", AF_INET,
						 networks, ARRAY_SIZE(texts)),
			 0);
	assert_int_equal(nftmsg_batch_end(&batch), 0);
	assert_string_equal(keys_of(&batch, AF_INET, keys, sizeof(keys)),
			    "10.0.0.0 10.0.0.192) 10.1.0.0 10.2.0.0) 255.255.255.255");

	for (size_t i = 0; i < 20000; i++)
		networks[i] = (struct prefix){
			.address = { AF_INET, { 31, (uint8_t)(i >> 7), (uint8_t)(i << 1), 0 } },
			.length = 24,
		};
	assert_int_equal(nftmsg_batch_begin(&batch, 1), 0);
	assert_int_equal(nftmsg_set_add_networks(&batch, "banish", "list-drop4.b", AF_INET,
						 networks, 20000),
			 0);
	assert_int_equal(nftmsg_batch_end(&batch), 0);
	messages_of(&batch, &messages);
	for (size_t i = 0; i < messages.n_items; i++) {
		assert_int_equal(message_type(messages.items[i]), NFT_MSG_NEWSETELEM);
		assert_true(messages.items[i]->nlmsg_len < UINT16_MAX);
		assert_true(nftmsg_read_elements(messages.items[i], &list));
		assert_span_equal(list.table, "banish");
		assert_span_equal(list.set, "list-drop4.b");
		while (nftmsg_element_next(&list, &element))
			n++;
	}
	assert_int_equal(n, 40000);
	nftmsg_batch_done(&batch);
	free(networks);
}

static void ports_become_a_set_of_their_own(void **state)
{
	static const struct {
		struct port_range ranges[3];
		size_t n_ranges;
		const char *keys;
		uint32_t flags;
	} cases[] = {
		{ { { 25, 25 }, { 143, 143 }, { 65535, 65535 } }, 3, "25 143 65535", 0 },
		{ { { 25, 25 }, { 5000, 5010 } }, 2, "25 26) 5000 5011)", NFT_SET_INTERVAL },
		{ { { 25, 25 }, { 60000, 65535 } }, 2, "25 26) 60000", NFT_SET_INTERVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct port_range ranges[3];
		struct ports ports = { ranges, cases[i].n_ranges, false };
		char name[NFTMSG_ANONYMOUS_SIZE], keys[100];
		struct nftmsg_batch batch = { 0 };
		struct messages messages;
		struct nftmsg_set set;

		memcpy(ranges, cases[i].ranges, sizeof(ranges));
		assert_int_equal(nftmsg_batch_begin(&batch, 1), 0);
		assert_int_equal(nftmsg_set_add_ports(&batch, "banish", &ports, 3, name), 0);
		assert_int_equal(nftmsg_batch_end(&batch), 0);
		assert_string_equal(keys_of(&batch, AF_INET, keys, sizeof(keys)), cases[i].keys);
		messages_of(&batch, &messages);
		assert_true(nftmsg_read_set(messages.items[0], &set));
		assert_int_equal(set.flags, cases[i].flags | NFT_SET_ANONYMOUS | NFT_SET_CONSTANT);
		assert_int_equal(set.key_size, 2);
		nftmsg_batch_done(&batch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_of_bans_has_timeouts_size_and_comment),
		cmocka_unit_test(ignored_networks_become_intervals),
		cmocka_unit_test(thousands_of_ignored_hosts_fit),
		cmocka_unit_test(networks_go_into_a_set_that_stands),
		cmocka_unit_test(ports_become_a_set_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
