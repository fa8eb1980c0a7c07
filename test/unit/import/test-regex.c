#include "import/regex.h"

#include "match/match.h"
#include "unit.h"

#define V4   "(?:\\d{1,3}\\.){3}\\d{1,3}"
#define V6   "(?:[0-9a-fA-F]{1,4}::?|:){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):)"
#define HOST "(?:\\[?(?:(?:::f{4,6}:)?(?<address>" V4 ")|(?<address>" V6 "))\\]?)"

static void expressions_become_patterns(void **state)
{
	static const struct {
		const char *prefregex, *failregex, *pattern;
	} cases[] = {
		{ NULL, "^a from <HOST>$", "^(?:a from " HOST "$)" },
		{ NULL, "bad <ADDR>", "^(?:.*?bad " HOST ")" },
		{ NULL, "^a <HOST>$|^b <IP4>|c", "^(?:a " HOST "$|b (?<address>" V4 ")|.*?c)" },
		{ NULL, "^(?P<how>x)(y)(?:z)(?=u)(?i)w(?s:v) <IP6>",
		  "^(?:(?:x)(?:y)(?:z)(?=u)(?i)w(?s:v) (?<address>" V6 "))" },
		{ NULL,
		  "^<F-USER>\\S+|x</F-USER> <F-ALT_USER1>y</F-ALT_USER1> <F-OTHER>z</F-OTHER> <ADDR>:<F-PORT/>",
		  "^(?:(?<user>\\S+|x) (?<user>y) (?:z) " HOST ":(?:\\w+))" },
		{ NULL, "^[^[\\]]+[]a] {,3} %{x} <x> <SUBNET>",
		  "^(?:[^\\[\\]]+[\\]a] {0,3} [%]{x} <x> " HOST "(?:/\\d+)?\\]?)" },
		{ NULL, "^<F-ID><ADDR></F-ID>", "^(?:(?:" HOST "))" },
		{ "^<F-MLFID>c=\\d+</F-MLFID> <F-CONTENT>.+</F-CONTENT>$", "^bad <HOST>$",
		  "^(?<session>c=\\d+) (?:bad " HOST "$)" },
		{ "^<F-MLFID></F-MLFID>p <F-CONTENT>.+</F-CONTENT>$", "^<ADDR>$|x",
		  "^p (?:" HOST "$|.*?x)" },
		{ "^p <F-CONTENT>[ab].+</F-CONTENT>, end\\s*$", "^<ADDR>$",
		  "^p (?=[ab].+)(?:" HOST ", end\\s*$)" },
		{ "^p <F-CONTENT>.+?</F-CONTENT>(?: user=<F-USER>x</F-USER>)?$", "^<ADDR>",
		  "^p (?:" HOST ").*?(?: user=(?<user>x))?$" },
		{ "^only such", "^<ADDR>", "^(?=only such)(?:" HOST ")" },
		{ NULL, "^\\S+ mydaemon\\[\\d+\\]: bad <ADDR>", "^(?:bad " HOST ")" },
		{ NULL, "^\\s*(?:\\S+\\s+my-daemon\\[\\d+\\]:)\\s+<ADDR>",
		  "^(?:\\s*(?:)" HOST ")" },
		{ NULL, "^.*postfix/smtpd\\[.*\\]: <ADDR>", "^(?:" HOST ")" },
		/* the blank behind an envelope that may be missing */
		{ "^(?:\\s?\\[\\d+\\]|\\S+ exim\\[\\d+\\]:){0,2}(?: \\d{4})?<F-CONTENT>.+</F-CONTENT>$",
		  "^<ADDR>",
		  "^(?:\\s?\\[\\d+\\]|\\S+ exim\\[\\d+\\]:){0,2}(?: ?\\d{4})?(?:" HOST ")" },
		{ NULL, "^(?:[](] x\\[\\d+\\]:)?\\s+<ADDR>",
		  "^(?:(?:[\\](] x\\[\\d+\\]:)?\\s*" HOST ")" },
		{ NULL, "^(?:a \\S+ x\\[\\d+\\]:)*\\s?<ADDR>",
		  "^(?:(?:a \\S+ x\\[\\d+\\]:)*\\s?" HOST ")" },
		{ NULL, "^(?:\\S+ x\\[\\d+\\]:)? <ADDR>", "^(?:(?:)? ?" HOST ")" },
		{ NULL, "^(?:\\S+ x\\[\\d+\\]:)? (?:a )?<ADDR>", "^(?:(?:)? ?(?:a )?" HOST ")" },
		{ NULL, "^(?:x\\[\\d+\\])? <ADDR>", "^(?:(?:x\\[\\d+\\])? " HOST ")" },
		{ NULL, "^(?:\\d+)? <ADDR>", "^(?:(?:\\d+)? " HOST ")" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		struct regex_told told =
			regex_translate(&arena, cases[i].prefregex, cases[i].failregex, false);

		if (told.error)
			fail_msg("%s: %s", cases[i].failregex, told.error);
		assert_string_equal(told.pattern, cases[i].pattern);
		assert_true(told.address);
		arena_done(&arena);
	}
}

static void what_is_told_is_known(void **state)
{
	struct arena arena = { 0 };
	struct regex_told told = regex_translate(
		&arena, "^<F-MLFID>\\d+</F-MLFID> <F-CONTENT>.+</F-CONTENT>$",
		"^<F-NOFAIL><F-MLFGAINED>in</F-MLFGAINED></F-NOFAIL> <F-USER>.</F-USER> <HOST>",
		false);

	assert_true(told.session && told.nofail && told.gained && told.user && told.names);
	assert_false(told.dropped || told.searched);
	told = regex_translate(&arena, NULL, "<F-MLFID></F-MLFID>x", false);
	assert_true(told.dropped && told.searched);
	assert_false(told.session || told.address);
	told = regex_translate(&arena, NULL, "^<HOST> <F-USER>.</F-USER>", true);
	assert_null(strstr(told.pattern, "(?<a"));
	assert_null(strstr(told.pattern, "(?<u"));
	arena_done(&arena);
}

static void what_cannot_be_said_is_refused(void **state)
{
	static const struct {
		const char *prefregex, *failregex;
	} cases[] = {
		{ NULL, "^<HOST> (?P<a>x)(?P=a)" },
		{ NULL, "^<HOST> (x)\\1" },
		{ NULL, "^<HOST> (x)?(?(1)a|b)" },
		{ NULL, "^a\\nb <HOST>" },
		{ NULL, "^a<SKIPLINES><HOST>" },
		{ NULL, "^<F-ID/> x" },
		{ NULL, "^<F-ID>x</F-ID> <HOST>" },
		{ NULL, "^<F-USER>x <HOST>" },
		{ NULL, "^(<F-USER>x)</F-USER> <HOST>" },
		{ NULL, "^x) <HOST>" },
		{ NULL, "^[x <HOST>" },
		{ NULL, "^\\" },
		{ NULL, "^(?x) <HOST>" },
		{ NULL, "^\\Qx\\E <HOST>" },
		{ "^(p <F-CONTENT>.+</F-CONTENT>)$", "^<HOST>" },
		{ "^p <F-CONTENT>.+</F-CONTENT>$", "^(?:^x|y)<HOST>" },
		{ "^p|^q <F-CONTENT>.+</F-CONTENT>$", "^<HOST>" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };

		if (!regex_translate(&arena, cases[i].prefregex, cases[i].failregex, false).error)
			fail_msg("%s", cases[i].failregex);
		arena_done(&arena);
	}
}

static void depth_and_length_are_bounded(void **state)
{
	struct arena arena = { 0 };
	struct text deep = { .arena = &arena }, wide = { .arena = &arena };

	for (int i = 0; i < 100000; i++)
		text_add(&deep, "(");
	assert_non_null(regex_translate(&arena, NULL, text_end(&deep), false).error);
	for (int i = 0; i < 10000; i++)
		text_add(&wide, "<HOST>");
	assert_non_null(regex_translate(&arena, NULL, text_end(&wide), false).error);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions_become_patterns),
		cmocka_unit_test(what_is_told_is_known),
		cmocka_unit_test(what_cannot_be_said_is_refused),
		cmocka_unit_test(depth_and_length_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
