#include "unit.h"

#include "firewall.h"

static const char policy[] =
	"{\"ignoreip\":[\"100.64.9.9\",\"2001:db8:ffff::\"],\"jails\":{\"mail\":{\"maxretry\":1,"
	"\"findtime\":\"10min\",\"bantime\":\"1h\"}}}";

static struct firewall firewall;
static struct stood *mail4, *mail6, *manual4, *forced4, *odd4;

static int setup(void **state)
{
	firewall_init(&firewall, policy);
	mail4 = firewall_set(&firewall, "mail", AF_INET);
	mail6 = firewall_set(&firewall, "mail", AF_INET6);
	manual4 = firewall_set(&firewall, "manual", AF_INET);
	forced4 = firewall_set(&firewall, "forced", AF_INET);
	odd4 = firewall_set(&firewall, "manual.24v", AF_INET);
	assert_true(firewall_decide(&firewall, "203.0.113.1"));
	assert_true(firewall_start(&firewall));
	firewall.now += SECOND;
	assert_true(firewall_wake(&firewall));
	firewall.told[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	firewall_done(&firewall);
	return 0;
}

static struct address address_of(const char *text)
{
	struct address address;

	must(address_parse(span_of(text), &address) == 0);
	return address;
}

static struct held *held(struct stood *set, const char *text)
{
	const struct address address = address_of(text);

	return firewall_held(set, &address);
}

static const struct ban *ban_of(struct stood *set, const char *text)
{
	const struct address address = address_of(text);
	struct prefix prefix = address_widen(&address, set->length);

	return element_ban(firewall.stream.engine, set->jail, &prefix, firewall.now);
}

static void expect_told(const char *words)
{
	assert_string_equal(firewall.told, words);
	firewall.told[0] = '\0';
}

static void restart(void)
{
	firewall_die(&firewall);
	firewall.now += SECOND;
	firewall.told[0] = '\0';
}

static void what_is_decided_is_put_in(void **state)
{
	assert_non_null(held(mail4, "203.0.113.1"));
	assert_true(ban_of(mail4, "203.0.113.1")->placed);
	assert_true(firewall_decide(&firewall, "203.0.113.2"));
	restart(); /* before it was placed */
	assert_true(firewall_start(&firewall));
	expect_told("install list put");
	assert_non_null(held(mail4, "203.0.113.2"));
}

static void an_element_that_somebody_adds_is_a_ban_by_hand(void **state)
{
	firewall_add(&firewall, mail4, "203.0.113.7", USEC_INFINITY, "called twice");
	assert_true(firewall_wake(&firewall));
	expect_told("adopted");
	assert_int_equal(ban_of(mail4, "203.0.113.7")->kind, BAN_MANUAL);
	assert_true(ban_of(mail4, "203.0.113.7")->until == USEC_INFINITY);
	assert_string_equal(ban_of(mail4, "203.0.113.7")->reason, "called twice");
	firewall_add(&firewall, mail4, "203.0.113.7", USEC_INFINITY, "by hand");
	assert_true(firewall_wake(&firewall));
	expect_told("");
	assert_string_equal(ban_of(mail4, "203.0.113.7")->reason, "");
}

static void also_one_that_is_added_while_we_write_is_placed(void **state)
{
	assert_true(firewall_decide(&firewall, "2001:db8::1"));
	firewall_place(&firewall);
	firewall_add(&firewall, mail4, "203.0.113.7", USEC_INFINITY, "called twice");
	assert_true(firewall_wake(&firewall));
	expect_told("adopted");
	assert_true(ban_of(mail4, "203.0.113.7")->placed);
}

static void an_element_that_somebody_deletes_is_an_unban(void **state)
{
	firewall_delete(&firewall, mail4, held(mail4, "203.0.113.1"));
	assert_true(firewall_wake(&firewall));
	expect_told("lifted");
	assert_null(ban_of(mail4, "203.0.113.1"));
}

static void absence_says_something_only_in_the_set_that_held_all(void **state)
{
	assert_true(firewall_decide(&firewall, "2001:db8::1"));
	firewall_place(&firewall);
	stream_commit(&firewall.stream);
	restart();
	firewall_drop(mail4, held(mail4, "203.0.113.1"));
	firewall_make(&firewall, mail6);
	assert_true(firewall_start(&firewall));
	expect_told("install list lifted put");
	assert_null(ban_of(mail4, "203.0.113.1"));
	assert_non_null(held(mail6, "2001:db8::"));
}

/* Its sets have the handles that ours had. */
static void another_table_says_nothing(void **state)
{
	restart();
	firewall_unmake(&firewall);
	firewall.table = ++firewall.last_table;
	for (size_t i = 0; i < 4; i++)
		firewall_make(&firewall, &firewall.sets[i]);
	assert_true(firewall_start(&firewall));
	assert_non_null(held(mail4, "203.0.113.1"));
	assert_non_null(ban_of(mail4, "203.0.113.1"));
}

static void make_a_table(struct firewall *unused)
{
	firewall.meddle = NULL;
	firewall_unmake(&firewall);
	firewall.table = ++firewall.last_table;
	for (size_t i = 0; i < 4; i++)
		firewall_make(&firewall, &firewall.sets[i]);
	firewall_hold(mail4, &(struct address){ AF_INET, { 203, 0, 113, 66 } }, firewall.now + HOUR,
		      "of old");
}

static void nor_one_that_comes_while_it_is_listed(void **state)
{
	restart();
	firewall.meddle = make_a_table;
	assert_true(firewall_start(&firewall));
	expect_told("install list install list");
	assert_non_null(held(mail4, "203.0.113.1"));
	assert_null(held(mail4, "203.0.113.66"));
	assert_null(ban_of(mail4, "203.0.113.66"));
}

static void a_saved_ruleset_brings_nothing_back(void **state)
{
	const struct address old = address_of("203.0.113.66");

	firewall_hold(mail4, &old, firewall.now + HOUR, "called once");
	firewall_notice_element(&firewall, mail4, held(mail4, "203.0.113.66"), true, true);
	assert_true(firewall_wake(&firewall));
	expect_told("restored install delete");
	assert_null(held(mail4, "203.0.113.66"));
	assert_null(ban_of(mail4, "203.0.113.66"));
}

static void what_went_with_its_set_is_put_back(void **state)
{
	firewall_notice_element(&firewall, mail4, held(mail4, "203.0.113.1"), false, true);
	mail4->handle = mail4->n = 0;
	firewall_damage(&firewall, NFT_LOSS_SET);
	assert_true(firewall_wake(&firewall));
	expect_told("install");
	assert_non_null(held(mail4, "203.0.113.1"));
}

static void an_unban_is_heard_after_a_repair(void **state)
{
	assert_true(firewall_decide(&firewall, "2001:db8::1"));
	firewall_place(&firewall);
	mail6->handle = mail6->n = 0;
	firewall_damage(&firewall, NFT_LOSS_SET);
	/* put back before the waiting notice of its deletion is read */
	firewall_notice_element(&firewall, mail4, held(mail4, "203.0.113.1"), false, false);
	assert_true(firewall_wake(&firewall));
	expect_told("install lifted delete");
	assert_null(held(mail4, "203.0.113.1"));
}

static void ours_that_is_over_goes(void **state)
{
	firewall_add(&firewall, mail4, "203.0.113.7", firewall.now + HOUR, "wrong x5");
	firewall_add(&firewall, mail4, "203.0.113.1", firewall.now + 9 * HOUR, "wrong x5");
	assert_true(firewall_wake(&firewall));
	expect_told("stale delete put");
	assert_null(held(mail4, "203.0.113.7"));
	assert_true(held(mail4, "203.0.113.1")->until == ban_of(mail4, "203.0.113.1")->until);
}

static void but_counts_where_the_ledger_was_damaged(void **state)
{
	restart();
	firewall_add(&firewall, mail4, "203.0.113.7", firewall.now + HOUR, "wrong x5");
	assert_true(firewall_start(&firewall));
	expect_told("install list stale delete");
	firewall_add(&firewall, mail4, "203.0.113.7", firewall.now + HOUR, "wrong x5");
	firewall_lose_notices(&firewall);
	reconcile_doubt(firewall.reconcile);
	assert_true(firewall_wake(&firewall));
	expect_told("install list adopted");
	assert_non_null(ban_of(mail4, "203.0.113.7"));
}

static void the_exempt_go_unless_they_are_forced(void **state)
{
	const struct ban *ban;

	firewall_add(&firewall, mail4, "100.64.9.9", firewall.now + HOUR, "");
	assert_true(firewall_wake(&firewall));
	expect_told("exempt delete");
	firewall_add(&firewall, forced4, "100.64.9.9", firewall.now + HOUR, "turned bad");
	assert_true(firewall_wake(&firewall));
	expect_told("adopted");
	ban = ban_of(forced4, "100.64.9.9");
	assert_int_equal(ban->kind, BAN_MANUAL);
	assert_string_equal(ban->reason, "turned bad");
	/* nor is the other of more use for that */
	firewall_add(&firewall, mail4, "100.64.9.9", firewall.now + HOUR, "");
	assert_true(firewall_wake(&firewall));
	expect_told("exempt delete");
	assert_int_equal(engine_end_bans(firewall.stream.engine, firewall.now), 0);
	restart();
	forced4->handle = forced4->n = 0;
	firewall_make(&firewall, forced4);
	assert_true(firewall_start(&firewall));
	assert_non_null(held(forced4, "100.64.9.9"));
	firewall.told[0] = '\0';
	firewall_delete(&firewall, forced4, held(forced4, "100.64.9.9"));
	assert_true(firewall_wake(&firewall));
	expect_told("lifted");
	assert_null(ban_of(forced4, "100.64.9.9"));
}

static void a_network_whose_first_address_is_exempt_stays_banned(void **state)
{
	firewall_add(&firewall, mail6, "2001:db8:ffff::", firewall.now + HOUR, "");
	assert_true(firewall_wake(&firewall));
	expect_told("adopted");
	assert_non_null(held(mail6, "2001:db8:ffff::"));
}

static void host_bits_are_masked(void **state)
{
	firewall_add(&firewall, mail6, "2001:db8::5", firewall.now + HOUR, "");
	assert_true(firewall_wake(&firewall));
	expect_told("adopted put delete"); /* in this order: a crash leaves it listed */
	assert_null(held(mail6, "2001:db8::5"));
	assert_non_null(held(mail6, "2001:db8::"));
	/* beside one that lasts longer */
	firewall_add(&firewall, mail6, "2001:db8::6", firewall.now + HOUR / 2, "");
	assert_true(firewall_wake(&firewall));
	assert_true(ban_of(mail6, "2001:db8::")->until > firewall.now + HOUR / 2 + SECOND);
}

static void a_set_by_length_is_recorded_with_the_ban(void **state)
{
	firewall_make(&firewall, odd4);
	firewall_add(&firewall, odd4, "192.0.2.0", firewall.now + HOUR, "");
	assert_true(firewall_wake(&firewall));
	expect_told("adopted install put");
	assert_true(ledger_filled(engine_ledger(firewall.stream.engine), "manual.24v4") ==
		    odd4->handle);
}

static void a_set_of_nobody_is_left_alone(void **state)
{
	struct stood *set;

	firewall_name_set(&firewall, "stranger.24v", AF_INET, 24);
	set = &firewall.sets[firewall.n_sets - 1];
	firewall_make(&firewall, set);
	firewall_add(&firewall, set, "192.0.2.0", firewall.now + HOUR, "");
	assert_true(firewall_wake(&firewall));
	expect_told("");
}

static int refuse_puts(struct firewall *unused, const struct reconcile_action *action)
{
	return action->type == RECONCILE_PUT ? -EIO : 0;
}

static int refuse_deletes(struct firewall *unused, const struct reconcile_action *action)
{
	return action->type == RECONCILE_DELETE ? -EIO : 0;
}

static void a_set_that_refused_is_not_recorded(void **state)
{
	const struct ledger *ledger = engine_ledger(firewall.stream.engine);

	mail4->handle = mail4->n = 0;
	firewall_make(&firewall, mail4);
	firewall_damage(&firewall, NFT_LOSS_SET);
	firewall.refuse = refuse_puts;
	assert_true(firewall_wake(&firewall));
	assert_true(reconcile_owes(firewall.reconcile));
	assert_true(ledger_filled(ledger, "mail4") != mail4->handle);
	assert_true(ledger_filled(ledger, "mail6") == mail6->handle);
	firewall.refuse = NULL;
	reconcile_want(firewall.reconcile, RECONCILE_WANT_RETRY);
	assert_true(firewall_drain(&firewall));
	assert_true(ledger_filled(ledger, "mail4") == mail4->handle);
	assert_non_null(held(mail4, "203.0.113.1"));
	assert_false(reconcile_owes(firewall.reconcile));
}

static void what_could_not_be_deleted_is_deleted_later(void **state)
{
	firewall.refuse = refuse_deletes;
	firewall_add(&firewall, mail4, "203.0.113.7", firewall.now + HOUR, "wrong x5");
	assert_true(firewall_wake(&firewall));
	assert_non_null(held(mail4, "203.0.113.7"));
	firewall.refuse = NULL;
	reconcile_want(firewall.reconcile, RECONCILE_WANT_RETRY | RECONCILE_WANT_LIST);
	assert_true(firewall_drain(&firewall));
	assert_null(held(mail4, "203.0.113.7"));
}

static int refuse_installs(struct firewall *unused, const struct reconcile_action *action)
{
	return action->type == RECONCILE_INSTALL ? -EIO : 0;
}

/* Its key is all that tells of the ban: it stays until the ban can be put in. */
static void nothing_is_taken_out_before_the_sets_are_known(void **state)
{
	assert_true(firewall_decide(&firewall, "2001:db8::1"));
	firewall_place(&firewall);
	stream_commit(&firewall.stream);
	restart();
	firewall_drop(mail6, held(mail6, "2001:db8::"));
	firewall.refuse = refuse_installs;
	assert_true(firewall_start(&firewall));
	firewall_add(&firewall, mail6, "2001:db8::5", firewall.now + HOUR / 2, "");
	assert_true(firewall_wake(&firewall));
	assert_non_null(held(mail6, "2001:db8::5"));
	firewall.refuse = NULL;
	reconcile_want(firewall.reconcile, RECONCILE_WANT_INSTALL | RECONCILE_WANT_RETRY);
	assert_true(firewall_drain(&firewall));
	assert_true(firewall_wake(&firewall));
	assert_non_null(ban_of(mail6, "2001:db8::1"));
	assert_non_null(held(mail6, "2001:db8::"));
	assert_null(held(mail6, "2001:db8::5"));
}

static int lacking_list(struct firewall *unused, const struct reconcile_action *action)
{
	return action->type == RECONCILE_LIST;
}

/* Somebody makes the set anew while it is asked for the ban, and takes it away before we install.
 */
static bool set_goes_meanwhile(struct firewall *unused, const struct reconcile_action *action)
{
	if (action->type == RECONCILE_FIND) {
		firewall_make(&firewall, mail4);
		reconcile_want(firewall.reconcile, RECONCILE_WANT_INSTALL);
	} else if (action->type == RECONCILE_INSTALL) {
		mail4->handle = mail4->n = 0;
		firewall.refuse = NULL;
		firewall.before = NULL;
	}
	return false;
}

static void what_was_absent_before_an_install_says_nothing_after_it(void **state)
{
	firewall.refuse = lacking_list;
	firewall.before = set_goes_meanwhile;
	reconcile_want(firewall.reconcile, RECONCILE_WANT_LIST);
	assert_true(firewall_drain(&firewall));
	expect_told("list install list");
	assert_non_null(ban_of(mail4, "203.0.113.1"));
	assert_non_null(held(mail4, "203.0.113.1"));
}

static void who_never_stops_is_left_for_a_while(void **state)
{
	for (int i = 0; i < 21; i++) {
		firewall_unmake(&firewall);
		firewall_damage(&firewall, NFT_LOSS_TABLE);
		firewall.told[0] = '\0';
		assert_true(firewall_wake(&firewall));
	}
	expect_told("tired");
	assert_int_equal(firewall.table, 0);
	firewall.now += 11 * SECOND;
	firewall_damage(&firewall, NFT_LOSS_TABLE);
	assert_true(firewall_wake(&firewall));
	assert_non_null(held(mail4, "203.0.113.1"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(what_is_decided_is_put_in),
		CASE(an_element_that_somebody_adds_is_a_ban_by_hand),
		CASE(also_one_that_is_added_while_we_write_is_placed),
		CASE(an_element_that_somebody_deletes_is_an_unban),
		CASE(absence_says_something_only_in_the_set_that_held_all),
		CASE(another_table_says_nothing),
		CASE(nor_one_that_comes_while_it_is_listed),
		CASE(a_saved_ruleset_brings_nothing_back),
		CASE(what_went_with_its_set_is_put_back),
		CASE(an_unban_is_heard_after_a_repair),
		CASE(ours_that_is_over_goes),
		CASE(but_counts_where_the_ledger_was_damaged),
		CASE(the_exempt_go_unless_they_are_forced),
		CASE(a_network_whose_first_address_is_exempt_stays_banned),
		CASE(host_bits_are_masked),
		CASE(a_set_by_length_is_recorded_with_the_ban),
		CASE(a_set_of_nobody_is_left_alone),
		CASE(a_set_that_refused_is_not_recorded),
		CASE(what_could_not_be_deleted_is_deleted_later),
		CASE(nothing_is_taken_out_before_the_sets_are_known),
		CASE(what_was_absent_before_an_install_says_nothing_after_it),
		CASE(who_never_stops_is_left_for_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
