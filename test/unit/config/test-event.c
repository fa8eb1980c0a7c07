#include "config/event.h"

#include "parse.h"

#define EVENTS(x) "{\"name\": \"r\", \"journal\": [{\"_UID\": \"0\"}],\n\"events\": [" x "]}"
#define DEFINE(x)                                                                              \
	"{\"name\": \"r\", \"journal\": [{\"_UID\": \"0\"}], \"define\": {\"tail\": \"x\"},\n" \
	"\"events\": [{\"name\": \"e\", \"pattern\": \"^(?<address>.)" x "\"}]}"

static void patterns_have_defaults(void **state)
{
	cleanup(rule_freep) struct rule *rule =
		good_rule(EVENTS("{\"name\": \"e\", \"pattern\": \"^(?<address>x)\"}"));
	const struct event *event = &rule->events[0];

	assert_int_equal(event->outcome, OUTCOME_FAILURE);
	assert_int_equal(event->mode, MODE_NORMAL);
	assert_int_equal(event->weight, WEIGHT_ONE);
	assert_false(event->agree);
	assert_null(event->counts);
	assert_null(event->told_by);
	assert_false(event->last_is_no_guess);
	assert_string_equal(event->field, "MESSAGE");
	assert_int_equal(event->format, FORMAT_PATTERN);
	assert_int_equal(event->line, 2);
	assert_int_equal(event->column, 37);
}

static void reads_every_key(void **state)
{
	cleanup(rule_freep) struct rule *rule = good_rule(EVENTS(
		"{\"name\": \"a\", \"outcome\": \"success\", \"pattern\": \"^x\", \"format\": "
		"\"pattern\"},\n{\"name\": \"b_2-c\", \"mode\": \"aggressive\", \"weight\": 0.3,\n"
		"\"counts\": \"tests\", \"told_by\": \"smtpd\", \"last\": \"no guess\",\n"
		"\"agree\": \"session\", \"field\": \"_X1\", \"format\": \"logfmt\",\n"
		"\"where\": {\"m\": \"x\", \"r\": [\"\", \"b\"], \"n\": {\"not\": \"\"}, \"o\": "
		"{\"not\": [\"c\", \"d\"]}},\n"
		"\"address\": \"remote\", \"user\": \"username\", \"session\": \"cid\", "
		"\"attempts\": \"n\", \"secret\": \"s\"},\n{\"name\": \"c\", \"outcome\": \"note\", \"pattern\": "
		"\"^(?<session>x)\", \"weight\": 100}"));
	const struct event *event = &rule->events[1];

	assert_int_equal(rule->n_events, 3);
	assert_int_equal(rule->events[0].outcome, OUTCOME_SUCCESS);
	assert_int_equal(rule->events[2].outcome, OUTCOME_NOTE);
	assert_int_equal(rule->events[2].weight, 1000);

	assert_string_equal(event->name, "b_2-c");
	assert_int_equal(event->mode, MODE_AGGRESSIVE);
	assert_int_equal(event->weight, 3);
	assert_true(event->agree);
	assert_string_equal(event->counts, "tests");
	assert_string_equal(event->told_by, "smtpd");
	assert_true(event->last_is_no_guess);
	assert_string_equal(event->field, "_X1");
	assert_int_equal(event->format, FORMAT_LOGFMT);
	assert_null(event->pattern);
	assert_int_equal(event->line, 3);
	assert_int_equal(event->column, 1);
	assert_int_equal(event->n_address_keys, 1);
	assert_string_equal(event->address_keys[0], "remote");
	assert_string_equal(event->user_key, "username");
	assert_string_equal(event->session_key, "cid");
	assert_string_equal(event->attempts_key, "n");
	assert_string_equal(event->secret_key, "s");

	assert_int_equal(event->n_where, 4);
	assert_string_equal(event->where[0].key, "m");
	assert_int_equal(event->where[0].n_values, 1);
	assert_string_equal(event->where[0].values[0], "x");
	assert_false(event->where[0].negated);
	assert_int_equal(event->where[1].n_values, 2);
	assert_string_equal(event->where[1].values[0], "");
	assert_true(event->where[2].negated);
	assert_string_equal(event->where[2].values[0], "");
	assert_true(event->where[3].negated);
	assert_string_equal(event->where[3].values[1], "d");
}

static void reads_formats_with_keys(void **state)
{
	cleanup(rule_freep) struct rule *rule = good_rule(
		"{\"name\": \"r\", \"journal\": [{\"_UID\": \"0\"}], \"define\": {\"d\": \"x\"}, \"events\": ["
		"{\"name\": \"a\", \"format\": \"json\", \"prefix\": \"^%{d}: \", \"address\": [\"a b\", "
		"\"c.d\"], \"user\": \"e\", \"session\": \"address\"},"
		"{\"name\": \"b\", \"format\": \"fields\", \"where\": {\"MESSAGE\": \"m\", \"Q\": {\"like\": "
		"\"^%{d}(?<address>.*)\"}}, \"session\": \"SESSION\"},"
		"{\"name\": \"c\", \"pattern\": \"^(?<address>x)\", \"session\": \"address\"}],"
		"\"examples\": [{\"message\": \"m\", \"fields\": {\"Q\": \"x1\", \"R\": \"\"}, \"event\": \"b\"}]}");
	const struct event *event = &rule->events[0];

	assert_int_equal(event->format, FORMAT_JSON);
	assert_string_equal(event->prefix, "^x: ");
	assert_int_equal(event->n_address_keys, 2);
	assert_string_equal(event->address_keys[0], "a b");
	assert_string_equal(event->address_keys[1], "c.d");
	assert_true(event->session_is_address);
	assert_null(event->session_key);
	event++;
	assert_int_equal(event->format, FORMAT_FIELDS);
	assert_string_equal(event->field, "MESSAGE");
	assert_null(event->where[0].like);
	assert_string_equal(event->where[1].like, "^x(?<address>.*)");
	assert_int_equal(event->where[1].n_values, 0);
	assert_false(event->session_is_address);
	assert_string_equal(event->session_key, "SESSION");
	event++;
	assert_true(event->session_is_address);
	assert_string_equal(example_field(&rule->examples[0], "Q"), "x1");
	assert_string_equal(example_field(&rule->examples[0], "R"), "");
	assert_null(example_field(&rule->examples[0], "S"));
}

static void puts_defines_into_patterns(void **state)
{
	cleanup(rule_freep) struct rule *rule = good_rule(DEFINE("%{tail}%{2}"));

	assert_string_equal(rule->events[0].pattern, "^(?<address>.)x%{2}");
	bad_rule(DEFINE("%{tial}"), "r:2:37: %{tial} is not defined: did you mean %{tail}?\n");
	bad_rule(DEFINE("%{}"), "r:2:37: %{} is not defined: add it to \"define\"\n");
}

static void tells_each_fault_with_its_place(void **state)
{
	static const struct {
		const char *text, *faults;
	} cases[] = {
		{ EVENTS(""), "r:2:11: a rule without an event does nothing: add one\n" },
		{ EVENTS("{}"), "r:2:12: \"name\" is missing: an event needs it\n"
				"r:2:12: \"pattern\" is missing: an event needs it, or \"format\": "
				"\"logfmt\", \"json\" or \"fields\"\n" },
		{ EVENTS("{\"name\": \"e\", \"pattern\": \"(?<address>x)\"}"),
		  "r:2:37: the pattern is not anchored: begin it with ^\n" },
		{ EVENTS("{\"name\": \"e\", \"pattern\": \"^(?<address>x)|y\"}"),
		  "r:2:37: only the first alternative is anchored: write ^(?:...|...)\n" },
		{ EVENTS("{\"name\": \"e\", \"pattern\": \"^x\"}"),
		  "r:2:12: the event can name nobody: give it an \"address\" or a \"session\" that "
		  "recalls one\n" },
		{ EVENTS("{\"name\": \"e\", \"pattern\": \"\"}"),
		  "r:2:37: \"pattern\" is empty: write a "
		  "text\n" },
		{ EVENTS("{\"name\": \"e\", \"pattern\": \"^(?<address>x)\", \"address\": \"a\", "
			 "\"where\": {\"k\": \"v\", \"_UID\": \"0\"}}"),
		  "r:2:55: \"address\" names a key: add \"format\": \"logfmt\", \"json\" or "
		  "\"fields\", or use a named group\n"
		  "r:2:81: \"k\" is not a journal field: write one of A-Z, 0-9 and _, such as "
		  "MESSAGE\n" },
		{ EVENTS("{\"name\": \"e\", \"format\": \"logfmt\", \"pattern\": \"^x\", \"address\": "
			 "\"a\"}"),
		  "r:2:12: \"where\" is missing: an event of this format needs it, or \"prefix\"\n"
		  "r:2:46: an event has a pattern or keys, never both: remove one\n" },
		{ EVENTS("{\"name\": \"e\", \"format\": \"logfmt\", \"where\": {\"k\": \"v\"}}"),
		  "r:2:12: the event can name nobody: give it an \"address\" or a \"session\" that "
		  "recalls one\n" },
		{ EVENTS("{\"name\": \"e\", \"format\": \"logfmt\", \"where\": {\"a b\": \"v\", \"b\": [],\n"
			 "\"c\": 1, \"d\": {}, \"e\": {\"nor\": \"x\"}, \"f\": {\"not\": [2]}}, "
			 "\"address\": \"a=\"}"),
		  "r:2:56: \"a b\" is not a key of a logfmt line: write one without spaces\n"
		  "r:2:73: \"b\" is an empty list: write a text, a list of texts, {\"not\": ...} or {\"like\": PATTERN}\n"
		  "r:3:6: \"c\" cannot be a number: write a text, a list of texts, {\"not\": ...} or {\"like\": PATTERN}\n"
		  "r:3:14: \"d\" is not a condition: write a text, a list of texts, {\"not\": ...} or {\"like\": PATTERN}\n"
		  "r:3:23: \"e\" is not a condition: write a text, a list of texts, {\"not\": ...} or {\"like\": PATTERN}\n"
		  "r:3:51: an element of \"not\" cannot be a number: write a text, a list of texts, "
		  "{\"not\": ...} or {\"like\": PATTERN}\n"
		  "r:3:68: \"a=\" is not a key of a logfmt line: write one without spaces\n" },
		{ EVENTS("{\"name\": \"e\", \"format\": \"logfmt\", \"where\": {}, \"address\": \"a\"}"),
		  "r:2:55: \"where\" is empty: name a key and its value\n" },
		{ EVENTS("{\"name\": \"e\", \"outcome\": \"note\", \"pattern\": \"^(?<address>x)\"}"),
		  "r:2:12: a note without a session is never recalled: add \"session\"\n" },
		{ EVENTS("{\"name\": \"e\", \"agree\": \"session\", \"pattern\": \"^(?<address>x)\"}"),
		  "r:2:26: \"agree\" compares two addresses: the event needs both \"address\" and "
		  "\"session\"\n" },
		{ EVENTS("{\"name\": \"e\", \"last\": \"no guess\", \"pattern\": \"^(?<address>x)\"},\n"
			 "{\"name\": \"f\", \"outcome\": \"success\", \"counts\": \"c\", \"told_by\": "
			 "\"t\", \"pattern\": \"^x\"},\n"
			 "{\"name\": \"g\", \"last\": \"guess\", \"pattern\": \"^(?<address>x)\"}"),
		  "r:2:26: \"last\" subtracts one from a total: the event needs \"attempts\"\n"
		  "r:3:37: \"counts\" is only for failures: remove it\n"
		  "r:3:52: \"told_by\" is only for failures: remove it\n"
		  "r:4:23: \"last\" has no such value: write \"no guess\"\n" },
		{ EVENTS("{\"name\": \"e\", \"agree\": \"user\", \"outcome\": \"failed\", \"field\": "
			 "\"message\",\n\"format\": \"xml\", \"pattern\": \"^(?<address>x)\"}"),
		  "r:2:35: \"agree\" has no such value: write \"session\"\n"
		  "r:2:54: \"outcome\" has no such value: write \"failure\", \"success\" or \"note\"\n"
		  "r:2:73: \"field\" is not a journal field: write one of A-Z, 0-9 and _, such as MESSAGE\n"
		  "r:3:11: \"format\" has no such value: write \"pattern\", \"logfmt\", \"json\" or \"fields\"\n" },
		{ EVENTS("{\"name\": \"e\", \"pattern\": \"^(?<address>x)\"},\n"
			 "{\"name\": \"e\", \"pattern\": \"^(?<address>y)\"},\n"
			 "{\"name\": \"E\", \"pattern\": \"^(?<address>y)\"}"),
		  "r:3:10: another event has this name: choose one of its own\n"
		  "r:4:10: \"name\" is not a valid name: write at most 64 of a-z, 0-9, _ and -, a letter "
		  "first\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bad_rule(cases[i].text, cases[i].faults);
}

static void weights_have_one_decimal(void **state)
{
	static const struct {
		const char *text;
		int tenths; /* -1: refused */
	} cases[] = {
		{ "0", 0 },      { "0.1", 1 },    { "0.7", 7 },   { "1", 10 },    { "2.5", 25 },
		{ "99.9", 999 }, { "100", 1000 }, { "1.0", 10 },  { "1e1", 100 }, { "100.1", -1 },
		{ "-0.1", -1 },  { "0.15", -1 },  { "0.01", -1 }, { "1e9", -1 },  { "\"1\"", -1 },
	};
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct faults faults = { 0 };
		struct rule *rule = NULL;
		int r;

		strcpy(text,
		       "{\"name\": \"r\", \"journal\": [{\"_UID\": \"0\"}], \"events\": [{\"name\": "
		       "\"e\",\"pattern\": \"^(?<address>x)\", \"weight\": ");
		strcat(text, cases[i].text);
		strcat(text, "}]}");
		r = rule_parse("r", span_of(text), &faults, &rule);
		if ((r == 0) != (cases[i].tenths >= 0))
			fail_msg("%s", cases[i].text);
		if (r == 0)
			assert_int_equal(rule->events[0].weight, cases[i].tenths);
		else
			assert_non_null(strstr(faults.lines[0], "at most one decimal"));
		faults_done(&faults);
		(void)rule_free(rule);
	}
}

/* `piece` so many times between `head` and `tail`; owned. */
static char *repeat(const char *head, const char *piece, size_t n, const char *tail)
{
	size_t size = strlen(piece);
	char *text = malloc(strlen(head) + n * size + strlen(tail) + 1), *end;

	assert_non_null(text);
	end = stpcpy(text, head);
	for (size_t i = 0; i < n; i++)
		end = stpcpy(end, piece);
	strcpy(end, tail);
	return text;
}

static void is_bounded(void **state)
{
	static const char head[] =
		"{\"name\": \"r\", \"journal\": [{\"_UID\": \"0\"}],\n\"events\": [";
	cleanup(freep) char *many = repeat(head, "{}, ", 1000, "{}]}");
	cleanup(freep) char *define = repeat("{\"define\": {\"a\": \"", "a", 65536, "\"},\n");
	cleanup(freep) char *grown =
		repeat(define, "", 0,
		       "\"name\": \"r\", \"journal\": [{\"_UID\": \"0\"}], "
		       "\"events\": [{\"name\": \"e\", \"pattern\": \"^%{a}\"}]}");

	bad_rule(many, "r:2:11: too many events: 1000 are allowed\n");
	bad_rule(grown, "r:2:78: the pattern is too long: 64 KiB are allowed\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_have_defaults),
		cmocka_unit_test(reads_every_key),
		cmocka_unit_test(reads_formats_with_keys),
		cmocka_unit_test(puts_defines_into_patterns),
		cmocka_unit_test(tells_each_fault_with_its_place),
		cmocka_unit_test(weights_have_one_decimal),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
