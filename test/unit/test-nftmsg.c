#include "nftmsg.h"

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
					     "abcdefghijklmnopqrstuvwxyz01234564" };
	char jail[NFT_JAIL_SIZE];
	uint8_t family;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_false(nft_set_parse_name(span_of(names[i]), jail, &family));
	assert_false(nft_set_parse_name((struct span){ 0 }, jail, &family));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_sets_go_there_and_back),
		cmocka_unit_test(other_sets_are_not_ours),
		cmocka_unit_test(a_set_tells_its_prefix),
		cmocka_unit_test(other_comments_tell_no_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
