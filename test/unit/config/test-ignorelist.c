#include "config/ignorelist.h"

#include "parse.h"

#include <stdio.h>

#define GENERIC                                                                            \
	"neither address, network nor host name: write \"192.0.2.1\", \"2001:db8::/48\", " \
	"\"office.example.org\" or \"/etc/banish/office\""
#define NUMBERS                                                                             \
	"not an address: write four numbers of 0 to 255, \"192.0.2.1\", and for a network " \
	"\"192.0.2.0/24\""
#define DOT                                                                           \
	"not an address, and a host name needs a dot: write the whole name, such as " \
	"\"office.example.org\""
#define LENGTH4 "not a network: write a length of 0 to 32 behind the slash"
#define LENGTH6 "not a network: write a length of 0 to 128 behind the slash"
#define PATH    "not an absolute path: write the whole path, such as \"/etc/banish/office\""

#define LABEL63 "a23456789-123456789-123456789-123456789-123456789-123456789-123"

#define NAME259 LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 ".org" /* 253 may be */

static void tells_addresses_names_and_files_apart(void **state)
{
	static const struct {
		const char *text;
		enum ignore_kind kind;
		const char *prefix;
	} cases[] = {
		{ "192.0.2.1", IGNORE_PREFIX, "192.0.2.1/32" },
		{ "192.0.2.0/24", IGNORE_PREFIX, "192.0.2.0/24" },
		{ "0.0.0.0/0", IGNORE_PREFIX, "0.0.0.0/0" },
		{ "2001:DB8::/32", IGNORE_PREFIX, "2001:db8::/32" },
		{ "::ffff:192.0.2.1", IGNORE_PREFIX, "192.0.2.1/32" },
		{ "home.example.org", IGNORE_NAME, NULL },
		{ "HOME.Example.ORG", IGNORE_NAME, NULL },
		{ "a.b", IGNORE_NAME, NULL },
		{ "163.com", IGNORE_NAME, NULL },
		{ "1.2.3.dyn.example.org", IGNORE_NAME, NULL },
		{ "3com.example", IGNORE_NAME, NULL },
		{ "a--b.xn--p1ai", IGNORE_NAME, NULL },
		{ "192-0-2-1.example.net", IGNORE_NAME, NULL },
		{ LABEL63 ".org", IGNORE_NAME, NULL },
		{ &NAME259[6], IGNORE_NAME, NULL },
		{ "/etc/banish/office", IGNORE_FILE, NULL },
		{ "/a", IGNORE_FILE, NULL },
		{ "/24", IGNORE_FILE, NULL },
		{ "/etc/b\303\274ro list", IGNORE_FILE, NULL },
	};
	char error[IGNORE_ERROR_SIZE], prefix[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ignore_entry entry;

		if (ignore_parse_entry(span_of(cases[i].text), &entry, error) < 0)
			fail_msg("%s: %s", cases[i].text, error);
		assert_int_equal(entry.kind, cases[i].kind);
		if (cases[i].prefix)
			assert_string_equal(prefix_format(&entry.prefix, prefix), cases[i].prefix);
	}
}

/* "127.0.0.1/8" means a network to everybody. */
static void host_bits_are_noted(void **state)
{
	char error[IGNORE_ERROR_SIZE], prefix[PREFIX_TEXT_MAX];
	struct ignore_entry entry;
	cleanup(ignorelist_freep) struct ignorelist *list = NULL;
	struct faults faults = { 0 };

	assert_int_equal(ignore_parse_entry(SPAN_LITERAL("127.0.0.1/8"), &entry, error), 1);
	assert_string_equal(prefix_format(&entry.prefix, prefix), "127.0.0.0/8");
	assert_string_equal(error,
			    "bits behind the prefix length are set: taken as \"127.0.0.0/8\"");
	assert_int_equal(ignorelist_parse("f", SPAN_LITERAL("192.0.2.1\n 2001:db8::1/32 # x\n"),
					  IGNORE_LIST, &faults, &list),
			 0);
	assert_string_equal(prefix_format(&list->prefixes[1], prefix), "2001:db8::/32");
	assert_int_equal(faults.n_lines, 0);
	assert_int_equal(faults.n_notes, 1);
	assert_string_equal(faults.notes[0], "f:2:2: note: bits behind the prefix length are set: "
					     "taken as \"2001:db8::/32\"");
	faults_done(&faults);
}

static void a_slip_is_no_name(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "192.0.2", NUMBERS },
		{ "192.0.2.256", NUMBERS },
		{ "192.0.2.1.", NUMBERS },
		{ "192.0.2.01", NUMBERS },
		{ "10", NUMBERS },
		{ "192.0.2.1O", GENERIC },
		{ "192.0.2.l", GENERIC },
		{ "192.0.2.lO", GENERIC },
		{ "192.0.lan", GENERIC },
		{ "192.0.2.1:25", GENERIC },
		{ "192.0.2.0-192.0.2.9", GENERIC },
		{ "192.0.2.0/24 ", LENGTH4 },
		{ "192.0.2.0/255.255.255.0", LENGTH4 },
		{ "10.0.0.0/33", LENGTH4 },
		{ "10.0.0.0/", LENGTH4 },
		{ "2001:db8::/129", LENGTH6 },
		{ "192.0.2/24", GENERIC },
		{ "2001:db8:::1", GENERIC },
		{ "2001:db8::g", GENERIC },
		{ "fe80::1%eth0", GENERIC },
		{ "[2001:db8::1]", GENERIC },
		{ "localhost", DOT },
		{ "x", DOT },
		{ "", GENERIC },
		{ ".", NUMBERS },
		{ "example.org.", GENERIC },
		{ ".example.org", GENERIC },
		{ "a..b", GENERIC },
		{ "*.example.org", GENERIC },
		{ "a_b.example.org", GENERIC },
		{ "-a.example.org", GENERIC },
		{ "a-.example.org", GENERIC },
		{ "b\303\274ro.example.org", GENERIC },
		{ "example.42", GENERIC },
		{ "example.4you", GENERIC },
		{ "a b.example.org", GENERIC },
		{ LABEL63 "4.org", GENERIC },
		{ &NAME259[5], GENERIC },
		{ "/", PATH },
		{ "/etc/banish/", PATH },
		{ "/etc/banish\n/x", PATH },
		{ "etc/banish/office", GENERIC },
		{ "~/office", GENERIC },
	};
	char error[IGNORE_ERROR_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ignore_entry entry;

		if (ignore_parse_entry(span_of(cases[i].text), &entry, error) != -EINVAL)
			fail_msg("%s is taken", cases[i].text);
		if (strcmp(error, cases[i].error) != 0)
			fail_msg("%s: %s", cases[i].text, error);
	}
}

static void a_list_holds_one_entry_a_line(void **state)
{
	static const char text[] = "# the office\n"
				   "\n"
				   "192.0.2.1\r\n"
				   " \t2001:db8::/32\t # behind it\n"
				   "Home.example.org#\n"
				   "192.0.2.1\n"
				   "  #\n"
				   "home.example.org\n"
				   "198.51.100.0/24";
	static const char *const prefixes[] = { "192.0.2.1/32", "2001:db8::/32", "192.0.2.1/32",
						"198.51.100.0/24" };
	cleanup(ignorelist_freep) struct ignorelist *list = NULL, *empty = NULL;
	struct faults faults = { 0 };
	char prefix[PREFIX_TEXT_MAX];

	assert_int_equal(ignorelist_parse("l", span_of(text), IGNORE_LIST, &faults, &list), 0);
	assert_int_equal(list->n_prefixes, ARRAY_SIZE(prefixes));
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		assert_string_equal(prefix_format(&list->prefixes[i], prefix), prefixes[i]);
	assert_int_equal(list->n_names, 1);
	assert_string_equal(list->names[0], "home.example.org");

	assert_int_equal(ignorelist_parse("l", span_of(""), IGNORE_LIST, &faults, &empty), 0);
	assert_int_equal(empty->n_prefixes + empty->n_names, 0);
	assert_int_equal(faults.n_lines, 0);
}

static void tells_each_fault_with_its_place(void **state)
{
	static const struct {
		enum ignore_source source;
		const char *text, *faults;
	} cases[] = {
		{ IGNORE_LIST, "192.0.2\n\n # x\n  10.0.0.0/33\n192.0.2.1\nx",
		  "l:1:1: " NUMBERS "\nl:4:3: " LENGTH4 "\nl:6:1: " DOT "\n" },
		{ IGNORE_LIST, "192.0.2.1 192.0.2.2\n192.0.2.1, 192.0.2.2\n",
		  "l:1:10: a second word: write one entry a line, and a comment behind \"#\"\n"
		  "l:2:11: a second word: write one entry a line, and a comment behind \"#\"\n" },
		{ IGNORE_LIST, "/etc/other",
		  "l:1:1: a list cannot name another file: write it into \"ignoreip\" of "
		  "banish.json\n" },
		{ IGNORE_ANSWER, "192.0.2.1\n192.0.2.0/24\nhome.example.org\n2001:db8::/128\n::/0",
		  "l:2:1: not a single address: a name cannot stand for a network\n"
		  "l:3:1: not an address: a name cannot stand for a name\n"
		  "l:5:1: not a single address: a name cannot stand for a network\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ignorelist *list = NULL;
		struct faults faults = { 0 };

		assert_int_equal(ignorelist_parse("l", span_of(cases[i].text), cases[i].source,
						  &faults, &list),
				 -EINVAL);
		assert_null(list);
		compare_faults(cases[i].text, &faults, cases[i].faults);
	}
}

static size_t add_lines(char *text, const char *head, const char *middle, const char *tail,
			unsigned first, unsigned end)
{
	size_t size = 0;

	for (unsigned i = first; i < end; i++)
		size += (size_t)sprintf(text + size, "%s%x%s%x%s\n", head, i >> 8, middle, i & 0xff,
					tail);
	return size;
}

/* One more than there may be is a fault, and a flood of faults is no success. */
static void bounds_what_it_takes(void **state)
{
	static const struct {
		enum ignore_source source;
		const char *head, *middle, *tail;
		unsigned most;
	} cases[] = {
		{ IGNORE_ANSWER, "2001:db8::", ":", "", IGNORE_MAX_ANSWER },
		{ IGNORE_LIST, "2001:db8::", ":", "", IGNORE_MAX_LIST },
		{ IGNORE_LIST, "h", ".", ".example.org", IGNORE_MAX_NAMES },
	};
	cleanup(freep) char *text = malloc(IGNORE_MAX_LIST * 24);

	assert_non_null(text);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ignorelist *list = NULL;
		struct faults faults = { 0 };
		unsigned most = cases[i].most;
		size_t size;

		size = add_lines(text, cases[i].head, cases[i].middle, cases[i].tail, 0, most);
		assert_int_equal(ignorelist_parse("l", (struct span){ text, size }, cases[i].source,
						  &faults, &list),
				 0);
		list = ignorelist_free(list);
		size += add_lines(text + size, cases[i].head, cases[i].middle, cases[i].tail, most,
				  most + 2);
		assert_int_equal(ignorelist_parse("l", (struct span){ text, size }, cases[i].source,
						  &faults, &list),
				 -EINVAL);
		assert_int_equal(faults.n_lines, 1);
		assert_non_null(strstr(faults.lines[0], ": too many entries: "));
		for (unsigned j = 0; j < 200; j++)
			(void)faults_add(&faults, "another file's");
		assert_int_equal(ignorelist_parse("l", span_of("x"), cases[i].source, &faults,
						  &list),
				 -EINVAL);
		assert_null(list);
		faults_done(&faults);
	}
}

static void equal_lists_are_equal(void **state)
{
	static const char *const texts[] = {
		"",          "192.0.2.1", "192.0.2.0/31",        "192.0.2.1\n::1",
		"a.example", "b.example", "a.example\n192.0.2.1"
	};
	struct ignorelist *lists[ARRAY_SIZE(texts)], *again;
	struct faults faults = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(ignorelist_parse("l", span_of(texts[i]), IGNORE_LIST, &faults,
						  &lists[i]),
				 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(texts); j++)
			assert_int_equal(ignorelist_equal(lists[i], lists[j]), i == j);
		assert_int_equal(ignorelist_parse("l", span_of(texts[i]), IGNORE_LIST, &faults,
						  &again),
				 0);
		assert_true(ignorelist_equal(lists[i], again));
		ignorelist_free(again);
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		ignorelist_free(lists[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_addresses_names_and_files_apart),
		cmocka_unit_test(host_bits_are_noted),
		cmocka_unit_test(a_slip_is_no_name),
		cmocka_unit_test(a_list_holds_one_entry_a_line),
		cmocka_unit_test(tells_each_fault_with_its_place),
		cmocka_unit_test(bounds_what_it_takes),
		cmocka_unit_test(equal_lists_are_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
