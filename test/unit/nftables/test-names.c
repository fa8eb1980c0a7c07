#include "nftables/names.h"

#include <errno.h>

#include "unit.h"

static void names_of_sets_go_there_and_back(void **state)
{
	static const char *const jails[] = { "dovecot",
					     "a",
					     "mox-web",
					     "x4",
					     "abcdefghijklmnopqrstuvwxyz012345",
					     "mox.net",
					     "abcdefghijklmnopqrstuvwxyz012345.net" };

	for (size_t i = 0; i < ARRAY_SIZE(jails); i++) {
		static const uint8_t families[] = { AF_INET, AF_INET6 };

		for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
			char name[NFT_SET_NAME_SIZE], jail[NFT_JAIL_SIZE], bare[NFT_JAIL_SIZE],
				again[NFT_JAIL_SIZE];
			uint8_t family;

			nft_set_name(jails[i], families[f], name);
			assert_true(nft_set_parse_name(span_of(name), jail, &family));
			assert_string_equal(jail, jails[i]);
			nft_jail_bare(jail, bare);
			assert_null(strchr(bare, '.'));
			assert_string_equal(nft_jail_name(bare, nft_jail_is_network(jail), again),
					    jail);
			assert_int_equal(family, families[f]);
		}
	}
}

static void other_sets_are_not_ours(void **state)
{
	static const char *const names[] = { "",
					     "4",
					     "6",
					     "dovecot",
					     "dovecot5",
					     "Dovecot4",
					     "ignore4",
					     "ignore6",
					     "ignore.net4",
					     ".net4",
					     "a.b4",
					     "_x4",
					     "4x4",
					     "a b4",
					     "__set4",
					     "list-drop4",
					     "list-drop6",
					     "list-drop4.b",
					     "a.20v",
					     "a.v4",
					     "a.0v4",
					     "a.020v4",
					     "a.33v4",
					     "a.129v6",
					     "a.1000v6",
					     "a.4294967297v6",
					     "a.2 v4",
					     "a.-1v4",
					     "a.20w4",
					     "a.20v4.net4",
					     "a.net.20v4",
					     ".20v4",
					     "ignore.20v4",
					     "forced.20v4",
					     "forced.net4",
					     "abcdefghijklmnopqrstuvwxyz01234564" };
	char jail[NFT_JAIL_SIZE];
	uint8_t family;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_false(nft_set_parse_name(span_of(names[i]), jail, &family));
	assert_false(nft_set_parse_name((struct span){ 0 }, jail, &family));
}

static void a_set_of_a_length_has_it_in_its_name(void **state)
{
	static const struct {
		const char *jail;
		unsigned length;
		uint8_t family;
		const char *set;
	} cases[] = {
		{ "dovecot", 128, AF_INET6, "dovecot.128v6" },
		{ "manual", 20, AF_INET, "manual.20v4" },
		{ "a", 1, AF_INET, "a.1v4" },
		{ "a4", 48, AF_INET6, "a4.48v6" },
		{ "abcdefghijklmnopqrstuvwxyz012345", 128, AF_INET6,
		  "abcdefghijklmnopqrstuvwxyz012345.128v6" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char jail[NFT_JAIL_SIZE], set[NFT_SET_NAME_SIZE], again[NFT_JAIL_SIZE],
			bare[NFT_JAIL_SIZE];
		uint8_t family;

		nft_length_name(cases[i].jail, cases[i].length, jail);
		assert_int_equal(nft_jail_length(jail), cases[i].length);
		assert_false(nft_jail_is_network(jail));
		assert_string_equal(nft_set_name(jail, cases[i].family, set), cases[i].set);
		assert_true(nft_set_parse_name(span_of(set), again, &family));
		assert_string_equal(again, jail);
		assert_int_equal(family, cases[i].family);
		assert_string_equal(nft_jail_bare(again, bare), cases[i].jail);
		assert_int_equal(nft_jail_length(cases[i].jail), 0);
	}
	assert_int_equal(nft_jail_length("dovecot.net"), 0);
}

static void a_set_tells_its_prefix(void **state)
{
	char comment[NFT_SET_COMMENT_SIZE];

	for (unsigned bits = 0; bits <= 128; bits++)
		assert_int_equal(nft_set_parse_comment(span_of(nft_set_comment(bits, comment))),
				 bits);
}

static void other_comments_tell_no_prefix(void **state)
{
	static const char *const comments[] = { "",
						"64",
						"banish",
						"banish: each element is a /",
						"banish: each element is a /129",
						"banish: each element is a /6x",
						"banish: each element is a /0064",
						"Banish: each element is a /64" };

	for (size_t i = 0; i < ARRAY_SIZE(comments); i++)
		assert_true(nft_set_parse_comment(span_of(comments[i])) < 0);
	assert_true(nft_set_parse_comment((struct span){ 0 }) < 0);
}

static void a_set_of_a_list_tells_how_many(void **state)
{
	static const char *const comments[] = { "", "banish: each element is a /64",
						"banish: 1 networks of a file of @",
						"banish: 01 networks of a file of @2",
						"banish: 1 networks of a file of @2 " };
	const struct nft_list_comment most = { 1000000, 253402300799 };
	struct nft_list_comment ret;
	char text[NFT_LIST_COMMENT_SIZE], name[NFT_SET_NAME_SIZE];

	assert_string_equal(nft_list_write_comment(&most, text),
			    "banish: 1000000 networks of a file of @253402300799");
	assert_int_equal(nft_list_parse_comment(span_of(text), &ret), 0);
	assert_int_equal(ret.n_networks, most.n_networks);
	assert_int_equal(ret.time, most.time);
	for (size_t i = 0; i < ARRAY_SIZE(comments); i++)
		assert_int_equal(nft_list_parse_comment(span_of(comments[i]), &ret), -EINVAL);
	assert_string_equal(nft_list_set_name("list-drop", AF_INET, false, name), "list-drop4");
	assert_string_equal(nft_list_set_name("list-drop", AF_INET6, true, name), "list-drop6.b");
	assert_true(nft_is_list_set(span_of(name)));
	assert_false(nft_is_list_set(span_of("list-")));
	assert_false(nft_is_list_set(span_of("lists4")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_sets_go_there_and_back),
		cmocka_unit_test(other_sets_are_not_ours),
		cmocka_unit_test(a_set_of_a_length_has_it_in_its_name),
		cmocka_unit_test(a_set_tells_its_prefix),
		cmocka_unit_test(other_comments_tell_no_prefix),
		cmocka_unit_test(a_set_of_a_list_tells_how_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
