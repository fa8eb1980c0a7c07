#include "json/read.h"

#include "parse.h"

struct thing {
	uint32_t n;
	usec_t time;
	bool yes;
	char *text;
	struct {
		double factor;
	} inner;
};

static const struct json_key inner_keys[] = {
	{ "factor", json_read_factor, .least = 1, .most = 2, .hint = "H" },
	{ 0 },
};
static const struct json_object inner_object = { "inner", inner_keys, NULL };
static const struct json_key base_keys[] = {
	{ "n", json_read_whole, .offset = offsetof(struct thing, n), .required = true,
	  .most = UINT32_MAX, .hint = "H" },
	{ "time", json_read_span, .offset = offsetof(struct thing, time), .least = 1,
	  .most = USEC_PER_HOUR, .hint = "H" },
	{ 0 },
};
static const struct json_object base_object = { "a base", base_keys, NULL };
static const struct json_key thing_keys[] = {
	{ "yes", json_read_bool, .offset = offsetof(struct thing, yes) },
	{ "text", json_read_text, .offset = offsetof(struct thing, text) },
	{ .name = "later" },
	{ "inner", json_read_object_key, .offset = offsetof(struct thing, inner),
	  .object = &inner_object },
	{ 0 },
};
static const struct json_object thing_object = { "a thing", thing_keys, &base_object };

/* Compares the faults; returns what was read nevertheless. */
static struct thing read_thing(const char *text, const char *expected)
{
	cleanup(json_freep) struct json_document *document = NULL;
	struct thing thing = { .n = 7, .time = 7 };
	struct faults faults = { 0 };
	struct json root;

	assert_int_equal(json_parse("f", span_of(text), &faults, &document), 0);
	root = json_root(document);
	(void)json_read_object(&root, &thing_object, &thing);
	assert_int_equal(json_finish(document), *expected ? -EINVAL : 0);
	compare_faults(text, &faults, expected);
	return thing;
}

static void reads_by_the_table(void **state)
{
	struct thing thing =
		read_thing("{\"n\": 4294967295, \"yes\": true, \"text\": \"t\",\n"
			   "\"later\": [], \"inner\": {\"factor\": 1.5}, \"time\": 0.25}",
			   "");

	assert_int_equal(thing.n, UINT32_MAX);
	assert_true(thing.yes);
	assert_string_equal(thing.text, "t");
	assert_true(thing.inner.factor > 1.4 && thing.inner.factor < 1.6);
	assert_int_equal(thing.time, 250000);
	free(thing.text);

	thing = read_thing("{\"n\": 0, \"time\": \"59min 60s\"}", "");
	assert_int_equal(thing.n, 0);
	assert_int_equal(thing.time, USEC_PER_HOUR);
	thing = read_thing("{\"n\": 0, \"time\": 3600}", "");
	assert_int_equal(thing.time, USEC_PER_HOUR);
}

static void leaves_the_field_alone_after_a_fault(void **state)
{
	struct thing thing;

	thing = read_thing(
		"{\"n\": 4294967296, \"time\": 1e300}",
		"f:1:7: \"n\" is out of range: H\nf:1:27: \"time\" is not a time span: H\n");
	assert_int_equal(thing.n, 7);
	assert_int_equal(thing.time, 7);
	thing = read_thing(
		"{\"n\": -1, \"time\": 0.0000001}",
		"f:1:7: \"n\" is out of range: H\nf:1:19: \"time\" is out of range: H\n");
	assert_int_equal(thing.n, 7);
	assert_int_equal(thing.time, 7);
	(void)read_thing(
		"{\"n\": 1e-5, \"time\": \"1 parsec\"}",
		"f:1:7: \"n\" is out of range: H\nf:1:21: \"time\" is not a time span: H\n");
	(void)read_thing("{\"n\": 1, \"time\": null, \"inner\": {\"factor\": 2.01}}",
			 "f:1:18: \"time\" cannot be null: H\n"
			 "f:1:44: \"factor\" is out of range: H\n");
}

static void knows_the_keys_of_the_base(void **state)
{
	(void)read_thing(
		"{\"N\": 1, \"tme\": 1, \"z\": 1}",
		"f:1:1: \"n\" is missing: a thing needs it\n"
		"f:1:2: \"N\" is not a key of a thing: did you mean \"n\"?\n"
		"f:1:10: \"tme\" is not a key of a thing: did you mean \"time\"?\n"
		"f:1:20: \"z\" is not a key of a thing: its keys are yes, text, later, inner, n, "
		"time\n");
}

static void reads_one_text_or_many(void **state)
{
	static const struct {
		const char *text;
		size_t n; /* 0: refused */
		bool empty;
	} cases[] = {
		{ "\"a\"", 1, false },
		{ "[\"a\"]", 1, false },
		{ "[\"a\", \"b\"]", 2, false },
		{ "\"\"", 0, false },
		{ "\"\"", 1, true },
		{ "[\"a\", \"\"]", 2, true },
		{ "[\"a\", \"\"]", 0, false },
		{ "[]", 0, true },
		{ "[1]", 0, true },
		{ "{}", 0, true },
		{ "[\"a\", [\"b\"]]", 0, true },
		{ "null", 0, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(json_freep) struct json_document *document = NULL;
		struct faults faults = { 0 };
		char **texts = NULL;
		struct json root;
		size_t n = 0;

		assert_int_equal(json_parse("f", span_of(cases[i].text), &faults, &document), 0);
		root = json_root(document);
		if (json_read_texts(&root, "H", cases[i].empty, &texts, &n) != (cases[i].n > 0))
			fail_msg("%s", cases[i].text);
		assert_int_equal(n, cases[i].n);
		assert_int_equal(json_finish(document), n > 0 ? 0 : -EINVAL);
		json_texts_free(texts, n);
		faults_done(&faults);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_by_the_table),
		cmocka_unit_test(leaves_the_field_alone_after_a_fault),
		cmocka_unit_test(knows_the_keys_of_the_base),
		cmocka_unit_test(reads_one_text_or_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
