#include "entry/json-line.h"

#include "unit.h"

#include <errno.h>

#define T(text) SPAN_LITERAL(text)

/* The line lies in a block of its own size, so that a sanitizer sees a read past its end. */
static int parse_copy(struct pairs *pairs, struct span line, char **ret)
{
	*ret = malloc(line.size ? line.size : 1);
	assert_non_null(*ret);
	if (line.size > 0)
		memcpy(*ret, line.data, line.size);
	return json_line_parse(pairs, (struct span){ *ret, line.size });
}

static void check_value(const struct pairs *pairs, const char *key, struct span expected)
{
	struct span value = { 0 };

	if (pairs_get(pairs, span_of(key), &value) != 1 || !span_equal(value, expected))
		fail_msg("%s is \"%.*s\"", key, (int)value.size, value.data);
}

static void takes_a_line_apart(void **state)
{
	struct pairs pairs = { 0 };
	struct span value;
	char *copy;

	assert_int_equal(
		parse_copy(
			&pairs,
			T(" {\"level\":\"warn\" , \"msg\": \"login failed\",\"request\":{\"ip\":"
			  "\"192.0.2.7\",\"h\":{\"a b\":[\"x\",{\"ip\":\"y\"}]},\"e\":{}},\"status\":401,"
			  "\"user\":\"x\\\",\\\"ip\\\":\\\"203.0.113.9\",\"no\":null,\"ok\":true,"
			  "\"empty\":\"\",\"k\\u0065y\":-1.5e+3}\r\n"),
			&copy),
		0);
	check_value(&pairs, "level", T("warn"));
	check_value(&pairs, "msg", T("login failed"));
	check_value(&pairs, "request.ip", T("192.0.2.7"));
	check_value(&pairs, "request.h.a b", T("[\"x\",{\"ip\":\"y\"}]"));
	check_value(&pairs, "request.e", T("{}"));
	check_value(&pairs, "status", T("401"));
	check_value(&pairs, "user", T("x\",\"ip\":\"203.0.113.9"));
	check_value(&pairs, "no", T(""));
	check_value(&pairs, "ok", T("true"));
	check_value(&pairs, "empty", T(""));
	check_value(&pairs, "key", T("-1.5e+3"));
	assert_int_equal(pairs_get(&pairs, T("ip"), &value), 0);
	assert_int_equal(pairs_get(&pairs, T("request.h.a b.ip"), &value), 0);
	assert_true(span_equal(pairs.list[1].quoted, T("\"login failed\"")));
	free(copy);
	pairs_done(&pairs);
}

static void undoes_every_escape(void **state)
{
	static const struct {
		struct span quoted, expected;
	} cases[] = {
		{ T(""), T("") },
		{ T("\\\"\\\\\\/\\b\\f\\n\\r\\t"), T("\"\\/\b\f\n\r\t") },
		{ T("\\u0041\\u00e9\\u20AC\\u0000"), T("A\xc3\xa9\xe2\x82\xac\0") },
		{ T("\\ud83d\\ude00"), T("\xf0\x9f\x98\x80") },
		{ T("\\udbff\\udfff"), T("\xf4\x8f\xbf\xbf") },
		/* lone surrogates stay */
		{ T("\\ud800"), T("\\ud800") },
		{ T("\\udc00x"), T("\\udc00x") },
		{ T("\\ud800\\u0041"), T("\\ud800A") },
		{ T("\\ud800\\ud800\\udc00"), T("\\ud800\xf0\x90\x80\x80") },
		{ T("\xc3\xbc\xff\x80\x7f"), T("\xc3\xbc\xff\x80\x7f") },
		{ T("a\\tb\\tc"), T("a\tb\tc") },
	};
	struct pairs pairs = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[128], *end = line, *copy;

		end = mempcpy(end, "{\"a\":\"\\t\",\"k\":\"", 15);
		end = mempcpy(end, cases[i].quoted.data, cases[i].quoted.size);
		end = mempcpy(end, "\",\"z\":\"\\n\"}", 11);
		assert_int_equal(parse_copy(&pairs, (struct span){ line, (size_t)(end - line) },
					    &copy),
				 0);
		check_value(&pairs, "a", T("\t"));
		check_value(&pairs, "k", cases[i].expected);
		check_value(&pairs, "z", T("\n"));
		free(copy);
	}
	pairs_done(&pairs);
}

static const struct span refused[] = {
	{ NULL, 0 },
	T(""),
	T(" "),
	T("x"),
	T("\"a\""),
	T("[]"),
	T("1"),
	T("null"),
	T("{"),
	T("{}}"),
	T("{} x"),
	T("{}{}"),
	T("{\"a\"}"),
	T("{\"a\":}"),
	T("{\"a\":1,}"),
	T("{,\"a\":1}"),
	T("{\"a\":1 \"b\":2}"),
	T("{a:1}"),
	T("{'a':1}"),
	T("{1:1}"),
	T("{\"a\":1"),
	T("{\"a\":\"b}"),
	T("{\"a\":\"b"),
	T("{\"a\":\"\\"),
	T("{\"a\":\"\\\"}"),
	T("{\"a\":\"\\x41\"}"),
	T("{\"a\":\"\\'\"}"),
	T("{\"a\":\"\\u12\"}"),
	T("{\"a\":\"\\u12g4\"}"),
	T("{\"a\":\"\\u123"),
	T("{\"a\":\"\n\"}"),
	T("{\"a\":\"\0\"}"),
	T("{\"a\":\"b\"c}"),
	T("{\"a\":01}"),
	T("{\"a\":+1}"),
	T("{\"a\":.5}"),
	T("{\"a\":1.}"),
	T("{\"a\":1e}"),
	T("{\"a\":-}"),
	T("{\"a\":-"),
	T("{\"a\":1.2.3.4}"),
	T("{\"a\":0x1}"),
	T("{\"a\":nul}"),
	T("{\"a\":True}"),
	T("{\"a\":truex}"),
	T("{\"a\":NaN}"),
	T("{\"a\":[1,]}"),
	T("{\"a\":[1 2]}"),
	T("{\"a\":[}"),
	T("{\"a\":[1}"),
	T("{\"a\":{\"b\":1]}"),
	T("{\"a\":1}//"),
	T("\xef\xbb\xbf{\"a\":1}"),
};

static void refuses_anything_else(void **state)
{
	struct pairs pairs = { 0 };
	struct span value;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		char *copy;

		assert_int_equal(json_line_parse(&pairs, T("{\"a\":1}")), 0);
		if (parse_copy(&pairs, refused[i], &copy) != -EINVAL)
			fail_msg("'%.*s' is taken", (int)refused[i].size, refused[i].data);
		assert_int_equal(pairs.n, 0);
		assert_int_equal(pairs_get(&pairs, T("a"), &value), 0);
		free(copy);
	}
	pairs_done(&pairs);
}

/* {"a":{"a":...}} and {"a":[[...]]} */
static int parse_nested(struct pairs *pairs, const char *open, const char *inner, char close,
			unsigned depth)
{
	char line[512] = "", *end = line;

	for (unsigned i = 0; i < depth; i++)
		end = stpcpy(end, open);
	end = stpcpy(end, inner);
	for (unsigned i = 0; i < depth; i++)
		*end++ = close;
	return json_line_parse(pairs, (struct span){ line, (size_t)(end - line) });
}

static void depth_and_number_are_bounded(void **state)
{
	struct pairs pairs = { 0 };
	char line[8 * PAIRS_MAX + 64], *end;
	struct span value;

	assert_int_equal(parse_nested(&pairs, "{\"a\":", "1", '}', JSON_LINE_MAX_DEPTH), 0);
	assert_int_equal(pairs.n, JSON_LINE_MAX_DEPTH);
	assert_int_equal(parse_nested(&pairs, "{\"a\":", "1", '}', JSON_LINE_MAX_DEPTH + 1),
			 -EINVAL);
	assert_int_equal(parse_nested(&pairs, "[", "1", ']', JSON_LINE_MAX_DEPTH), -EINVAL);
	for (unsigned n = PAIRS_MAX; n <= PAIRS_MAX + 1; n++) {
		end = stpcpy(line, "{\"b\":{\"c\":{\"d\":2}}");
		for (unsigned i = 3; i < n; i++)
			end = stpcpy(end, ",\"a\":1");
		*end++ = '}';
		assert_int_equal(json_line_parse(&pairs,
						 (struct span){ line, (size_t)(end - line) }),
				 n == PAIRS_MAX ? 0 : -EINVAL);
		assert_int_equal(pairs_get(&pairs, T("b.c.d"), &value), n == PAIRS_MAX);
	}
	pairs_done(&pairs);
}

static void keys_that_contradict_are_ambiguous(void **state)
{
	struct pairs pairs = { 0 };
	struct span value;

	assert_int_equal(json_line_parse(&pairs,
					 T("{\"a\":1,\"b\":\"1\",\"a\":2,\"b\":\"\\u0031\","
					   "\"c.d\":1,\"c\":{\"d\":2},\"e\":1,\"e\":null}")),
			 0);
	assert_int_equal(pairs_get(&pairs, T("a"), &value), 2);
	assert_int_equal(pairs_get(&pairs, T("b"), &value), 1);
	assert_int_equal(pairs_get(&pairs, T("c.d"), &value), 2);
	assert_int_equal(pairs_get(&pairs, T("e"), &value), 2);
	pairs_done(&pairs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_line_apart),
		cmocka_unit_test(undoes_every_escape),
		cmocka_unit_test(refuses_anything_else),
		cmocka_unit_test(depth_and_number_are_bounded),
		cmocka_unit_test(keys_that_contradict_are_ambiguous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
