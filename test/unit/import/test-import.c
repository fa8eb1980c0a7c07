#include "import/import.h"

#include "config/policy-read.h"
#include "files.h"
#include "import/write.h"

#include <errno.h>

__attribute__((returns_nonnull)) static const struct import_jail *jail_named(
	const struct import *import, const char *name)
{
	for (const struct import_jail *jail = import->jails; jail; jail = jail->next)
		if (strcmp(jail->name, name) == 0)
			return jail;
	fail_msg("no jail %s", name);
	return import->jails;
}

static bool has_note(const struct import_note *note, const char *start)
{
	for (; note; note = note->next)
		if (strncmp(note->text, start, strlen(start)) == 0)
			return true;
	return false;
}

static void assert_text(const char *is, const char *wanted)
{
	if (!wanted)
		assert_null(is);
	else if (!is || strncmp(is, wanted, strlen(wanted)) != 0)
		fail_msg("\"%s\", not \"%s\"", is, wanted);
}

static const char defaults[] =
	"[DEFAULT]\nmaxretry = 5\nfindtime = 10m\nbantime = 10m\nport = 0:65535\nmode = normal\n"
	"filter = %(__name__)s[mode=%(mode)s]\nbanaction = nftables\n"
	"banaction_allports = nftables[type=allports]\nprotocol = tcp\n"
	"action_ = %(banaction)s[port=\"%(port)s\", protocol=\"%(protocol)s\"]\naction = %(action_)s\n";
static const char nftables[] = "[Init]\nblocktype = reject\n";
static const char daemon_filter[] =
	"[Definition]\nfailregex = ^no <HOST>$\njournalmatch = _SYSTEMD_UNIT=x.service\n";

/* One jail "j", as its text says. */
static struct import *import_jail(const char *text, const char *filter)
{
	struct import_file room[] = {
		{ "action.d/nftables.conf", span_of(nftables) },
		{ "filter.d/j.conf", span_of(filter) },
		{ "jail.conf", span_of(defaults) },
		{ "jail.local", span_of(text) },
	};
	struct import_files files = { "/etc/fail2ban", room, ARRAY_SIZE(room) };
	struct import *import = NULL;

	assert_int_equal(import_fail2ban(&files, &import), 0);
	return import;
}

static void jails_become_what_they_can(void **state)
{
	static const char *const pairs[][2] = {
		{ "action.d/nftables.conf", nftables },
		{ "filter.d/j.conf", daemon_filter },
		{ "filter.d/sshd.local", "[Definition]\n" },
		{ "filter.d/haproxy-http-auth.conf", daemon_filter },
		{ "filter.d/sogo-auth.conf", "[Definition]\nfailregex = ^x <HOST>\n" },
		{ "filter.d/pam-generic.conf", daemon_filter },
		{ "jail.conf", defaults },
		{ "jail.local",
		  "[off]\n[sshd]\nenabled = true\nport = ssh,2222\nmaxretry = 3\n"
		  "[hard]\nenabled = yes\nfilter = sshd[mode=aggressive]\nport = 22,222\n"
		  "[twin]\nenabled = yes\nfilter = sshd\nport = 222\nmaxretry = 3\n"
		  "[extra]\nenabled = yes\nfilter = sshd-ddos\nport = 22\n"
		  "[J]\nfilter = j\nenabled = 1\nport = 80,imap2,8000:8010,what\n"
		  "[haproxy-http-auth]\nenabled = 1\n[sogo-auth]\nenabled = 1\n"
		  "[pam-generic]\nenabled = 1\n"
		  "[recidive]\nenabled = true\n[gone]\nenabled = true\n[broken]\nenabled = true\n"
		  "filter = %(nowhere)s\n[manual]\nenabled = true\nfilter = j\n"
		  "[dovecot]\nenabled = true\nfilter = j\n[lets-in]\nenabled = on\nfilter = j\n"
		  "action = iptables[blocktype=RETURN]\n[mails]\nenabled = true\nfilter = j\n"
		  "action = sendmail[name=x]\n" },
		{ NULL, NULL },
	};
	static const struct {
		const char *name;
		enum import_fate fate;
		const char *rule, *reason;
	} cases[] = {
		{ "sshd", IMPORT_MAPPED, "sshd", NULL },
		{ "hard", IMPORT_MAPPED, "sshd", NULL },
		{ "twin", IMPORT_JOINED, "sshd", NULL },
		{ "extra", IMPORT_JOINED, "sshd", NULL },
		{ "J", IMPORT_TRANSLATED, "j", NULL },
		{ "haproxy-http-auth", IMPORT_MAPPED, "haproxy", NULL },
		{ "sogo-auth", IMPORT_LISTED, NULL, "a client can write whole lines of SOGo's" },
		{ "pam-generic", IMPORT_TRANSLATED, "pam-generic", NULL },
		{ "recidive", IMPORT_MAPPED, "recidive", NULL },
		{ "gone", IMPORT_LISTED, NULL, "there is no filter.d/gone.conf" },
		{ "broken", IMPORT_LISTED, NULL, "%(nowhere)s is not defined" },
		{ "manual", IMPORT_LISTED, NULL, "banish keeps its name" },
		{ "dovecot", IMPORT_LISTED, NULL, "its name is that of a shipped rule" },
		{ "lets-in", IMPORT_LISTED, NULL, "its action lets its hosts in" },
		{ "mails", IMPORT_LISTED, NULL, "none of its actions" },
	};
	struct import_file room[MAX_TEST_FILES];
	struct import_files files = files_of(pairs, room);
	cleanup(import_freep) struct import *import = NULL;
	const struct import_jail *jail;
	size_t n = 0;

	assert_int_equal(import_fail2ban(&files, &import), 0);
	for (jail = import->jails; jail; jail = jail->next)
		n++;
	assert_int_equal(n, ARRAY_SIZE(cases));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		jail = jail_named(import, cases[i].name);
		assert_int_equal(jail->fate, cases[i].fate);
		assert_text(jail->reason, cases[i].reason);
		if (cases[i].rule)
			assert_text(jail->rule, cases[i].rule);
	}
	jail = jail_named(import, "sshd");
	assert_text(jail->values[KEY_MODE].text, "\"aggressive\""); /* that of "extra" */
	assert_text(jail->values[KEY_ACTION].text, "\"reject\"");
	assert_int_equal(jail->ports.n_ranges, 3);
	assert_true(has_note(jail->notes, "what filter.d/sshd.local changes"));
	assert_string_equal(jail->as, "sshd");
	assert_true(has_note(jail_named(import, "extra")->notes, "its maxretry is 5"));
	jail = jail_named(import, "haproxy-http-auth");
	assert_true(has_note(jail->notes, "HAProxy must note who sends a password"));
	assert_text(jail->values[KEY_MODE].text, "\"normal\"");
	jail = jail_named(import, "pam-generic");
	assert_true(has_note(jail->notes, "do not trust it: rhost= may be a name"));
	jail = jail_named(import, "hard"); /* the same filter, which counts in another way */
	assert_string_equal(jail->as, "hard");
	assert_text(jail->values[KEY_MODE].text, "\"aggressive\"");
	assert_int_equal(jail->ports.n_ranges, 2);
	jail = jail_named(import, "J");
	assert_int_equal(jail->ports.n_ranges, 3);
	assert_true(has_note(jail->notes, "port what is not known"));
	assert_text(jail->journal, "{ \"_SYSTEMD_UNIT\": \"x.service\" }");
}

static void times_and_growth_are_taken(void **state)
{
	static const struct {
		const char *text, *findtime, *bantime, *increment, *note;
	} cases[] = {
		{ "", "\"10min\"", "\"10min\"", "{ \"factor\": 1 }", NULL },
		{ "bantime = -1\nfindtime = 2y\n", "\"52w\"", "\"infinity\"", "{ \"factor\": 1 }",
		  "findtime is cut" },
		{ "bantime = 1d 1h\nbantime.increment = true\nbantime.maxtime = 5w\n", "\"10min\"",
		  "\"1d 1h\"", "{ \"factor\": 2, \"maxtime\": \"5w\" }", NULL },
		{ "bantime.increment = true\nbantime.multipliers = 1 3 9 27\n", "\"10min\"",
		  "\"10min\"", "{ \"factor\": 3, \"maxtime\": \"4h 30min\" }", NULL },
		{ "bantime.increment = true\nbantime.multipliers = 1 5 30 60\n", "\"10min\"",
		  "\"10min\"", "{ \"factor\": 5, \"maxtime\": \"10h\" }", "its bans do not grow" },
		{ "bantime.increment = true\nbantime.factor = 1\nbantime.maxtime=1w\nbantime.formula = "
		  "ban.Time * math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)\n",
		  "\"10min\"", "\"10min\"", "{ \"factor\": 2.72, \"maxtime\": \"1w\" }", NULL },
		{ "bantime.increment = true\nbantime.maxtime=1w\nbantime.formula=ban.Time * 4 ** ban.Count\n",
		  "\"10min\"", "\"10min\"", "{ \"factor\": 4, \"maxtime\": \"1w\" }", NULL },
		{ "bantime.increment = true\nbantime.maxtime=1w\nbantime.formula=os.system('x')\n",
		  "\"10min\"", "\"10min\"", "{ \"factor\": 2, \"maxtime\": \"1w\" }",
		  "its bans do not grow" },
		{ "bantime.increment = true\nbantime.maxtime=1w\nbantime.overalljails = true\n",
		  "\"10min\"", "\"10min\"",
		  "{ \"factor\": 2, \"maxtime\": \"1w\", \"overall\": true }", NULL },
		{ "findtime = -5\nbantime.increment = 1\nbantime.multipliers = 1 nan\n", "\"1s\"",
		  "\"10min\"", "{ \"factor\": 2, \"maxtime\": \"99y\" }", "its bans do not grow" },
		{ "findtime = soon\nmaxretry = 5000\n", NULL, "\"10min\"", "{ \"factor\": 1 }",
		  "findtime = soon is not understood" },
		{ "usedns = yes\n", "\"10min\"", "\"10min\"", "{ \"factor\": 1 }", "usedns" },
		{ "ignorecommand = /bin/x <ip>\n", "\"10min\"", "\"10min\"", "{ \"factor\": 1 }",
		  "ignorecommand" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		cleanup(import_freep) struct import *import =
			import_jail(arena_format(&arena, "[j]\nenabled = true\n%s", cases[i].text),
				    daemon_filter);
		const struct import_jail *jail = jail_named(import, "j");

		assert_text(jail->values[KEY_FINDTIME].text, cases[i].findtime);
		assert_text(jail->values[KEY_BANTIME].text, cases[i].bantime);
		assert_text(jail->values[KEY_INCREMENT].text, cases[i].increment);
		if (cases[i].note)
			assert_true(has_note(jail->notes, cases[i].note));
		else
			assert_null(jail->notes);
		arena_done(&arena);
	}
}

static void ignoreip_is_one_for_all(void **state)
{
	cleanup(import_freep) struct import *import = import_jail(
		"[DEFAULT]\nignoreip = 127.0.0.1/8 ::1, 192.0.2.7/24\n  # remark 9.9.9.9\n  home.example.org "
		"bad/99\nignoreself = false\n"
		"[j]\nenabled = true\nignoreip = 198.51.100.1 ::1\n",
		daemon_filter);

	assert_string_equal(import->ignoreip,
			    "\"127.0.0.0/8\", \"::1\", \"192.0.2.0/24\", \"home.example.org\", "
			    "\"198.51.100.1\"");
	assert_false(import->ignoreself);
	assert_true(has_note(import->notes, "ignoreip: bad/99 is left out"));
	assert_true(has_note(jail_named(import, "j")->notes, "its ignoreip holds for all"));
}

static void filters_become_events(void **state)
{
	static const struct {
		const char *filter, *jail, *reason;
		const char *journal;
		unsigned n;
	} cases[] = {
		{ daemon_filter, "", NULL, "{ \"_SYSTEMD_UNIT\": \"x.service\" }", 1 },
		{ "[Definition]\nfailregex = ^a <HOST>\n   ^b <HOST>\nignoreregex = ^a 192\n"
		  "[Init]\njournalmatch = _SYSTEMD_UNIT=x.service _SYSTEMD_UNIT=y.service _UID=0 + _COMM=x\n",
		  "", NULL,
		  "{ \"_SYSTEMD_UNIT\": [\"x.service\", \"y.service\"], \"_UID\": \"0\" }", 3 },
		{ "[Definition]\nfailregex = ^a <HOST>\njournalmatch = _SYSTEMD_UNIT=x.service\n  "
		  "_SYSTEMD_UNIT=\"y.service\" _COMM=y\n",
		  "", NULL,
		  "{ \"_SYSTEMD_UNIT\": \"x.service\" }, { \"_SYSTEMD_UNIT\": \"y.service\", \"_COMM\": "
		  "\"y\" }",
		  1 },
		{ "[Definition]\nfailregex = ^a <HOST>\njournalmatch = _COMM=x\n",
		  "backend = systemd\n", "its journalmatch names no unit", NULL, 0 },
		{ "[Definition]\nfailregex = ^a <HOST>\n", "logpath = /var/log/a\n",
		  "it reads /var/log/a, and banish reads the journal", NULL, 0 },
		{ "[Definition]\nfailregex = ^a <HOST>\nmaxlines = 2\n", "",
		  "its filter matches several", NULL, 0 },
		{ "[Definition]\nignoreregex =\n", "", "it has no failregex", NULL, 0 },
		{ "[Definition]\nfailregex = %(nope)s\n", "", "failregex of its filter: %(nope)s",
		  NULL, 0 },
		{ "[Definition]\nfailregex = ^a <HOST>\njournalmatch = _UID=1\n",
		  "failregex = %(known/failregex)s\n   ^100%% <HOST>\njournalmatch = _UID=2\n",
		  NULL, "{ \"_UID\": \"2\" }", 2 },
		{ "[Definition]\nre-n = ^n <HOST>\nre-x = ^x <HOST>\n  ^y <HOST>\nfailregex = <re-<mode>>\n"
		  "mode = n\njournalmatch = _UID=1\n",
		  "filter = j[mode=x]\n", NULL, "{ \"_UID\": \"1\" }", 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		cleanup(import_freep) struct import *import =
			import_jail(arena_format(&arena, "[j]\nenabled = true\n%s", cases[i].jail),
				    cases[i].filter);
		const struct import_jail *jail = jail_named(import, "j");
		unsigned n = 0;

		for (const struct import_event *event = jail->events; event; event = event->next)
			n++;
		assert_text(jail->reason, cases[i].reason);
		assert_text(jail->journal, cases[i].journal);
		assert_int_equal(n, cases[i].n);
		arena_done(&arena);
	}
}

static void no_jails_no_import(void **state)
{
	struct import_files files = { .folder = "x" };
	struct import *import = NULL;

	assert_int_equal(import_fail2ban(&files, &import), -ENOENT);
}

static void too_much_is_refused(void **state)
{
	struct arena arena = { 0 };
	struct text many = { .arena = &arena };
	struct import_file file = { .path = "jail.conf" };
	struct import_files files = { "x", &file, 1 };
	struct import *import = NULL;

	for (int i = 0; i < 400; i++)
		text_format(&many, "[j%d]\nenabled = true\n", i);
	file.text = (struct span){ text_end(&many), many.n };
	assert_int_equal(import_fail2ban(&files, &import), -ENOMEM);
	arena_done(&arena);
}

static void the_policy_is_one(void **state)
{
	cleanup(import_freep) struct import *import =
		import_jail("[DEFAULT]\nignoreip = 192.0.2.1\n[sshd]\nenabled = true\nport = ssh\n"
			    "[j]\nenabled = true\nmaxretry = 2\nbantime = 1w\nport = 80\n",
			    daemon_filter);
	struct text text = { .arena = &import->arena };
	cleanup(policy_freep) struct policy *policy = NULL;
	struct faults faults = { 0 };

	write_policy(&text, import);
	if (policy_parse("p", (struct span){ text_end(&text), text.n }, &faults, &policy) < 0)
		fail_msg("%s\n%s", faults.lines[0], text_end(&text));
	assert_int_equal(policy->n_jails, 2);
	assert_int_equal(policy->jails[1].settings.maxretry, 2);
	assert_int_equal(policy->jails[1].settings.bantime, 7 * 24 * USEC_PER_HOUR);
	assert_int_equal(policy->jails[0].settings.maxretry, 5);
	assert_int_equal(policy->n_ignoreip, 1);
	assert_non_null(strstr(text_end(&text), "\"maxretry\": 2 /* jail.local:8 */"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jails_become_what_they_can),
		cmocka_unit_test(times_and_growth_are_taken),
		cmocka_unit_test(ignoreip_is_one_for_all),
		cmocka_unit_test(filters_become_events),
		cmocka_unit_test(no_jails_no_import),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(the_policy_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
