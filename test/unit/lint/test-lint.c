#include "lint/lint.h"

#include "rules.h"

#include <errno.h>

static struct rule *empty_rule(void)
{
	struct rule *rule = make_rule("a", "_UID=0");

	rule->examples = pooled(16, sizeof(*rule->examples));
	return rule;
}

static char *text_or_null(const char *text)
{
	return text ? pooled_text(text, strlen(text)) : NULL;
}

static void add_example(struct rule *rule, const char *message, const char *event,
			const char *address, const char *user)
{
	struct example *example = &rule->examples[rule->n_examples++];

	*example = (struct example){ .message = text_or_null(message),
				     .event = text_or_null(event),
				     .address = text_or_null(address),
				     .user = text_or_null(user),
				     .line = 9,
				     .column = 5 };
}

static void assert_fault(int (*check)(const struct rule *rule, struct faults *faults),
			 const struct rule *rule, const char *fault)
{
	struct faults faults = { 0 };

	int r = check(rule, &faults);

	if (!fault && faults.n_lines > 0)
		fail_msg("%s", faults.lines[0]);
	assert_int_equal(r, fault ? -EINVAL : 0);
	assert_int_equal(faults.n_lines, fault != NULL);
	if (fault && strncmp(faults.lines[0], fault, strlen(fault)) != 0)
		fail_msg("%s", faults.lines[0]);
	faults_done(&faults);
}

#define GITEA                                                                      \
	"Failed authentication attempt for alice from 192.0.2.1:0: user does not " \
	"exist [uid: 0, name: alice, keyid: 0]"
#define LOGIN "login: user=<alice>, rip=192.0.2.1, lip=198.51.100.1, session=<b6lTj9FgjeAKTQEP>"

static void a_name_must_not_tell_the_address(void **state)
{
	static const struct {
		const char *pattern, *message, *user, *fault;
	} cases[] = {
		{ "^login: user=<(?<user>.*)>, rip=(?<address>[^,]+), lip=[^,<>]+, session=<[^<>]+>$",
		  LOGIN, "alice", NULL },
		{ "^login: user=<(?<user>.*?)>, rip=(?<address>[^,]+), lip=", LOGIN, "alice",
		  "r.json:9:5: with the user name \"x>, rip=203.0.113.254, lip=1.1.1.1\" the example "
		  "tells \"203.0.113.254\" (event \"e\"): let" },
		/* [^>] stops at the client's own bracket. */
		{ "^login: user=<(?<user>[^>]*)>, rip=(?<address>[^,]+), lip=", LOGIN, "alice",
		  "r.json:9:5: with the user name" },
		/* The last place, or the only one. */
		{ "^(?s)for (?<user>.*) from (?<address>\\S+)", "for x from 192.0.2.1 port 7", "x",
		  NULL },
		{ "^for (?<user>.*) from (?<address>\\S+) port 7$", "for x from 192.0.2.1 port 7",
		  "x", NULL },
		{ "^for (?<user>.*) from (?<address>\\S+)", "for x from 192.0.2.1 port 7", "x",
		  "r.json:9:5: with the user name \"x from 203.0.113.254 port 7?\" the example tells "
		  "\"203.0.113.254\" (event \"e\"): names may hold line feeds" },
		{ "^from (?<address>\\S+) for (?<user>.*)$", "from 192.0.2.1 for x", "x", NULL },
		{ "^.*from (?<address>\\S+) for (?<user>.*)$", "from 192.0.2.1 for x", "x",
		  "r.json:9:5: with the user name \"xfrom 203.0.113.254 for x\" the example" },
		/* Nor whose session it is. */
		{ "^user=<(?<user>.*?)>, session=<(?<session>[^>]+)>", "user=<a>, session=<b>", "a",
		  "r.json:9:5: with the user name" },
		{ "^user=<(?<user>.*)>, session=<(?<session>[^<>]+)>$", "user=<a>, session=<b>",
		  "a", NULL },
		/* An example without a user is one of names that cannot be any text. */
		{ "^login: user=<(?<user>.*?)>, rip=(?<address>[^,]+), lip=", LOGIN, NULL, NULL },
		/* Nor may a password. */
		{ "^pass (?<secret>.*?) from (?<address>\\S+) ", "pass x from 192.0.2.1 ok", NULL,
		  "r.json:9:5: with the password" },
		{ "^pass (?<secret>.*) from (?<address>\\S+) ok$", "pass x from 192.0.2.1 ok", NULL,
		  NULL },
		/* Gitea: the name once more, behind the address. */
		{ "^Failed authentication attempt for (?<user>.*) from (?<address>\\S+): .*$",
		  GITEA, "alice",
		  "r.json:9:5: with the user name \"x from 203.0.113.254: user does not exist [uid: 0, "
		  "name: ali...\" the example tells \"203.0.113.254\" (event \"e\"): the line holds the "
		  "name more than once: bind" },
		{ "^Failed authentication attempt for (?<user>.*) from (?<address>\\S+): [^:]* "
		  "\\[uid: 0, name: \\k<user>, keyid: 0\\]$",
		  GITEA, "alice", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule *rule = empty_rule();

		make_event(rule, "e", "MESSAGE", cases[i].pattern);
		add_example(rule, cases[i].message, "e", NULL, cases[i].user);
		assert_fault(lint_hostile, rule, cases[i].fault);
	}
	pool_done();
}

static void logfmt_names_are_quoted(void **state)
{
	struct rule *rule = empty_rule();

	make_logfmt_event(rule, "e", "m", "failed", false);
	add_example(rule, "m=failed username=alice remote=192.0.2.1 cid=1", "e", "192.0.2.1",
		    "alice");
	add_example(rule, "m=failed username= remote=192.0.2.1 cid=1", "e", "192.0.2.1", "");
	add_example(rule, "m=failed remote=192.0.2.1 cid=1 username=\"a b\"", "e", "192.0.2.1",
		    "a b");
	assert_fault(lint_hostile, rule, NULL);
	/* A pattern over the same line is taken in. */
	rule = empty_rule();
	make_event(rule, "e", "MESSAGE", "^m=failed username=(?<user>.*?) remote=(?<address>\\S+)");
	add_example(rule, "m=failed username=alice remote=192.0.2.1 cid=1", "e", "192.0.2.1",
		    "alice");
	assert_fault(lint_hostile, rule, "r.json:9:5: with the user name");
	pool_done();
}

static void json_names_are_quoted(void **state)
{
	struct rule *rule = empty_rule();
	struct event *event = make_logfmt_event(rule, "e", "m", "failed", false);
	static char prefix[] = "^x: [^{]*+", greedy[] = "^.*(?:by|from) (?<address>\\S+)";

	event->format = FORMAT_JSON;
	event->prefix = prefix;
	add_example(rule, "x: {\"m\":\"failed\",\"username\":\"alice\",\"remote\":\"192.0.2.1\"}",
		    "e", NULL, "alice");
	add_example(rule,
		    "x: alice {\"m\":\"failed\",\"username\":\"alice\",\"remote\":\"192.0.2.1\"}",
		    "e", NULL, "alice");
	assert_fault(lint_hostile, rule, NULL);
	/* A pattern inside a value that holds the name, too. */
	rule = empty_rule();
	event = make_logfmt_event(rule, "e", "m", "", false);
	event->format = FORMAT_JSON;
	event->where->like = greedy;
	event->n_address_keys = 0;
	add_example(rule, "{\"m\":\"from 192.0.2.1 as alice\",\"username\":\"alice\"}", "e", NULL,
		    "alice");
	assert_fault(lint_hostile, rule, "r.json:9:5: with the user name");
	pool_done();
}

static void names_in_fields_are_replaced(void **state)
{
	struct rule *rule = empty_rule();
	struct event *event = make_logfmt_event(rule, "e", "DETAIL", "", false);
	static char greedy[] = "^.*from (?<address>\\S+)", user[] = "username";
	struct example_field fields[] = { { pooled_text("DETAIL", 6),
					    pooled_text("from 192.0.2.1 as alice", 23) },
					  { user, pooled_text("alice", 5) } };

	event->format = FORMAT_FIELDS;
	event->where->like = greedy;
	event->n_address_keys = 0;
	add_example(rule, "failed", "e", NULL, "alice");
	rule->examples[0].fields = fields;
	rule->examples[0].n_fields = 2;
	assert_fault(lint_hostile, rule, "r.json:9:5: with the user name");
	strcpy(greedy, "^from (?<address>\\S+)");
	assert_fault(lint_hostile, rule, NULL);
	pool_done();
}

static void nothing_is_left_behind_a_possessive_piece(void **state)
{
	struct rule *rule = empty_rule();
	static char prefix[] = "^\\S++x";

	make_event(rule, "good", "MESSAGE", "^from (?<address>\\S++)\\ ");
	make_event(rule, "bad", "MESSAGE", "^IP: (?<address>\\S++)\\. User: ");
	assert_fault(
		lint_possessive, rule,
		"r.json:1:1: pattern of event \"bad\" matches nothing: \"\\S++\" gives nothing back, "
		"so \"\\.\" never comes behind it: ");
	rule = empty_rule();
	make_logfmt_event(rule, "e", "m", "x", false)->prefix = prefix;
	assert_fault(lint_possessive, rule, "r.json:1:1: pattern of event \"e\" matches nothing: ");
	pool_done();
}

static void costs_must_not_outgrow_the_line(void **state)
{
	struct rule *rule = empty_rule();

	make_event(rule, "good", "MESSAGE", "^from (?<address>\\S+) for (?<user>.*)$");
	make_logfmt_event(rule, "logfmt", "m", "failed", false);
	make_event(rule, "bad", "MESSAGE", "^.*from.*by (?<address>\\S+)$");
	add_example(rule, "from x by 192.0.2.1", "bad", "192.0.2.1", NULL);
	assert_fault(
		lint_cost, rule,
		"r.json:1:1: pattern of event \"bad\" costs more than the line is long: \"from \" "
		"repeated 20, 40 and 80 times behind \"");
	pool_done();
}

static void every_pattern_of_an_event_has_a_cost(void **state)
{
	static char dear[] = "^.*from.*by x$";

	for (int i = 0; i < 2; i++) {
		struct rule *rule = empty_rule();
		struct event *event = make_logfmt_event(rule, "e", "m", "x", false);

		*(i == 0 ? &event->prefix : &event->where->like) = dear;
		assert_fault(lint_cost, rule,
			     "r.json:1:1: pattern of event \"e\" costs more than the line is long");
	}
	pool_done();
}

static void costs_must_not_come_near_the_limit(void **state)
{
	struct rule *rule = empty_rule();
	char pattern[256], *end = stpcpy(pattern, "^(?:");

	for (int i = 0; i < 28; i++)
		end = stpcpy(end, "(?=.)");
	strcpy(end, "[^,])*+(?<address>,)");
	make_event(rule, "bad", "MESSAGE", pattern);
	assert_fault(lint_cost, rule,
		     "r.json:1:1: pattern of event \"bad\" comes near the match limit: \"");
	pool_done();
}

static void every_event_needs_an_example(void **state)
{
	struct rule *rule = empty_rule();

	make_event(rule, "one", "MESSAGE", "^from (?<address>\\S+)$");
	make_logfmt_event(rule, "two", "m", "failed", false);
	add_example(rule, "from 192.0.2.1", "one", NULL, NULL);
	add_example(rule, "of nobody", NULL, NULL, NULL);
	assert_fault(lint_examples, rule,
		     "r.json:1:1: event \"two\" has no example: add a message that it shall match");
	add_example(rule, "m=failed username=a remote=192.0.2.1", "two", NULL, NULL);
	assert_fault(lint_examples, rule, NULL);
	pool_done();
}

static void a_bad_pattern_is_told_as_such(void **state)
{
	struct rule *rule = empty_rule();

	make_event(rule, "bad", "MESSAGE", "^x(?<address>");
	assert_fault(lint_hostile, rule, "r.json:1:1: pattern of event \"bad\": missing");
	pool_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_must_not_tell_the_address),
		cmocka_unit_test(logfmt_names_are_quoted),
		cmocka_unit_test(json_names_are_quoted),
		cmocka_unit_test(names_in_fields_are_replaced),
		cmocka_unit_test(nothing_is_left_behind_a_possessive_piece),
		cmocka_unit_test(costs_must_not_outgrow_the_line),
		cmocka_unit_test(every_pattern_of_an_event_has_a_cost),
		cmocka_unit_test(costs_must_not_come_near_the_limit),
		cmocka_unit_test(every_event_needs_an_example),
		cmocka_unit_test(a_bad_pattern_is_told_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
