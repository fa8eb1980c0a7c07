#include "config/rule.h"

#include "parse.h"

#include <stdio.h>

#define EVENT "{\"name\": \"e\", \"pattern\": \"^(?<address>x)\"}"
#define RULE(x) \
	"{\"name\": \"r\", \"journal\": [{\"_UID\": \"0\"}], \"events\": [" EVENT "],\n" x "}"
#define JOURNAL(x) "{\"name\": \"r\", \"events\": [" EVENT "], \"journal\":\n" x "}"

static void reads_a_whole_rule(void **state)
{
	cleanup(rule_freep) struct rule *rule = good_rule(
		"// a rule\n"
		"{ \"$schema\": \"schema/rule.schema.json\", \"name\": \"dovecot\",\n"
		"  \"examples\": [\n"
		"    { \"message\": \"m\", \"event\": \"auth-failed\", \"address\": "
		"\"2001:DB8:0::1\", \"user\": \"\" },\n"
		"    { \"message\": \"n\", \"event\": null } ],\n"
		"  \"events\": [\n"
		"    { \"name\": \"auth-failed\",\n"
		"      \"pattern\": \"^%{all}$\" } ],\n"
		"  \"define\": { \"tail\": \"rip=(?<address>[^,]+)\", \"all\": \"x: %{tail}\" },\n"
		"  \"ports\": [\"imap\", 993, \"5000-5010\"],\n"
		"  \"journal\": [ { \"_SYSTEMD_UNIT\": \"dovecot.service\",\n"
		"                 \"SYSLOG_IDENTIFIER\": [\"dovecot\", \"auth\"] },\n"
		"               { \"_UID\": \"5\" } ],\n"
		"  \"description\": \"Dovecot\" }");
	const struct condition *condition;

	assert_string_equal(rule->name, "dovecot");
	assert_string_equal(rule->file, "r");
	assert_string_equal(rule->description, "Dovecot");
	assert_int_equal(rule->n_selectors, 2);
	assert_int_equal(rule->selectors[0].n_conditions, 2);
	condition = &rule->selectors[0].conditions[1];
	assert_string_equal(condition->field, "SYSLOG_IDENTIFIER");
	assert_int_equal(condition->n_values, 2);
	assert_string_equal(condition->values[1], "auth");
	assert_string_equal(rule->selectors[1].conditions[0].values[0], "5");
	assert_int_equal(rule->ports.n_ranges, 3);
	assert_false(rule->ports.all);

	assert_int_equal(rule->n_events, 1);
	assert_string_equal(rule->events[0].pattern, "^x: rip=(?<address>[^,]+)$");
	assert_int_equal(rule->events[0].line, 8);
	assert_int_equal(rule->events[0].column, 18);

	assert_int_equal(rule->n_examples, 2);
	assert_string_equal(rule->examples[0].message, "m");
	assert_string_equal(rule->examples[0].event, "auth-failed");
	assert_string_equal(rule->examples[0].address, "2001:db8::1");
	assert_string_equal(rule->examples[0].user, "");
	assert_int_equal(rule->examples[0].line, 4);
	assert_int_equal(rule->examples[0].column, 5);
	assert_null(rule->examples[1].event);
	assert_null(rule->examples[1].address);
	assert_null(rule->examples[1].user);
}

static void closes_all_ports_unless_told(void **state)
{
	cleanup(rule_freep) struct rule *silent = good_rule(RULE("\"description\": \"d\""));
	cleanup(rule_freep) struct rule *all = good_rule(RULE("\"ports\": \"all\""));
	cleanup(rule_freep) struct rule *list = good_rule(RULE("\"ports\": [\"imap\", \"all\"]"));

	assert_true(silent->ports.all);
	assert_true(all->ports.all);
	assert_true(list->ports.all);
}

static void needs_its_keys(void **state)
{
	bad_rule(" []", "r:1:2: the file cannot be a list: write an object, { ... }\n");
	bad_rule("{}", "r:1:1: \"name\" is missing: a rule needs it\n"
		       "r:1:1: \"journal\" is missing: a rule needs it\n"
		       "r:1:1: \"events\" is missing: a rule needs it\n");
	bad_rule(
		RULE("\"event\": [], \"port\": [], \"comment\": 1"),
		"r:2:1: \"event\" is not a key of a rule: did you mean \"events\"?\n"
		"r:2:14: \"port\" is not a key of a rule: did you mean \"ports\"?\n"
		"r:2:26: \"comment\" is not a key of a rule: its keys are name, description, journal, "
		"ports, define, events, examples\n");
}

static void refuses_reserved_and_odd_names(void **state)
{
	static const struct {
		const char *name, *fault;
	} cases[] = {
		{ "manual",
		  "r:1:11: this name is reserved: \"manual\" is the jail of \"banish ban\"\n" },
		{ "ignore",
		  "r:1:11: this name is reserved: the sets of \"ignore\" hold the addresses "
		  "of ignoreip\n" },
		{ "forced", "r:1:11: this name is reserved: \"forced\" is the jail of \"banish "
			    "ban --force\"\n" },
		{ "Dovecot",
		  "r:1:11: \"name\" is not a valid name: write at most 32 of a-z, 0-9, _ and -, "
		  "a letter first\n" },
		{ "",
		  "r:1:11: \"name\" is not a valid name: write at most 32 of a-z, 0-9, _ and -, a "
		  "letter first\n" },
		{ "4x",
		  "r:1:11: \"name\" is not a valid name: write at most 32 of a-z, 0-9, _ and -, a "
		  "letter first\n" },
	};
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(text, "{ \"name\": \"");
		strcat(text, cases[i].name);
		strcat(text, "\", \"journal\": [{\"_UID\": \"0\"}], \"events\": [" EVENT "] }");
		bad_rule(text, cases[i].fault);
	}
}

static void reads_only_what_journald_vouches_for(void **state)
{
	static const char *const trusted[] = {
		"_SYSTEMD_UNIT", "_SYSTEMD_CGROUP", "_SYSTEMD_SLICE", "_UID", "_GID",
	};
	static const char *const others[] = {
		"_COMM", "_CMDLINE", "_SYSTEMD_USER_UNIT", "SYSLOG_IDENTIFIER",
		"UNIT",  "_PID",     "_TRANSPORT",         "MESSAGE",
		"_UID2", "_EXE",
	};
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(trusted); i++) {
		strcpy(text, "{\"name\": \"r\", \"events\": [" EVENT "], \"journal\": [{\"");
		strcat(text, trusted[i]);
		strcat(text, "\": [\"x.service\"]}]}");
		(void)rule_free(good_rule(text));
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		strcpy(text, "{\"name\": \"r\", \"events\": [" EVENT "], \"journal\":\n[{\"_UID\": "
			     "\"0\"}, {\"");
		strcat(text, others[i]);
		strcat(text, "\": [\"x\"]}]}");
		bad_rule(text, "r:2:17: anyone can log such entries: add _SYSTEMD_UNIT, "
			       "_SYSTEMD_CGROUP, _SYSTEMD_SLICE, _UID or _GID\n");
	}
}

static void tells_what_is_wrong_with_the_journal(void **state)
{
	static const struct {
		const char *text, *faults;
	} cases[] = {
		{ JOURNAL("[]"), "r:2:1: \"journal\" is an empty list: name a unit to read\n" },
		{ JOURNAL("{\"_UID\": \"0\"}"), "r:2:1: \"journal\" cannot be an object: write [ { "
						"\"_SYSTEMD_UNIT\": \"x.service\" } ]\n" },
		{ JOURNAL("[\"x.service\"]"),
		  "r:2:2: an element of \"journal\" cannot be a text: write "
		  "{ \"_SYSTEMD_UNIT\": \"x.service\" }\n" },
		{ JOURNAL("[{}]"), "r:2:2: anyone can log such entries: add _SYSTEMD_UNIT, "
				   "_SYSTEMD_CGROUP, _SYSTEMD_SLICE, _UID or _GID\n" },
		{ JOURNAL("[{\"_UID\": 0, \"_gid\": \"0\", \"_EXE\": []}]"),
		  "r:2:11: \"_UID\" cannot be a number: write its value or a list of values, texts all\n"
		  "r:2:14: \"_gid\" is not a journal field: write one of A-Z, 0-9 and _, such as MESSAGE\n"
		  "r:2:35: \"_EXE\" is an empty list: write its value or a list of values, texts all\n" },
		{ JOURNAL("[{\"_UID\": [\"0\", 1]}]"),
		  "r:2:17: an element of \"_UID\" cannot be a number: write its value or a list of "
		  "values, texts all\n" },
		{ JOURNAL("[{\"_UID\": [\"0\", \"\"]}]"),
		  "r:2:2: anyone can log such entries: add _SYSTEMD_UNIT, _SYSTEMD_CGROUP, "
		  "_SYSTEMD_SLICE, _UID or _GID\n" },
		{ JOURNAL("[{\"_UID\": \"0\"}, {\"_SYSTEMD_UNIT\": \"\", \"X\": \"1\"}]"),
		  "r:2:17: anyone can log such entries: add _SYSTEMD_UNIT, _SYSTEMD_CGROUP, "
		  "_SYSTEMD_SLICE, _UID or _GID\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bad_rule(cases[i].text, cases[i].faults);
}

static void a_define_uses_only_those_above(void **state)
{
	bad_rule(
		RULE("\"define\": {\"a\": \"%{b}\", \"b\": \"x\", \"C\": \"y\", \"d\": 5}"),
		"r:2:17: %{b} is not defined: add it to \"define\"\n"
		"r:2:35: \"C\" is not a valid name: write at most 32 of a-z, 0-9, _ and -, a letter "
		"first\n"
		"r:2:50: \"d\" cannot be a number: write a piece of a pattern\n");
}

static void tells_what_is_wrong_with_examples(void **state)
{
	static const struct {
		const char *text, *faults;
	} cases[] = {
		{ RULE("\"examples\": {}"),
		  "r:2:13: \"examples\" cannot be an object: write a list, [ { \"message\": ... } ]\n" },
		{ RULE("\"examples\": [{}, 1]"),
		  "r:2:14: \"message\" is missing: an example needs it\n"
		  "r:2:14: \"event\" is missing: an example needs it\n"
		  "r:2:18: an element of \"examples\" cannot be a number: write an object, { ... }\n" },
		{ RULE("\"examples\": [{\"message\": \"\", \"event\": true}]"),
		  "r:2:26: \"message\" is empty: write a text\n"
		  "r:2:39: \"event\" cannot be true or false: write the name of an event, or null if "
		  "none may match\n" },
		{ RULE("\"examples\": [{\"message\": \"m\", \"event\": \"f\"}]"),
		  "r:2:40: \"event\" names no event of this rule: write one of them, or null\n" },
		{ "{\"name\": \"r\", \"journal\": [{\"_UID\": \"0\"}], \"events\": [{\"name\": "
		  "\"auth-failed\", \"pattern\": \"^(?<address>x)\"}, {}],\n\"examples\": "
		  "[{\"message\": \"m\", \"event\": \"auth_failed\"}]}",
		  "r:1:108: \"name\" is missing: an event needs it\n"
		  "r:1:108: \"pattern\" is missing: an event needs it, or \"format\": \"logfmt\", \"json\" or \"fields\"\n"
		  "r:2:40: \"event\" names no event of this rule: did you mean \"auth-failed\"?\n" },
		{ RULE("\"examples\": [{\"message\": \"m\", \"event\": \"e\", \"address\": "
		       "\"192.0.2.1:5\", \"users\": \"\"}]"),
		  "r:2:56: \"address\" is not an address: write one such as \"192.0.2.1\" or "
		  "\"2001:db8::1\"\n"
		  "r:2:71: \"users\" is not a key of an example: did you mean \"user\"?\n" },
		{ RULE("\"examples\": [{\"message\": \"m\", \"event\": null, \"address\": \"192.0.2.1\"}]"),
		  "r:2:46: no event may match here, so there is no address: remove it\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bad_rule(cases[i].text, cases[i].faults);
}

static void frees_all_when_keys_stand_twice(void **state)
{
	bad_rule(
		RULE("\"journal\": [{\"_UID\": \"0\", \"_UID\": \"0\"}], \"ports\": [1], \"ports\": "
		     "[2],\n\"description\": \"a\", \"description\": \"b\", \"examples\": [{\"message\": "
		     "\"m\", \"message\": \"m\", \"event\": \"e\", \"event\": \"e\", \"address\": "
		     "\"::1\", \"address\": \"::1\"}]"),
		"r:2:1: \"journal\" is a duplicate key: keep one of them\n"
		"r:2:27: \"_UID\" is a duplicate key: keep one of them\n"
		"r:2:56: \"ports\" is a duplicate key: keep one of them\n"
		"r:3:21: \"description\" is a duplicate key: keep one of them\n"
		"r:3:71: \"message\" is a duplicate key: keep one of them\n"
		"r:3:101: \"event\" is a duplicate key: keep one of them\n"
		"r:3:133: \"address\" is a duplicate key: keep one of them\n");
}

/* A later journald may have such a field. */
static void notes_fields_that_journald_does_not_have(void **state)
{
	static const struct {
		const char *field;
		bool known;
	} cases[] = {
		{ "_HOSTNAME", true },         { "_AUDIT_ID", true }, { "_PID", true },
		{ "_AUDIT_FIELD_ADDR", true }, { "CONTAINER", true }, { "_HOST", false },
		{ "_SYSTEMD_UNITS", false },   { "_ID", false },      { "_", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct faults faults = { 0 };
		struct rule *rule;
		char text[256];

		snprintf(text, sizeof(text), JOURNAL("[{\"_UID\": \"0\", \"%s\": \"x\"}]"),
			 cases[i].field);
		assert_int_equal(rule_parse("r", span_of(text), &faults, &rule), 0);
		assert_int_equal(faults.n_notes, cases[i].known ? 0 : 1);
		if (!cases[i].known)
			assert_non_null(strstr(faults.notes[0], "note: journald has no field"));
		faults_done(&faults);
		rule_free(rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_whole_rule),
		cmocka_unit_test(closes_all_ports_unless_told),
		cmocka_unit_test(needs_its_keys),
		cmocka_unit_test(refuses_reserved_and_odd_names),
		cmocka_unit_test(reads_only_what_journald_vouches_for),
		cmocka_unit_test(tells_what_is_wrong_with_the_journal),
		cmocka_unit_test(a_define_uses_only_those_above),
		cmocka_unit_test(tells_what_is_wrong_with_examples),
		cmocka_unit_test(frees_all_when_keys_stand_twice),
		cmocka_unit_test(notes_fields_that_journald_does_not_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
