#include "config/draft.h"

#include "unit.h"

#include "config/policy-read.h"
#include "config/rule.h"

static struct draft_container engine(const char *name, const char *unit, const char *cgroup,
				     const char *uid)
{
	return (struct draft_container){ name, span_of(unit), span_of(cgroup), span_of(uid) };
}

/* The file is a policy. */
static struct policy *policy_of(const struct draft *draft, const char *ignore)
{
	cleanup(freep) char *text = draft_write(draft, ignore);
	struct faults faults = { 0 };
	struct policy *policy = NULL;

	assert_non_null(text);
	assert_int_equal(policy_parse("x", span_of(text), &faults, &policy), 0);
	return policy;
}

static void services_become_jails(void **state)
{
	cleanup(draft_done) struct draft draft = { 0 };
	cleanup(policy_freep) struct policy *policy = NULL;

	assert_int_equal(draft_add(&draft, NULL, "sshd", NULL), 1);
	assert_int_equal(draft_add(&draft, NULL, "dovecot", NULL), 1);
	policy = policy_of(&draft, "192.0.2.7/32");
	assert_int_equal(policy->n_jails, 2);
	assert_string_equal(policy->jails[1].name, "dovecot");
	assert_string_equal(policy_rule(&policy->jails[1]), "dovecot");
	assert_int_equal(policy->n_ignoreip, 1);
}

static void a_jail_closes_where_its_service_listens(void **state)
{
	static const char present[] = "{ \"jails\": { \"sshd\": {} } }";
	cleanup(policy_freep) struct policy *taken = NULL, *policy = NULL;
	cleanup(draft_done) struct draft draft = { 0 };
	struct faults faults = { 0 };
	struct ports ports = { 0 };

	assert_int_equal(policy_parse("x", span_of(present), &faults, &taken), 0);
	assert_int_equal(ports_add(&ports, SPAN_LITERAL("ssh")), 0);
	assert_int_equal(ports_add(&ports, SPAN_LITERAL("2222-2224")), 0);
	assert_int_equal(draft_add(&draft, NULL, "sshd", &ports), 1);
	assert_int_equal(draft_add(&draft, taken, "sshd", &ports), 1);
	ports_done(&ports);
	policy = policy_of(&draft, NULL);
	assert_int_equal(policy->n_jails, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct settings *settings = &policy->jails[i].settings;

		assert_true(settings->has_ports);
		assert_int_equal(settings->ports.n_ranges, 2);
		assert_int_equal(settings->ports.ranges[0].first, 22);
		assert_int_equal(settings->ports.ranges[1].last, 2224);
	}
	assert_string_equal(policy_rule(&policy->jails[1]), "sshd");
}

static void nothing_is_a_policy_too(void **state)
{
	cleanup(draft_done) struct draft draft = { 0 };
	cleanup(policy_freep) struct policy *policy = policy_of(&draft, NULL);

	assert_int_equal(policy->n_jails + policy->n_ignoreip, 0);
}

static void containers_are_named_with_who_writes_for_them(void **state)
{
	static const struct {
		const char *unit, *cgroup, *wanted_unit;
		size_t n_conditions;
		bool prefix;
	} cases[] = {
		{ "docker.service", "/system.slice/docker.service", "docker.service", 2, false },
		{ "libpod-conmon-0a1b.scope", NULL, "libpod-conmon-", 2, true },
		{ "mail.service", "/system.slice/mail.service/runtime", "mail.service", 3, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(draft_done) struct draft draft = { 0 };
		cleanup(policy_freep) struct policy *policy = NULL;
		struct draft_container container =
			engine("Mail.1_x", cases[i].unit, cases[i].cgroup, "0");
		const struct condition *unit;
		const char *error = NULL;

		assert_int_equal(draft_add_container(&draft, NULL, "postfix", &container, &error),
				 1);
		policy = policy_of(&draft, NULL);
		assert_string_equal(policy->jails[0].name, "postfix-mail-1_x");
		assert_string_equal(policy_rule(&policy->jails[0]), "postfix");
		assert_int_equal(policy->jails[0].strip.n, 1);
		assert_int_equal(policy->jails[0].selectors[0].n_conditions, cases[i].n_conditions);
		unit = selector_find(&policy->jails[0].selectors[0], "_SYSTEMD_UNIT");
		assert_string_equal(unit->values[0], cases[i].wanted_unit);
		assert_int_equal(unit->is_prefix, cases[i].prefix);
	}
}

static void strangers_are_not_believed(void **state)
{
	static const struct {
		const char *name, *unit, *cgroup, *uid;
	} cases[] = {
		{ "mail", "user@1000.service", NULL, "1000" },
		{ "mail", "session-4.scope", NULL, "0" },
		{ "mail", "docker.service", NULL, "1000" },
		{ "mail", "docker.service", NULL, NULL },
		{ "mail", NULL, NULL, "0" },
		{ "mail", "php.service", "/system.slice/php.service", "0" },
		{ "mail", "php.service", "/system.slice/php.service/runtime", "33" },
		{ "a\" }", "docker.service", NULL, "0" },
		{ "a\n", "docker.service", NULL, "0" },
		{ "", "docker.service", NULL, "0" },
		{ "mail", "doc\"ker.service", NULL, "0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(draft_done) struct draft draft = { 0 };
		struct draft_container container =
			engine(cases[i].name, cases[i].unit, cases[i].cgroup, cases[i].uid);
		const char *error = NULL;

		assert_int_equal(draft_add_container(&draft, NULL, "sshd", &container, &error), 0);
		assert_non_null(error);
		assert_int_equal(draft.n_jails, 0);
	}
}

static void no_two_jails_have_one_name(void **state)
{
	static const char present[] = "{ \"jails\": { \"dovecot\": {} } }";
	struct draft_container container =
		engine("mailcowdockerized-dovecot-mailcow-1", "docker.service", NULL, "0");
	cleanup(policy_freep) struct policy *taken = NULL, *policy = NULL;
	cleanup(draft_done) struct draft draft = { 0 };
	struct faults faults = { 0 };
	const char *error;

	assert_int_equal(policy_parse("x", span_of(present), &faults, &taken), 0);
	assert_int_equal(draft_add(&draft, taken, "dovecot", NULL), 1);
	for (int i = 0; i < 12; i++)
		assert_int_equal(draft_add_container(&draft, taken, "dovecot", &container, &error),
				 1);
	assert_string_equal(draft.jails[0].name, "dovecot-2");
	assert_string_equal(draft.jails[1].name, "dovecot-mailcowdockerized-doveco");
	assert_string_equal(draft.jails[12].name, "dovecot-mailcowdockerized-dov-12");
	policy = policy_of(&draft, NULL);
	assert_int_equal(policy->n_jails, 13);
	assert_string_equal(policy_rule(&policy->jails[0]), "dovecot");
}

static void rules_that_would_do_nothing_or_harm_are_left_out(void **state)
{
	static const char *const named[] = { "mox-web", "haproxy" };
	struct event event = { .outcome = OUTCOME_FAILURE, .mode = MODE_AGGRESSIVE };
	struct rule rule = { .events = &event, .n_events = 1 };

	strcpy(rule.name, "other");
	assert_non_null(draft_refuses(&rule));
	event.mode = MODE_NORMAL;
	assert_null(draft_refuses(&rule));
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		strcpy(rule.name, named[i]);
		assert_non_null(draft_refuses(&rule));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_become_jails),
		cmocka_unit_test(a_jail_closes_where_its_service_listens),
		cmocka_unit_test(nothing_is_a_policy_too),
		cmocka_unit_test(containers_are_named_with_who_writes_for_them),
		cmocka_unit_test(strangers_are_not_believed),
		cmocka_unit_test(no_two_jails_have_one_name),
		cmocka_unit_test(rules_that_would_do_nothing_or_harm_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
