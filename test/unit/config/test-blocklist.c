/* Lists of networks as their publishers write them. */
#include "config/blocklist.h"

#include <errno.h>
#include <stdio.h>

#include "unit.h"

/* In pieces of `step` bytes; 0: at once. */
static int read_text(const char *text, size_t size, size_t step, struct blocklist *list)
{
	int r = 0;

	for (size_t at = 0; r == 0 && at < size; at += step ?: size)
		r = blocklist_feed(list, (struct span){ text + at, MIN(step ?: size, size - at) });
	return r < 0 ? r : blocklist_finish(list);
}

static void assert_networks(struct blocklist *list, const char *expected)
{
	char all[1024] = "", prefix[PREFIX_TEXT_MAX];
	size_t used = 0;

	for (size_t i = 0; i < list->networks.n_prefixes; i++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i > 0 ? " " : "",
					 prefix_format(&list->networks.prefixes[i], prefix));
	assert_string_equal(all, expected);
}

static const struct {
	const char *text, *networks;
	size_t n_left_out;
} good[] = {
	{ "", "", 0 },
	{ "\n\n \t\r\n", "", 0 },
	/* Spamhaus DROP */
	{ "; Spamhaus DROP List 2025/02/03 - (c) 2025 The Spamhaus Project SLU\n"
	  "; https://www.spamhaus.org/drop/drop.txt\n"
	  "1.10.16.0/20 ; SBL256894\n1.19.0.0/16 ; SBL434604\n"
	  "2a06:5280::/29 ; SBL334219\n",
	  "1.10.16.0/20 1.19.0.0/16 2a06:5280::/29", 0 },
	{ "{\"cidr\":\"1.10.16.0/20\",\"sblid\":\"SBL256894\",\"rir\":\"apnic\"}\n"
	  "{\"cidr\":\"2a06:5280::/29\",\"sblid\":\"SBL334219\",\"rir\":\"ripencc\"}\n"
	  "{\"type\":\"metadata\",\"timestamp\":1754,\"size\":5,\"records\":2}\n",
	  "1.10.16.0/20 2a06:5280::/29", 0 },
	/* FireHOL: private networks among them */
	{ "#\n# firehol_level1\n#\n0.0.0.0/8\n1.10.16.0/20\n10.0.0.0/8\n100.64.0.0/10\n127.0.0.0/8\n"
	  "169.254.0.0/16\n172.16.0.0/12\n192.168.0.0/16\n224.0.0.0/3\n",
	  "1.10.16.0/20", 8 },
	/* blocklist.de: addresses of both families; Windows' line ends, no last one */
	{ "198.51.100.7\r\n2001:db8::25\r\n198.51.100.7", "198.51.100.7/32 2001:db8::25/128", 0 },
	/* Emerging Threats, DShield, CINS */
	{ "# $Id: emerging-Block-IPs.txt\n\n#Spamhaus\n  203.0.113.0/24\t203.0.113.255\t24\tNAME\n"
	  "198.51.100.9,comment\n198.51.100.11#x\n198.51.100.13;x\n",
	  "198.51.100.9/32 198.51.100.11/32 198.51.100.13/32 203.0.113.0/24", 0 },
	/* host bits, overlaps, halves, an IPv4 address in IPv6 */
	{ "203.0.113.77/25\n203.0.113.128/25\n203.0.113.3\n::ffff:192.0.2.1\n2001:db8::1/64\n",
	  "192.0.2.1/32 203.0.113.0/24 2001:db8::/64", 0 },
	{ "fd00::/8\nfe80::/10\nff00::/8\n::1\n64:ff9b::/96\n4000::/2\n8000::/1\n2600::/16\n",
	  "2600::/16", 7 },
};

static void takes_what_publishers_write(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		for (size_t step = 0; step < 8; step++) {
			struct blocklist list = { 0 };

			assert_int_equal(read_text(good[i].text, strlen(good[i].text), step, &list),
					 0);
			assert_networks(&list, good[i].networks);
			assert_int_equal(list.n_left_out, good[i].n_left_out);
			blocklist_done(&list);
		}
}

static const struct {
	const char *text;
	int error;
	unsigned line;
} bad[] = {
	{ "192.0.2.1\n<html>\n", -EINVAL, 2 },
	{ "{\"cidr\":\"\",\"sblid\":\"SBL256894\"}\n", -EINVAL, 1 },
	{ "{\"cidr\":\",\"sblid\":\"SBL256894\"}\n", -EINVAL, 1 },
	{ "{\"ip\":\"192.0.2.1\"}\n", -EINVAL, 1 },
	{ "192.0.2.1-192.0.2.9\n", -EINVAL, 1 },
	{ "\n\n192.0.2.0/33", -EINVAL, 3 },
	{ "mail.example.org\n", -EINVAL, 1 },
	{ "192.0.2.1\n\n0.0.0.0/0\n", -ERANGE, 3 },
	{ "64.0.0.0/2\n", -ERANGE, 1 },
	{ "::/0\n", -ERANGE, 1 },
	{ "2000::/3\n", -ERANGE, 1 },
	{ "2000::/15\n", -ERANGE, 1 },
	{ "11111111111111111111111111111111111111111111111111111111111111111111\n", -EINVAL, 1 },
};

static void names_the_line_that_is_no_network(void **state)
{
	struct blocklist list = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(read_text(bad[i].text, strlen(bad[i].text), 0, &list),
				 bad[i].error);
		assert_int_equal(list.line, bad[i].line);
		blocklist_done(&list);
	}
	assert_int_equal(read_text("192.0.2.1\0\n", 11, 0, &list), -EINVAL);
	blocklist_done(&list);
}

static void takes_a_million_networks(void **state)
{
	struct blocklist list = { 0 };
	char line[32];
	int r = 0;

	for (unsigned i = 0; r == 0 && i <= BLOCKLIST_MAX; i++) {
		snprintf(line, sizeof(line), "%u.%u.%u.%u\n", 32 + (i >> 22), i >> 14 & 255,
			 i >> 6 & 255, i << 2 & 255);
		r = blocklist_feed(&list, span_of(line));
	}
	assert_int_equal(r, -E2BIG);
	assert_int_equal(list.line, BLOCKLIST_MAX + 1);
	blocklist_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_publishers_write),
		cmocka_unit_test(names_the_line_that_is_no_network),
		cmocka_unit_test(takes_a_million_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
