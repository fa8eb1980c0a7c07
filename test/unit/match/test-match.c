#include "match/match.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>

static char name[] = "e";
static char message_field[] = "MESSAGE";

static struct event pattern_event(const char *pattern)
{
	static char text[4096];

	(void)snprintf(text, sizeof(text), "%s", pattern);
	return (struct event){ .name = name,
			       .field = message_field,
			       .format = FORMAT_PATTERN,
			       .pattern = text,
			       .line = 3,
			       .column = 7 };
}

static const char *fault_of(struct event event)
{
	static char line[512];
	struct faults faults = { 0 };
	struct match *match = NULL;

	assert_int_equal(match_new("r.json", &event, 0, &faults, &match), -EINVAL);
	assert_null(match);
	assert_int_equal(faults.n_lines, 1);
	(void)snprintf(line, sizeof(line), "%s", faults.lines[0]);
	faults_done(&faults);
	return line;
}

static void assert_begins(const char *text, const char *head)
{
	if (strncmp(text, head, strlen(head)) != 0)
		fail_msg("\"%s\" does not begin \"%s\"", text, head);
}

static void says_what_is_wrong_with_a_pattern(void **state)
{
	assert_string_equal(fault_of(pattern_event("^a(?<address>b")),
			    "r.json:3:7: pattern of event \"e\": missing closing parenthesis at "
			    "offset 14: mend it at its end");
	assert_begins(fault_of(pattern_event("^a[z-a](?<address>b)")),
		      "r.json:3:7: pattern of event \"e\": range out of order in character class "
		      "at offset "); /* 5, of PCRE2 10.49 on 6 */
	assert_begins(
		fault_of(pattern_event("^(?<adress>b)")),
		"r.json:3:7: pattern of event \"e\": \"adress\" is not a group that banish knows: did you "
		"mean \"address\"?");
	assert_begins(
		fault_of(pattern_event("^(?<q>b)")),
		"r.json:3:7: pattern of event \"e\": \"q\" is not a group that banish knows: name it");
	assert_begins(fault_of(pattern_event("(?<address>b)")),
		      "r.json:3:7: pattern of event \"e\": it can match in the middle");
	assert_begins(fault_of(pattern_event("^a(?<address>b)|(?<session>c)")),
		      "r.json:3:7: pattern of event \"e\": it can match in the middle");
	assert_begins(fault_of(pattern_event("^(?<user>b)")),
		      "r.json:3:7: event \"e\": it tells neither who nor in which session");
	assert_begins(fault_of(pattern_event("(*UTF)^(?<address>b)")),
		      "r.json:3:7: pattern of event \"e\": using UTF is disabled");
}

static void demands_what_an_event_needs(void **state)
{
	struct event event = pattern_event("^(?<address>b)");

	event.outcome = OUTCOME_NOTE;
	assert_begins(fault_of(event), "r.json:3:7: event \"e\": a note without a session");
	event = pattern_event("^(?<address>b)");
	event.agree = true;
	assert_begins(fault_of(event), "r.json:3:7: event \"e\": \"agree\" needs a session");
	event = pattern_event("^(?<session>b)");
	event.agree = true;
	assert_begins(fault_of(event), "r.json:3:7: event \"e\": \"agree\" needs an address");
	event.format = FORMAT_LOGFMT;
	event.agree = false;
	assert_begins(fault_of(event), "r.json:3:7: event \"e\": it tells neither");
}

static void lets_a_success_tell_nothing(void **state)
{
	struct event event = pattern_event("^logged in$");
	cleanup(match_freep) struct match *match = NULL;
	struct faults faults = { 0 };

	event.outcome = OUTCOME_SUCCESS;
	assert_int_equal(match_new("r.json", &event, 0, &faults, &match), 0);
	assert_int_equal(faults.n_lines, 0);
}

/* One text through one event, by JIT and by the interpreter: both must agree. */
static int run(const struct event *event, struct span text, struct captures *ret)
{
	static struct pairs logfmt;
	struct captures captures[2];
	int results[2];

	for (int jit = 0; jit < 2; jit++) {
		cleanup(matcher_freep) struct matcher *matcher = NULL;
		cleanup(match_freep) struct match *match = NULL;
		struct faults faults = { 0 };
		struct subject subject = { .text = text, .pairs = &logfmt };

		memset(&captures[jit], 0, sizeof(captures[jit]));
		assert_int_equal(matcher_new(&matcher), 0);
		assert_int_equal(match_new("r.json", event, jit ? MATCH_JIT : 0, &faults, &match),
				 0);
		results[jit] = match_run(match, matcher, &subject, &captures[jit]);
		/* And again: nothing is left over from the first time. */
		assert_int_equal(match_run(match, matcher, &subject, &captures[jit]), results[jit]);
	}
	assert_int_equal(results[0], results[1]);
	if (event->format == FORMAT_PATTERN)
		assert_memory_equal(&captures[0], &captures[1], sizeof(captures[0]));
	*ret = captures[0];
	return results[0];
}

static void assert_span(struct span span, const char *text)
{
	if (!text) {
		assert_null(span.data);
		return;
	}
	assert_non_null(span.data);
	assert_int_equal(span.size, strlen(text));
	assert_memory_equal(span.data, text, span.size);
}

static void tells_what_the_groups_hold(void **state)
{
	static const struct {
		const char *pattern, *text;
		int result;
		const char *address, *user, *session;
		uint64_t attempts;
		bool has_attempts;
	} cases[] = {
		{ "^a=(?<address>[^,]*),u=(?<user>.*)$", "a=192.0.2.1,u=x", 1, "192.0.2.1", "x",
		  NULL, 0, false },
		{ "^a=(?<address>[^,]*),u=(?<user>.*)$", "b=192.0.2.1,u=x", 0, NULL, NULL, NULL, 0,
		  false },
		/* Empty is absent, but for the user. */
		{ "^a=(?<address>[^,]*),u=(?<user>.*)$", "a=,u=", 1, NULL, "", NULL, 0, false },
		{ "^s=(?<session>[^,]*)", "s=", 1, NULL, NULL, NULL, 0, false },
		{ "^s=(?<session>[^,]*)(?:,(?<address>.*))?", "s=abc", 1, NULL, NULL, "abc", 0,
		  false },
		{ "^(?<session>s)(?<attempts>.*)", "s12", 1, NULL, NULL, "s", 12, true },
		{ "^(?<session>s)(?<attempts>.*)", "s0", 1, NULL, NULL, "s", 0, true },
		{ "^(?<session>s)(?<attempts>.*)", "s-1", 1, NULL, NULL, "s", 0, false },
		{ "^(?<session>s)(?<attempts>.*)", "s1x", 1, NULL, NULL, "s", 0, false },
		{ "^(?<session>s)(?<attempts>.*)", "s", 1, NULL, NULL, "s", 0, false },
		{ "^(?<session>s)(?<attempts>.*)", "s99999999999999999999999999", 1, NULL, NULL,
		  "s", 1000000, true },
		/* One name in two places: what is set counts, a contradiction tells nothing. */
		{ "^(?:x(?<address>\\d)|y(?<address>\\d))", "y7", 1, "7", NULL, NULL, 0, false },
		{ "^(?<address>\\d)-(?<address>\\d)", "7-7", 1, "7", NULL, NULL, 0, false },
		{ "^(?<address>\\d)-(?<address>\\d)", "7-8", 1, NULL, NULL, NULL, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct event event = pattern_event(cases[i].pattern);
		struct captures captures;

		assert_int_equal(run(&event, span_of(cases[i].text), &captures), cases[i].result);
		if (cases[i].result == 0)
			continue;
		assert_span(captures.address, cases[i].address);
		assert_span(captures.user, cases[i].user);
		assert_span(captures.session, cases[i].session);
		assert_int_equal(captures.attempts, cases[i].attempts);
		assert_int_equal(captures.has_attempts, cases[i].has_attempts);
	}
}

static void tells_what_stands_for_the_password(void **state)
{
	struct event event =
		pattern_event("^(?<user>\\w+)(?<address>)(?: \\((?<secret>[0-9a-f]*)\\))?$");
	struct captures captures;

	assert_int_equal(run(&event, SPAN_LITERAL("alice (f638ff)"), &captures), 1);
	assert_span(captures.secret, "f638ff");
	assert_int_equal(run(&event, SPAN_LITERAL("alice ()"), &captures), 1);
	assert_span(captures.secret, NULL);
	assert_int_equal(run(&event, SPAN_LITERAL("alice"), &captures), 1);
	assert_span(captures.secret, NULL);
}

static void reads_bytes(void **state)
{
	struct event event = pattern_event("^\\x00[\\xff\\n]+(?<address>[^\\x80]+)\\x80$");
	struct captures captures;

	assert_int_equal(run(&event, SPAN_LITERAL("\0\xff\n\xffq\x80"), &captures), 1);
	assert_span(captures.address, "q");
	assert_int_equal(run(&event, SPAN_LITERAL("\0\xff\n\xffq\x80z"), &captures), 0);
	assert_int_equal(run(&event, (struct span){ 0 }, &captures), 0);
}

static char *repeated(const char *piece, size_t n, const char *tail)
{
	char *text = calloc(1, n * strlen(piece) + strlen(tail) + 1);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * strlen(piece), piece, strlen(piece));
	memcpy(text + n * strlen(piece), tail, strlen(tail));
	return text;
}

static void gives_up_at_the_limit(void **state)
{
	struct event event = pattern_event("^(?:a|aa)+(?<address>b)$");
	cleanup(freep) char *text = repeated("a", 100, "bc");
	struct captures captures;

	assert_int_equal(run(&event, span_of(text), &captures), -E2BIG);
}

/* Here the JIT stack is too small (measured with PCRE2 10.42: -46 from 16 KiB on); the interpreter
 * answers. */
static void reads_long_lines(void **state)
{
	struct event event = pattern_event("^(?:([^,])|,(?!z))*,z(?<address>.*)$");
	cleanup(freep) char *text = repeated("a", 16384, ",z192.0.2.1");
	struct captures captures;

	assert_int_equal(run(&event, span_of(text), &captures), 1);
	assert_span(captures.address, "192.0.2.1");
}

/* What remembers nothing on its way has no such bound. */
static void reads_the_longest_lines(void **state)
{
	struct event event = pattern_event("^(?:[^,]|,(?!z))*+,z(?<address>.*)$");
	cleanup(freep) char *text = repeated("a", 1 << 20, ",z192.0.2.1");
	struct captures captures;

	assert_int_equal(run(&event, span_of(text), &captures), 1);
	assert_span(captures.address, "192.0.2.1");
}

static char m[] = "m", remote[] = "remote", cid[] = "cid", username[] = "username",
	    result[] = "result", count[] = "count", digest[] = "digest";
static char failed[] = "failed authentication attempt", attempt[] = "login attempt", empty[] = "",
	    ok[] = "ok";
static char *failures[] = { failed, attempt };
static char *passes[] = { ok };
static char *nothing[] = { empty };
static char *remotes[] = { remote };

static struct event logfmt_event(struct where *where, size_t n_where)
{
	return (struct event){ .name = name,
			       .field = message_field,
			       .format = FORMAT_LOGFMT,
			       .where = where,
			       .n_where = n_where,
			       .address_keys = remotes,
			       .n_address_keys = 1,
			       .user_key = username,
			       .session_key = cid,
			       .attempts_key = count,
			       .secret_key = digest };
}

/* "last": "no guess": the announced total, or the line itself, holds one that was none. */
static void takes_off_the_last_attempt(void **state)
{
	static const struct {
		const char *line;
		uint64_t attempts;
	} cases[] = { { "x s 6", 5 }, { "x s 1", 0 }, { "x s 0", 0 }, { "x s", 0 } };
	struct event event = pattern_event("^x (?<session>s)(?: (?<attempts>\\d+))?$");
	struct captures c;

	event.last_is_no_guess = true;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(run(&event, span_of(cases[i].line), &c), 1);
		assert_true(c.has_attempts);
		assert_int_equal(c.attempts, cases[i].attempts);
	}
}

static void reads_logfmt(void **state)
{
	struct where where[] = {
		{ .key = m, .values = failures, .n_values = 2 },
		{ .key = result, .values = passes, .n_values = 1, .negated = true },
	};
	struct event event = logfmt_event(where, 2);
	struct captures c;

	assert_int_equal(
		run(&event,
		    SPAN_LITERAL(
			    "l=info m=\"failed authentication attempt\" "
			    "username=\"x\\\" remote=9.9.9.9\" remote=192.0.2.1 cid=1a count=3 digest=f638ff"),
		    &c),
		1);
	assert_span(c.address, "192.0.2.1");
	assert_span(c.user, "x\" remote=9.9.9.9");
	assert_span(c.session, "1a");
	assert_int_equal(c.attempts, 3);
	assert_span(c.secret, "f638ff");

	/* No key, an empty one, an ambiguous one: no address. */
	assert_int_equal(run(&event, SPAN_LITERAL("m=\"login attempt\" username="), &c), 1);
	assert_span(c.secret, NULL);
	assert_span(c.address, NULL);
	assert_span(c.user, "");
	assert_span(c.session, NULL);
	assert_false(c.has_attempts);
	assert_int_equal(run(&event, SPAN_LITERAL("m=\"login attempt\" remote= cid="), &c), 1);
	assert_span(c.address, NULL);
	assert_span(c.session, NULL);
	assert_int_equal(run(&event,
			     SPAN_LITERAL("m=\"login attempt\" remote=1 remote=2 cid=1 cid=1"), &c),
			 1);
	assert_span(c.address, NULL);
	assert_span(c.session, "1");

	/* Conditions: all of them, any value of one, negated, ambiguous. */
	assert_int_equal(run(&event, SPAN_LITERAL("m=\"login attempt\" result=ok"), &c), 0);
	assert_int_equal(run(&event, SPAN_LITERAL("m=\"login attempts\""), &c), 0);
	assert_int_equal(run(&event, SPAN_LITERAL("m=\"login attempt\" result=a result=b"), &c), 0);
	assert_int_equal(run(&event, SPAN_LITERAL("m=x m=\"login attempt\""), &c), 0);
	/* Not logfmt at all. */
	assert_int_equal(run(&event, SPAN_LITERAL("m=\"login attempt\" x"), &c), 0);
	assert_int_equal(run(&event, (struct span){ 0 }, &c), 0);
}

static void a_missing_key_is_an_empty_one(void **state)
{
	struct where where[] = { { .key = result, .values = nothing, .n_values = 1 } };
	struct event event = logfmt_event(where, 1);
	struct captures c;

	assert_int_equal(run(&event, SPAN_LITERAL("m=x"), &c), 1);
	assert_int_equal(run(&event, SPAN_LITERAL("m=x result="), &c), 1);
	assert_int_equal(run(&event, SPAN_LITERAL("m=x result=ok"), &c), 0);
	where[0].negated = true;
	assert_int_equal(run(&event, SPAN_LITERAL("m=x"), &c), 0);
	assert_int_equal(run(&event, SPAN_LITERAL("m=x result="), &c), 0);
	assert_int_equal(run(&event, SPAN_LITERAL("m=x result=ok"), &c), 1);
}

static void reads_the_keys_of_a_text_once(void **state)
{
	struct where where[] = { { .key = m, .values = passes, .n_values = 1 } };
	struct event event = logfmt_event(where, 1);
	static struct pairs logfmt;
	struct subject subject = { .text = SPAN_LITERAL("m=ok remote=1"), .pairs = &logfmt };
	cleanup(matcher_freep) struct matcher *matcher = NULL;
	cleanup(match_freep) struct match *match = NULL;
	struct faults faults = { 0 };
	struct captures c;

	assert_int_equal(matcher_new(&matcher), 0);
	assert_int_equal(match_new("r.json", &event, 0, &faults, &match), 0);
	assert_int_equal(match_run(match, matcher, &subject, &c), 1);
	assert_int_equal(subject.state, SUBJECT_READ);
	subject.text = SPAN_LITERAL("no more logfmt");
	assert_int_equal(match_run(match, matcher, &subject, &c), 1);
	subject.state = SUBJECT_UNREAD;
	assert_int_equal(match_run(match, matcher, &subject, &c), 0);
	assert_int_equal(subject.state, SUBJECT_NO_PAIRS);
}

/* The first rule of the text, compiled; what it tells of a line. */
struct told {
	struct rule *rule;
	struct matcher *matcher;
	struct match *match;
	struct pairs pairs;
};

static void told_start(struct told *told, const char *event)
{
	struct faults faults = { 0 };
	char text[4096];

	(void)snprintf(
		text, sizeof(text),
		"{\"name\": \"r\", \"journal\": [{\"_UID\": \"0\"}], \"events\": [{\"name\": \"e\", %s}]}",
		event);
	*told = (struct told){ 0 };
	assert_int_equal(rule_parse("r", span_of(text), &faults, &told->rule), 0);
	assert_int_equal(matcher_new(&told->matcher), 0);
	assert_int_equal(match_new("r", told->rule->events, MATCH_JIT, &faults, &told->match), 0);
}

static void told_end(struct told *told)
{
	match_free(told->match);
	matcher_free(told->matcher);
	rule_free(told->rule);
	pairs_done(&told->pairs);
}

/* NULL in `address`: the line does not match. */
static void assert_told(struct told *told, const char *line, const char *address, const char *user,
			const char *session)
{
	struct subject subject = { .text = span_of(line), .pairs = &told->pairs };
	struct captures captures;
	int r = match_run(told->match, told->matcher, &subject, &captures);

	if (r != (address != NULL))
		fail_msg("answers %d: %s", r, line);
	if (r == 0)
		return;
	assert_span(captures.address, *address ? address : NULL);
	assert_span(captures.user, user);
	assert_span(captures.session, session);
}

static void reads_json_behind_a_prefix(void **state)
{
	struct told told;

	told_start(&told,
		   "\"format\": \"json\", \"prefix\": \"^(?:imap|smtp): failed\\t\", \"where\": "
		   "{\"reason\": {\"not\": \"busy\"}}, \"address\": [\"proxy.ip\", \"ip\"], "
		   "\"user\": \"user\", \"session\": \"address\"");
	assert_told(&told, "imap: failed\t{\"ip\":\"192.0.2.1:4711\",\"user\":\"a\\\"b\"}",
		    "192.0.2.1:4711", "a\"b", "192.0.2.1");
	assert_told(&told, "smtp: failed\t{\"ip\":\"[2001:db8::1]:7\",\"proxy\":{\"ip\":\"\"}}",
		    "[2001:db8::1]:7", NULL, "2001:db8::1");
	assert_told(&told, "imap: failed\t{\"ip\":\"192.0.2.1\",\"proxy\":{\"ip\":\"192.0.2.2\"}}",
		    "192.0.2.2", NULL, "192.0.2.2");
	/* What is ambiguous is not passed over for what stands behind it. */
	assert_told(&told,
		    "imap: failed\t{\"ip\":\"1.1.1.1\",\"proxy.ip\":\"2.2.2.2\",\"proxy\":{\"ip\":"
		    "\"3.3.3.3\"}}",
		    "", NULL, NULL);
	assert_told(&told, "imap: failed\t{\"reason\":\"busy\",\"ip\":\"192.0.2.1\"}", NULL, NULL,
		    NULL);
	assert_told(&told, "imap: failed\t{\"ip\":\"192.0.2.1\"} x", NULL, NULL, NULL);
	assert_told(&told, "imap: failed {\"ip\":\"192.0.2.1\"}", NULL, NULL, NULL);
	assert_told(&told, "{\"ip\":\"192.0.2.1\"}", NULL, NULL, NULL);
	assert_told(&told, "imap: failed\t", NULL, NULL, NULL);
	told_end(&told);
}

static void looks_into_values(void **state)
{
	struct told told;

	told_start(
		&told,
		"\"format\": \"logfmt\", \"where\": {\"event\": \"login.bad\", \"r.clienthost\": "
		"{\"like\": \"^(?:.* )?\\\\[(?<address>[^\\\\]]+)\\\\]$\"}}, \"user\": \"u.username\"");
	assert_told(&told,
		    "event=login.bad r.clienthost=\"bad.example [192.0.2.9]\" u.username=alice",
		    "192.0.2.9", "alice", NULL);
	assert_told(&told, "event=login.bad r.clienthost=[2001:db8::9] u.username=\"\\x{1b}\"",
		    "2001:db8::9", "\\x{1b}", NULL);
	assert_told(&told, "event=login.bad r.clienthost=host u.username=\"x [192.0.2.9]\"", NULL,
		    NULL, NULL);
	assert_told(&told, "event=login.good r.clienthost=[192.0.2.9]", NULL, NULL, NULL);
	told_end(&told);
}

static int told_field(void *source, const char *field, struct span *ret)
{
	const char *const *fields = source;

	for (; *fields; fields += 2)
		if (strcmp(fields[0], field) == 0) {
			*ret = span_of(fields[1]);
			return 1;
		}
	return 0;
}

static void reads_fields_of_the_entry(void **state)
{
	const char *fields[] = { "REMOTEIP",   "192.0.2.9", "ACCOUNTNAME", "x\" REMOTEIP=1.1.1.1",
				 "LISTENERID", "imap",      NULL };
	struct entry entry = { .field = told_field, .source = fields };
	struct told told;

	told_start(
		&told,
		"\"format\": \"fields\", \"where\": {\"MESSAGE\": \"Authentication failed\", "
		"\"LISTENERID\": {\"like\": \"^(?:imap|smtp)\"}}, \"address\": [\"NONE\", \"REMOTEIP\"], "
		"\"user\": \"ACCOUNTNAME\"");
	kept_begin(matcher_kept(told.matcher), &entry);
	assert_told(&told, "Authentication failed", "192.0.2.9", "x\" REMOTEIP=1.1.1.1", NULL);
	assert_told(&told, "Authentication", NULL, NULL, NULL);
	fields[5] = "http";
	kept_begin(matcher_kept(told.matcher), &entry);
	assert_told(&told, "Authentication failed", NULL, NULL, NULL);
	fields[5] = "smtp";
	fields[0] = "LOCALIP";
	kept_begin(matcher_kept(told.matcher), &entry);
	assert_told(&told, "Authentication failed", "", "x\" REMOTEIP=1.1.1.1", NULL);
	told_end(&told);
}

/* One line, several ways to read it: none is taken for the other. */
static void reads_a_line_anew_in_another_format(void **state)
{
	struct told json, behind, logfmt;
	struct subject subject;
	struct captures captures;

	told_start(&json, "\"format\": \"json\", \"where\": {\"a\": \"b\"}, \"address\": \"a\"");
	told_start(&behind, "\"format\": \"json\", \"prefix\": \"^x\", \"where\": {\"a\": \"c\"}, "
			    "\"address\": \"a\"");
	told_start(&logfmt,
		   "\"format\": \"logfmt\", \"prefix\": \"^x\", \"where\": {\"a\": \"c\"}, "
		   "\"address\": \"a\"");
	subject = (struct subject){ .text = SPAN_LITERAL("x{\"a\":\"c\"}"), .pairs = &json.pairs };
	for (int i = 0; i < 2; i++) {
		assert_int_equal(match_run(logfmt.match, logfmt.matcher, &subject, &captures), 0);
		assert_int_equal(match_run(json.match, json.matcher, &subject, &captures), 0);
		assert_int_equal(match_run(behind.match, behind.matcher, &subject, &captures), 1);
		assert_span(captures.address, "c");
	}
	told_end(&json);
	told_end(&behind);
	told_end(&logfmt);
}

/* The pattern's session, without the port: that of one host. */
static void a_session_may_be_the_address(void **state)
{
	struct told told;

	told_start(&told, "\"pattern\": \"^(?<address>.*)$\", \"session\": \"address\"");
	assert_told(&told, "[192.0.2.9]:4711", "[192.0.2.9]:4711", NULL, "192.0.2.9");
	assert_told(&told, "fe80::1%eth0", "fe80::1%eth0", NULL, "fe80::1");
	assert_told(&told, "2001:db8::1", "2001:db8::1", NULL, "2001:db8::1");
	assert_told(&told, "192.0.2.9:1", "192.0.2.9:1", NULL, "192.0.2.9");
	assert_told(&told, "", "", NULL, NULL);
	told_end(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_wrong_with_a_pattern),
		cmocka_unit_test(demands_what_an_event_needs),
		cmocka_unit_test(lets_a_success_tell_nothing),
		cmocka_unit_test(tells_what_the_groups_hold),
		cmocka_unit_test(tells_what_stands_for_the_password),
		cmocka_unit_test(reads_bytes),
		cmocka_unit_test(gives_up_at_the_limit),
		cmocka_unit_test(reads_long_lines),
		cmocka_unit_test(reads_the_longest_lines),
		cmocka_unit_test(takes_off_the_last_attempt),
		cmocka_unit_test(reads_logfmt),
		cmocka_unit_test(reads_json_behind_a_prefix),
		cmocka_unit_test(looks_into_values),
		cmocka_unit_test(reads_fields_of_the_entry),
		cmocka_unit_test(reads_a_line_anew_in_another_format),
		cmocka_unit_test(a_session_may_be_the_address),
		cmocka_unit_test(a_missing_key_is_an_empty_one),
		cmocka_unit_test(reads_the_keys_of_a_text_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
