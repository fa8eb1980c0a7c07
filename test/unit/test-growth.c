#include "growth.h"

#include "rules.h"

#include <errno.h>

static struct rule *rule_with(const char *pattern, const char *message)
{
	struct rule *rule = make_rule("a", "_UID=0");

	make_event(rule, "e", "MESSAGE", pattern);
	if (message) {
		rule->examples = pooled(1, sizeof(*rule->examples));
		rule->n_examples = 1;
		rule->examples->message = pooled_text(message, strlen(message));
		rule->examples->event = rule->events->name;
	}
	return rule;
}

static const char login[] =
	"imap-login: Login aborted: Connection closed (auth failed, 1 attempts in 0 secs) (auth_failed): "
	"user=<alice@example.org>, method=PLAIN, rip=192.0.2.5, lip=192.0.2.1, session=<b6lTj9FgjeAKTQEP>";

#define SSH "Failed password for invalid user x from 192.0.2.1 port 33 ssh2"

static void tells_what_grows(void **state)
{
	static const struct {
		const char *pattern, *message;
		bool grows;
	} cases[] = {
		/* A tail that begins anew at every "rip=", and may take all the rest each time. */
		{ "^imap-login: .*rip=(?<address>[^,]+), lip=[^,]+(?:, mpid=\\d+)?"
		  "(?:, (?:secured|TLS)(?: handshaking)?(?::.*)?)?, session=<(?<session>[^>]+)>$",
		  login, true },
		/* The same in one step each: PCRE2's own counter does not see it. */
		{ "^imap-login: .*rip=(?<address>[^,]+), lip=[^<]*+, session=<[^>]+>$", login,
		  true },
		{ "^imap-login: [^<]*<(?<user>.*)>, method=[A-Z0-9-]+, rip=(?<address>[^,]+), "
		  "lip=[^,]+, session=<(?<session>[^>]+)>$",
		  login, false },
		{ "^imap-login: [^<]*+<(?<user>.*)>(?>(?:, [^>]*)?, rip=)(?<address>[^,]++),.*$",
		  login, false },
		{ "^(?:[a-z]+ ?)*from (?<address>\\S+)$", "failed from 192.0.2.1", true },
		{ "^.*.*from (?<address>\\S+)$", "failed from 192.0.2.1", true },
		{ "^a(?<address>b+)+c$", "abbc", true },
		{ "^x\\d+\\d+(?<address>a)$", "x123a", true },
		{ "^x\\d+-\\d+(?<address>a)$", "x12-3a", false },
		{ "^.* from (?<address>\\S+) port .* ssh2$", SSH, true },
		{ "^Failed password for (?:invalid user )?(?<user>.*) from (?<address>\\S+) port "
		  "\\d+(?: ssh2)?$",
		  SSH, false },
		{ "^(?=.*x)(?=.*y)x .* (?<address>\\S+)$", "x y 192.0.2.1", false },
		/* Not understood, so as PCRE2 counts. */
		{ "^(?i)failed .* for .* from (?<address>\\S+)$", "failed x for y from 192.0.2.1",
		  true },
		{ "^(?i)failed for (?<user>.*) from (?<address>\\S+)$",
		  "failed for y from 192.0.2.1", false },
		/* Without an example the pattern itself says what to try. */
		{ "^(?:imap|pop3): user=<.*>.*rip=(?<address>[^,]+).*lip$", NULL, true },
		{ "^(?:imap|pop3): user=<.*>, rip=(?<address>[^,]+),", NULL, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule *rule = rule_with(cases[i].pattern, cases[i].message);
		struct growth growth;
		int r = growth_find(rule, rule->events, &growth);

		if (r != cases[i].grows)
			fail_msg("%s: %d", cases[i].pattern, r);
		if (r == 0)
			continue;
		assert_true(growth.piece[0] != '\0');
		assert_true(growth.repeats[0] < growth.repeats[1] &&
			    growth.repeats[1] < growth.repeats[2]);
		assert_true(growth.steps[0] <= growth.steps[1] &&
			    growth.steps[1] <= growth.steps[2]);
	}
	pool_done();
}

static void needs_a_pattern(void **state)
{
	struct rule *rule = rule_with("^x(?<address>", NULL);
	struct growth growth;

	assert_int_equal(growth_find(rule, rule->events, &growth), -EINVAL);
	rule->events->format = FORMAT_LOGFMT;
	assert_int_equal(growth_find(rule, rule->events, &growth), -EINVAL);
	pool_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_grows),
		cmocka_unit_test(needs_a_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
