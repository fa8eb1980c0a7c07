#include "lint/skeleton.h"

#include "config/rule.h"
#include "lint/lint.h"
#include "unit.h"

#include "random.h"

#include <errno.h>

static char *suggest(const char *message, const char *unit)
{
	char *text = NULL;

	if (skeleton_of(span_of(message), unit, NULL, &text) != 1)
		fail_msg("nothing is suggested: %s", message);
	return text;
}

static const struct {
	const char *message, *wanted; /* a part of the rule */
} lines[] = {
	{ "login failed for alice from 192.0.2.44: wrong password",
	  "\"^login failed for (?<user>.*) from (?<address>[0-9A-Fa-f:.]+): wrong password$\"" },
	{ "Auth[17]: user=<alice>, rip=192.0.2.44, lip=198.51.100.1 (3 attempts)",
	  "\"^Auth\\\\[\\\\d+\\\\]: user=<(?<user>.*)>, rip=(?<address>[0-9A-Fa-f:.]+), "
	  "lip=[0-9A-Fa-f:.]+ \\\\(\\\\d+ attempts\\\\)$\"" },
	{ "connection to 198.51.100.1 from [2001:db8::44]:4711 refused: bad login",
	  "\\\\[(?<address>[0-9A-Fa-f:.]+)\\\\]:\\\\d+ refused" },
	{ "Failed attempt for alice from 192.0.2.44: no such user [uid: 0, name: alice, key: 0]",
	  "name: \\\\k<user>, key: \\\\d+\\\\]$\"" },
	{ "time=1 level=warn msg=\"bad password\" user=alice remote=192.0.2.44:4711",
	  "\"format\": \"logfmt\", \"where\": { \"msg\": \"bad password\" }, \"address\": \"remote\", "
	  "\"user\": \"user\"" },
	{ "imap: failed\t{\"reason\":\"no such user\",\"src_ip\":\"[2001:db8::44]:4711\",\"username\":\"alice\"}",
	  "\"format\": \"json\", \"prefix\": \"^imap: failed\\u0009\", \"address\": \"src_ip\", \"user\": \"username\"" },
	{ "{\"msg\":\"bad password\",\"request\":{\"ip\":\"192.0.2.1\"},\"ip\":\"192.0.2.44\",\"user\":\"alice\"}",
	  "\"format\": \"json\", \"where\": { \"msg\": \"bad password\" }, \"address\": \"ip\", \"user\": \"user\"" },
	{ "Login failed: \"alice\" (Remote IP: 192.0.2.44)",
	  "\"^Login failed: \\\"(?<user>.*)\\\" \\\\(Remote IP: (?<address>" },
	{ "rejected \\ \"x\" 192.0.2.44", "\"^rejected \\\\\\\\ \\\"(?<user>.*)\\\" (?<address>" },
	{ "192.0.2.44 sent a bad password for alice",
	  "(?<address>[0-9A-Fa-f:.]+) sent a bad password for "
	  "(?<user>.*)$" },
};

/* What is suggested is a rule, it takes its own examples, and check has nothing to say. */
static void suggests_rules_that_check_takes(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		cleanup(freep) char *text = suggest(lines[i].message, "cal-Srv@1.service");
		cleanup(rule_freep) struct rule *rule = NULL;
		struct faults faults = { 0 };
		int r;

		if (!strstr(text, lines[i].wanted))
			fail_msg("%s", text);
		r = rule_parse("x.json", span_of(text), &faults, &rule);
		if (r < 0)
			fail_msg("%s\n%s", faults.lines[0], text);
		assert_string_equal(rule->name, "cal-srv");
		assert_string_equal(rule->selectors[0].conditions[0].values[0],
				    "cal-Srv@1.service");
		r = lint_hostile(rule, &faults);
		if (r == 0)
			r = lint_examples(rule, &faults);
		if (r == 0)
			r = lint_possessive(rule, &faults);
		if (r < 0)
			fail_msg("%s\n%s", faults.lines[0], text);
		faults_done(&faults);
	}
}

static void needs_an_address_and_a_text(void **state)
{
	static char large[SKELETON_MESSAGE_MAX + 2];
	char *text;

	memset(large, '1', sizeof(large) - 1);
	assert_int_equal(skeleton_of(SPAN_LITERAL("login failed for alice"), NULL, NULL, &text), 0);
	assert_int_equal(skeleton_of(SPAN_LITERAL("failed \xff from 192.0.2.1"), NULL, NULL, &text),
			 0);
	assert_int_equal(skeleton_of(SPAN_LITERAL("a\0 192.0.2.1"), NULL, NULL, &text), 0);
	assert_int_equal(skeleton_of(SPAN_LITERAL("version 1.2.3, at 10:20:30"), NULL, NULL, &text),
			 0);
	assert_int_equal(skeleton_of(span_of(large), NULL, NULL, &text), 0);
	assert_int_equal(skeleton_of((struct span){ 0 }, NULL, NULL, &text), 0);
}

static void asks_for_what_is_not_known(void **state)
{
	char *text = suggest("refused 192.0.2.1", NULL);

	assert_non_null(strstr(text, "which unit has written it?"));
	assert_non_null(strstr(text, "no name was found"));
	assert_non_null(strstr(text, "\"name\": \"service\""));
	free(text);
	assert_int_equal(skeleton_of(SPAN_LITERAL("refused 192.0.2.1"), "x.service", "x\"y", &text),
			 1);
	assert_non_null(strstr(text, "\"SYSLOG_IDENTIFIER\": \"x\\\"y\" } ]"));
	free(text);
}

/* Whatever the line is, the rule can be read, and its pattern compiles. */
static void every_line_makes_a_rule(void **state)
{
	static const char *const pieces[] = {
		"user=",
		"for ",
		"alice",
		"192.0.2.1",
		"[2001:db8::1]:5",
		" from ",
		"\"",
		"'",
		"<",
		">",
		"\\",
		"{",
		"}",
		"\"ip\":\"192.0.2.1\"",
		",",
		"\t",
		"(",
		")",
		"a=b ",
		"x=192.0.2.1 ",
		"\xc3\xbc",
		"\x01",
		"7",
		"%{x}",
		"\\E",
		"name: ",
		"//",
		"\"user\":\"a\"",
	};
	uint64_t *seed = *state;
	unsigned n_rules = 0;

	for (int round = 0; round < 5000; round++) {
		char line[512] = "", *end = line;
		cleanup(freep) char *text = NULL;
		cleanup(rule_freep) struct rule *rule = NULL;
		struct faults faults = { 0 };

		for (uint64_t n = random_below(seed, 12); n > 0; n--)
			end = stpcpy(end, pieces[random_below(seed, ARRAY_SIZE(pieces))]);
		if (skeleton_of(span_of(line), "x.service", NULL, &text) == 0)
			continue;
		n_rules++;
		if (rule_parse("x", span_of(text), &faults, &rule) < 0 ||
		    lint_hostile(rule, &faults) == -ENOMEM)
			fail_msg("%s\n%s\n%s", line, faults.lines[0], text);
		for (size_t i = 0; i < faults.n_lines; i++)
			if (strstr(faults.lines[i], "pattern of event"))
				fail_msg("%s\n%s\n%s", line, faults.lines[i], text);
		faults_done(&faults);
	}
	assert_true(n_rules > 1000);
}

int main(int argc, char *argv[])
{
	uint64_t seed = random_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suggests_rules_that_check_takes),
		cmocka_unit_test(needs_an_address_and_a_text),
		cmocka_unit_test(asks_for_what_is_not_known),
		cmocka_unit_test_prestate(every_line_makes_a_rule, &seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
