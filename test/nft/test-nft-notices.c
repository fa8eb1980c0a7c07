/* What others do to the table is heard, with their name; what we do is not. */
#include "unit.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "netns.h"

static int set_up(void **state)
{
	struct nft_layout layout = netns_layout();

	run("nft flush ruleset");
	assert_int_equal(nft_open("banish", &nft), 0);
	assert_int_equal(nft_prepare(nft), 0);
	assert_int_equal(nft_listen(nft), 0);
	assert_int_equal(nft_install(nft, &layout, NULL), 1);
	return 0;
}

static int set_up_late(void **state)
{
	run("nft flush ruleset");
	assert_int_equal(nft_open("banish", &nft), 0);
	return 0;
}

static void apply_by(struct nft *by, struct nft_change change)
{
	assert_int_equal(nft_apply(by, &change, 1), 0);
}

static bool take(struct nft_notice *notice)
{
	assert_int_equal(nft_read_notices(nft), 0);
	return nft_take_notice(nft, notice);
}

static struct nft_notice expect(enum nft_notice_type type, const char *process)
{
	struct nft_notice notice;

	assert_true(take(&notice));
	assert_int_equal(notice.type, type);
	if (process)
		assert_string_equal(notice.process, process);
	return notice;
}

static void expect_nothing(void)
{
	struct nft_notice notice;

	assert_false(take(&notice));
}

static void expect_damage(enum nft_loss loss)
{
	assert_int_equal(expect(NFT_NOTICE_DAMAGED, "nft").loss, loss);
	expect_nothing();
}

static void own_transactions_are_silent_and_wake_nobody(void **state)
{
	struct pollfd wait = { nft_fd(nft), POLLIN, 0 };
	struct nft_layout layout = netns_layout();

	apply(change_of(NFT_PUT, "192.0.2.1", 100, NULL));
	apply(change_of(NFT_PUT, "192.0.2.1", 200, NULL));
	apply(change_of(NFT_DELETE, "192.0.2.1", 0, NULL));
	layout.n_jails = 0;
	assert_int_equal(nft_install(nft, &layout, NULL), 0);
	assert_int_equal(poll(&wait, 1, 0), 0);
	expect_nothing();
}

static void an_element_by_hand_is_heard(void **state)
{
	struct pollfd wait = { nft_fd(nft), POLLIN, 0 };
	struct nft_notice notice;

	run("nft add element inet banish mail4 '{ 192.0.2.1 timeout 1h comment \"by hand\" }'");
	assert_int_equal(poll(&wait, 1, 0), 1);
	notice = expect(NFT_NOTICE_ADDED, "nft");
	assert_string_equal(notice.jail, "mail");
	assert_string_equal(notice.comment, "by hand");
	assert_in_range(notice.remaining, 3590 * USEC_PER_SEC, 3600 * USEC_PER_SEC);
	assert_true(notice.process_id > 0);
	assert_false(notice.restored);
	nft_notice_done(&notice);

	run("nft add element inet banish manual6 '{ 2001:db8::9 }'");
	notice = expect(NFT_NOTICE_ADDED, "nft");
	assert_string_equal(notice.jail, "manual");
	assert_true(notice.remaining == USEC_INFINITY);
	assert_true(notice.host_bits);
	nft_notice_done(&notice);
	expect_nothing();
}

static void deletion_and_flush_of_elements_are_heard(void **state)
{
	apply(change_of(NFT_PUT, "192.0.2.1", 100, NULL));
	apply(change_of(NFT_PUT, "192.0.2.2", 100, NULL));
	apply(change_of(NFT_PUT, "192.0.2.3", 100, NULL));
	run("nft delete element inet banish mail4 '{ 192.0.2.2 }'");
	assert_int_equal(expect(NFT_NOTICE_DELETED, "nft").address.bytes[3], 2);
	run("nft flush set inet banish mail4");
	assert_int_equal(expect(NFT_NOTICE_DELETED, "nft").address.bytes[3] & ~2, 1);
	assert_int_equal(expect(NFT_NOTICE_DELETED, "nft").address.bytes[3] & ~2, 1);
	expect_nothing();
}

/* The verbs are other processes with the same code. */
static void the_verbs_are_heard_as_what_they_mean(void **state)
{
	cleanup(nft_freep) struct nft *verb = NULL;
	struct nft_notice notice;

	assert_int_equal(nft_open("banish", &verb), 0);
	apply_by(verb, change_of(NFT_PUT, "192.0.2.1", 100, "by verb"));
	notice = expect(NFT_NOTICE_ADDED, NULL);
	assert_string_equal(notice.comment, "by verb");
	nft_notice_done(&notice);
	apply_by(verb, change_of(NFT_PUT, "192.0.2.1", 200, NULL));
	notice = expect(NFT_NOTICE_ADDED, NULL);
	assert_in_range(notice.remaining, 190 * USEC_PER_SEC, 200 * USEC_PER_SEC);
	apply_by(verb, change_of(NFT_DELETE, "192.0.2.1", 0, NULL));
	expect(NFT_NOTICE_DELETED, NULL);
	expect_nothing();
}

static void losses_are_damage_and_healed(void **state)
{
	static const struct {
		const char *words;
		enum nft_loss loss;
	} cases[] = {
		{ "flush ruleset", NFT_LOSS_TABLE },
		{ "delete table inet banish", NFT_LOSS_TABLE },
		{ "flush chain inet banish prerouting", NFT_LOSS_RULE },
		{ "'flush chain inet banish prerouting; delete chain inet banish prerouting'",
		  NFT_LOSS_CHAIN },
		{ "delete rule inet banish prerouting handle $(nft -a list ruleset | "
		  "sed -n 's/.*@mail4.*handle //p')",
		  NFT_LOSS_RULE },
		{ "'flush chain inet banish prerouting; delete set inet banish mail6'",
		  NFT_LOSS_SET },
		{ "'flush set inet banish ignore4'", NFT_LOSS_IGNORED },
		{ "'add table inet banish { flags dormant; }'", NFT_LOSS_DORMANT },
	};
	struct prefix ignore = prefix_of("192.0.2.0/24");
	struct nft_layout layout = netns_layout();

	layout.ignore = &ignore;
	layout.n_ignore = 1;
	assert_int_equal(nft_install(nft, &layout, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		run("nft %s", cases[i].words);
		expect_damage(cases[i].loss);
		assert_true(nft_install(nft, &layout, NULL) >= 0);
		expect_nothing();
		run("nft list chain inet banish prerouting | grep -c 'ip6\\? saddr' | grep -qx 8");
		run("nft list set inet banish ignore4 | grep -q 192.0.2.0/24");
		run("! nft list ruleset | grep -q dormant");
	}
}

static void changes_elsewhere_are_not_ours(void **state)
{
	run("nft 'add table inet other; add chain inet other prerouting; add rule inet other "
	    "prerouting accept; add set inet other mail4 { type ipv4_addr; }; add element inet other "
	    "mail4 { 192.0.2.1 }'");
	run("nft delete table inet other");
	run("nft 'add table ip banish; delete table ip banish'");
	run("nft 'add chain inet banish own; add rule inet banish own accept'");
	run("nft 'flush chain inet banish own; delete chain inet banish own'");
	run("nft insert rule inet banish prerouting accept");
	expect_nothing();
}

static void elements_of_a_saved_ruleset_are_flagged(void **state)
{
	struct nft_layout layout = netns_layout();
	struct nft_notice notice;

	layout.handle = nft_table_handle(nft);
	apply(change_of(NFT_PUT, "192.0.2.1", 100, "stale"));
	run("(echo flush ruleset; nft list ruleset) | nft -f -");
	notice = expect(NFT_NOTICE_ADDED, "nft");
	assert_true(notice.restored);
	nft_notice_done(&notice);
	expect_damage(NFT_LOSS_TABLE);
	/* The sets look the same, but what is in them is not our word. */
	assert_int_equal(nft_install(nft, &layout, NULL), 1);
	assert_true(nft_set_is_empty(nft, "mail", AF_INET));
	assert_int_equal(json_count("mail4"), 0);
	layout.handle = nft_table_handle(nft);
	apply(change_of(NFT_PUT, "192.0.2.1", 100, "ours"));
	assert_int_equal(nft_install(nft, &layout, NULL), 0);
	assert_int_equal(json_count("mail4"), 1);

	/* Loaded over what stands, nothing is lost. */
	run("nft list ruleset | sed 's/192.0.2.1 /192.0.2.9 /' | nft -f -");
	notice = expect(NFT_NOTICE_ADDED, "nft");
	assert_int_equal(notice.address.bytes[3], 9);
	assert_true(notice.restored);
	nft_notice_done(&notice);
	expect_nothing();

	/* An element alone is somebody's will. */
	run("nft add element inet banish mail4 '{ 192.0.2.2 timeout 1h }'");
	assert_false(expect(NFT_NOTICE_ADDED, "nft").restored);
	expect_nothing();
}

static void a_flood_that_was_not_read_is_told_as_a_resync(void **state)
{
	static struct nft_change changes[200000];
	cleanup(nft_freep) struct nft *other = NULL;
	struct nft_notice notice;
	bool resync = false;

	for (uint32_t i = 0; i < ARRAY_SIZE(changes); i++) {
		changes[i] = change_of(NFT_PUT, "10.0.0.0", 100, "a comment that takes some room");
		for (int byte = 1; byte < 4; byte++)
			changes[i].address.bytes[byte] = (uint8_t)(i >> (24 - 8 * byte));
	}
	assert_int_equal(nft_open("banish", &other), 0);
	assert_true(nft_apply(other, changes, ARRAY_SIZE(changes)) >= 0);
	while (take(&notice)) {
		resync = resync || notice.type == NFT_NOTICE_RESYNC;
		nft_notice_done(&notice);
	}
	assert_true(resync);
	run("nft add element inet banish manual4 '{ 192.0.2.1 }'");
	expect(NFT_NOTICE_ADDED, "nft");
	expect_nothing();
}

static void own_floods_fill_no_buffer(void **state)
{
	static struct nft_change changes[100000];

	for (uint32_t i = 0; i < ARRAY_SIZE(changes); i++) {
		changes[i] = change_of(NFT_PUT, "10.0.0.0", 100, "a comment that takes some room");
		for (int byte = 1; byte < 4; byte++)
			changes[i].address.bytes[byte] = (uint8_t)(i >> (24 - 8 * byte));
	}
	assert_int_equal(nft_apply(nft, changes, ARRAY_SIZE(changes)), 0);
	expect_nothing();
}

/* Step by step, with somebody else's change before that step; 0: nobody's. */
static void start(unsigned step)
{
	struct nft_layout layout = netns_layout();

	for (unsigned i = 1; i <= 6; i++) {
		if (i == step)
			run("nft add table inet other");
		if (i == 1)
			assert_int_equal(nft_prepare(nft), 0);
		else if (i == 2 || i == 4)
			assert_in_range(nft_install(nft, &layout, NULL), 0, 1);
		else if (i == 3)
			apply(change_of(NFT_PUT_NEW, "192.0.2.1", 100, NULL));
		else if (i == 5)
			apply(change_of(NFT_PUT, "192.0.2.2", 100, NULL));
		else
			assert_int_equal(nft_listen(nft), step > 1);
	}
	assert_int_equal(json_count("mail4"), 2);
	expect_nothing();
}

static void what_others_do_before_we_listen_is_not_missed(void **state)
{
	for (unsigned step = 0; step <= 6; step++) {
		start(step);
		netns_tear_down(state);
		set_up_late(state);
	}
}

static void others_are_heard_from_then_on(void **state)
{
	start(0);
	run("nft delete element inet banish mail4 '{ 192.0.2.1 }'");
	expect(NFT_NOTICE_DELETED, "nft");
	apply(change_of(NFT_PUT, "192.0.2.3", 100, NULL));
	expect_nothing();
}

/* The element was there before us, by somebody else: so ours is refused, and told again. */
static void nobodys_element_passes_for_ours(void **state)
{
	struct nft_layout layout = netns_layout();

	assert_int_equal(nft_prepare(nft), 0);
	assert_int_equal(nft_install(nft, &layout, NULL), 1);
	run("nft add element inet banish mail4 '{ 192.0.2.1 timeout 1h }'");
	apply(change_of(NFT_PUT_NEW, "192.0.2.1", 100, NULL));
	assert_int_equal(nft_listen(nft), 1);
}

int main(void)
{
#define HEARD(name) cmocka_unit_test_setup_teardown(name, set_up, netns_tear_down)
	const struct CMUnitTest tests[] = {
		HEARD(own_transactions_are_silent_and_wake_nobody),
		HEARD(an_element_by_hand_is_heard),
		HEARD(deletion_and_flush_of_elements_are_heard),
		HEARD(the_verbs_are_heard_as_what_they_mean),
		HEARD(losses_are_damage_and_healed),
		HEARD(changes_elsewhere_are_not_ours),
		HEARD(elements_of_a_saved_ruleset_are_flagged),
		HEARD(a_flood_that_was_not_read_is_told_as_a_resync),
		HEARD(own_floods_fill_no_buffer),
		cmocka_unit_test_setup_teardown(what_others_do_before_we_listen_is_not_missed,
						set_up_late, netns_tear_down),
		cmocka_unit_test_setup_teardown(others_are_heard_from_then_on, set_up_late,
						netns_tear_down),
		cmocka_unit_test_setup_teardown(nobodys_element_passes_for_ours, set_up_late,
						netns_tear_down),
	};

	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
