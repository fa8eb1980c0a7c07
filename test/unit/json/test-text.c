#include "json/text.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>

/* Checks a copy of exactly `size` bytes, so that a sanitizer sees every step beyond them. */
static int check(const char *text, size_t size, struct jsontext_error *error, char **ret)
{
	char *copy = malloc(size + 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, size);
	copy[size] = '\0';
	r = jsontext_check(copy, size, error);
	if (ret)
		*ret = copy;
	else
		free(copy);
	return r;
}

static void takes_what_the_rfc_takes(void **state)
{
	static const char *const texts[] = {
		"{}",
		" \t\r\n[ ] ",
		"0",
		"-0",
		"-0.5e+10",
		"1E5",
		"10",
		"true",
		"[true, false , null]",
		"\"\"",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
		"\"\\uD83d\\uDe00\"",
		"\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \x7f\"",
		"{\"a\": {\"b\": [1, {\"c\": \"}\"}]}, \"a\": 2}",
		"// first\n{ /* inner // */ \"a\" /**/ : // x\n 1 } // last",
		"[\"// none\", \"/* none */\", \"\\\"// none\"]",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
		"// \xc3\xa9\n{}",
	};
	struct jsontext_error error;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (check(texts[i], strlen(texts[i]), &error, NULL) < 0)
			fail_msg("%s: %zu: %s", texts[i], error.offset, error.what);
}

struct refusal {
	const char *text;
	size_t offset;
	const char *what; /* begins the sentence */
};

static void expect_refusals(const struct refusal *cases, size_t n)
{
	struct jsontext_error error;

	for (size_t i = 0; i < n; i++) {
		error = (struct jsontext_error){ 0 };
		assert_int_equal(check(cases[i].text, strlen(cases[i].text), &error, NULL),
				 -EINVAL);
		if (error.offset != cases[i].offset ||
		    strncmp(error.what, cases[i].what, strlen(cases[i].what)) != 0)
			fail_msg("%s: %zu: %s", cases[i].text, error.offset, error.what);
		assert_non_null(strstr(error.what, ": "));
	}
}

static void refuses_structure_at_its_place(void **state)
{
	static const struct refusal cases[] = {
		{ "", 0, "the file is empty" },
		{ "  // x", 0, "the file is empty" },
		{ "\xef\xbb\xbf{}", 0, "a byte order mark" },
		{ "{} {}", 3, "more text after the end" },
		{ "{}x", 2, "more text after the end" },
		{ "# remark\n{}", 0, "a comment that begins with \"#\"" },
		{ "{} # remark", 3, "a comment that begins with \"#\"" },
		{ "{\n  # remark\n}", 4, "a comment that begins with \"#\"" },
		{ "{\"a\": 1 # remark\n}", 8, "a comment that begins with \"#\"" },
		{ "{\"a#\" 1}", 6, "a colon is missing" },
		{ "jails:\n  sshd: {}\n", 0, "this looks like YAML" },
		{ "# of banish\n\n---\njails:\n", 13, "this looks like YAML" },
		{ "- sshd\n", 0, "this looks like YAML" },
		{ "max-retry: 3", 0, "this looks like YAML" },
		{ "# fail2ban\n[DEFAULT]\nbantime = 1h\n", 11, "this looks like INI" },
		{ "[nul, 1]", 1, "not a JSON value" },
		{ "{", 1, "a key is missing" },
		{ "[", 1, "the file ends too early" },
		{ "[1", 2, "a comma or \"]\" is missing" },
		{ "[1 2]", 3, "a comma or \"]\" is missing" },
		{ "{\"a\": 1 \"b\": 2}", 8, "a comma or \"}\" is missing" },
		{ "{\"a\": 1, }", 7, "a comma after the last one" },
		{ "[1,]", 2, "a comma after the last one" },
		{ "[,1]", 1, "not a JSON value" },
		{ "[1,,2]", 3, "not a JSON value" },
		{ "[1}", 2, "a comma or \"]\" is missing" },
		{ "{a: 1}", 1, "a key is missing" },
		{ "{'a': 1}", 1, "a key is missing" },
		{ "{\"a\" 1}", 5, "a colon is missing" },
		{ "{\"a\": }", 6, "not a JSON value" },
		{ "{\"a\"", 4, "a colon is missing" },
		{ "01", 0, "a number begins with 0" },
		{ "[-01]", 1, "a number begins with 0" },
		{ "-", 0, "not a number" },
		{ "[-a]", 1, "not a number" },
		{ "+1", 0, "not a JSON value" },
		{ ".5", 0, "not a JSON value" },
		{ "1.", 0, "not a number" },
		{ "1.e5", 0, "not a number" },
		{ "1e", 0, "not a number" },
		{ "1e+", 0, "not a number" },
		{ "0x10", 1, "more text after the end" },
		{ "10000000000000000000000000000000000000000", 0, "a number of too many digits" },
		{ "NaN", 0, "not a JSON value" },
		{ "True", 0, "not a JSON value" },
		{ "tru", 0, "not a JSON value" },
		{ "nulll", 4, "more text after the end" },
		{ "{} /* x", 3, "a comment without its end" },
		{ "{} /*/", 3, "a comment without its end" },
		{ "{} /", 3, "more text after the end" },
		{ "{} # x", 3, "a comment that begins with" },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 32, "nested too deeply" },
	};

	expect_refusals(cases, ARRAY_SIZE(cases));
}

static void refuses_texts_at_their_place(void **state)
{
	static const struct refusal cases[] = {
		{ "\"abc", 0, "a text without its closing quote" },
		{ "[\"abc\n\"]", 1, "a text without its closing quote" },
		{ "\"abc\\", 4, "unknown escape" },
		{ "\"a\tb\"", 2, "a raw control character" },
		{ "\"a\x1f\"", 2, "a raw control character" },
		{ "\"\\x41\"", 1, "unknown escape" },
		{ "\"\\'\"", 1, "unknown escape" },
		{ "\"\\u12g4\"", 1, "\\u needs four" },
		{ "\"\\u12", 1, "\\u needs four" },
		{ "\"a\\u0000\"", 2, "\\u0000 is not allowed" },
		{ "\"\\ud83d\"", 1, "half of a surrogate pair" },
		{ "\"\\ude00\"", 1, "half of a surrogate pair" },
		{ "\"\\ud83d\\u0041\"", 1, "half of a surrogate pair" },
		{ "\"\\ud83d\\ud83d\"", 1, "half of a surrogate pair" },
		{ "\"\\ud83d\\ude0\"", 1, "half of a surrogate pair" },
	};

	expect_refusals(cases, ARRAY_SIZE(cases));
}

static void refuses_what_is_no_utf8_at_its_place(void **state)
{
	static const struct refusal cases[] = {
		{ "\"\x80\"", 1, "the text is not UTF-8" },
		{ "\"\xc3\"", 1, "the text is not UTF-8" },
		{ "\"\xc0\x80\"", 1, "the text is not UTF-8" },
		{ "\"\xc1\xbf\"", 1, "the text is not UTF-8" },
		{ "\"\xe0\x9f\xbf\"", 1, "the text is not UTF-8" },
		{ "\"\xed\xa0\x80\"", 1, "the text is not UTF-8" },
		{ "\"\xf0\x8f\xbf\xbf\"", 1, "the text is not UTF-8" },
		{ "\"\xf4\x90\x80\x80\"", 1, "the text is not UTF-8" },
		{ "\"\xf5\x80\x80\x80\"", 1, "the text is not UTF-8" },
		{ "\"\xe2\x82", 1, "the text is not UTF-8" },
		{ "{} // \xff", 6, "the text is not UTF-8" },
	};

	expect_refusals(cases, ARRAY_SIZE(cases));
}

static void refuses_a_nul_byte(void **state)
{
	struct jsontext_error error;

	assert_int_equal(check("{}\0", 3, &error, NULL), -EINVAL);
	assert_int_equal(error.offset, 2);
	assert_int_equal(check("\"a\0b\"", 5, &error, NULL), -EINVAL);
	assert_int_equal(error.offset, 2);
	assert_int_equal(check("\"a\\\0b\"", 6, &error, NULL), -EINVAL);
	assert_int_equal(error.offset, 3);
	assert_int_equal(check("// \0\n{}", 7, &error, NULL), -EINVAL);
	assert_int_equal(error.offset, 3);
}

static void blanks_comments_in_place(void **state)
{
	static const char text[] = "{ // a \"b\"\n /* c\n */ \"/*d*/\": 1 }//";
	static const char blank[] = "{         \n     \n    \"/*d*/\": 1 }  ";
	struct jsontext_error error;
	char *copy;

	assert_int_equal(check(text, strlen(text), &error, &copy), 0);
	assert_string_equal(copy, blank);
	free(copy);
}

static void is_bounded_in_size(void **state)
{
	size_t size = JSONTEXT_MAX_SIZE + 1;
	char *text = malloc(size);
	struct jsontext_error error;

	assert_non_null(text);
	memset(text, ' ', size);
	memcpy(text, "{}", 2);
	assert_int_equal(check(text, size - 1, &error, NULL), 0);
	assert_int_equal(check(text, size, &error, NULL), -EINVAL);
	free(text);
}

static void steps_over_scalars(void **state)
{
	static const struct {
		const char *text;
		size_t size;
	} cases[] = {
		{ "1, 2", 1 }, { "-1.5e3]", 6 },          { "true}", 4 },       { "null ", 4 },
		{ "12", 2 },   { "\"a\\\"]\\\\\" ]", 8 }, { "\"key\" : 1", 5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(jsontext_skip_scalar(cases[i].text) - cases[i].text,
				 cases[i].size);
	assert_string_equal(jsontext_skip_space(" \t\r\n x "), "x ");
	assert_string_equal(jsontext_skip_space(""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_the_rfc_takes),
		cmocka_unit_test(refuses_structure_at_its_place),
		cmocka_unit_test(refuses_texts_at_their_place),
		cmocka_unit_test(refuses_what_is_no_utf8_at_its_place),
		cmocka_unit_test(refuses_a_nul_byte),
		cmocka_unit_test(blanks_comments_in_place),
		cmocka_unit_test(is_bounded_in_size),
		cmocka_unit_test(steps_over_scalars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
