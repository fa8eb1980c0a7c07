#include "report/columns.h"

#include "unit.h"

static void columns_are_as_wide_as_their_longest_cell(void **state)
{
	static const char *const rows[][3] = {
		{ "JAIL", "BANS", "LAST" },
		{ "dovecot", "12", "03:04" },
		{ "m\xc3\xb6x", NULL, "" },
	};
	cleanup(columns_done) struct columns columns = { .alignment = "<><" };
	cleanup(freep) char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(columns_add(&columns, rows[i]), 0);
	assert_int_equal(columns_format(&columns, 0, &text), 0);
	assert_string_equal(text, "JAIL     BANS  LAST\n"
				  "dovecot    12  03:04\n"
				  "m\xc3\xb6x         -\n");
}

static void holds_many_rows(void **state)
{
	static const char *const row[] = { "some", "cells" };
	cleanup(columns_done) struct columns columns = { .alignment = ">>" };
	cleanup(freep) char *text = NULL;

	for (int i = 0; i < 1000; i++)
		assert_int_equal(columns_add(&columns, row), 0);
	assert_int_equal(columns_format(&columns, 0, &text), 0);
	assert_int_equal(strlen(text), 1000 * strlen("some  cells\n"));
}

static void no_rows_are_no_text(void **state)
{
	cleanup(columns_done) struct columns columns = { .alignment = "<" };
	cleanup(freep) char *text = NULL;

	assert_int_equal(columns_format(&columns, 0, &text), 0);
	assert_string_equal(text, "");
}

#define TEN "0123456789"

static void sentences_are_folded_between_words(void **state)
{
	static const struct {
		const char *text;
		unsigned indent;
		const char *folded;
	} cases[] = {
		{ "", 4, "\n" },
		{ "one two", 4, "one two\n" },
		{ "  one   two ", 4, "one two\n" },
		{ TEN TEN TEN TEN TEN TEN TEN " 34567890", 0,
		  TEN TEN TEN TEN TEN TEN TEN " 34567890\n" },
		{ TEN TEN TEN TEN TEN TEN TEN " 345678901", 1,
		  TEN TEN TEN TEN TEN TEN TEN "\n 345678901\n" },
		{ "a " TEN TEN TEN TEN TEN TEN TEN TEN TEN " b", 2,
		  "a\n  " TEN TEN TEN TEN TEN TEN TEN TEN TEN "\n  b\n" },
		{ TEN TEN TEN TEN TEN TEN TEN " \xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc",
		  3,
		  TEN TEN TEN TEN TEN TEN TEN
		  " \xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(freep) char *folded = columns_fold(cases[i].text, cases[i].indent, 0);

		assert_non_null(folded);
		assert_string_equal(folded, cases[i].folded);
	}
}

/* The room is reckoned for the worst case: a sanitizer sees one byte too many. */
static void words_of_one_letter_fit(void **state)
{
	char text[2001];

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 2 ? ' ' : 'x';
	text[sizeof(text) - 1] = '\0';
	for (unsigned indent = 0; indent < 200; indent++) {
		cleanup(freep) char *folded = columns_fold(text, indent, 0);

		assert_non_null(folded);
		for (const char *line = folded; *line; line = strchr(line, '\n') + 1)
			assert_true(strcspn(line, "\n") <= MAX((size_t)SHEET_WIDTH, indent + 1));
	}
}

/* As for a terminal: nothing is wider, whatever stands there. */
static void nothing_is_wider_than_the_terminal(void **state)
{
	static const char *const cells[] = {
		"PREFIX",
		"LAST BAN",
		"2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff/128",
		"2026-11-22 03:04:05",
		"192.0.2.1/32",
		NULL,
	};

	for (unsigned width = 20; width < 70; width++) {
		cleanup(columns_done) struct columns columns = { .alignment = "<<" };
		cleanup(freep) char *text = NULL, *folded = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(cells); i += 2)
			assert_int_equal(columns_add(&columns, cells + i), 0);
		assert_int_equal(columns_format(&columns, width, &text), 0);
		folded = columns_fold(text, width / 3, width);
		assert_non_null(folded);
		assert_true((strstr(text, "  last") != NULL) == (width < 42 + 2 + 19));
		for (const char *line = text; *line; line = strchr(line, '\n') + 1)
			assert_true(strcspn(line, "\n") <= width);
		for (const char *line = folded; *line; line = strchr(line, '\n') + 1)
			assert_true(strcspn(line, "\n") <= width + width / 3); /* holds line ends */
	}
}

static void words_are_cut_between_characters(void **state)
{
	static const struct {
		const char *text;
		unsigned indent;
		const char *folded;
	} cases[] = {
		{ TEN TEN "1", 0, TEN TEN "\n1\n" },
		{ "a " TEN TEN, 2, "a\n  " TEN "01234567\n  89\n" },
		{ "a", 11, "\n  a\n" },
		{ "\xc3\xa4\xc3\xa4" TEN "12345678x", 0, "\xc3\xa4\xc3\xa4" TEN "12345678\nx\n" },
		{ "", 0, "\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(freep) char *folded = columns_fold(cases[i].text, cases[i].indent, 20);

		assert_non_null(folded);
		assert_string_equal(folded, cases[i].folded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_longest_cell),
		cmocka_unit_test(holds_many_rows),
		cmocka_unit_test(no_rows_are_no_text),
		cmocka_unit_test(sentences_are_folded_between_words),
		cmocka_unit_test(words_of_one_letter_fit),
		cmocka_unit_test(nothing_is_wider_than_the_terminal),
		cmocka_unit_test(words_are_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
