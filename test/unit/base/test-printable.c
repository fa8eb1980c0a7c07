#include "base/printable.h"

#include "unit.h"

static void folds_what_is_no_text(void **state)
{
	static const struct {
		struct span bytes;
		const char *text;
	} cases[] = {
		{ SPAN_LITERAL("plain \"text\""), "plain \"text\"" },
		{ SPAN_LITERAL("\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80"),
		  "\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ SPAN_LITERAL("a\0b"), "a\xef\xbf\xbd"
					"b" },
		{ SPAN_LITERAL("\xff"), "\xef\xbf\xbd" },
		{ SPAN_LITERAL("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd" }, /* overlong */
		{ SPAN_LITERAL("\xed\xa0\x80"),
		  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },               /* surrogate */
		{ SPAN_LITERAL("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd" }, /* cut off */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(freep) char *text = bytes_to_text(cases[i].bytes);

		assert_string_equal(text, cases[i].text);
	}
}

static void keeps_terminals_safe(void **state)
{
	cleanup(freep) char *text = bytes_to_display(SPAN_LITERAL("\x1b[2J\nx\x7f\xc2\x85y"), 80);
	cleanup(freep) char *turned = bytes_to_display(
		SPAN_LITERAL("a\xe2\x80\xae"
			     "b\xe2\x81\xa6\xe2\x80\x8b\xef\xbb\xbf\xe2\x82\xac\xe2\x80\x90"),
		80);
	cleanup(freep) char *cut = bytes_to_display(SPAN_LITERAL("abcdef"), 3);
	cleanup(freep) char *whole = bytes_to_display(SPAN_LITERAL("abc"), 3);

	assert_string_equal(text, "?[2J?x???y");
	assert_string_equal(turned, "a???b?????????\xe2\x82\xac\xe2\x80\x90");
	assert_string_equal(cut, "abc...");
	assert_string_equal(whole, "abc");
}

/* Each is written into JSON as ASCII, and not shown; what stands beside it is. */
static void hides_what_must_not_be_seen(void **state)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x01, 0x1f },     { 0x7f, 0x9f },       { 0xad, 0xad },     { 0x61c, 0x61c },
		{ 0x180b, 0x180f }, { 0x200b, 0x200f },   { 0x2028, 0x202e }, { 0x2060, 0x206f },
		{ 0xfeff, 0xfeff }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		assert_true(ranges[i].first == 1 || printable_is_shown(ranges[i].first - 1));
		for (uint32_t c = ranges[i].first; c <= ranges[i].last; c++)
			assert_false(printable_is_shown(c));
		assert_true(printable_is_shown(ranges[i].last + 1));
	}
}

static void reads_character_by_character(void **state)
{
	static const struct {
		struct span bytes;
		uint32_t character;
		size_t size;
	} cases[] = {
		{ SPAN_LITERAL("ab"), 'a', 1 },
		{ SPAN_LITERAL("\0"), 0xfffd, 1 },
		{ SPAN_LITERAL("\xc2\x9b"), 0x9b, 2 },
		{ SPAN_LITERAL("\xe2\x80\xae!"), 0x202e, 3 },
		{ SPAN_LITERAL("\xf3\xa0\x81\x81"), 0xe0041, 4 },
		{ SPAN_LITERAL("\xf4\x8f\xbf\xbf"), 0x10ffff, 4 },
		{ SPAN_LITERAL("\x9b"), 0xfffd, 1 },
		{ SPAN_LITERAL("\xe2\x80"), 0xfffd, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t character;

		assert_int_equal(printable_next(cases[i].bytes, &character), cases[i].size);
		assert_int_equal(character, cases[i].character);
	}
}

static void writes_json(void **state)
{
	static const struct {
		struct span bytes;
		const char *json;
	} cases[] = {
		{ SPAN_LITERAL("\"\\/\b\f\n\r\tbfnrt"), "\\\"\\\\/\\b\\f\\n\\r\\tbfnrt" },
		{ SPAN_LITERAL("\x1b\x7f\xc2\x9b"), "\\u001b\\u007f\\u009b" },
		{ SPAN_LITERAL("\xd8\x9c\xe2\x80\xae"), "\\u061c\\u202e" },
		{ SPAN_LITERAL("\xf3\xa0\x81\x81"), "\\udb40\\udc41" },
		{ SPAN_LITERAL("\xc3\xbc\xf0\x9f\x98\x80"), "\xc3\xbc\xf0\x9f\x98\x80" },
		{ SPAN_LITERAL("\xff\0"), "\xef\xbf\xbd\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[100] = "", next[PRINTABLE_JSON_MAX];
		struct span rest = cases[i].bytes;

		while (rest.size > 0) {
			size_t n = printable_json(rest, next);

			rest = (struct span){ rest.data + n, rest.size - n };
			strcat(text, next);
		}
		assert_string_equal(text, cases[i].json);
	}
}

static void a_tail_is_plain_ascii(void **state)
{
	char buffer[4];

	assert_string_equal(printable_tail(SPAN_LITERAL("abcd"), 3, buffer), "bcd");
	assert_string_equal(printable_tail(SPAN_LITERAL("\x1b~"), 3, buffer), "?~");
	assert_string_equal(printable_tail(SPAN_LITERAL("a\xc3\xa9 "), 3, buffer), "?? ");
	assert_string_equal(printable_tail((struct span){ 0 }, 3, buffer), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_what_is_no_text),
		cmocka_unit_test(keeps_terminals_safe),
		cmocka_unit_test(hides_what_must_not_be_seen),
		cmocka_unit_test(reads_character_by_character),
		cmocka_unit_test(writes_json),
		cmocka_unit_test(a_tail_is_plain_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
