#include "config/policy-read.h"

#include "parse.h"

#include <stdio.h>

static void assert_builtin(const struct settings *settings)
{
	assert_int_equal(settings->mode, MODE_NORMAL);
	assert_int_equal(settings->maxretry, 5);
	assert_int_equal(settings->findtime, 600 * USEC_PER_SEC);
	assert_int_equal(settings->bantime, USEC_PER_HOUR);
	assert_true(settings->increment.factor > 1.999 && settings->increment.factor < 2.001);
	assert_int_equal(settings->increment.maxtime, 28 * 24 * USEC_PER_HOUR);
	assert_int_equal(settings->increment.memory, 60 * 24 * USEC_PER_HOUR);
	assert_int_equal(settings->maxbans.count, 0);
	assert_int_equal(settings->maxbans.within, 60 * USEC_PER_SEC);
	assert_int_equal(settings->targets.count, 0);
	assert_int_equal(settings->targets.within, USEC_PER_HOUR);
	assert_false(settings->banprivate);
	assert_int_equal(settings->prefix4, 32);
	assert_int_equal(settings->prefix6, 64);
	assert_int_equal(settings->networks.length4, 24);
	assert_int_equal(settings->networks.length6, 48);
	assert_int_equal(settings->networks.hosts, 0);
	assert_int_equal(settings->verdict, VERDICT_DROP);
	assert_int_equal(settings->on_success, SUCCESS_IGNORE);
	assert_int_equal(settings->repeat_weight, 1000);
	assert_int_equal(settings->maxusers, 0);
	assert_false(settings->has_ports);
}

static void everything_may_be_left_out(void **state)
{
	cleanup(policy_freep) struct policy *builtin = policy_new();
	cleanup(policy_freep) struct policy *empty = good_policy("{}");
	cleanup(policy_freep) struct policy *hollow =
		good_policy("{\"ignoreip\":[],\"defaults\":{},\"jails\":{},\"nftables\":{}}");
	cleanup(policy_freep) struct policy *jail =
		good_policy("{\"jails\":{\"mox\":{\"increment\":{},\"prefix\":{}}}}");
	const struct policy *policies[] = { builtin, empty, hollow };

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		assert_builtin(&policies[i]->defaults);
		assert_true(policies[i]->ignoreself);
		assert_int_equal(policies[i]->n_ignoreip, 0);
		assert_int_equal(policies[i]->n_jails, 0);
		assert_string_equal(policies[i]->table, "banish");
	}
	assert_int_equal(jail->n_jails, 1);
	assert_builtin(&jail->jails[0].settings);
}

static void jails_inherit_key_by_key(void **state)
{
	cleanup(policy_freep) struct policy *policy = good_policy(
		"{ \"jails\": { \"a\": { \"increment\": { \"memory\": \"1w\" },\n"
		"  \"prefix\": { \"ipv4\": 24 }, \"bantime\": \"infinity\", \"on_success\": \"ignore\", \"repeat_weight\": 0 },\n"
		"    \"b-2\": { \"mode\": \"normal\", \"banprivate\": true, \"maxbans\": {\"count\": 7}, \"ports\": [993, \"pop3\"] } },\n"
		"  \"defaults\": { \"mode\": \"aggressive\", \"maxretry\": 3, \"bantime\": 90,\n"
		"    \"increment\": { \"factor\": 1.5 }, \"prefix\": { \"ipv6\": 56 },\n"
		"    \"action\": \"reject\", \"repeat_weight\": 0.3, \"maxusers\": 7, \"on_success\": \"forgive\" } }");
	const struct settings *a = &policy->jails[0].settings, *b = &policy->jails[1].settings;

	assert_int_equal(policy->n_jails, 2);
	assert_string_equal(policy->jails[0].name, "a");
	assert_int_equal(policy->jails[0].line, 1);
	assert_int_equal(policy->jails[0].column, 14);
	assert_string_equal(policy->jails[1].name, "b-2");
	assert_int_equal(policy->jails[1].line, 3);
	assert_int_equal(policy->jails[1].column, 5);

	assert_int_equal(a->mode, MODE_AGGRESSIVE);
	assert_int_equal(a->maxretry, 3);
	assert_int_equal(a->bantime, USEC_INFINITY);
	assert_true(a->increment.factor > 1.499 && a->increment.factor < 1.501);
	assert_int_equal(a->increment.memory, 7 * 24 * USEC_PER_HOUR);
	assert_int_equal(a->increment.maxtime, 28 * 24 * USEC_PER_HOUR);
	assert_int_equal(a->prefix4, 24);
	assert_int_equal(a->prefix6, 56);
	assert_int_equal(a->verdict, VERDICT_REJECT);
	assert_int_equal(a->on_success, SUCCESS_IGNORE);
	assert_int_equal(a->repeat_weight, 0);
	assert_int_equal(a->maxusers, 7);
	assert_false(a->has_ports);

	assert_false(a->banprivate);
	assert_true(b->banprivate);
	assert_int_equal(a->maxbans.count, 0);
	assert_int_equal(b->maxbans.count, 7);
	assert_int_equal(b->maxbans.within, 60 * USEC_PER_SEC);
	assert_int_equal(b->mode, MODE_NORMAL);
	assert_int_equal(b->bantime, 90 * USEC_PER_SEC);
	assert_int_equal(b->increment.memory, 60 * 24 * USEC_PER_HOUR);
	assert_int_equal(b->on_success, SUCCESS_FORGIVE);
	assert_int_equal(b->repeat_weight, 3);
	assert_int_equal(b->prefix4, 32);
	assert_true(b->has_ports);
	assert_int_equal(b->ports.n_ranges, 2);
	assert_int_equal(b->ports.ranges[0].first, 110);
	assert_int_equal(b->ports.ranges[1].last, 993);
}

static void networks_are_banned_where_somebody_says_so(void **state)
{
	cleanup(policy_freep) struct policy *policy =
		good_policy("{ \"jails\": { \"off\": { \"networks\": { \"hosts\": 0 } },\n"
			    "    \"a\": { \"networks\": { \"ipv6\": 40 } }, \"b\": {} },\n"
			    "  \"defaults\": { \"networks\": { \"ipv4\": 22 } } }");
	cleanup(policy_freep) struct policy *alone = good_policy(
		"{ \"defaults\": { \"networks\": { \"hosts\": 0, \"ipv4\": 16 } },\n"
		"  \"jails\": { \"a\": { \"networks\": {} }, \"b\": { \"networks\": { \"hosts\": 9 } } } }");

	assert_int_equal(policy->jails[0].settings.networks.hosts, 0);
	assert_int_equal(policy->jails[1].settings.networks.hosts, 4);
	assert_int_equal(policy->jails[1].settings.networks.length4, 22);
	assert_int_equal(policy->jails[1].settings.networks.length6, 40);
	assert_int_equal(policy->jails[2].settings.networks.hosts, 4);
	assert_int_equal(policy->jails[2].settings.networks.length6, 48);
	assert_int_equal(alone->jails[0].settings.networks.hosts, 0);
	assert_int_equal(alone->jails[1].settings.networks.hosts, 9);
	assert_int_equal(alone->jails[1].settings.networks.length4, 16);
}

static bool ignores(const struct policy *policy, const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(span_of(text), &prefix), 0);
	return policy_ignores(policy, &prefix);
}

static void ignores_its_networks_and_what_never_offends(void **state)
{
	cleanup(policy_freep) struct policy *policy = good_policy(
		"{\"ignoreip\": [\"192.0.2.128/25\", \"2001:db8:1::/48\", \"198.51.100.7\",\n"
		"\"192.0.2.192/26\", \"192.0.2.130\", \"10.0.0.0/8\", \"198.51.100.7\"]}");
	static const struct {
		const char *address;
		bool ignored;
	} cases[] = {
		{ "192.0.2.127", false },      { "192.0.2.128", true },
		{ "192.0.2.255", true },       { "192.0.3.0", false },
		{ "198.51.100.6", false },     { "198.51.100.7", true },
		{ "198.51.100.8", false },     { "9.255.255.255", false },
		{ "10.0.0.0", true },          { "10.255.255.255", true },
		{ "11.0.0.0", false },         { "2001:db8:1::", true },
		{ "2001:db8:1:ffff::", true }, { "2001:db8:2::", false },
		{ "2001:db8::", false },       { "::ffff:10.1.1.1", true },
		{ "127.9.9.9", true },         { "::1", true },
		{ "0.0.0.0", true },           { "224.0.0.1", true },
		{ "ff02::1", true },           { "1.2.3.4", false },
		{ "fe80::1", false },          { "192.0.2.192/27", true },
		{ "192.0.2.128/25", true },    { "192.0.2.0/24", false },
		{ "127.0.0.0/8", true },
	};

	assert_int_equal(policy->n_ignoreip, 4);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (ignores(policy, cases[i].address) != cases[i].ignored)
			fail_msg("%s", cases[i].address);
}

static struct ignorelist *good_list(const char *text)
{
	struct faults faults = { 0 };
	struct ignorelist *list = NULL;

	assert_int_equal(ignorelist_parse("l", span_of(text), IGNORE_LIST, &faults, &list), 0);
	return list;
}

static void lists_count_beside_its_own_networks(void **state)
{
	cleanup(policy_freep) struct policy *policy =
		good_policy("{ \"ignoreip\": [\"192.0.2.1\", \"/etc/b\", \"Home.Example.org\",\n"
			    "\"/etc/a\", \"/etc/b\", \"home.example.org\"] }");
	cleanup(ignorelist_freep) struct ignorelist *one = good_list("192.0.2.0/24\n10.0.0.1\n");
	cleanup(ignorelist_freep) struct ignorelist *two = good_list("10.0.0.2\n10.0.0.1\n");
	struct ignorelist *const lists[] = { one, two };

	assert_int_equal(policy->n_ignore_files, 2);
	assert_string_equal(policy->ignore_files[0].path, "/etc/b");
	assert_string_equal(policy->ignore_files[1].path, "/etc/a");
	assert_int_equal(policy->ignore_files[1].line, 2);
	assert_int_equal(policy->ignore_files[1].column, 1);
	assert_int_equal(policy->ignore.n_names, 1);
	assert_string_equal(policy->ignore.names[0], "home.example.org");

	assert_int_equal(policy->n_ignoreip, 1);
	assert_int_equal(policy_set_lists(policy, lists, 2), 0);
	assert_int_equal(policy->n_ignoreip, 3);
	assert_true(ignores(policy, "192.0.2.9"));
	assert_true(ignores(policy, "10.0.0.2"));
	assert_int_equal(policy_set_lists(policy, lists + 1, 1), 0);
	assert_false(ignores(policy, "192.0.2.9"));
	assert_true(ignores(policy, "192.0.2.1"));
	assert_true(ignores(policy, "10.0.0.2"));
	assert_int_equal(policy_set_lists(policy, NULL, 0), 0);
	assert_int_equal(policy->n_ignoreip, 1);
	assert_true(ignores(policy, "192.0.2.1"));
}

static void takes_no_endless_lists(void **state)
{
	cleanup(policy_freep) struct policy *policy = good_policy("{ \"ignoreip\": [\"::1\"] }");
	struct ignorelist list = { 0 };
	struct ignorelist *const lists[] = { &list };
	struct prefix prefix = { .address.family = AF_INET, .length = 32 };

	for (uint32_t i = 0; i < IGNORE_MAX_LIST; i++) {
		prefix.address.bytes[1] = (uint8_t)(i >> 8);
		prefix.address.bytes[3] = (uint8_t)i;
		assert_int_equal(ignorelist_add_prefix(&list, &prefix), 0);
	}
	assert_int_equal(ignorelist_add_prefix(&list, &prefix), -E2BIG);
	assert_int_equal(policy_set_lists(policy, lists, 1), -E2BIG);
	assert_int_equal(policy->n_ignoreip, 1);
	list.n_prefixes--;
	assert_int_equal(policy_set_lists(policy, lists, 1), 0);
	assert_int_equal(policy->n_ignoreip, 255 + 8 + 1); /* 0.N.0.0/24, 0.255.0.0 to .254, ::1 */
	ignorelist_done(&list);
}

static struct ignorelist *list_of_hosts(const char *domain, unsigned n)
{
	struct ignorelist *list = calloc(1, sizeof(*list));
	char name[64];

	assert_non_null(list);
	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "h%u.%s", i, domain);
		assert_int_equal(ignorelist_add_name(list, span_of(name)), 0);
	}
	return list;
}

static void takes_no_endless_names_in_all(void **state)
{
	cleanup(policy_freep) struct policy *policy =
		good_policy("{ \"ignoreip\": [\"h0.example.org\"] }");
	cleanup(ignorelist_freep) struct ignorelist *one = list_of_hosts("example.org", 200);
	cleanup(ignorelist_freep) struct ignorelist *two = list_of_hosts("example.net", 57);
	struct ignorelist *const lists[] = { one, two, one };

	assert_int_equal(policy->ignore_names.n_names, 1);
	assert_int_equal(policy_set_lists(policy, lists, 2), -E2BIG);
	assert_int_equal(policy->ignore_names.n_names, 1);
	free(two->names[--two->n_names]);
	/* one that stands in several lists is asked for once */
	assert_int_equal(policy_set_lists(policy, lists, 3), 0);
	assert_int_equal(policy->ignore_names.n_names, IGNORE_MAX_NAMES);
	assert_int_equal(policy_set_lists(policy, NULL, 0), 0);
	assert_int_equal(policy->ignore_names.n_names, 1);
}

static void takes_no_endless_names_and_files(void **state)
{
	static const struct {
		const char *head, *tail;
		unsigned most;
	} cases[] = { { "/etc/", "", 32 }, { "h", ".example.org", IGNORE_MAX_NAMES } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[16384] = "{\"ignoreip\":[", expected[160];
		size_t size = strlen(text);

		for (unsigned j = 0; j < cases[i].most; j++)
			size += (size_t)sprintf(text + size, "\"%s%u%s\",", cases[i].head, j,
						cases[i].tail);
		strcpy(text + size, "\"::1\"]}");
		policy_free(good_policy(text));
		sprintf(text + size, "\"%s9999%s\", \"::1\"]}", cases[i].head, cases[i].tail);
		sprintf(expected,
			"p:1:%zu: too many: ignoreip takes 65536 addresses and networks, 256 "
			"names and 32 files\n",
			size + 1);
		bad_policy(text, expected);
	}
}

static void tells_each_fault_with_its_place(void **state)
{
	static const struct {
		const char *text, *faults;
	} cases[] = {
		{ "[]", "p:1:1: the file cannot be a list: write an object, { ... }\n" },
		{ "{\n\t\"jail\": {} }",
		  "p:2:2: \"jail\" is not a key of the policy: did you mean \"jails\"?\n" },
		{ "{ \"ignoreip\": [\"192.0.2.1/24\",\n\"2001:db8::g\", \"x\"] }",
		  "p:2:1: neither address, network nor host name: write \"192.0.2.1\", "
		  "\"2001:db8::/48\", \"office.example.org\" or \"/etc/banish/office\"\n"
		  "p:2:16: not an address, and a host name needs a dot: write the whole name, such "
		  "as \"office.example.org\"\n" },
		{ "{ \"jails\": { \"a\": { \"maxretry\": 0 }, \"b\": { \"maxretry\": 1001 },\n"
		  "\"c\": { \"maxretry\": 1.5 }, \"d\": { \"maxretry\": \"5\" } } }",
		  "p:1:33: \"maxretry\" is out of range: write a whole number from 1 to 1000\n"
		  "p:1:57: \"maxretry\" is out of range: write a whole number from 1 to 1000\n"
		  "p:2:20: \"maxretry\" is out of range: write a whole number from 1 to 1000\n"
		  "p:2:46: \"maxretry\" cannot be a text: write a whole number from 1 to 1000\n" },
		{ "{ \"defaults\": { \"findtime\": 0, \"bantime\": -1 } }",
		  "p:1:29: \"findtime\" is out of range: write a time above 0 and up to \"52w\", "
		  "such as \"10min\"\n"
		  "p:1:43: \"bantime\" is not a time span: write a time from \"1s\" to \"100y\", such "
		  "as \"1h\", or \"infinity\"\n" },
		{ "{ \"defaults\": { \"findtime\": \"infinity\", \"ports\": [1] } }",
		  "p:1:29: \"findtime\" is out of range: write a time above 0 and up to \"52w\", "
		  "such as \"10min\"\n"
		  "p:1:41: \"ports\" is not a key of \"defaults\": its keys are mode, maxretry, "
		  "findtime, bantime, maxbans, targets, banprivate, increment, prefix, networks, action, "
		  "on_success, repeat_weight, maxusers\n" },
		{ "{ \"jails\": { \"x\": { \"mode\": \"agressive\", \"action\": \"log\" } } }",
		  "p:1:29: \"mode\" has no such value: did you mean \"aggressive\"?\n"
		  "p:1:52: \"action\" has no such value: write \"drop\" or \"reject\"\n" },
		{ "{ \"jails\": { \"manual\": {}, \"ignore\": {}, \"forced\": {}, "
		  "\"Dovecot\": {}, \"a\": 1 } }",
		  "p:1:14: this name is reserved: \"manual\" is the jail of \"banish ban\"\n"
		  "p:1:28: this name is reserved: the sets of \"ignore\" hold the addresses of "
		  "ignoreip\n"
		  "p:1:42: this name is reserved: \"forced\" is the jail of \"banish "
		  "ban --force\"\n"
		  "p:1:56: \"Dovecot\" is not a valid name: write at most 32 of a-z, 0-9, _ and -, a "
		  "letter first\n"
		  "p:1:76: \"a\" cannot be a number: write an object, { ... }\n" },
		{ "{ \"jails\": { \"a\": {}, \"\\u0061\": {} } }",
		  "p:1:23: \"a\" is a duplicate key: keep one of them\n" },
		{ "{ \"jails\": { \"a\": { \"ports\": [] }, \"b\": { \"ports\": [0, \"imapz\"] } } }",
		  "p:1:30: \"ports\" is an empty list: name the ports to close, or \"all\"\n"
		  "p:1:53: an element of \"ports\" is not a port: write 1 to 65535, \"5000-5010\", "
		  "\"imap\" or \"all\"\n"
		  "p:1:56: an element of \"ports\" is not a port: did you mean \"imap\"?\n" },
		{ "{ \"nftables\": { \"table\": \"a b\" }, \"ignoreself\": 1 }",
		  "p:1:26: \"table\" is not a valid name: write at most 32 of a-z, 0-9, _ and -, a "
		  "letter first\n"
		  "p:1:49: \"ignoreself\" cannot be a number: write true or false\n" },
		{ "{ \"jails\": {}, }", "p:1:14: a comma after the last one: remove it\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bad_policy(cases[i].text, cases[i].faults);
}

static void takes_the_edges_of_ranges(void **state)
{
	static const char *const texts[] = {
		"\"maxretry\": 1",       "\"maxretry\": 1000",
		"\"findtime\": \"1us\"", "\"findtime\": \"52w\"",
		"\"findtime\": 0.5",     "\"bantime\": \"100y\"",
		"\"bantime\": 1",        "\"increment\": {\"factor\": 1}",
		"\"maxretry\": 1.0",     "\"prefix\": {\"ipv4\": 8, \"ipv6\": 16}",
		"\"maxretry\": 1e2",     "\"prefix\": {\"ipv4\": 32, \"ipv6\": 128}",
	};
	static const char *const beyond[] = {
		"\"bantime\": 0.5",
		"\"bantime\": \"101y\"",
		"\"findtime\": \"52w 1us\"",
		"\"increment\": {\"factor\": 0.99}",
		"\"increment\": {\"factor\": 101}",
		"\"increment\": {\"maxtime\": \"infinity\"}",
		"\"maxbans\": {\"count\": 1001}",
		"\"targets\": {\"hosts\": 1001}",
		"\"targets\": {\"within\": \"8d\"}",
		"\"maxbans\": {\"within\": \"25h\"}",
		"\"prefix\": {\"ipv4\": 7}",
		"\"prefix\": {\"ipv4\": 33}",
		"\"prefix\": {\"ipv6\": 15}",
		"\"prefix\": {\"ipv6\": 129}",
	};
	char text[128];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		snprintf(text, sizeof(text), "{\"defaults\": {%s}}", texts[i]);
		(void)policy_free(good_policy(text));
	}
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		struct faults faults = { 0 };
		struct policy *policy = NULL;

		snprintf(text, sizeof(text), "{\"defaults\": {%s}}", beyond[i]);
		if (policy_parse("p", span_of(text), &faults, &policy) != -EINVAL)
			fail_msg("%s", text);
		assert_int_equal(faults.n_lines, 1);
		assert_non_null(strstr(faults.lines[0], "is out of range"));
		faults_done(&faults);
	}
}

static void takes_names_up_to_their_length(void **state)
{
	cleanup(policy_freep) struct policy *policy = good_policy(
		"{\"$schema\": \"s.json\", \"jails\": {\"abcdefghijklmnopqrstuvwxyz_-0123\": {}},\n"
		"\"nftables\": {\"table\": \"t-1\"}}");

	assert_string_equal(policy->jails[0].name, "abcdefghijklmnopqrstuvwxyz_-0123");
	assert_string_equal(policy->table, "t-1");
	bad_policy(
		"{\"jails\": {\"abcdefghijklmnopqrstuvwxyz_-01234\": {}}}",
		"p:1:12: \"abcdefghijklmnopqrstuvwxyz_-01234\" is not a valid name: write at most 32 of "
		"a-z, 0-9, _ and -, a letter first\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_may_be_left_out),
		cmocka_unit_test(jails_inherit_key_by_key),
		cmocka_unit_test(networks_are_banned_where_somebody_says_so),
		cmocka_unit_test(ignores_its_networks_and_what_never_offends),
		cmocka_unit_test(lists_count_beside_its_own_networks),
		cmocka_unit_test(takes_no_endless_lists),
		cmocka_unit_test(takes_no_endless_names_in_all),
		cmocka_unit_test(takes_no_endless_names_and_files),
		cmocka_unit_test(tells_each_fault_with_its_place),
		cmocka_unit_test(takes_the_edges_of_ranges),
		cmocka_unit_test(takes_names_up_to_their_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
