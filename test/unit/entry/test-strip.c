#include "entry/strip.h"

#include "rules.h"

#include <stdio.h>

#define SYSLOG  STRIP_SYSLOG
#define DOVECOT STRIP_DOVECOT

static const struct strip syslog_only = { { SYSLOG }, 1 }, dovecot_only = { { DOVECOT }, 1 },
			  both = { { SYSLOG, DOVECOT }, 2 }, turned = { { DOVECOT, SYSLOG }, 2 };

static void assert_strips(const struct strip *strip, const char *text, const char *rest,
			  const char *program)
{
	struct span name, result = strip_text(strip, span_of(text), &name);

	if (!span_equal(result, span_of(rest)))
		fail_msg("%s\ngives \"%.*s\"", text, (int)result.size, result.data);
	if (!span_equal(name, span_of(program)))
		fail_msg("%s\nis of \"%.*s\"", text, (int)name.size, name.data ? name.data : "");
}

/* What real engines and log daemons wrote. */
static void takes_off_known_envelopes(void **state)
{
	static const struct {
		const struct strip *strip;
		const char *text, *rest, *program;
	} cases[] = {
		{ &syslog_only, "2026-11-28T23:27:40.068330+00:00 mail dovecot: auth(a): x",
		  "auth(a): x", "dovecot" },
		{ &syslog_only, "Nov  8 23:27:52 mail dovecot: imap-login: x", "imap-login: x",
		  "dovecot" },
		{ &syslog_only, "Nov 28 23:28:17 95e0cd7f234e mail.info dovecot: x", "x",
		  "dovecot" },
		{ &syslog_only, "Nov 28 23:53:02 mail postfix/smtpd[173]: warning: unknown[::1]: y",
		  "warning: unknown[::1]: y", "postfix/smtpd" },
		{ &syslog_only,
		  "2026-11-28T23:27:40Z mx.example.org postfix-a/submission/smtpd[7]: x", "x",
		  "postfix-a/submission/smtpd" },
		{ &syslog_only, "2026-11-28 23:27:40,123 mail saslauthd[12345]: x", "x",
		  "saslauthd" },
		{ &syslog_only, "2026-11-28T23:27:40-0330 mail local7.notice sshd: x", "x",
		  "sshd" },
		{ &dovecot_only, "Nov 28 23:26:22 auth(user0,203.0.113.11,sasl:plain)<M>: Info: x",
		  "auth(user0,203.0.113.11,sasl:plain)<M>: Info: x", "" },
		{ &dovecot_only, "2026-11-28 23:26:22 imap-login: Info: x\r\n\n",
		  "imap-login: Info: x", "" },
		{ &both, "Nov 28 23:26:22 imap-login: Info: Login aborted: x",
		  "imap-login: Info: "
		  "Login aborted: x",
		  "" },
		{ &both, "Nov 28 23:53:02 mail dovecot: Nov 28 23:53:01 imap-login: x\n",
		  "imap-login: x", "dovecot" },
		{ &syslog_only, "Nov 28 23:53:02 host docker[1]: Nov 28 23:53:01 mail dovecot: x",
		  "x", "dovecot" },
		/* in the order of the list */
		{ &turned, "Nov 28 23:53:02 mail dovecot: x", "mail dovecot: x", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_strips(cases[i].strip, cases[i].text, cases[i].rest, cases[i].program);
}

/* All of an envelope or nothing, but for the end of the line. */
static void leaves_everything_else(void **state)
{
	static const char *const texts[] = {
		"",
		"Nov 28 23:26:22",
		"Nov 28 23:26:22 ",
		"Nov 28 23:26:22 mail",
		"Nov 28 23:26:22 mail dovecot",
		"Nov 28 23:26:22 mail dovecot:",
		"Nov 28 23:26:22 mail dovecot:x",
		"Nov 28 23:26:22 mail dovecot[]: x",
		"Nov 28 23:26:22 mail dovecot[1: x",
		"Nov 28 23:26:22 mail dovecot[12345678901]: x",
		"Nov 28 23:26:22 mail dovecot[x]: x",
		"Nov 28 23:26:22  mail dovecot: x",
		"Nov 28 23:26:22 mail  dovecot: x",
		"Nov 28 23:26:22 mail mail.what dovecot: x",
		"Nov 28 23:26:22 dovecot: x: y",
		"Nov 28 23:26:22 imap-login: Info: x",
		"Nov 28 23:26:22 imap(user): Info: x",
		"Nov 28 23:26:22 mail 12: x",
		"Nov 28 3:26:22 mail dovecot: x",
		"nov 28 23:26:22 mail dovecot: x",
		"Now 28 23:26:22 mail dovecot: x",
		"mail dovecot: x",
		"dovecot: x",
		"2026-11-28T23:27:40 +00:00 mail dovecot: x",
		"2026-11-28T23:27:40. mail dovecot: x",
		"2026-11-28T23:27:40.0123456789Z mail dovecot: x",
		"2026-11-28T23:27:40+00 mail dovecot: x",
		"26-11-28T23:27:40Z mail dovecot: x",
		" Nov 28 23:26:22 mail dovecot: x",
		"Login of Nov 28 23:26:22 mail dovecot: x",
	};
	char text[128];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_strips(&syslog_only, texts[i], texts[i], "");
		(void)snprintf(text, sizeof(text), "%s\r\n", texts[i]);
		assert_strips(&syslog_only, text, texts[i], "");
	}
	assert_strips(&dovecot_only, "Nov 28 23:26:22", "Nov 28 23:26:22", "");
	assert_strips(&dovecot_only, "x Nov 28 23:26:22 y", "x Nov 28 23:26:22 y", "");
	/* a NUL is a byte like any other */
	assert_true(strip_text(&both, (struct span){ "Nov 28 23:26:22 m\0 d: x", 23 },
			       &(struct span){ 0 })
			    .size == 7);
}

static void ends_after_four(void **state)
{
#define ONE "Nov 28 23:26:22 mail a: "
	assert_strips(&syslog_only, ONE ONE ONE ONE "Nov 28 23:26:22 mail b: x",
		      "Nov 28 23:26:22 mail b: x", "a");
	assert_strips(&dovecot_only, "Nov 28 23:26:22 Nov 28 23:26:22 x", "x", "");
}

/* Long hosts and programs are none; nothing depends on what follows. */
static void names_are_bounded(void **state)
{
	char text[512];

	memset(text, 'h', sizeof(text));
	memcpy(text, "Nov 28 23:26:22 ", 16);
	strcpy(text + 16 + 255, " d: x");
	assert_strips(&syslog_only, text, "x", "d");
	strcpy(text + 16 + 255, "h d: x");
	assert_strips(&syslog_only, text, text, "");
	memset(text, 'p', sizeof(text));
	memcpy(text, "Nov 28 23:26:22 mail ", 21);
	strcpy(text + 21 + STRIP_PROGRAM, ": x");
	assert_int_equal(strip_text(&syslog_only, span_of(text), &(struct span){ 0 }).size, 1);
	strcpy(text + 21 + STRIP_PROGRAM, "p: x");
	assert_strips(&syslog_only, text, text, "");
}

static void assert_field(struct stripped *view, const char *name, const char *value)
{
	struct span text;
	int r = entry_field(&view->entry, name, &text);

	assert_int_equal(r, value != NULL);
	if (value)
		assert_true(span_equal(text, span_of(value)));
}

static void a_view_tells_the_program(void **state)
{
	struct source source = { 0 };
	struct entry entry = source_entry(&source);
	struct stripped view;

	stripped_init(&view, &both);
	view.whole = &entry;
	source.fields = FIELDS("MESSAGE=Nov 28 23:53:02 mail postfix/smtpd[1]: x",
			       "SYSLOG_IDENTIFIER=mail", "_UID=0");
	assert_field(&view, "MESSAGE", "x");
	assert_field(&view, "SYSLOG_IDENTIFIER", "postfix/smtpd");
	assert_field(&view, "_UID", "0");
	assert_field(&view, "_GID", NULL);
	source.fields = FIELDS("MESSAGE=Nov 28 23:53:02 imap-login: x", "SYSLOG_IDENTIFIER=mail");
	assert_field(&view, "MESSAGE", "imap-login: x");
	assert_field(&view, "SYSLOG_IDENTIFIER", "mail");
	source.fields = FIELDS("X=1");
	assert_field(&view, "MESSAGE", NULL);
	assert_field(&view, "SYSLOG_IDENTIFIER", NULL);
	source.failing = "MESSAGE";
	assert_int_equal(entry_field(&view.entry, "SYSLOG_IDENTIFIER", &(struct span){ 0 }), -5);
	assert_int_equal(entry_field(&view.entry, "MESSAGE", &(struct span){ 0 }), -5);
	pool_done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_off_known_envelopes),
		cmocka_unit_test(leaves_everything_else),
		cmocka_unit_test(ends_after_four),
		cmocka_unit_test(names_are_bounded),
		cmocka_unit_test(a_view_tells_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
