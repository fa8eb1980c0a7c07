#include "json/json.h"

#include "unit.h"

#include <errno.h>

static struct json_document *parse(const char *text, struct faults *faults)
{
	struct json_document *document = NULL;

	assert_int_equal(json_parse("f", span_of(text), faults, &document), 0);
	return document;
}

static void assert_position(const struct json *node, unsigned line, unsigned column)
{
	unsigned l, c;

	json_position(node, &l, &c);
	assert_int_equal(l, line);
	assert_int_equal(c, column);
}

static void knows_where_everything_stands(void **state)
{
	struct faults faults = { 0 };
	cleanup(json_freep) struct json_document *document = parse(
		"// head\n{ \"a\" : [ 1,\n\t\"}\" , {} ], /* x */\n\"\xc3\xa9\\u0062\": true }",
		&faults);
	struct json root = json_root(document), child = { 0 }, element = { 0 };
	unsigned line, column;

	assert_int_equal(json_type(&root), JSON_OBJECT);
	assert_int_equal(json_count(&root), 2);
	assert_position(&root, 2, 1);

	assert_true(json_next(&root, &child));
	assert_string_equal(child.name, "a");
	assert_int_equal(json_type(&child), JSON_LIST);
	assert_position(&child, 2, 9);
	json_position_of_key(&child, &line, &column);
	assert_int_equal(column, 3);

	assert_true(json_next(&child, &element));
	assert_true(json_number(&element) > 0.9 && json_number(&element) < 1.1);
	assert_position(&element, 2, 11);
	assert_true(json_next(&child, &element));
	assert_string_equal(json_text(&element), "}");
	assert_position(&element, 3, 2);
	assert_true(json_next(&child, &element));
	assert_int_equal(json_type(&element), JSON_OBJECT);
	assert_position(&element, 3, 8);
	assert_false(json_next(&child, &element));

	assert_true(json_next(&root, &child));
	assert_string_equal(child.name, "\xc3\xa9"
					"b");
	assert_true(json_bool(&child));
	assert_position(&child, 4, 13); /* bytes, not characters */
	assert_false(json_next(&root, &child));

	assert_true(json_find(&root, "a", &child));
	assert_position(&child, 2, 9); /* backwards too */
	assert_false(json_find(&root, "b", &child));
	assert_false(json_find(&element, "a", &child));
	assert_int_equal(json_finish(document), 0);
	assert_int_equal(faults.n_lines, 0);
}

static void tells_faults_in_the_order_of_the_file(void **state)
{
	struct faults faults = { 0 };
	cleanup(json_freep) struct json_document *document =
		parse("{ \"a\": 1,\n  \"b\": 2 }", &faults);
	struct json root = json_root(document), a, b;

	assert_true(json_find(&root, "a", &a) && json_find(&root, "b", &b));
	json_fault(&b, "late");
	json_fault_at_key(&b, "key %d: \x1b\n\xc2\x9b\xe2\x80\xae", 5);
	json_fault(&a, "first");
	json_fault(&a, "second");
	assert_int_equal(faults.n_lines, 0);
	assert_int_equal(json_finish(document), -EINVAL);
	assert_int_equal(faults.n_lines, 4);
	assert_string_equal(faults.lines[0], "f:1:8: first");
	assert_string_equal(faults.lines[1], "f:1:8: second");
	assert_string_equal(faults.lines[2], "f:2:3: key 5: ???????");
	assert_string_equal(faults.lines[3], "f:2:8: late");
	faults_done(&faults);
}

static void finds_what_only_the_tree_shows(void **state)
{
	struct faults faults = { 0 };
	cleanup(json_freep) struct json_document *document =
		parse("{ \"a\": { \"x\": 1, \"y\": 2, \"\\u0078\": 3, \"x\": 4 },\n"
		      " \"b\": [ { \"a\": 1e999 }, { \"a\": 2 } ], \"a\": 1 }",
		      &faults);

	assert_int_equal(json_finish(document), -EINVAL);
	assert_int_equal(faults.n_lines, 4);
	assert_string_equal(faults.lines[0], "f:1:26: \"x\" is a duplicate key: keep one of them");
	assert_string_equal(faults.lines[1], "f:1:39: \"x\" is a duplicate key: keep one of them");
	assert_string_equal(faults.lines[2],
			    "f:2:16: \"a\" is too large a number: write a smaller one");
	assert_string_equal(faults.lines[3], "f:2:39: \"a\" is a duplicate key: keep one of them");
	faults_done(&faults);
}

static void stops_at_a_fault_of_syntax(void **state)
{
	struct json_document *document = NULL;
	struct faults faults = { 0 };

	assert_int_equal(json_parse("f", SPAN_LITERAL("{\n \"a\": 01 }"), &faults, &document),
			 -EINVAL);
	assert_null(document);
	assert_int_equal(json_parse("g", (struct span){ 0 }, &faults, &document), -EINVAL);
	assert_int_equal(faults.n_lines, 2);
	assert_string_equal(faults.lines[0], "f:2:7: a number begins with 0: remove the zeros");
	assert_string_equal(faults.lines[1],
			    "g:1:1: the file is empty: the least it can hold is {}");
	faults_done(&faults);
}

static void labels_are_short_and_whole(void **state)
{
	struct faults faults = { 0 };
	cleanup(json_freep) struct json_document *document =
		parse("{ \"list\": [1], \"1234567890123456789012345678901234567890\": 1,\n"
		      "\"12345678901234567890123456789012345678901\": 1,\n"
		      "\"123456789012345678901234567890123456789\xc3\xa9\": 1 }",
		      &faults);
	static const char *const labels[] = {
		"\"list\"",
		"\"1234567890123456789012345678901234567890\"",
		"\"1234567890123456789012345678901234567890...\"",
		"\"123456789012345678901234567890123456789...\"",
	};
	struct json root = json_root(document), child = { 0 }, element = { 0 };
	char label[JSON_LABEL_SIZE];

	assert_string_equal(json_label(&root, label), "the file");
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		assert_true(json_next(&root, &child));
		assert_string_equal(json_label(&child, label), labels[i]);
	}
	assert_true(json_find(&root, "list", &child) && json_next(&child, &element));
	assert_string_equal(json_label(&element, label), "an element of \"list\"");
	assert_int_equal(json_finish(document), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_where_everything_stands),
		cmocka_unit_test(tells_faults_in_the_order_of_the_file),
		cmocka_unit_test(finds_what_only_the_tree_shows),
		cmocka_unit_test(stops_at_a_fault_of_syntax),
		cmocka_unit_test(labels_are_short_and_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
