#include "unit.h"

#include "firewall.h"

static struct firewall firewall;
static struct homes homes;

static int setup(void **state)
{
	firewall_init(&firewall, "{\"jails\":{\"mail\":{\"maxretry\":1,\"findtime\":\"10min\","
				 "\"bantime\":\"1h\",\"prefix\":{\"ipv4\":24}}}}");
	homes = (struct homes){ .engine = firewall.stream.engine };
	return 0;
}

static int teardown(void **state)
{
	homes_done(&homes);
	firewall_done(&firewall);
	return 0;
}

static const struct ban *ban(unsigned jail, const char *text)
{
	struct address address;
	struct prefix prefix;
	const char *slash = strchr(text, '/');

	must(address_parse((struct span){ text, (size_t)(slash - text) }, &address) == 0);
	prefix = address_widen(&address, (unsigned)atoi(slash + 1));
	must(engine_ban(firewall.stream.engine, jail, &prefix, false, START, START + HOUR, "") ==
	     0);
	return ledger_get(engine_ledger(firewall.stream.engine),
			  ledger_last_id(engine_ledger(firewall.stream.engine)));
}

static void a_ban_of_another_length_has_a_set_of_its_own(void **state)
{
	char name[NFT_JAIL_SIZE];

	assert_string_equal(home_name(homes.engine, ban(0, "203.0.113.0/24"), name), "mail");
	assert_string_equal(home_name(homes.engine, ban(0, "203.0.112.0/20"), name), "mail.20v");
	assert_string_equal(home_name(homes.engine, ban(ENGINE_FORCED, "203.0.113.1/32"), name),
			    "forced");
	assert_int_equal(home_jail(homes.engine, "mail.20v"), 0);
	assert_int_equal(home_jail(homes.engine, "manual.net"), ENGINE_MANUAL);
	assert_int_equal(home_jail(homes.engine, "web"), ENGINE_NO_JAIL);
}

static void a_set_is_known_by_its_handle(void **state)
{
	const struct home_set sets[] = { { .name = "manual4", .handle = 3 },
					 { .name = "mail4", .handle = 7 } };
	const struct ban *one = ban(0, "203.0.113.0/24");
	struct home home = { 0 };

	home_of(&homes, one, &home);
	assert_int_equal(home.state, HOME_ABSENT);
	assert_int_equal(homes_set(&homes, sets, 2, true), 0);
	home = (struct home){ 0 };
	home_of(&homes, one, &home);
	assert_int_equal(home.state, HOME_STRANGE);
	assert_int_equal(ledger_set_filled(engine_ledger(firewall.stream.engine), "mail4", 7), 0);
	home = (struct home){ 0 };
	home_of(&homes, one, &home);
	assert_int_equal(home.state, HOME_KEPT);
	homes.is_strange = true; /* of another table */
	home = (struct home){ 0 };
	home_of(&homes, one, &home);
	assert_int_equal(home.state, HOME_STRANGE);
	assert_int_equal(homes_set(&homes, &(struct home_set){ .name = "mail4", .handle = 8 }, 1,
				   false),
			 1);
	assert_null(homes_find(&homes, "manual", AF_INET));
}

static void what_others_made_anew_is_not_empty(void **state)
{
	struct home_set set = { .name = "mail4", .handle = 7, .is_empty = true };

	assert_int_equal(homes_set(&homes, &set, 1, true), 0);
	assert_int_equal(homes_set(&homes, &set, 1, false), 0);
	assert_true(homes_find(&homes, "mail", AF_INET)->is_empty);
	set.handle = 8;
	assert_int_equal(homes_set(&homes, &set, 1, false), 1);
	assert_false(homes_find(&homes, "mail", AF_INET)->is_empty);
	assert_int_equal(homes_set(&homes, &set, 1, false), 0);
	assert_false(homes_find(&homes, "mail", AF_INET)->is_empty);
	assert_int_equal(homes_set(&homes, &set, 1, true), 0);
	assert_true(homes_find(&homes, "mail", AF_INET)->is_empty);
}

static int setup_element(void **state)
{
	firewall_init(&firewall,
		      "{\"ignoreip\":[\"100.64.0.0/16\"],\"jails\":{\"mail\":{\"maxretry\":1,"
		      "\"findtime\":\"10min\",\"bantime\":\"1h\"}}}");
	must(firewall_decide(&firewall, "203.0.113.1"));
	return 0;
}

static enum element_verdict judge(const char *jail, const char *address, usec_t remaining,
				  const char *comment)
{
	struct nft_element element = { .jail = jail, .remaining = remaining, .comment = comment };

	must(address_parse(span_of(address), &element.address) == 0);
	element.prefix = address_widen(&element.address, address_bits(&element.address));
	return element_judge(firewall.stream.engine, &element, firewall.now);
}

static void verdicts(void **state)
{
	assert_int_equal(judge("mail", "203.0.113.1", HOUR, NULL), ELEMENT_KNOWN);
	assert_int_equal(judge("mail", "203.0.113.1", HOUR - TIMER_SLACK, NULL), ELEMENT_KNOWN);
	assert_int_equal(judge("mail", "203.0.113.1", HOUR - TIMER_SLACK - 1, NULL), ELEMENT_NEW);
	assert_int_equal(judge("mail", "203.0.113.1", USEC_INFINITY, "wrong x5"), ELEMENT_STALE);
	assert_int_equal(judge("mail", "203.0.113.2", HOUR, "wrong x5"), ELEMENT_STALE);
	assert_int_equal(judge("mail", "203.0.113.2", HOUR, "other x5"), ELEMENT_NEW);
	assert_int_equal(judge("manual", "203.0.113.2", HOUR, "wrong x5"), ELEMENT_NEW);
	assert_int_equal(judge("mail.net", "203.0.113.2", HOUR, "network: 4 offenders"),
			 ELEMENT_STALE);
	assert_int_equal(judge("mail", "203.0.113.2", TIMER_SLACK - 1, NULL), ELEMENT_OVER);
	assert_int_equal(judge("mail", "100.64.9.9", HOUR, NULL), ELEMENT_EXEMPT);
	assert_int_equal(judge("forced", "100.64.9.9", HOUR, NULL), ELEMENT_NEW);
	assert_int_equal(judge("web", "203.0.113.2", HOUR, NULL), ELEMENT_FOREIGN);
}

/* The clock was set back: the ban that is taken in begins after all that was read. */
static void of_several_the_last_counts(void **state)
{
	struct prefix prefix;

	must(prefix_parse(span_of("203.0.113.1"), &prefix) == 0);
	firewall.now -= 60 * SECOND;
	must(engine_ban(firewall.stream.engine, 0, &prefix, false, firewall.now, USEC_INFINITY,
			"") == 0);
	assert_int_equal(judge("mail", "203.0.113.1", USEC_INFINITY, NULL), ELEMENT_KNOWN);
}

static bool stays(const char *policy)
{
	struct firewall other;
	bool stay;

	firewall_init(&other, policy);
	stay = homes_stay(firewall.stream.engine, other.stream.engine);
	firewall_done(&other);
	return stay;
}

static void homes_stay_where_no_length_changes(void **state)
{
	assert_true(stays("{\"jails\":{\"mail\":{\"maxretry\":9,\"prefix\":{\"ipv4\":24}}}}"));
	assert_true(stays("{\"jails\":{}}"));
	assert_false(stays("{\"jails\":{\"mail\":{}}}"));
	assert_false(stays("{\"jails\":{\"mail\":{\"prefix\":{\"ipv4\":24,\"ipv6\":48}}}}"));
	assert_false(stays("{\"defaults\":{\"prefix\":{\"ipv4\":24}},"
			   "\"jails\":{\"mail\":{}}}"));
	assert_false(stays("{\"jails\":{\"mail\":{\"prefix\":{\"ipv4\":24},"
			   "\"networks\":{\"hosts\":4,\"ipv4\":20}}}}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_ban_of_another_length_has_a_set_of_its_own, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_set_is_known_by_its_handle, setup, teardown),
		cmocka_unit_test_setup_teardown(what_others_made_anew_is_not_empty, setup,
						teardown),
		cmocka_unit_test_setup_teardown(homes_stay_where_no_length_changes, setup,
						teardown),
		cmocka_unit_test_setup_teardown(verdicts, setup_element, teardown),
		cmocka_unit_test_setup_teardown(of_several_the_last_counts, setup_element,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
