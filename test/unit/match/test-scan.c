#include "match/ruleset.h"

#include "rules.h"

#include <stdio.h>

/* The rules of this test are the pool's. */
struct rule *rule_free(struct rule *rule)
{
	return NULL;
}

/* A jail for each rule, without what weighs nothing. */
static struct ruleset *ruleset_of(struct rule *const *rules, size_t n)
{
	struct rule **given = pooled(n, sizeof(*given));
	struct policy policy = { .jails = pooled(n, sizeof(*policy.jails)), .n_jails = n };
	struct faults faults = { 0 };
	struct ruleset *ruleset = NULL;

	for (size_t i = 0; i < n; i++) {
		given[i] = rules[i];
		strcpy(policy.jails[i].name, rules[i]->name);
	}
	assert_int_equal(ruleset_new(given, n, &policy, "b.json", true, &faults, &ruleset), 0);
	assert_int_equal(faults.n_lines, 0);
	ruleset_leave_out_weightless(ruleset);
	return ruleset;
}

/* What the entry hits as "jail.event ", and what was asked for it. */
static void assert_scan(struct ruleset *ruleset, const char *const *fields, const char *hits,
			const char *asked)
{
	struct source source = { .fields = fields };
	struct entry entry = source_entry(&source);
	char text[256] = "";
	int n;

	n = ruleset_scan(ruleset, &entry);
	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		const struct hit *hit = ruleset_hit(ruleset, (size_t)i);
		size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "%u.%u=%.*s ", hit->jail,
			       hit->event, (int)hit->captures.address.size,
			       hit->captures.address.data ? hit->captures.address.data : "");
	}
	assert_string_equal(text, hits);
	assert_string_equal(source.asked, asked);
}

static void the_first_event_that_matches_decides(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *rules[] = { a };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;

	make_event(a, "one", "MESSAGE", "^one (?<address>.*)");
	make_event(a, "two", "MESSAGE", "^(?:one|two) (?<address>.*)");
	ruleset = ruleset_of(rules, 1);
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=one 1"), "0.0=1 ",
		    "MESSAGE _SYSTEMD_UNIT ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=two 2"), "0.1=2 ",
		    "MESSAGE _SYSTEMD_UNIT ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=b.service", "MESSAGE=one 1"), "",
		    "MESSAGE _SYSTEMD_UNIT ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=three 3"), "", "MESSAGE ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service"), "", "MESSAGE ");
	assert_int_equal(ruleset_jail_statistics(ruleset, 0)->hits, 2);
	pool_done();
}

static void other_fields_must_be_as_wanted(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *rules[] = { a };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	const char *unit = "_SYSTEMD_UNIT=a.service";

	make_where(make_event(a, "old", "MESSAGE", "^one (?<address>.*)"), "SYSLOG_IDENTIFIER",
		   "old|older", false);
	make_where(make_event(a, "new", "MESSAGE", "^one (?<address>.*)"), "SYSLOG_IDENTIFIER",
		   "newest", true);
	ruleset = ruleset_of(rules, 1);
	assert_scan(ruleset, FIELDS(unit, "SYSLOG_IDENTIFIER=older", "MESSAGE=one 1"), "0.0=1 ",
		    "MESSAGE SYSLOG_IDENTIFIER _SYSTEMD_UNIT ");
	assert_scan(ruleset, FIELDS(unit, "SYSLOG_IDENTIFIER=new", "MESSAGE=one 1"), "0.1=1 ",
		    "MESSAGE SYSLOG_IDENTIFIER _SYSTEMD_UNIT ");
	assert_scan(ruleset, FIELDS(unit, "MESSAGE=one 1"), "0.1=1 ",
		    "MESSAGE SYSLOG_IDENTIFIER _SYSTEMD_UNIT ");
	assert_scan(ruleset, FIELDS(unit, "SYSLOG_IDENTIFIER=newest", "MESSAGE=one 1"), "",
		    "MESSAGE SYSLOG_IDENTIFIER ");
	assert_scan(ruleset, FIELDS(unit, "SYSLOG_IDENTIFIER=old", "MESSAGE=two 1"), "",
		    "MESSAGE ");
	pool_done();
}

static void a_missing_field_is_an_empty_one(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *rules[] = { a };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;

	make_where(make_event(a, "e", "MESSAGE", "^one (?<address>.*)"), "SYSLOG_IDENTIFIER", "",
		   false);
	ruleset = ruleset_of(rules, 1);
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=one 1"), "0.0=1 ",
		    "MESSAGE SYSLOG_IDENTIFIER _SYSTEMD_UNIT ");
	assert_scan(ruleset,
		    FIELDS("_SYSTEMD_UNIT=a.service", "SYSLOG_IDENTIFIER=x", "MESSAGE=one 1"), "",
		    "MESSAGE SYSLOG_IDENTIFIER ");
	pool_done();
}

static void own_words_are_nobodys(void **state)
{
	struct rule *a = make_rule("a", "_UID=0");
	struct rule *b = make_rule("b", "_SYSTEMD_UNIT=banish.service");
	struct rule *rules[] = { a, b };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;

	make_event(a, "e", "MESSAGE", "^x (?<address>.)");
	make_event(b, "e", "MESSAGE", "^x (?<address>.)");
	ruleset = ruleset_of(rules, 2);
	assert_scan(ruleset, FIELDS("_UID=0", "_SYSTEMD_UNIT=banish.service", "MESSAGE=x 1"), "",
		    "MESSAGE _UID _SYSTEMD_UNIT _SYSTEMD_UNIT ");
	assert_scan(ruleset, FIELDS("_UID=0", "_SYSTEMD_UNIT=a.service", "MESSAGE=x 1"), "0.0=1 ",
		    "MESSAGE _UID _SYSTEMD_UNIT _SYSTEMD_UNIT ");
	pool_done();
}

static void tells_which_rule_reads_an_entry(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *b = make_rule("b", "_SYSTEMD_UNIT=b.service");
	struct rule *rules[] = { a, b };
	struct source source = { .fields = FIELDS("_SYSTEMD_UNIT=b.service", "MESSAGE=y") };
	struct entry entry = source_entry(&source);
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;

	make_event(a, "e", "MESSAGE", "^x (?<address>.)");
	make_event(b, "e", "MESSAGE", "^x (?<address>.)");
	ruleset = ruleset_of(rules, 2);
	assert_int_equal(ruleset_selects(ruleset, 0, &entry), 0);
	assert_int_equal(ruleset_selects(ruleset, 1, &entry), 1);
	pool_done();
}

static void several_rules_read_one_entry(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *b = make_rule("b", "_SYSTEMD_UNIT=b.service");
	struct rule *c = make_rule("c", "_SYSTEMD_UNIT=a.service SYSLOG_IDENTIFIER=x");
	struct rule *rules[] = { a, b, c };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;

	make_event(a, "e", "MESSAGE", "^x (?<address>.)");
	make_event(b, "e", "MESSAGE", "^x (?<address>.)");
	make_event(c, "e", "MESSAGE", "^y (?<address>.)");
	make_event(c, "f", "MESSAGE", "^x .(?<address>.)");
	ruleset = ruleset_of(rules, 3);
	assert_scan(ruleset,
		    FIELDS("_SYSTEMD_UNIT=a.service", "SYSLOG_IDENTIFIER=x", "MESSAGE=x 12"),
		    "0.0=1 2.1=2 ", "MESSAGE _SYSTEMD_UNIT SYSLOG_IDENTIFIER ");
	assert_scan(ruleset,
		    FIELDS("_SYSTEMD_UNIT=b.service", "SYSLOG_IDENTIFIER=x", "MESSAGE=x 12"),
		    "1.0=1 ", "MESSAGE _SYSTEMD_UNIT ");
	pool_done();
}

/* Many rules are asked for by their fields, few by their patterns: the hits are the same. */
static void many_rules_hit_as_few_do(void **state)
{
	struct rule *rules[100];
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	char text[64], message[64], hits[32];

	for (int i = 0; i < 100; i++) {
		struct rule *rule;

		(void)snprintf(text, sizeof(text), "_SYSTEMD_UNIT=u%d", i);
		rule = make_rule(text + strlen("_SYSTEMD_UNIT="), text);
		make_event(rule, "e", "MESSAGE", "^failed (?<address>[^ ]+) (?:often|once)$");
		rules[i] = rule;
	}
	ruleset = ruleset_of(rules, 100);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text), "_SYSTEMD_UNIT=u%d", i);
		(void)snprintf(message, sizeof(message), "MESSAGE=failed %d once", i);
		(void)snprintf(hits, sizeof(hits), "%d.0=%d ", i, i);
		assert_scan(ruleset, FIELDS(text, message), hits, "MESSAGE _SYSTEMD_UNIT ");
	}
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=u", "MESSAGE=failed 1 once"), "",
		    "MESSAGE _SYSTEMD_UNIT ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=u1", "MESSAGE=failed 1 once or twice"), "",
		    "MESSAGE _SYSTEMD_UNIT ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=u1", "MESSAGE=found 1 once"), "", "MESSAGE ");
	pool_done();
}

static void reads_other_fields_only_where_selected(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *rules[] = { a };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;

	make_event(a, "first", "REASON", "^bad (?<address>.*)");
	make_event(a, "then", "MESSAGE", "^bad (?<address>.*)");
	ruleset = ruleset_of(rules, 1);
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=bad 1", "REASON=bad 2"),
		    "0.0=2 ", "MESSAGE _SYSTEMD_UNIT REASON ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=bad 1"), "0.1=1 ",
		    "MESSAGE _SYSTEMD_UNIT REASON ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "REASON=bad 2"), "0.0=2 ",
		    "MESSAGE _SYSTEMD_UNIT REASON ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=b.service", "MESSAGE=bad 1", "REASON=bad 2"), "",
		    "MESSAGE _SYSTEMD_UNIT ");
	pool_done();
}

/* MESSAGE is what is searched for; the others are asked only then. */
static void reads_native_fields(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *rules[] = { a };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	struct event *event = make_event(a, "e", "MESSAGE", NULL);
	static char remote[] = "REMOTEIP";

	event->format = FORMAT_FIELDS;
	make_where(event, "MESSAGE", "Authentication failed", false);
	event->address_keys = pooled(1, sizeof(*event->address_keys));
	event->address_keys[0] = remote;
	event->n_address_keys = 1;
	ruleset = ruleset_of(rules, 1);
	assert_scan(ruleset,
		    FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=Authentication failed",
			   "REMOTEIP=1"),
		    "0.0=1 ", "MESSAGE REMOTEIP _SYSTEMD_UNIT ");
	assert_scan(ruleset,
		    FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=Authentication fine", "REMOTEIP=1"),
		    "", "MESSAGE ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "REMOTEIP=1"), "", "MESSAGE ");
	pool_done();
}

static void logfmt_events_share_one_line(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *b = make_rule("b", "_SYSTEMD_UNIT=a.service");
	struct rule *rules[] = { a, b };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;

	make_logfmt_event(a, "e", "m", "failed attempt|broken", false);
	make_logfmt_event(a, "f", "m", "fine", true);
	make_logfmt_event(b, "e", "x", "", false);
	ruleset = ruleset_of(rules, 2);
	assert_scan(ruleset,
		    FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=m=\"failed attempt\" remote=1"),
		    "0.0=1 1.0=1 ", "MESSAGE _SYSTEMD_UNIT ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=m=ok remote=\"\\x31\""),
		    "0.1=1 1.0=1 ", "MESSAGE _SYSTEMD_UNIT ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=m=fine x=1"), "",
		    "MESSAGE ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=failed attempt"), "",
		    "MESSAGE ");
	pool_done();
}

static void a_match_limit_is_told_of_the_rule_that_reads_the_entry(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *rules[] = { a };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	char message[128] = "MESSAGE=";

	make_event(a, "bad", "MESSAGE", "^(?:a|aa)+(?<address>b)$");
	make_event(a, "good", "MESSAGE", "^a+bc(?<address>.)");
	ruleset = ruleset_of(rules, 1);
	memset(message + 8, 'a', 100);
	memcpy(message + 108, "bc1", 4);
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", message), "0.1=1 ",
		    "MESSAGE _SYSTEMD_UNIT ");
	assert_int_equal(ruleset_jail_statistics(ruleset, 0)->limit_hits, 1);
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=b.service", message), "",
		    "MESSAGE _SYSTEMD_UNIT ");
	assert_int_equal(ruleset_jail_statistics(ruleset, 0)->limit_hits, 1);
	pool_done();
}

static void pieces_never_match(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *rules[] = { a };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	struct source source;
	struct entry entry;

	make_event(a, "e", "MESSAGE", "^x (?<address>.)");
	ruleset = ruleset_of(rules, 1);
	source = (struct source){ .fields = FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=x 1",
						   "_LINE_BREAK=line-max", "_STREAM_ID=s") };
	entry = source_entry(&source);
	entry.may_be_split = true;
	assert_int_equal(ruleset_scan(ruleset, &entry), 0);
	source.fields = FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=x 1", "_STREAM_ID=s");
	assert_int_equal(ruleset_scan(ruleset, &entry), 0);
	source.asked[0] = '\0';
	assert_int_equal(ruleset_scan(ruleset, &entry), 1);
	assert_string_equal(source.asked, "_LINE_BREAK MESSAGE _SYSTEMD_UNIT ");
	pool_done();
}

static void silent_events_end_the_search_without_a_hit(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *rules[] = { a };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	struct source source = { .fields = FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=login: 1") };
	unsigned n_cheap = 0;

	make_event(a, "silent", "MESSAGE", "^login: (?<address>.)")->outcome = OUTCOME_SUCCESS;
	make_event(a, "loud", "MESSAGE", "^login: .* failed(?<address>.)");
	ruleset = ruleset_of(rules, 1);
	for (int i = 0; i < 1000; i++) {
		struct entry entry = source_entry(&source);

		assert_int_equal(ruleset_scan(ruleset, &entry), 0);
		n_cheap += strcmp(source.asked, "MESSAGE ") == 0;
	}
	/* Some are tried, and show that the rule still understands its unit. */
	assert_in_range(n_cheap, 900, 999);
	assert_int_equal(ruleset_jail_statistics(ruleset, 0)->hits, 1000 - n_cheap);

	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=login: 1 failed"), "",
		    "MESSAGE _SYSTEMD_UNIT ");
	assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=login:  failed2"), "",
		    "MESSAGE _SYSTEMD_UNIT ");
	pool_done();
}

/* An event on another field loses to a silent one before it, however often. */
static void silent_events_shield_events_on_other_fields(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *rules[] = { a };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;

	make_event(a, "silent", "MESSAGE", "^x (?<address>.)")->outcome = OUTCOME_SUCCESS;
	make_event(a, "loud", "DETAIL", "^y (?<address>.)");
	ruleset = ruleset_of(rules, 1);
	for (int i = 0; i < 100; i++)
		assert_scan(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=x 1", "DETAIL=y 2"),
			    "", "MESSAGE _SYSTEMD_UNIT ");
	pool_done();
}

static const char *explained(struct ruleset *ruleset, const char *const *fields)
{
	static char text[256];
	struct source source = { .fields = fields };
	struct entry entry = source_entry(&source);

	assert_int_equal(ruleset_scan(ruleset, &entry), 0);
	assert_int_equal(ruleset_explain(ruleset, &entry, text, sizeof(text)), 0);
	return text;
}

static void says_why_nothing_hit(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *rules[] = { a };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;

	make_event(a, "short", "MESSAGE", "^user=q(?<address>.)");
	make_event(a, "long", "MESSAGE", "^user=[^,]*, rip=(?<address>[0-9.]+)$");
	ruleset = ruleset_of(rules, 1);
	assert_string_equal(explained(ruleset, FIELDS("_SYSTEMD_UNIT=b", "MESSAGE=user=x, rip=1")),
			    "no rule in force selects its unit and identifier");
	assert_string_equal(explained(ruleset, FIELDS("_SYSTEMD_UNIT=a.service",
						      "MESSAGE=user=x, rip=1, x")),
			    "no event matches; \"long\" came furthest, up to \"user=x, rip=1\"");
	assert_string_equal(explained(ruleset, FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=other")),
			    "no event of the rules that select it matches");
	assert_string_equal(explained(ruleset, FIELDS("_SYSTEMD_UNIT=a.service")),
			    "no event of the rules that select it matches");
	pool_done();
}

static void passes_errors_on(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *rules[] = { a };
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	struct source source = { .fields = FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=x 1") };
	struct entry entry = source_entry(&source);

	make_event(a, "e", "MESSAGE", "^x (?<address>.)");
	ruleset = ruleset_of(rules, 1);
	source.failing = "MESSAGE";
	assert_int_equal(ruleset_scan(ruleset, &entry), -5);
	source.failing = "_SYSTEMD_UNIT";
	assert_int_equal(ruleset_scan(ruleset, &entry), -5);
	source.failing = NULL;
	assert_int_equal(ruleset_scan(ruleset, &entry), 1);
	pool_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_event_that_matches_decides),
		cmocka_unit_test(other_fields_must_be_as_wanted),
		cmocka_unit_test(a_missing_field_is_an_empty_one),
		cmocka_unit_test(own_words_are_nobodys),
		cmocka_unit_test(tells_which_rule_reads_an_entry),
		cmocka_unit_test(several_rules_read_one_entry),
		cmocka_unit_test(many_rules_hit_as_few_do),
		cmocka_unit_test(reads_other_fields_only_where_selected),
		cmocka_unit_test(reads_native_fields),
		cmocka_unit_test(logfmt_events_share_one_line),
		cmocka_unit_test(a_match_limit_is_told_of_the_rule_that_reads_the_entry),
		cmocka_unit_test(pieces_never_match),
		cmocka_unit_test(silent_events_end_the_search_without_a_hit),
		cmocka_unit_test(silent_events_shield_events_on_other_fields),
		cmocka_unit_test(says_why_nothing_hit),
		cmocka_unit_test(passes_errors_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
