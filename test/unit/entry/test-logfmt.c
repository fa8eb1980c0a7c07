#include "base/address.h"
#include "entry/logfmt.h"

#include "unit.h"

#include "go-quote.h"
#include "random.h"

#include <errno.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define T(text) SPAN_LITERAL(text)

/* The line lies in a block of its own size, so that a sanitizer sees a read past its end. */
static int parse_copy(struct pairs *logfmt, struct span line, char **ret)
{
	*ret = malloc(line.size ? line.size : 1);
	assert_non_null(*ret);
	if (line.size > 0)
		memcpy(*ret, line.data, line.size);
	return logfmt_parse(logfmt, (struct span){ *ret, line.size });
}

static void check_value(const struct pairs *logfmt, const char *key, struct span expected)
{
	struct span value;

	assert_int_equal(pairs_get(logfmt, span_of(key), &value), 1);
	if (!span_equal(value, expected))
		fail_msg("%s is \"%.*s\"", key, (int)value.size, value.data);
}

static void takes_a_line_apart(void **state)
{
	struct pairs logfmt = { 0 };
	struct span value;

	assert_int_equal(logfmt_parse(&logfmt,
				      T("l=info m=\"failed authentication attempt\" pkg=imapserver "
					"username=\"x\\\" remote=9.9.9.9\" remote=10.80.25.8 tls= "
					"delta=\"94.2\xc2\xb5s\" end=")),
			 0);
	assert_int_equal(logfmt.n, 8);
	check_value(&logfmt, "l", T("info"));
	check_value(&logfmt, "m", T("failed authentication attempt"));
	check_value(&logfmt, "username", T("x\" remote=9.9.9.9"));
	check_value(&logfmt, "remote", T("10.80.25.8"));
	check_value(&logfmt, "tls", T(""));
	check_value(&logfmt, "delta", T("94.2\xc2\xb5s"));
	check_value(&logfmt, "end", T(""));
	assert_int_equal(pairs_get(&logfmt, T("rip"), &value), 0);
	assert_int_equal(pairs_get(&logfmt, T(""), &value), 0);
	assert_int_equal(pairs_get(&logfmt, T("usernam"), &value), 0);
	pairs_done(&logfmt);
}

static void undoes_every_escape(void **state)
{
	static const struct {
		struct span quoted, expected;
	} cases[] = {
		{ T("\"\""), T("") },
		{ T("\"x\""), T("x") },
		{ T("\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\""), T("\a\b\f\n\r\t\v\\\"") },
		{ T("\"\\x00\\x7f\\xff\\xFF\\x9c\""), T("\0\x7f\xff\xff\x9c") },
		{ T("\"\\u0085\\u2028\\ufffd\\u0000\""), T("\xc2\x85\xe2\x80\xa8\xef\xbf\xbd\0") },
		{ T("\"\\U0001f600\\U0010ffff\\U00000041\""), T("\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"
								"A") },
		{ T("\"\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80\""),
		  T("\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80") },
		{ T("\"a\\tb\\tc\""), T("a\tb\tc") },
		{ T("\"\\\\x41\""), T("\\x41") },
		{ T("\"a=b c=\\\"d\\\"\""), T("a=b c=\"d\"") },
		/* of other languages: as they stand */
		{ T("\"\\x{1b}\\'\\0\\101\\e\\\xc3\xbc\""), T("\\x{1b}\\'\\0\\101\\e\\\xc3\xbc") },
		{ T("\"\\x\\x4\\x4g\\u12\""), T("\\x\\x4\\x4g\\u12") },
		{ T("\"\\ud800\\udfff\\U0000d800\""), T("\\ud800\\udfff\\U0000d800") },
		{ T("\"\\U00110000\\Uffffffff\\U0001f60\""),
		  T("\\U00110000\\Uffffffff\\U0001f60") },
		{ T("\"\\q\\\\\\\"\""), T("\\q\\\"") },
	};
	struct pairs logfmt = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct text line = { 0 };
		char *copy;

		add(&line, "before=\"\\x01\" key=");
		add_bytes(&line, cases[i].quoted.data, cases[i].quoted.size);
		add(&line, " after=\"\\x02\"");
		assert_int_equal(parse_copy(&logfmt, span_of_text(&line), &copy), 0);
		assert_int_equal(logfmt.n, 3);
		check_value(&logfmt, "before", T("\1"));
		check_value(&logfmt, "key", cases[i].expected);
		check_value(&logfmt, "after", T("\2"));
		free(copy);
	}
	pairs_done(&logfmt);
}

static const struct span refused[] = {
	{ NULL, 0 },
	T(""),
	T(" "),
	T("a"),
	T("="),
	T("=b"),
	T("\"a\"=b"),
	T("a=b "),
	T(" a=b"),
	T("a=b  c=d"),
	T("a=b\tc=d"),
	T("a=b\n"),
	T("a=b\nc=d"),
	T("a=b c"),
	T("a=b c d=e"),
	T("a==b"),
	T("a=b=c"),
	T("a=b\\c"),
	T("a=b\"c"),
	T("a=b\0"),
	T("a=\x7f"),
	T("a=\xc3\xbc"),
	T("\xc3\xbc=a"),
	T("a\\=b"),
	T("a=\""),
	T("a=\"b"),
	T("a=\"b c=d"),
	T("a=\"b\\"),
	T("a=\"b\\\""),
	T("a=\"b\"c"),
	T("a=\"b\"c=d"),
	T("a=\"b\"\"c\""),
	T("a=\"b\" "),
	T("a=\"\n\""),
	T("a=\"\t\""),
	T("a=\"\x7f\""),
	T("a=\"\0\""),
	T("a=\"\\x4"),
	T("a=\"\\u123\" b=\""),
	T("a=\"\x80\""),
	T("a=\"\xc3\""),
	T("a=\"\xc3"),
	T("a=\"\xc0\x80\""),
	T("a=\"\xe0\x80\xaf\""),
	T("a=\"\xf0\x80\x80\x80\""),
	T("a=\"\xed\xa0\x80\""),
	T("a=\"\xf4\x90\x80\x80\""),
	T("a=\"\xf8\x88\x80\x80\x80\""),
	T("a=\"\xff\""),
};

static void refuses_anything_else(void **state)
{
	struct pairs logfmt = { 0 };
	struct span value;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		char *copy;

		assert_int_equal(logfmt_parse(&logfmt, T("a=b c=d")), 0);
		if (parse_copy(&logfmt, refused[i], &copy) != -EINVAL)
			fail_msg("\"%.*s\" is taken", (int)refused[i].size, refused[i].data);
		assert_int_equal(logfmt.n, 0);
		assert_int_equal(pairs_get(&logfmt, T("a"), &value), 0);
		free(copy);
	}
	pairs_done(&logfmt);
}

static void keys_that_contradict_are_ambiguous(void **state)
{
	struct pairs logfmt = { 0 };
	struct span value = T("untouched");

	assert_int_equal(
		logfmt_parse(&logfmt,
			     T("pkg=http a=1 b=1 a=\"1\" pkg=webapi b=\"2\" c=\"\\x31\" c=1")),
		0);
	assert_int_equal(pairs_get(&logfmt, T("pkg"), &value), 2);
	assert_int_equal(pairs_get(&logfmt, T("b"), &value), 2);
	assert_true(span_equal(value, T("untouched")));
	check_value(&logfmt, "a", T("1"));
	check_value(&logfmt, "c", T("1"));

	assert_int_equal(logfmt_parse(&logfmt, T("a=1 a=1 a=2")), 0);
	assert_int_equal(pairs_get(&logfmt, T("a"), &value), 2);
	assert_int_equal(logfmt_parse(&logfmt, T("a= a=2 a=2")), 0);
	assert_int_equal(pairs_get(&logfmt, T("a"), &value), 2);
	pairs_done(&logfmt);
}

static void pairs_are_bounded(void **state)
{
	struct pairs logfmt = { 0 };
	struct text line = { 0 };

	for (unsigned i = 0; i < PAIRS_MAX; i++)
		add(&line, i ? " a=1" : "a=1");
	assert_int_equal(logfmt_parse(&logfmt, span_of_text(&line)), 0);
	assert_int_equal(logfmt.n, PAIRS_MAX);
	add(&line, " a=1");
	assert_int_equal(logfmt_parse(&logfmt, span_of_text(&line)), -EINVAL);
	assert_int_equal(logfmt.n, 0);
	pairs_done(&logfmt);
}

/* What an IMAP literal can make of a line: 1 MiB of a user name. */
static void long_lines_need_one_allocation(void **state)
{
	static const char head[] = "m=\"failed authentication attempt\" username=\"",
			  tail[] = "\" remote=192.0.2.1";
	size_t size = 4U << 20;
	struct pairs logfmt = { 0 };
	char *line = malloc(sizeof(head) + size + sizeof(tail)), *scratch, *end = line;
	struct span value;

	assert_non_null(line);
	end = mempcpy(end, head, sizeof(head) - 1);
	for (size_t i = 0; i < size; i += 4)
		end = mempcpy(end, "\\x01", 4);
	end = mempcpy(end, tail, sizeof(tail) - 1);

	assert_int_equal(logfmt_parse(&logfmt, (struct span){ line, (size_t)(end - line) }), 0);
	check_value(&logfmt, "remote", T("192.0.2.1"));
	assert_int_equal(pairs_get(&logfmt, T("username"), &value), 1);
	assert_int_equal(value.size, size / 4);
	scratch = logfmt.scratch;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(logfmt_parse(&logfmt, T("a=\"\\x01\" b=\"\\x02\"")), 0);
		assert_ptr_equal(logfmt.scratch, scratch);
		check_value(&logfmt, "a", T("\1"));
		check_value(&logfmt, "b", T("\2"));
	}
	/* Where journald cut it, at 48 KiB, the value has no end. */
	assert_int_equal(logfmt_parse(&logfmt, (struct span){ line, 49152 }), -EINVAL);
	assert_int_equal(logfmt_parse(&logfmt,
				      (struct span){ line + 49152, (size_t)(end - line) - 49152 }),
			 -EINVAL);
	free(line);
	pairs_done(&logfmt);
}

/* One line of the data file: who really connected, a tab, what mox logged. */
static void check_recorded(struct pairs *logfmt, struct span client, struct span line)
{
	struct address address, truth;
	struct span m, remote;

	if (logfmt_parse(logfmt, line) < 0)
		fail_msg("refused: %.*s", (int)line.size, line.data);
	assert_int_equal(pairs_get(logfmt, T("m"), &m), 1);
	if (!span_equal(m, T("failed authentication attempt")) &&
	    !span_equal(m, T("new connection")))
		return;
	assert_int_equal(address_parse(client, &truth), 0);
	assert_int_equal(pairs_get(logfmt, T("remote"), &remote), 1);
	assert_int_equal(address_parse_endpoint(remote, &address), 0);
	assert_true(address_equal(&address, &truth));
}

/* A line without its beginning has no "m" that stood inside a value; without its end no open quote.
 */
static void check_pieces(struct pairs *logfmt, struct span line)
{
	const char *start = memmem(line.data, line.size, " m=", 3);
	bool quoted = false;
	struct span m;

	assert_non_null(start);
	for (size_t i = (size_t)(start - line.data) + 2; i < line.size; i++) {
		struct span rest = { line.data + i, line.size - i };

		if (logfmt_parse(logfmt, rest) == 0)
			assert_int_equal(pairs_get(logfmt, T("m"), &m), 0);
	}
	for (size_t i = 0; i < line.size; i++) {
		if (quoted)
			assert_int_equal(logfmt_parse(logfmt, (struct span){ line.data, i }),
					 -EINVAL);
		if (quoted && line.data[i] == '\\')
			i++;
		else if (line.data[i] == '"')
			quoted = !quoted;
	}
}

static void reads_all_that_mox_wrote(void **state)
{
	FILE *file = fopen(TEST_DATA "/mox-logfmt.txt", "re");
	struct pairs logfmt = { 0 };
	unsigned n_lines = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	assert_non_null(file);
	for (; (n = getline(&line, &size, file)) > 0; n_lines++) {
		char *tab = memchr(line, '\t', (size_t)n);
		struct span text;

		assert_non_null(tab);
		text = (struct span){ tab + 1, (size_t)(line + n - tab) - 2 };
		check_recorded(&logfmt, (struct span){ line, (size_t)(tab - line) }, text);
		check_pieces(&logfmt, text);
	}
	assert_true(n_lines > 100);
	free(line);
	(void)fclose(file);
	pairs_done(&logfmt);
}

/* Random bytes in which whatever a quoting has to mind stands often. */
static void add_random_bytes(struct text *text, uint64_t *seed, size_t n)
{
	static const char *const pieces[] = {
		"\xe2\x80\xa8",
		"\xc2\x85",
		"\xc3\xbc",
		"\xf0\x9f\x98\x80",
		"\xed\xa0\x80",
		"\xf4\x8f\xbf\xbf",
		"\xef\xbf\xbd",
		"\xc2\xad",
		"\x7f",
		"\n",
		"\"",
		"\\",
		" remote=9.9.9.9",
		"\xe2\x80",
		"\\x",
		"=",
	};

	while (n-- > 0) {
		char byte = (char)random_next(seed);

		if (random_below(seed, 3) == 0)
			add(text, pieces[random_below(seed, ARRAY_SIZE(pieces))]);
		else if (random_below(seed, 2) == 0)
			add_bytes(text, &byte, 1);
		else
			add_bytes(text, &"abc \0\x01"[random_below(seed, 6)], 1);
	}
}

static void undoes_what_go_quotes(void **state)
{
	struct pairs logfmt = { 0 };
	uint64_t *seed = *state;

	for (int round = 0; round < 20000; round++) {
		struct text values[3] = { 0 }, line = { 0 };
		char key[2] = "a", *copy;

		for (size_t i = 0; i < ARRAY_SIZE(values); i++, key[0]++) {
			add_random_bytes(&values[i], seed, random_below(seed, 30));
			add(&line, i ? " " : "");
			add(&line, key);
			add(&line, "=");
			if (go_is_bare(span_of_text(&values[i])))
				add_bytes(&line, values[i].bytes, values[i].size);
			else
				go_quote(&line, span_of_text(&values[i]), seed);
		}
		if (parse_copy(&logfmt, span_of_text(&line), &copy) < 0)
			fail_msg("refused: %.*s", (int)line.size, line.bytes);
		assert_int_equal(logfmt.n, ARRAY_SIZE(values));
		key[0] = 'a';
		for (size_t i = 0; i < ARRAY_SIZE(values); i++, key[0]++)
			check_value(&logfmt, key, span_of_text(&values[i]));
		free(copy);
	}
	pairs_done(&logfmt);
}

/* The grammar said once more, as a pattern. */
static const char grammar[] =
	"\\A([!#-<>-\\[\\]-~]+=([!#-<>-\\[\\]-~]*+|\"([^\"\\\\\\x00-\\x1f\\x7f]|\\\\[^\\x00-\\x1f\\x7f])*+\")"
	"( (?!\\z)|\\z))+\\z";

static void takes_exactly_the_grammar(void **state)
{
	static const char *const pieces[] = {
		"a",     "=",      "a=",      "a=b",     " ",       "\"",          "\\",
		"\\\"",  "\\x41",  "\\u2028", "\\ud8",   "\\U0010", "\\U0001f600", "\xc3\xbc",
		"\xc3",  "\n",     "\"x y\"", "\\n",     "0000",    "00",          "\x7f",
		" a=\"", "\" b=c", "\\x",     "\\ud7ff",
	};
	struct pairs logfmt = { 0 };
	uint64_t *seed = *state;
	unsigned n_taken = 0;
	size_t offset;
	int error;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)grammar, PCRE2_ZERO_TERMINATED, PCRE2_UTF,
					 &error, &offset, NULL);
	pcre2_match_data *match = pcre2_match_data_create(10, NULL);

	assert_non_null(code);
	assert_non_null(match);
	for (int round = 0; round < 100000; round++) {
		struct text line = { 0 };
		bool expected;
		char *copy;
		int r;

		add(&line, random_below(seed, 2) ? "a=" : "");
		for (uint64_t n = random_below(seed, 8); n > 0; n--)
			add(&line, pieces[random_below(seed, ARRAY_SIZE(pieces))]);
		expected =
			pcre2_match(code, (PCRE2_SPTR)line.bytes, line.size, 0, 0, match, NULL) > 0;
		r = parse_copy(&logfmt, span_of_text(&line), &copy);
		if ((r == 0) != expected)
			fail_msg("answers %d: %.*s", r, (int)line.size, line.bytes);
		n_taken += expected;
		free(copy);
	}
	assert_true(n_taken > 1000);
	pcre2_match_data_free(match);
	pcre2_code_free(code);
	pairs_done(&logfmt);
}

int main(int argc, char *argv[])
{
	uint64_t seed = random_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_line_apart),
		cmocka_unit_test(undoes_every_escape),
		cmocka_unit_test(refuses_anything_else),
		cmocka_unit_test(keys_that_contradict_are_ambiguous),
		cmocka_unit_test(pairs_are_bounded),
		cmocka_unit_test(long_lines_need_one_allocation),
		cmocka_unit_test(reads_all_that_mox_wrote),
		cmocka_unit_test_prestate(undoes_what_go_quotes, &seed),
		cmocka_unit_test_prestate(takes_exactly_the_grammar, &seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
