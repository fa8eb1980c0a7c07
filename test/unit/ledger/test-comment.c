#include "ledger/comment.h"

#include "unit.h"

static void its_own_comments_are_known_again(void **state)
{
	static const struct {
		const char *comment;
		bool event, network;
	} cases[] = {
		{ "auth-failed x5", true, false },
		{ "auth-failed x12.5", true, false },
		{ "auth-failed x", false, false },
		{ "auth-failed x5.", false, false },
		{ "auth-failed x5.25", false, false },
		{ "auth-failed x.5", false, false },
		{ "auth-failed x5 of them", false, false },
		{ "auth-failed", false, false },
		{ "no-auth x5", false, false },
		{ "network: 4 offenders", false, true },
		{ "network:  offenders", false, false },
		{ "network: 4 offenders more", false, false },
		{ "network: ", false, false },
		{ "by hand", false, false },
		{ "", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (comment_is_of_event(cases[i].comment, "auth-failed") != cases[i].event ||
		    comment_is_of_network(cases[i].comment) != cases[i].network)
			fail_msg("%s", cases[i].comment);
}

static void others_comments_may_be_like_them(void **state)
{
	static const struct {
		const char *comment;
		bool is;
	} cases[] = {
		{ "auth-failed x5", true }, { "a x1.5", true },  { "network: 4 offenders", true },
		{ "by hand", false },       { "", false },       { " x5", false },
		{ "a b x5", false },        { "a x5 y", false }, { "network: many", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (comment_is_like_own(cases[i].comment) != cases[i].is)
			fail_msg("%s", cases[i].comment);
}

/* As it writes them. */
static void what_it_writes_is_its_own(void **state)
{
	char comment[NFT_COMMENT_BYTES];
	struct ban ban = { .jail = "mail", .event = "auth-failed", .until = USEC_INFINITY };

	for (uint64_t tenths = 0; tenths < 30; tenths++) {
		ban.failures = tenths;
		ban.network = false;
		comment_write(&ban, comment);
		assert_true(comment_is_of_event(comment, "auth-failed"));
		ban.failures = tenths * WEIGHT_ONE;
		ban.network = true;
		comment_write(&ban, comment);
		assert_true(comment_is_of_network(comment));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_own_comments_are_known_again),
		cmocka_unit_test(others_comments_may_be_like_them),
		cmocka_unit_test(what_it_writes_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
