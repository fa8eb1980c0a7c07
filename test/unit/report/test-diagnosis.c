#include "report/diagnosis.h"

#include "unit.h"

#define NOW    (1700000000 * USEC_PER_SEC)
#define MINUTE (60 * USEC_PER_SEC)
#define HOUR   USEC_PER_HOUR
#define DAY    (24 * HOUR)

/* A machine where all is well. */
static struct facts_jail well_jail = {
	.name = "dovecot",
	.rule = "dovecot",
	.unit = "dovecot.service",
	.unit_state = UNIT_ACTIVE,
	.unit_begun = NOW - 3 * DAY,
	.last_entry = NOW - MINUTE,
};
static const struct facts well = {
	.now = NOW,
	.unit = UNIT_ACTIVE,
	.unit_since = NOW - 2 * DAY,
	.starts_at_boot = true,
	.sees_journal = true,
	.oldest = NOW - 10 * DAY,
	.sees_state = true,
	.position = NOW - MINUTE,
	.sees_kernel = true,
	.has_table = true,
	.table = "banish",
	.jails = &well_jail,
	.n_jails = 1,
};

/* Exactly one finding, of that kind, with these words; NULL: none. */
static void check(const struct facts *facts, bool problem, const char *words)
{
	struct diagnosis d;

	assert_int_equal(diagnose(facts, &d), 0);
	assert_int_equal(d.n_findings, words ? 1 : 0);
	assert_int_equal(d.n_problems, words && problem ? 1 : 0);
	if (words) {
		assert_int_equal(d.findings[0].problem, problem);
		if (!strstr(d.findings[0].text, words))
			assert_string_equal(d.findings[0].text, words);
	}
	diagnosis_done(&d);
}

#define CHECK(is_problem, words, ...)                 \
	do {                                          \
		struct facts facts = well;            \
		struct facts_jail jail = well_jail;   \
                                                      \
		facts.jails = &jail;                  \
		__VA_ARGS__;                          \
		check(&facts, (is_problem), (words)); \
	} while (0)

static void nothing_is_wrong_where_all_is_well(void **state)
{
	CHECK(false, NULL, (void)0);
	CHECK(false, NULL, facts.unit = UNIT_UNASKED);
	CHECK(false, NULL, facts.sees_kernel = facts.has_table = false);
	CHECK(false, NULL, facts.sees_state = false; facts.oldest_waiting = NOW - HOUR);
}

static void the_daemon(void **state)
{
	CHECK(true, "systemctl start banish", facts.unit = UNIT_STOPPED);
	CHECK(true, "there is no banish.service", facts.unit = UNIT_MISSING);
	CHECK(true, "has failed (exit-code)", facts.unit = UNIT_FAILED; facts.result = "exit-code");
	CHECK(true, "has failed (no reason known)", facts.unit = UNIT_FAILED);
	CHECK(false, "is being started", facts.unit = UNIT_STARTING);
	CHECK(true, "fails at each start, 7 times so far", facts.unit = UNIT_STARTING;
	      facts.restarts = 7);
	CHECK(true, "--dry-run", facts.dry_run = true);
	CHECK(false, "systemctl enable banish", facts.starts_at_boot = false);
}

static void the_firewall(void **state)
{
	CHECK(true, "no nftables table inet banish", facts.has_table = false);
	CHECK(true, "not whole, its chain is missing: systemctl reload",
	      facts.damage = "its chain is missing");
	CHECK(true, "the set dovecot4 is full", facts.full = "dovecot4");
	/* a dry run makes none */
	CHECK(true, "--dry-run", facts.dry_run = true; facts.has_table = false);
}

static void lists_of_others(void **state)
{
	struct facts_list list = { .name = "drop", .file = "/lists/drop" };

	CHECK(true, "list drop is not in force: the daemon logs why it does not take /lists/drop",
	      facts.lists = &list;
	      facts.n_lists = 1);
	/* what cannot be looked at */
	CHECK(true, "no nftables table", facts.lists = &list; facts.n_lists = 1;
	      facts.has_table = false);
	list.in_force = true;
	list.file_time = NOW - 8 * DAY + MINUTE;
	CHECK(false, NULL, facts.lists = &list; facts.n_lists = 1);
	list.file_time = NOW - 9 * DAY;
	CHECK(false, "list drop is 9d old: is the program that fetches /lists/drop still at work?",
	      facts.lists = &list;
	      facts.n_lists = 1);
	list.file_time = NOW + DAY; /* a clock that was set back */
	CHECK(false, NULL, facts.lists = &list; facts.n_lists = 1);
}

static void the_configuration(void **state)
{
	CHECK(true, "banish.json:1:2: bad", facts.config_fault = "banish.json:1:2: bad";
	      facts.stale_config = true);
	CHECK(true, "no jail is in force", facts.n_jails = 0);
	CHECK(false, "changed after the daemon read it", facts.stale_config = true);
	CHECK(true, "no address of office.example.org, which stands in ignoreip, is known",
	      facts.unresolved = "office.example.org");
}

static void how_the_journal_is_kept(void **state)
{
	CHECK(false, "192.0.2.1 makes", facts.front = "192.0.2.1 makes most failures");
	CHECK(false, "Storage=persistent", facts.is_volatile = true);
	CHECK(false, NULL, facts.begins_late = true);
	CHECK(false, NULL, facts.reach = 30 * DAY); /* it began then: nothing was deleted */
	CHECK(false, NULL, facts.begins_late = true; facts.reach = 10 * DAY);
	CHECK(false, "reaches back only 10d, but a start or reload needs 30d of it: failures",
	      facts.begins_late = true;
	      facts.reach = 30 * DAY);
	CHECK(false, "needs 11d of it: lines that belong", facts.begins_late = true;
	      facts.reach = 9 * DAY; facts.note_reach = 11 * DAY);
	CHECK(false, NULL, facts.begins_late = true; facts.reach = 30 * DAY; facts.oldest = 0);
}

static void the_place_in_the_journal(void **state)
{
	CHECK(true, "5min behind the journal, 12 entries wait", facts.n_waiting = 12;
	      facts.oldest_waiting = NOW - 5 * MINUTE);
	/* it is saved now and then only */
	CHECK(false, NULL, facts.oldest_waiting = NOW - MINUTE);
	CHECK(false, NULL, facts.oldest_waiting = NOW + MINUTE);
	/* just started, it catches up */
	CHECK(false, NULL, facts.oldest_waiting = NOW - HOUR; facts.unit_since = NOW - MINUTE);
	CHECK(true, "cannot be saved, a crash would lose bans: state: disk full",
	      facts.state_trouble = "state: disk full");
	CHECK(true, "systemctl start banish", facts.unit = UNIT_STOPPED;
	      facts.oldest_waiting = NOW - HOUR);
}

static void jails_that_see_nothing(void **state)
{
	/* started an hour ago, and has not even told that */
	CHECK(true, "jail dovecot is blind: dovecot.service runs for 1h",
	      jail.unit_begun = NOW - HOUR;
	      jail.last_entry = NOW - 2 * DAY);
	CHECK(true, "is blind", jail.last_entry = 0);
	/* a rule that reads only failures need not have seen the start */
	CHECK(false, "is 2d old", jail.narrow = true; jail.unit_begun = NOW - HOUR;
	      jail.last_entry = NOW - 2 * DAY);
	CHECK(false, NULL, jail.narrow = true; jail.unit_begun = NOW - HOUR;
	      jail.last_entry = NOW - 2 * HOUR);
	CHECK(false, NULL, jail.unit_begun = NOW - 5 * MINUTE; jail.last_entry = NOW - 2 * DAY;
	      facts.oldest = NOW - HOUR);
	/* its first words may have been vacuumed: then only a long silence tells */
	CHECK(false, NULL, jail.last_entry = 0; facts.oldest = NOW - HOUR);
	CHECK(false, "may be blind: the journal, which begins 2d ago", jail.last_entry = 0;
	      facts.oldest = NOW - 2 * DAY);
	/* it can log, but has not */
	CHECK(false, "is 2d old", jail.last_entry = NOW - 2 * DAY);
	CHECK(true, "this machine has no dovecot.service", jail.unit_state = UNIT_MISSING;
	      jail.last_entry = 0);
	CHECK(false, "dovecot.service does not run", jail.unit_state = UNIT_STOPPED);
	CHECK(false, "dovecot.service has failed", jail.unit_state = UNIT_FAILED);
	/* a rule that names no unit, or no systemd to ask */
	CHECK(true, "is blind: the journal, which begins 10d ago", jail.unit = NULL;
	      jail.unit_state = UNIT_UNASKED; jail.last_entry = 0);
	CHECK(false, NULL, facts.sees_journal = false; jail.last_entry = 0);
}

static void lines_that_nobody_reads(void **state)
{
	struct overlooked item = { "dovecot", "dovecot3.service", "dovecot", 1, 0 };

#define OVERLOOKS facts.overlooked = &item, facts.n_overlooked = 1

	/* beside what the jail reads, it may be another server */
	CHECK(false,
	      "dovecot3.service logs lines that rule dovecot knows, but jail dovecot does not",
	      OVERLOOKS);
	/* after an hour without anything it is not */
	CHECK(true,
	      "jail dovecot is blind: no entry that it reads has come of late, but "
	      "dovecot3.service logs lines that its rule knows",
	      OVERLOOKS;
	      jail.last_entry = NOW - HOUR);
	/* whatever the jail is called */
	strcpy(item.jail, "mail");
	CHECK(true, "jail mail is blind", OVERLOOKS; strcpy(jail.name, "mail"); jail.last_entry = 0;
	      jail.unit = NULL);
	CHECK(false, "rule dovecot knows, but jail mail does not", OVERLOOKS;
	      strcpy(jail.name, "mail"));
	strcpy(item.jail, "dovecot");
	CHECK(true, "jail dovecot is blind", OVERLOOKS; jail.last_entry = 0;
	      jail.unit_state = UNIT_MISSING);
	CHECK(false, "logs lines", OVERLOOKS; jail.last_entry = NOW - HOUR + MINUTE);
	/* each is told, but only one to be mended at once */
	item = (struct overlooked){ "sshd", "ssh.service", "", 9, 3 };
	CHECK(false, "ssh.service logs failures that rule sshd knows, but there is no such jail",
	      OVERLOOKS);
	item.n_failures = 2;
	CHECK(false, NULL, OVERLOOKS);
	item = (struct overlooked){ "dovecot", "container mail", "dovecot", 9, 9 };
	CHECK(false,
	      "container mail logs lines that rule dovecot knows, but no jail reads them: \"banish "
	      "setup\" prints one",
	      OVERLOOKS);
}

static void lines_that_no_event_takes(void **state)
{
	CHECK(false,
	      "jail dovecot: 7 of the last lines that it reads tell of a failure and an "
	      "address, and no event of its rule takes them: \"failed, ADDRESS\"; journalctl "
	      "-o json --all -n 1000 -u dovecot.service | banish test",
	      jail.shape = "failed, ADDRESS";
	      jail.n_shape = 7);
}

static void jails_that_recognise_nothing(void **state)
{
	CHECK(false, "as the daemon logged 2d ago; has the log format changed?",
	      jail.silent_said = NOW - 2 * DAY);
}

static void jails_whose_clients_are_hidden(void **state)
{
	CHECK(true,
	      "is blind for clients that the container engine hides, as the daemon logged 2d ago",
	      jail.hidden_said = NOW - 2 * DAY);
}

static void each_state_has_a_name(void **state)
{
	for (int a = UNIT_UNASKED; a <= UNIT_FAILED; a++)
		for (int b = UNIT_UNASKED; b < a; b++)
			assert_string_not_equal(unit_state_name(a), unit_state_name(b));
}

static void jails_that_ban_nobody(void **state)
{
	CHECK(true, "bans nobody for 10min now", jail.held_since = NOW - 10 * MINUTE;
	      jail.held_until = NOW + MINUTE);
	/* it only waits for a failure to close */
	CHECK(false, NULL, jail.held_since = NOW - 3 * HOUR; jail.held_until = NOW);
}

static void jails_whose_bans_keep_nobody_out(void **state)
{
	CHECK(true,
	      "jail dovecot: banned hosts still reach the server, as the daemon logged 10min ago",
	      jail.reach_said = NOW - 10 * MINUTE);
	/* mended, or nobody tries any more */
	CHECK(false, NULL, jail.reach_said = NOW - 2 * HOUR);
}

static void problems_stand_before_notes(void **state)
{
	struct facts_jail jails[2] = { well_jail, well_jail };
	struct facts facts = well;
	struct diagnosis d;

	jails[0].unit_state = UNIT_STOPPED;
	jails[1].held_since = NOW - MINUTE;
	jails[1].held_until = NOW + MINUTE;
	facts.jails = jails;
	facts.n_jails = 2;
	facts.starts_at_boot = false;
	facts.unit = UNIT_STOPPED;
	assert_int_equal(diagnose(&facts, &d), 0);
	assert_int_equal(d.n_findings, 4);
	assert_int_equal(d.n_problems, 2);
	assert_non_null(strstr(d.findings[0].text, "systemctl start"));
	assert_non_null(strstr(d.findings[1].text, "bans nobody"));
	assert_false(d.findings[2].problem);
	diagnosis_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_wrong_where_all_is_well),
		cmocka_unit_test(the_daemon),
		cmocka_unit_test(the_firewall),
		cmocka_unit_test(lists_of_others),
		cmocka_unit_test(the_configuration),
		cmocka_unit_test(how_the_journal_is_kept),
		cmocka_unit_test(the_place_in_the_journal),
		cmocka_unit_test(jails_that_see_nothing),
		cmocka_unit_test(lines_that_nobody_reads),
		cmocka_unit_test(lines_that_no_event_takes),
		cmocka_unit_test(jails_that_recognise_nothing),
		cmocka_unit_test(jails_whose_clients_are_hidden),
		cmocka_unit_test(each_state_has_a_name),
		cmocka_unit_test(jails_that_ban_nobody),
		cmocka_unit_test(jails_whose_bans_keep_nobody_out),
		cmocka_unit_test(problems_stand_before_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
