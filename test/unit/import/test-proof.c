#include "import/proof.h"

#include "files.h"
#include "import/write.h"
#include "lint/lint.h"

#include <errno.h>

static struct import *import_filter(const char *filter)
{
	struct import_file room[] = {
		{ "filter.d/j.conf", span_of(filter) },
		{ "jail.conf", SPAN_LITERAL("[j]\nenabled = true\nfilter = j\naction = nftables\n"
					    "journalmatch = _SYSTEMD_UNIT=x.service\n") },
	};
	struct import_files files = { "/etc/fail2ban", room, ARRAY_SIZE(room) };
	struct import *import = NULL;

	assert_int_equal(import_fail2ban(&files, &import), 0);
	assert_int_equal(import->jails->fate, IMPORT_TRANSLATED);
	return import;
}

static int prove(struct import *import, const char *const *lines)
{
	cleanup(proof_freep) struct proof *proof = NULL;
	int r = proof_new(&import->arena, import->jails, &proof);

	for (; r >= 0 && *lines; lines++)
		assert_int_equal(proof_offer(proof, span_of(*lines)), 0);
	return r < 0 ? r : proof_finish(proof);
}

static const struct import_event *event_at(const struct import *import, unsigned i)
{
	const struct import_event *event = import->jails->events;

	while (i-- > 0)
		event = event->next;
	return event;
}

static void a_proved_rule_passes_check(void **state)
{
	static const char *const lines[] = { "x", "user \"bob\" refused, from 203.0.113.9",
					     "user \"eve\" refused, from 203.0.113.10", NULL };
	cleanup(import_freep) struct import *import = import_filter(
		"[Definition]\nfailregex = ^user \"<F-USER>[^\"]*</F-USER>\" refused, from <ADDR>$\n"
		"   ^probe of <HOST>(?::\\d+)?$\n"
		"   ^c=<F-MLFID>\\d+</F-MLFID> <F-NOFAIL>hello</F-NOFAIL> <ADDR>$\n"
		"   ^c=<F-MLFID>\\d+</F-MLFID> refused$\n"
		"ignoreregex = ^probe of 192\\.168\\.\n");
	struct text text = { .arena = &import->arena };
	cleanup(rule_freep) struct rule *rule = NULL;
	struct faults faults = { 0 };

	assert_int_equal(prove(import, lines), 0);
	for (unsigned i = 0; i < 5; i++)
		if (event_at(import, i)->dropped)
			fail_msg("%s", event_at(import, i)->dropped);
	assert_string_equal(event_at(import, 1)->message, lines[1]);
	assert_string_equal(event_at(import, 1)->message_address, "203.0.113.9");
	assert_string_equal(event_at(import, 1)->message_user, "bob");
	assert_true(event_at(import, 1)->observed && !event_at(import, 2)->observed);
	assert_int_equal(event_at(import, 0)->outcome, OUTCOME_SUCCESS);
	assert_int_equal(event_at(import, 3)->outcome, OUTCOME_NOTE);

	write_rule(&text, import->jails, true);
	assert_int_equal(rule_parse("r", (struct span){ text_end(&text), text.n }, &faults, &rule),
			 0);
	assert_int_equal(lint_examples(rule, &faults), 0);
	assert_int_equal(lint_hostile(rule, &faults), 0);
	assert_int_equal(lint_cost(rule, &faults), 0);
}

static void what_does_not_stand_is_dropped(void **state)
{
	static const struct {
		const char *filter, *dropped;
		unsigned event;
	} cases[] = {
		{ "^ok <HOST>$\n   ^(?:a|\\S*)*x <HOST>$", "pattern of event \"fail-2\" costs more",
		  1 },
		{ "^ok <HOST>$\n   ^user <F-USER>.*?</F-USER> from <HOST>", "with the user name",
		  1 },
		{ "^ok <HOST>$\n   ^ok <HOST>$", "no example of it", 1 },
		{ "^ok <HOST>$\n   ^host <DNS>$", "it tells a host name", 1 },
		{ "^ok <HOST>$\n   ^nobody$", "it tells no address", 1 },
		{ "^ok <HOST>$\n   ^<F-MLFID></F-MLFID>late$", "its address stands in another line",
		  1 },
		{ "^ok <HOST>$\n   ^a++++b <HOST>$", "pattern of event \"fail-2\"", 1 },
	};
	static const char *const no_lines[] = { NULL };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		cleanup(import_freep) struct import *import = import_filter(
			arena_format(&arena, "[Definition]\nfailregex = %s\n", cases[i].filter));
		const char *why;

		assert_int_equal(prove(import, no_lines), 0);
		assert_int_equal(import->jails->fate, IMPORT_TRANSLATED);
		assert_null(event_at(import, 0)->dropped);
		why = event_at(import, cases[i].event)->dropped;
		if (!why || strncmp(why, cases[i].dropped, strlen(cases[i].dropped)) != 0)
			fail_msg("\"%s\", not \"%s\"", why, cases[i].dropped);
		arena_done(&arena);
	}
}

static void a_useless_rule_is_listed(void **state)
{
	static const char *const filters[] = {
		"[Definition]\nfailregex = ^host <DNS>$\n",
		/* fail2ban would spare whom the second line names */
		"[Definition]\nfailregex = ^ok <HOST>$\nignoreregex = ^(a)\\1\n",
	};
	static const char *const no_lines[] = { NULL };

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		cleanup(import_freep) struct import *import = import_filter(filters[i]);

		assert_int_equal(prove(import, no_lines), -EINVAL);
		assert_int_equal(import->jails->fate, IMPORT_LISTED);
		assert_non_null(import->jails->reason);
	}
}

static void odd_lines_are_no_examples(void **state)
{
	char longer[1200] = "no ";
	const char *const lines[] = { "no \x01 192.0.2.1", "no \xff 192.0.2.1", longer, NULL };
	cleanup(import_freep) struct import *import =
		import_filter("[Definition]\nfailregex = ^no \\S+ <HOST>$\n");

	memset(longer + 3, 'x', 1100);
	strcpy(longer + 1103, " 192.0.2.1");
	assert_int_equal(prove(import, lines), 0);
	assert_false(event_at(import, 0)->observed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proved_rule_passes_check),
		cmocka_unit_test(what_does_not_stand_is_dropped),
		cmocka_unit_test(a_useless_rule_is_listed),
		cmocka_unit_test(odd_lines_are_no_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
