#include "base/utf8.h"

#include "unit.h"

static size_t encode(uint32_t rune, unsigned char *bytes)
{
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1;) {
		bytes[i] = (unsigned char)(0x80 | (rune & 0x3f));
		rune >>= 6;
	}
	bytes[0] = (unsigned char)(leads[n] | rune);
	return n;
}

static void every_character_has_its_length(void **state)
{
	for (uint32_t rune = 0; rune < 0x120000; rune++) {
		unsigned char bytes[4];
		size_t n = encode(rune, bytes);
		bool is_character = rune <= 0x10ffff && !(rune >= 0xd800 && rune <= 0xdfff);

		assert_int_equal(utf8_length(bytes, n), is_character ? n : 0);
		if (n > 1)
			assert_int_equal(utf8_length(bytes, n - 1), 0);
	}
}

static void other_bytes_are_no_character(void **state)
{
	static const char *const cases[] = { "\x80",
					     "\xbf",
					     "\xc0\x80",
					     "\xc1\xbf",
					     "\xe0\x9f\xbf",
					     "\xed\xa0\x80",
					     "\xf0\x8f\xbf\xbf",
					     "\xf4\x90\x80\x80",
					     "\xf5\x80\x80\x80",
					     "\xff",
					     "\xc3x",
					     "\xe2\x82x",
					     "\xe2x\x82",
					     "\xf0\x9f\x92x" };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(utf8_length(cases[i], strlen(cases[i])), 0);
}

static void writes_what_it_measures(void **state)
{
	static const struct {
		uint32_t character;
		const char *bytes;
	} cases[] = { { 'A', "A" },
		      { 0x7f, "\x7f" },
		      { 0x80, "\xc2\x80" },
		      { 0x7ff, "\xdf\xbf" },
		      { 0x800, "\xe0\xa0\x80" },
		      { 0xffff, "\xef\xbf\xbf" },
		      { 0x10000, "\xf0\x90\x80\x80" },
		      { 0x10ffff, "\xf4\x8f\xbf\xbf" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char bytes[5] = "";

		*utf8_put(bytes, cases[i].character) = '\0';
		assert_string_equal(bytes, cases[i].bytes);
		assert_int_equal(utf8_length(bytes, 4), strlen(bytes));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character_has_its_length),
		cmocka_unit_test(other_bytes_are_no_character),
		cmocka_unit_test(writes_what_it_measures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
