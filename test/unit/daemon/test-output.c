#include "cli/output.h"

#include "unit.h"

#include <stdio.h>
#include <unistd.h>

static char printed[4096];

/* What output_print() writes to stdout. */
static const char *print(bool json, const char *sentence, const struct row *rows)
{
	FILE *file = tmpfile();
	int saved;

	assert_non_null(file);
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	assert_true(saved >= 0 && dup2(fileno(file), STDOUT_FILENO) >= 0);
	assert_int_equal(output_print(json, sentence, rows), 0);
	fflush(stdout);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	close(saved);
	rewind(file);
	printed[fread(printed, 1, sizeof(printed) - 1, file)] = '\0';
	fclose(file);
	return printed;
}

static void objects_are_exact(void **state)
{
	struct address address;
	struct prefix prefix;
	const struct row rows[] = {
		ROW_NUMBER("time", 1763770000000001),
		ROW_TIME("until", USEC_INFINITY),
		ROW_TIME("at", 1763770000000001),
		ROW_WEIGHT("five", 50),
		ROW_WEIGHT("less", 45),
		ROW_FLAG("yes", true),
		ROW_TEXT("none", NULL),
		ROW_BYTES("also none", ((struct span){ 0 }), 10),
		ROW_ADDRESS("nobody", NULL),
		ROW("unknown", IF_KNOWN(false, KIND_NUMBER), number, 7),
		ROW("gone", IF_THERE(false, KIND_NUMBER), number, 7),
		ROW_SAID("said", "to people"),
		ROW_ADDRESS("address", &address),
		ROW_PREFIX("prefix", &prefix),
		ROW_BYTES("bytes", SPAN_LITERAL("a\"\xff\0\xc2\x9b"), 1),
		ROW_END,
	};

	assert_int_equal(prefix_parse(SPAN_LITERAL("2001:db8::/64"), &prefix), 0);
	assert_int_equal(address_parse(SPAN_LITERAL("192.0.2.1"), &address), 0);
	assert_string_equal(print(true, NULL, rows),
			    "{\"time\":1763770000000001,\"until\":null,\"at\":1763770000000001,"
			    "\"five\":5,\"less\":4.5,\"yes\":true,\"none\":null,\"also none\":null,"
			    "\"nobody\":null,\"unknown\":null,\"address\":\"192.0.2.1\","
			    "\"prefix\":\"2001:db8::/64\","
			    "\"bytes\":\"a\\\"\xef\xbf\xbd\xef\xbf\xbd\\u009b\"}\n");
}

static void sentences_are_filled(void **state)
{
	const struct row rows[] = {
		ROW_TEXT("jail", "ssh\x1b"),
		ROW_BYTES("user", SPAN_LITERAL("nobody"), 3),
		ROW_NUMBER("count", 1234567),
		ROW_WEIGHT("failures", 45),
		ROW_TEXT("nothing", NULL),
		ROW("gone", IF_THERE(false, KIND_TEXT), text, "x"),
		ROW_TIME("never", USEC_INFINITY),
		ROW_SAID("said", "yes"),
		ROW_END,
	};

	assert_string_equal(print(false, "{jail:6}|{user}|{count}|{failures}", rows),
			    "ssh?  |nob...|1234567|4.5\n");
	assert_string_equal(print(false, "[{nothing}{gone}] {never} {said:2} {nothing:3}.", rows),
			    "[] never yes    .\n");
}

static void cells_are_short(void **state)
{
	static const char *const keys[] = { "count", "failures", "none", "user", NULL };
	const struct row rows[] = {
		ROW_BYTES("user", SPAN_LITERAL("a\nb"), 10),
		ROW_NUMBER("count", 1234567),
		ROW_WEIGHT("failures", 41),
		ROW_TEXT("none", NULL),
		ROW_END,
	};
	cleanup(columns_done) struct columns columns = { .alignment = "<<<<" };
	cleanup(freep) char *text = NULL;

	assert_int_equal(output_add_cells(&columns, keys, rows), 0);
	assert_int_equal(columns_format(&columns, 0, &text), 0);
	assert_string_equal(text, "1.2M  5  -  a?b\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_exact),
		cmocka_unit_test(sentences_are_filled),
		cmocka_unit_test(cells_are_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
