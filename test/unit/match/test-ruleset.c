#include "match/ruleset.h"

#include "rules.h"

#include <errno.h>

static unsigned n_freed;

/* The rules of this test are the pool's; what matters is that each is given back once. */
struct rule *rule_free(struct rule *rule)
{
	n_freed += rule != NULL;
	return NULL;
}

static struct jail_policy jail_of(const char *name)
{
	struct jail_policy jail = { .line = 7, .column = 5 };

	memcpy(jail.name, name, strlen(name));
	jail.settings.maxretry = 5;
	return jail;
}

static void rules_with_a_jail_are_in_force(void **state)
{
	static struct port_range imap = { 143, 143 }, sieve = { 4190, 4190 };
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *b = make_rule("b", "_SYSTEMD_UNIT=b.service");
	struct rule *c = make_rule("c", "_SYSTEMD_UNIT=c.service _UID=0");
	struct rule *rules[] = { a, b, c };
	struct jail_policy jails[] = { jail_of("c"), jail_of("a") };
	struct policy policy = { .jails = jails, .n_jails = 2 };
	struct source source = { .fields = FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=x 1") };
	struct entry entry = source_entry(&source);
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	struct faults faults = { 0 };

	make_selector(c, "_UID=1");
	make_event(a, "none", "MESSAGE", "^y (?<address>.)");
	make_event(a, "hit", "MESSAGE", "^x (?<address>.)");
	make_event(b, "b", "MESSAGE", "^x (?<address>.)");
	make_event(c, "c", "MESSAGE", "^x (?<address>.)");
	a->ports = (struct ports){ .ranges = &imap, .n_ranges = 1 };
	jails[0].settings.has_ports = true;
	jails[0].settings.ports = (struct ports){ .ranges = &sieve, .n_ranges = 1 };

	n_freed = 0;
	assert_int_equal(ruleset_new(rules, 3, &policy, "banish.json", true, &faults, &ruleset), 0);
	assert_null(rules[0]);
	assert_null(rules[1]);
	assert_null(rules[2]);
	assert_int_equal(n_freed, 1);
	memset(&jails, 0, sizeof(jails));

	assert_int_equal(ruleset_n_jails(ruleset), 2);
	assert_string_equal(ruleset_jail(ruleset, 0)->name, "c");
	assert_string_equal(ruleset_jail(ruleset, 1)->name, "a");
	assert_ptr_equal(ruleset_jail(ruleset, 1)->rule, a);
	assert_int_equal(ruleset_jail(ruleset, 0)->settings.ports.ranges[0].first, 4190);
	assert_int_equal(ruleset_jail(ruleset, 1)->settings.ports.ranges[0].first, 143);
	assert_int_equal(ruleset_jail(ruleset, 1)->settings.maxretry, 5);
	assert_ptr_equal(ruleset_selector(ruleset, 0), &c->selectors[0]);
	assert_ptr_equal(ruleset_selector(ruleset, 1), &c->selectors[1]);
	assert_ptr_equal(ruleset_selector(ruleset, 2), &a->selectors[0]);
	assert_null(ruleset_selector(ruleset, 3));

	assert_int_equal(ruleset_scan(ruleset, &entry), 1);
	assert_int_equal(ruleset_hit(ruleset, 0)->jail, 1);
	assert_int_equal(ruleset_hit(ruleset, 0)->event, 1);
	assert_string_equal(ruleset_event(ruleset, 1, 1)->name, "hit");
	assert_int_equal(ruleset_jail_statistics(ruleset, 1)->hits, 1);
	assert_int_equal(ruleset_jail_statistics(ruleset, 1)->limit_hits, 0);

	source.fields = FIELDS("MESSAGE=x 1");
	assert_int_equal(ruleset_scan(ruleset, &entry), 0);
	ruleset_assume_missing(ruleset, true);
	assert_int_equal(ruleset_scan(ruleset, &entry), 2);
	ruleset = ruleset_free(ruleset);
	assert_int_equal(n_freed, 3);
	pool_done();
}

static void what_weighs_nothing_can_be_left_out(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *rules[] = { a };
	struct jail_policy jails[] = { jail_of("a") };
	struct policy policy = { .jails = jails, .n_jails = 1 };
	struct source source = { 0 };
	struct entry entry = source_entry(&source);
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	struct faults faults = { 0 };
	static const struct {
		const char *message;
		int n_hits;
	} cases[] = { { "MESSAGE=good 1", 0 },
		      { "MESSAGE=probe 1", 0 },
		      { "MESSAGE=fail 1", 1 },
		      { "MESSAGE=note 1", 1 } };

	make_event(a, "good", "MESSAGE", "^good (?<address>.)")->outcome = OUTCOME_SUCCESS;
	make_event(a, "probe", "MESSAGE", "^probe (?<address>.)")->mode = MODE_AGGRESSIVE;
	make_event(a, "fail", "MESSAGE", "^[a-z]+ (?<address>.)(?<!note 1)");
	make_event(a, "note", "MESSAGE", "^note (?<session>.)")->outcome = OUTCOME_NOTE;
	assert_int_equal(ruleset_new(rules, 1, &policy, "b.json", true, &faults, &ruleset), 0);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			source.fields = FIELDS("_SYSTEMD_UNIT=a.service", cases[i].message);
			assert_int_equal(ruleset_scan(ruleset, &entry),
					 pass == 0 ? 1 : cases[i].n_hits);
		}
		ruleset_leave_out_weightless(ruleset);
	}
	pool_done();
}

static void jails_share_a_rule(void **state)
{
	static char e[] = "e", probe[] = "probe", typo[] = "prob";
	static char *events[] = { e }, *wrong[] = { probe, typo };
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=a.service");
	struct rule *other = make_rule("other", "_SYSTEMD_UNIT=c.service CONTAINER_NAME=mail");
	struct rule *rules[] = { a };
	struct jail_policy jails[] = { jail_of("a"), jail_of("slow"), jail_of("container") };
	struct policy policy = { .jails = jails, .n_jails = 3 };
	struct source source = { 0 };
	struct entry entry = source_entry(&source);
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	struct faults faults = { 0 };

	make_event(a, "e", "MESSAGE", "^x (?<address>.)");
	make_event(a, "probe", "MESSAGE", "^y (?<address>.)")->mode = MODE_AGGRESSIVE;
	make_event(a, "note", "MESSAGE", "^z (?<session>.)")->outcome = OUTCOME_NOTE;
	strcpy(jails[1].rule, "a");
	jails[1].settings.mode = MODE_AGGRESSIVE;
	jails[1].events = events;
	jails[1].n_events = 1;
	strcpy(jails[2].rule, "a");
	jails[2].selectors = other->selectors;
	jails[2].n_selectors = 1;
	n_freed = 0;
	assert_int_equal(ruleset_new(rules, 1, &policy, "b.json", true, &faults, &ruleset), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_ptr_equal(ruleset_jail(ruleset, i)->rule, a);
	assert_true(ruleset_has_notes(ruleset, 1));
	assert_ptr_equal(ruleset_selector(ruleset, 2), &other->selectors[0]);
	assert_null(ruleset_selector(ruleset, 3));

	source.fields = FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=x 1");
	assert_int_equal(ruleset_scan(ruleset, &entry), 2);
	assert_int_equal(ruleset_hit(ruleset, 1)->jail, 1);
	source.fields = FIELDS("_SYSTEMD_UNIT=c.service", "CONTAINER_NAME=mail", "MESSAGE=x 1");
	assert_int_equal(ruleset_scan(ruleset, &entry), 1);
	assert_int_equal(ruleset_hit(ruleset, 0)->jail, 2);
	assert_int_equal(ruleset_selects(ruleset, 2, &entry), 1);
	assert_int_equal(ruleset_selects(ruleset, 0, &entry), 0);
	/* what the jail does not take still ends the search, and is no hit */
	ruleset_leave_out_weightless(ruleset);
	source.fields = FIELDS("_SYSTEMD_UNIT=a.service", "MESSAGE=y 1");
	assert_int_equal(ruleset_scan(ruleset, &entry), 0);
	ruleset = ruleset_free(ruleset);
	assert_int_equal(n_freed, 1);

	rules[0] = a;
	jails[1].events = wrong;
	jails[1].n_events = 2;
	strcpy(jails[2].rule, "b");
	assert_int_equal(ruleset_new(rules, 1, &policy, "b.json", true, &faults, &ruleset),
			 -EINVAL);
	assert_int_equal(faults.n_lines, 2);
	assert_string_equal(faults.lines[0], "b.json:0:0: jail \"slow\": rule \"a\" has no event "
					     "\"prob\": did you mean \"probe\"?");
	assert_string_equal(faults.lines[1],
			    "b.json:7:5: jail \"container\": no rule \"b\": there are \"a\"");
	faults_done(&faults);
	pool_done();
}

/* One rule, whose jails read the same container: one as it is, one stripped. */
static void a_jail_strips_what_its_rule_sees(void **state)
{
	struct rule *a = make_rule("a", "_SYSTEMD_UNIT=docker.service");
	struct rule *smtpd =
		make_rule("smtpd", "SYSLOG_IDENTIFIER=postfix/smtpd _SYSTEMD_UNIT=docker.service");
	struct rule *rules[] = { a };
	struct jail_policy jails[] = { jail_of("a"), jail_of("stripped"), jail_of("smtpd") };
	struct policy policy = { .jails = jails, .n_jails = 3 };
	struct source source = { 0 };
	struct entry entry = source_entry(&source);
	cleanup(ruleset_freep) struct ruleset *ruleset = NULL;
	struct faults faults = { 0 };
	static const struct {
		const char *message, *jails;
	} cases[] = {
		{ "MESSAGE=bad 1", "01" },
		{ "MESSAGE=bad 1\n", "1" },
		{ "MESSAGE=Nov 28 23:53:02 mail postfix/smtpd[1]: bad 1", "12" },
		{ "MESSAGE=Nov 28 23:53:02 mail other: bad 1", "1" },
		{ "MESSAGE=Nov 28 23:53:02 mail postfix/smtpd[1]: of 1", "12" },
		{ "MESSAGE=Nov 28 23:53:02 mail other: of 1", "" },
		{ "MESSAGE=x Nov 28 23:53:02 mail postfix/smtpd[1]: bad 1", "" },
	};

	make_event(a, "e", "MESSAGE", "^bad (?<address>.)\\z");
	make_where(make_event(a, "of", "MESSAGE", "^of (?<address>.)$"), "SYSLOG_IDENTIFIER",
		   "postfix/smtpd", false);
	for (size_t i = 1; i < 3; i++) {
		strcpy(jails[i].rule, "a");
		jails[i].strip = (struct strip){ { STRIP_SYSLOG }, 1 };
	}
	jails[2].selectors = smtpd->selectors;
	jails[2].n_selectors = 1;
	assert_int_equal(ruleset_new(rules, 1, &policy, "b.json", true, &faults, &ruleset), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char hits[4] = "";
		int n;

		source.fields = FIELDS("_SYSTEMD_UNIT=docker.service", "SYSLOG_IDENTIFIER=5e13",
				       cases[i].message);
		n = ruleset_scan(ruleset, &entry);
		assert_in_range(n, 0, 3);
		for (int k = 0; k < n; k++) {
			hits[k] = (char)('0' + ruleset_hit(ruleset, (size_t)k)->jail);
			assert_int_equal(ruleset_hit(ruleset, (size_t)k)->captures.address.data[0],
					 '1');
		}
		assert_string_equal(hits, cases[i].jails);
	}
	ruleset = ruleset_free(ruleset);
	pool_done();
}

static void a_jail_needs_a_rule(void **state)
{
	struct rule *rules[] = { make_rule("a", "_UID=1"), make_rule("b", "_UID=1") };
	struct jail_policy jails[] = { jail_of("a"), jail_of("doveco"), jail_of("mocks") };
	struct policy policy = { .jails = jails, .n_jails = 3 };
	struct ruleset *ruleset = NULL;
	struct faults faults = { 0 };

	n_freed = 0;
	assert_int_equal(ruleset_new(rules, 2, &policy, "b.json", true, &faults, &ruleset),
			 -EINVAL);
	assert_null(ruleset);
	assert_int_equal(faults.n_lines, 2);
	assert_string_equal(faults.lines[0], "b.json:7:5: jail \"doveco\": no rule of that name: "
					     "there are \"a\", \"b\"");
	faults_done(&faults);
	assert_non_null(rules[0]);

	assert_int_equal(ruleset_new(rules, 0, &policy, "b.json", true, &faults, &ruleset),
			 -EINVAL);
	assert_string_equal(faults.lines[0], "b.json:7:5: jail \"a\": no rule of that name: no "
					     "rule was found, see --rules");
	faults_done(&faults);
	assert_int_equal(n_freed, 0);
	pool_done();
}

static void every_bad_pattern_is_told(void **state)
{
	struct rule *a = make_rule("a", "_UID=1");
	struct rule *rules[] = { a };
	struct jail_policy jails[] = { jail_of("a") };
	struct policy policy = { .jails = jails, .n_jails = 1 };
	struct ruleset *ruleset = NULL;
	struct faults faults = { 0 };

	make_event(a, "e", "MESSAGE", "^x (?<address>.");
	make_event(a, "f", "MESSAGE", "^x (?<address>.)");
	make_event(a, "g", "MESSAGE", "^x (?<adres>.)");
	assert_int_equal(ruleset_new(rules, 1, &policy, "b.json", true, &faults, &ruleset),
			 -EINVAL);
	assert_int_equal(faults.n_lines, 2);
	assert_ptr_equal(rules[0], a);
	faults_done(&faults);
	pool_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_with_a_jail_are_in_force),
		cmocka_unit_test(what_weighs_nothing_can_be_left_out),
		cmocka_unit_test(jails_share_a_rule),
		cmocka_unit_test(a_jail_strips_what_its_rule_sees),
		cmocka_unit_test(a_jail_needs_a_rule),
		cmocka_unit_test(every_bad_pattern_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
