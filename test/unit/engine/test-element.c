#include "unit.h"

#include "firewall.h"

static struct firewall firewall;

static int setup(void **state)
{
	firewall_init(&firewall,
		      "{\"ignoreip\":[\"100.64.0.0/16\"],\"jails\":{\"mail\":{\"maxretry\":1,"
		      "\"findtime\":\"10min\",\"bantime\":\"1h\"}}}");
	must(firewall_decide(&firewall, "203.0.113.1"));
	return 0;
}

static int teardown(void **state)
{
	firewall_done(&firewall);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(verdicts, setup, teardown),
		cmocka_unit_test_setup_teardown(of_several_the_last_counts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
