#include "cli/output.h"

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

	assert_string_equal(text, "?[2J?x???y");
	assert_string_equal(turned, "a???b?????????\xe2\x82\xac\xe2\x80\x90");
	assert_string_equal(cut, "abc...");
}

static void keeps_numbers_exact(void **state)
{
	cJSON *object = cJSON_CreateObject();
	char *text;

	assert_true(print_add_number(object, "time", 1763770000000000));
	assert_true(print_add_until(object, "until", USEC_INFINITY));
	assert_true(print_add_weight(object, "five", 50));
	assert_true(print_add_weight(object, "less", 45));
	assert_true(print_add_bytes(object, "none", (struct span){ 0 }));
	text = cJSON_PrintUnformatted(object);
	assert_string_equal(text,
			    "{\"time\":1763770000000000,\"until\":null,\"five\":5,\"less\":4.5,"
			    "\"none\":null}");
	cJSON_free(text);
	cJSON_Delete(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_what_is_no_text),
		cmocka_unit_test(keeps_terminals_safe),
		cmocka_unit_test(keeps_numbers_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
