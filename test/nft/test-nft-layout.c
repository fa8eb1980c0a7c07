/* Table, sets, chain and rules in a real kernel, compared with what nft shows of them. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"

static const char *text_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItem(object, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

static int number_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItem(object, key);

	return cJSON_IsNumber(item) ? item->valueint : -1;
}

static void sets_and_chain_are_as_promised(void **state)
{
	cJSON *table = nft_json("list table inet banish");
	unsigned n_sets = 0, n_rules = 0, n_chains = 0;
	const cJSON *item;

	assert_non_null(table);
	cJSON_ArrayForEach(item, table)
	{
		const cJSON *set = cJSON_GetObjectItem(item, "set");
		const cJSON *chain = cJSON_GetObjectItem(item, "chain");

		n_rules += cJSON_HasObjectItem(item, "rule");
		if (set && strncmp(text_of(set, "name"), "ignore", 6) != 0) {
			bool forced = strncmp(text_of(set, "name"), "forced", 6) == 0;

			n_sets++;
			assert_int_equal(number_of(set, "size"), forced ? 1024 : NFT_SIZE_DEFAULT);
			assert_string_equal(cJSON_GetArrayItem(cJSON_GetObjectItem(set, "flags"), 0)
						    ->valuestring,
					    "timeout");
		}
		if (!chain)
			continue;
		n_chains++;
		assert_string_equal(text_of(chain, "type"), "filter");
		assert_string_equal(text_of(chain, "hook"), "prerouting");
		assert_string_equal(text_of(chain, "policy"), "accept");
		assert_int_equal(number_of(chain, "prio"), -300);
	}
	assert_int_equal(n_sets, 4 + 2);
	assert_int_equal(n_chains, 1);
	assert_int_equal(n_rules, 2 + 4 + 2);
	cJSON_Delete(table);
	run("nft list table inet banish | grep -q 'type ipv6_addr'");
	run("nft list chain inet banish prerouting | grep -q '^\t\tip saddr @forced4 counter.* drop'");
	run("nft list chain inet banish prerouting | grep -q '^\t\tip6 saddr @forced6 counter.* drop'");
	run("nft list chain inet banish prerouting | grep -q 'ip saddr @ignore4 counter.* return'");
	run("nft list chain inet banish prerouting | grep -q 'ip6 saddr @ignore6 counter.* return'");
	run("nft list chain inet banish prerouting | grep -q 'ip6 saddr & ffff:ffff:ffff:ffff::.*@mail6 '");
	run("nft list chain inet banish prerouting | grep -q 'dport { 143, 993 } ip saddr @mail4 counter'");
	run("nft list chain inet banish prerouting | grep -q '^\t\tip saddr @manual4 counter.* drop'");
}

static void a_saved_ruleset_can_be_loaded_by_nft(void **state)
{
	run("(echo flush ruleset; nft list ruleset) | nft -f -");
}

static void a_table_that_is_not_the_expected_one_is_emptied(void **state)
{
	const uint64_t handle = nft_table_handle(nft);
	struct nft_layout layout = netns_layout();

	assert_true(handle > 0);
	for (int i = 0; i < 4; i++) {
		cleanup(nft_freep) struct nft *other = NULL;
		bool strange = i >= 2;

		if (i == 2)
			run("(echo flush ruleset; nft list ruleset) | nft -f -");
		apply(change_of(NFT_PUT, "192.0.2.1", 100, "of old"));
		assert_int_equal(nft_open("banish", &other), 0);
		/* 0: nothing is expected */
		layout.handle = i == 1 || i == 2 ? handle : i == 3 ? UINT64_MAX : 0;
		assert_int_equal(nft_install(other, &layout, NULL), strange);
		assert_int_equal(nft_table_was_strange(other), strange);
		assert_int_equal(nft_set_is_empty(other, "mail", AF_INET), strange);
		assert_int_equal(json_count("mail4"), !strange);
		/* only the first time */
		layout.handle = nft_table_handle(other);
		assert_int_equal(nft_install(other, &layout, NULL), 0);
		assert_false(nft_table_was_strange(other));
	}
}

struct given {
	struct nft_change changes[3];
	size_t n, n_calls;
	const char *meanwhile; /* what somebody else does */
};

static int give(void *userdata, struct nft_change **ret, size_t *ret_n)
{
	struct given *given = userdata;

	assert_true(nft_set_is_empty(nft, "mail", AF_INET));
	if (given->n_calls++ == 0 && given->meanwhile)
		run("%s", given->meanwhile);
	*ret = given->changes;
	*ret_n = given->n;
	return 0;
}

static struct given given_of(unsigned n)
{
	struct given given = { .n = n };

	for (unsigned i = 0; i < n; i++) {
		char address[16];

		snprintf(address, sizeof(address), "192.0.2.%u", i + 1);
		given.changes[i] = change_of(NFT_PUT_NEW, address, 100, NULL);
	}
	return given;
}

static void sets_and_their_elements_come_at_once(void **state)
{
	struct given given = given_of(3);
	struct nft_filling filling = { .gather = give, .userdata = &given };
	struct nft_layout layout = netns_layout();

	run("nft flush ruleset");
	assert_int_equal(nft_install(nft, &layout, &filling), 1);
	assert_true(filling.done);
	assert_int_equal(json_count("mail4"), 3);
	assert_int_equal(given.changes[2].error, 0);

	/* nothing is new */
	filling.done = false;
	assert_int_equal(nft_install(nft, &layout, &filling), 0);
	assert_false(filling.done);
	assert_int_equal(given.n_calls, 1);
}

static void elements_that_are_refused_keep_no_set_out(void **state)
{
	struct given given = given_of(3);
	struct nft_filling filling = { .gather = give, .userdata = &given };
	struct nft_layout layout = netns_layout();

	run("nft flush ruleset");
	layout.size = 2;
	assert_int_equal(nft_install(nft, &layout, &filling), 1);
	assert_false(filling.done);
	assert_int_equal(json_count("mail4"), 0);
	assert_true(nft_set_is_empty(nft, "mail", AF_INET));
}

static void what_others_do_meanwhile_is_seen(void **state)
{
	struct given given = given_of(3);
	struct nft_filling filling = { .gather = give, .userdata = &given };
	struct nft_layout layout = netns_layout();

	run("nft flush ruleset");
	given.meanwhile =
		"nft 'add table inet banish; add set inet banish mail4 { type ipv6_addr; }'";
	assert_int_equal(nft_install(nft, &layout, &filling), 1);
	assert_true(filling.done); /* of the second try */
	assert_int_equal(given.n_calls, 2);
	assert_int_equal(json_count("mail4"), 3);
}

static pid_t be_busy(void)
{
	cleanup(nft_freep) struct nft *busy = NULL;
	struct nft_layout layout = netns_layout();
	pid_t other = fork();

	assert_true(other >= 0);
	if (other > 0)
		return other;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	layout.table = "busy";
	if (nft_open(layout.table, &busy) < 0)
		_exit(1);
	for (;;)
		(void)!nft_install(busy, &layout, NULL);
}

/* Somebody changes another table all the time: an unban of what an install puts in is one all the
 * same. */
static void others_who_are_busy_hide_nothing(void **state)
{
	struct nft_layout layout = netns_layout();
	pid_t other = be_busy();

	for (int i = 0; i < 3000; i++) {
		struct given given = given_of(3);
		struct nft_filling filling = { .gather = give, .userdata = &given };
		int r;

		layout.size = 10 + i % 2; /* made anew */
		do
			r = nft_install(nft, &layout, &filling);
		while (r == -ERESTART || r == -EINTR);
		assert_int_equal(r, 1);
		assert_true(filling.done);
	}
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

/* 0: there is no such set. */
static uint64_t handle_of(const char *set)
{
	const char *name;
	uint64_t handle;

	for (size_t i = 0; (name = nft_next_set(nft, &i, &handle));)
		if (strcmp(name, set) == 0)
			return handle;
	return 0;
}

static void a_set_made_anew_has_another_handle(void **state)
{
	const uint64_t handle = handle_of("mail4");
	struct nft_layout layout = netns_layout();

	assert_true(handle > 0);
	assert_true(handle_of("mail6") != handle);
	assert_int_equal(handle_of("none4"), 0);
	run("nft flush set inet banish mail4");
	assert_int_equal(nft_identify(nft), 0);
	assert_true(handle_of("mail4") == handle);

	run("nft 'flush chain inet banish prerouting; delete set inet banish mail4'");
	assert_int_equal(nft_identify(nft), 0);
	assert_int_equal(handle_of("mail4"), 0);
	assert_int_equal(nft_install(nft, &layout, NULL), 1);
	assert_true(handle_of("mail4") > handle);
}

static void installing_again_keeps_elements(void **state)
{
	struct nft_layout layout = netns_layout();

	apply(change_of(NFT_PUT, "192.0.2.1", 100, "stays"));
	apply(change_of(NFT_PUT, "2001:db8:1:2::", 100, "stays"));
	assert_int_equal(nft_install(nft, &layout, NULL), 0);
	assert_false(nft_set_is_empty(nft, "mail", AF_INET));
	assert_true(json_element("mail4", "192.0.2.1").found);
	assert_string_equal(json_element("mail6", "2001:db8:1:2::").comment, "stays");
}

static void another_prefix_replaces_its_set_only(void **state)
{
	struct nft_layout layout = netns_layout();
	struct nft_jail jail = layout.jails[0];

	apply(change_of(NFT_PUT, "192.0.2.1", 100, NULL));
	apply(change_of(NFT_PUT, "2001:db8:1:2::", 100, NULL));
	jail.prefix6 = 56;
	layout.jails = &jail;
	assert_int_equal(nft_install(nft, &layout, NULL), 1);
	assert_true(nft_set_is_empty(nft, "mail", AF_INET6));
	assert_false(nft_set_is_empty(nft, "mail", AF_INET));
	assert_int_equal(json_count("mail4"), 1);
	assert_int_equal(json_count("mail6"), 0);
}

static void a_jail_that_is_gone_takes_its_sets_along(void **state)
{
	struct nft_layout layout = netns_layout();

	layout.n_jails = 0;
	run("nft add set inet banish friends4 '{ type ipv4_addr; flags timeout; }'");
	assert_int_equal(nft_install(nft, &layout, NULL), 0);
	run("! nft list set inet banish mail4 2>/dev/null");
	assert_int_equal(json_count("manual4"), 0);
	assert_int_equal(json_count("friends4"), 0);
}

static bool stands(const char *set)
{
	char words[100];
	cJSON *answer;
	bool found;

	snprintf(words, sizeof(words), "list set inet banish %s 2>/dev/null", set);
	answer = nft_json(words);
	found = answer != NULL;
	cJSON_Delete(answer);
	return found;
}

static void sets_of_lengths_stay_while_they_hold_bans(void **state)
{
	struct nft_layout layout = netns_layout(), plain = layout;
	struct nft_change change = change_of(NFT_PUT, "64:ff9b::1", 100, "stays");

	assert_true(nft_lengths_add(&layout.lengths, "mail", AF_INET6, 128) > 0);
	assert_true(nft_lengths_add(&layout.lengths, "manual", AF_INET, 20) > 0);
	assert_int_equal(nft_install(nft, &layout, NULL), 1);
	assert_true(nft_set_is_empty(nft, "mail.128v", AF_INET6));
	assert_false(nft_set_is_empty(nft, "mail", AF_INET6));
	assert_true(stands("mail.128v6") && stands("manual.20v4") && !stands("mail.128v4"));
	run("nft list chain inet banish prerouting | grep -q 'ip saddr & 255.255.240.0.*@manual.20v4'");
	run("nft list chain inet banish prerouting | grep -q 'ip6 saddr @mail.128v6'");
	change.jail = "mail.128v";
	apply(change);
	assert_int_equal(nft_install(nft, &layout, NULL), 0);
	assert_string_equal(json_element("mail.128v6", "64:ff9b::1").comment, "stays");

	/* Nobody asks for them any more: the one that is empty goes. */
	assert_int_equal(nft_install(nft, &plain, NULL), 0);
	assert_true(stands("mail.128v6") && !stands("manual.20v4"));
	assert_true(nft_lengths_have(nft_lengths(nft), "mail", AF_INET6, 128));
	assert_false(nft_lengths_have(nft_lengths(nft), "manual", AF_INET, 20));
	assert_true(json_element("mail.128v6", "64:ff9b::1").found);
	run("nft list chain inet banish prerouting | grep -q 'ip6 saddr @mail.128v6'");
	change.operation = NFT_DELETE;
	apply(change);
	assert_int_equal(nft_install(nft, &plain, NULL), 0);
	assert_false(stands("mail.128v6"));

	/* With its jail it goes, whatever it holds. */
	assert_int_equal(nft_install(nft, &layout, NULL), 1);
	change.operation = NFT_PUT;
	apply(change);
	plain.n_jails = 0;
	assert_int_equal(nft_install(nft, &plain, NULL), 0);
	assert_false(stands("mail.128v6"));
}

static void a_set_of_a_length_by_hand_is_kept_and_ruled(void **state)
{
	struct nft_layout layout = netns_layout();

	run("nft add set inet banish manual.20v4 '{ type ipv4_addr; size 131072; flags timeout; "
	    "comment \"banish: each element is a /20\"; }'");
	run("nft add element inet banish manual.20v4 '{ 198.51.96.0 timeout 1h }'");
	run("nft add set inet banish manual.21v4 '{ type ipv4_addr; flags timeout; }'");
	run("nft add element inet banish manual.21v4 '{ 198.51.96.0 }'");
	assert_int_equal(nft_install(nft, &layout, NULL), 0);
	assert_true(json_element("manual.20v4", "198.51.96.0").found);
	run("nft list chain inet banish prerouting | grep -q '@manual.20v4'");
	/* one that is not ours stays for who listens; it is made anew when a ban needs it */
	assert_true(json_element("manual.21v4", "198.51.96.0").found);
	run("! nft list chain inet banish prerouting | grep -q '@manual.21v4'");
	assert_true(nft_lengths_add(&layout.lengths, "manual", AF_INET, 21) > 0);
	assert_int_equal(nft_install(nft, &layout, NULL), 1);
	assert_true(nft_set_is_empty(nft, "manual.21v", AF_INET));
	run("nft list chain inet banish prerouting | grep -q '@manual.21v4'");
}

static void unfit_sets_and_chains_are_replaced(void **state)
{
	struct nft_layout layout = netns_layout();

	run("nft flush ruleset");
	run("nft -f - <<'END'\n"
	    "table inet banish {\n"
	    "	set mail4 { type ipv6_addr; flags interval; elements = { ::/64 }; }\n"
	    "	chain prerouting { type filter hook input priority 0; ip6 saddr @mail4 drop; }\n"
	    "	chain own { tcp dport 1 accept; }\n"
	    "}\n"
	    "END\n");
	assert_int_equal(nft_install(nft, &layout, NULL), 1);
	apply(change_of(NFT_PUT, "192.0.2.1", 100, NULL));
	run("nft list chain inet banish prerouting | grep -q 'hook prerouting priority raw'");
	run("nft list chain inet banish own | grep -q 'tcp dport 1 accept'");
}

static void a_set_in_use_by_others_is_not_replaced(void **state)
{
	struct nft_layout layout = netns_layout();
	struct nft_jail jail = layout.jails[0];

	jail.prefix4 = 24;
	layout.jails = &jail;
	run("nft 'add chain inet banish own; add rule inet banish own ip saddr @mail4 accept'");
	assert_int_equal(nft_install(nft, &layout, NULL), -EBUSY);
	run("nft list chain inet banish prerouting | grep -q @mail6");
}

static void a_sleeping_table_is_woken(void **state)
{
	struct nft_layout layout = netns_layout();

	run("nft 'add table inet banish { flags dormant; }'");
	run("nft list ruleset | grep -q dormant");
	assert_int_equal(nft_install(nft, &layout, NULL), 0);
	run("! nft list ruleset | grep -q dormant");
}

static void many_jails_and_ignored_hosts_fit(void **state)
{
	static struct nft_jail jails[100];
	static struct prefix ignore[3000];
	struct nft_layout layout = { .table = "banish", .jails = jails, .n_jails = 100 };

	for (size_t i = 0; i < 100; i++) {
		snprintf(jails[i].name, sizeof(jails[i].name), "jail-%zu", i);
		jails[i].prefix4 = 24;
		jails[i].prefix6 = 48;
		jails[i].ports.all = true;
	}
	for (uint32_t i = 0; i < 3000; i++) {
		ignore[i].address =
			(struct address){ AF_INET, { 10, (uint8_t)(i >> 8), (uint8_t)i, 1 } };
		ignore[i].length = 32;
	}
	layout.ignore = ignore;
	layout.n_ignore = 3000;
	layout.size = 1000;
	assert_int_equal(nft_install(nft, &layout, NULL), 1);
	assert_int_equal(json_count("ignore4"), 3000);
	assert_int_equal(nft_install(nft, &layout, NULL), 0);
}

static void ignored_networks_are_seen(void **state)
{
	static const struct {
		const char *address;
		int ignored;
	} cases[] = {
		{ "127.0.0.1", 1 },   { "126.255.255.255", 0 }, { "128.0.0.0", 0 },
		{ "10.0.0.255", 1 },  { "10.0.1.0", 0 },        { "255.255.255.255", 1 },
		{ "2001:db8::1", 1 }, { "2001:db8:1::", 0 },    { "::", 0 },
	};
	struct prefix ignore[] = { prefix_of("127.0.0.0/8"), prefix_of("10.0.0.0/25"),
				   prefix_of("10.0.0.128/25"), prefix_of("255.255.255.255"),
				   prefix_of("2001:db8::/48") };
	cleanup(prefixset_done) struct prefixset ignored = { 0 };
	struct nft_layout layout = netns_layout();

	layout.ignore = ignore;
	layout.n_ignore = ARRAY_SIZE(ignore);
	assert_int_equal(nft_install(nft, &layout, NULL), 0);
	assert_int_equal(nft_list_ignored(nft, AF_INET, &ignored), 0);
	assert_int_equal(nft_list_ignored(nft, AF_INET6, &ignored), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct address address = address_of(cases[i].address);

		assert_int_equal(prefixset_contains(&ignored, &address), cases[i].ignored);
	}
	assert_int_equal(ignored.n_prefixes, 4);
	run("nft list set inet banish ignore4 | grep -q 10.0.0.0/24");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		INSTALLED(sets_and_chain_are_as_promised),
		INSTALLED(a_saved_ruleset_can_be_loaded_by_nft),
		INSTALLED(a_table_that_is_not_the_expected_one_is_emptied),
		INSTALLED(sets_and_their_elements_come_at_once),
		INSTALLED(elements_that_are_refused_keep_no_set_out),
		INSTALLED(what_others_do_meanwhile_is_seen),
		INSTALLED(others_who_are_busy_hide_nothing),
		INSTALLED(a_set_made_anew_has_another_handle),
		INSTALLED(installing_again_keeps_elements),
		INSTALLED(another_prefix_replaces_its_set_only),
		INSTALLED(a_jail_that_is_gone_takes_its_sets_along),
		INSTALLED(sets_of_lengths_stay_while_they_hold_bans),
		INSTALLED(a_set_of_a_length_by_hand_is_kept_and_ruled),
		INSTALLED(unfit_sets_and_chains_are_replaced),
		INSTALLED(a_set_in_use_by_others_is_not_replaced),
		INSTALLED(a_sleeping_table_is_woken),
		INSTALLED(many_jails_and_ignored_hosts_fit),
		INSTALLED(ignored_networks_are_seen),
	};

	netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
