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
	assert_int_equal(columns_format(&columns, &text), 0);
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
	assert_int_equal(columns_format(&columns, &text), 0);
	assert_int_equal(strlen(text), 1000 * strlen("some  cells\n"));
}

static void no_rows_are_no_text(void **state)
{
	cleanup(columns_done) struct columns columns = { .alignment = "<" };
	cleanup(freep) char *text = NULL;

	assert_int_equal(columns_format(&columns, &text), 0);
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
		cleanup(freep) char *folded = columns_fold(cases[i].text, cases[i].indent);

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
		cleanup(freep) char *folded = columns_fold(text, indent);

		assert_non_null(folded);
		for (const char *line = folded; *line; line = strchr(line, '\n') + 1)
			assert_true(strcspn(line, "\n") <= MAX((size_t)SHEET_WIDTH, indent + 1));
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
