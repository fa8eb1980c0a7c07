#include "base/address.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>

/* A literal with its inner NUL bytes. */
#define T(text) SPAN_LITERAL(text)

struct text_case {
	struct span text;
	const char *expected; /* NULL: -EINVAL */
};

typedef int (*parse_t)(struct span text, struct address *ret);

/* The text lies in a block of its own size, so that a sanitizer sees a read past its end. */
static struct span heap_span(struct span text)
{
	char *copy = malloc(text.size ? text.size : 1);

	assert_non_null(copy);
	if (text.size > 0)
		memcpy(copy, text.data, text.size);
	return (struct span){ copy, text.size };
}

static void check_texts(parse_t parse, const struct text_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct address address = { .family = 77, .bytes = { 7 } };
		struct span text = heap_span(cases[i].text);
		char buffer[ADDRESS_TEXT_MAX];
		int r;

		r = parse(text, &address);
		if (r < 0 && !cases[i].expected) {
			assert_int_equal(r, -EINVAL);
			assert_int_equal(address.family, 77);
		} else if (r < 0 || !cases[i].expected) {
			fail_msg("\"%.*s\" answers %d", (int)text.size, text.data, r);
		} else {
			assert_string_equal(address_format(&address, buffer), cases[i].expected);
		}
		freep(&text.data);
	}
}

static const struct text_case plain[] = {
	{ T("192.0.2.1"), "192.0.2.1" },
	{ T("0.0.0.0"), "0.0.0.0" },
	{ T("255.255.255.255"), "255.255.255.255" },
	{ T("::"), "::" },
	{ T("::1"), "::1" },
	{ T("2001:DB8::A"), "2001:db8::a" },
	{ T("2001:db8:0:0:0:0:0:1"), "2001:db8::1" },
	{ T("2001:0db8::0001"), "2001:db8::1" },
	{ T("2001:db8::1:5"), "2001:db8::1:5" },
	{ T("1111:2222:3333:4444:5555:6666:7777:8888"), "1111:2222:3333:4444:5555:6666:7777:8888" },
	{ T("::ffff:192.0.2.1"), "192.0.2.1" },
	{ T("::FFFF:c000:201"), "192.0.2.1" },
	{ T("0:0:0:0:0:ffff:192.0.2.1"), "192.0.2.1" },
	{ T("0000:0000:0000:0000:0000:ffff:192.168.100.200"), "192.168.100.200" },
	{ T("::fffe:192.0.2.1"), "::fffe:c000:201" },
	{ T("::ffff:0:192.0.2.1"), "::ffff:0:c000:201" },
	{ T("64:ff9b::192.0.2.1"), "64:ff9b::c000:201" },
};

static const struct text_case wrong[] = {
	{ { NULL, 0 }, NULL },
	{ T(""), NULL },
	{ T(" 192.0.2.1"), NULL },
	{ T("192.0.2.1 "), NULL },
	{ T("192.0.2.1\n"), NULL },
	{ T("192.0.2.1\0"), NULL },
	{ T("192.0.2.1\0x"), NULL },
	{ T("::1\0"), NULL },
	{ T("\0"), NULL },
	{ T("192.0.2"), NULL },
	{ T("192.0.2."), NULL },
	{ T("192.0.2.1."), NULL },
	{ T("192.0.2.1.5"), NULL },
	{ T("192.0.2.01"), NULL },
	{ T("192.0.2.001"), NULL },
	{ T("192.0.2.0x1"), NULL },
	{ T("192.0.2.256"), NULL },
	{ T("192.0.2.+1"), NULL },
	{ T("192.0..1"), NULL },
	{ T("3221225985"), NULL },
	{ T("localhost"), NULL },
	{ T(":"), NULL },
	{ T(":::"), NULL },
	{ T("::1::"), NULL },
	{ T("1:2:3:4:5:6:7"), NULL },
	{ T("1:2:3:4:5:6:7:8:9"), NULL },
	{ T("2001:db8::12345"), NULL },
	{ T("2001:db8::g"), NULL },
	{ T("::ffff:192.0.2.01"), NULL },
	{ T("::ffff:192.0.2"), NULL },
	{ T("fe80::1%"), NULL },
	{ T("192.0.2.1/32"), NULL },
	{ T("0000:0000:0000:0000:0000:ffff:192.168.100.200:1"), NULL },
	{ T("0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"), NULL },
};

static const struct text_case endpoint_only[] = {
	{ T("192.0.2.1:5"), "192.0.2.1" },
	{ T("192.0.2.1:0"), "192.0.2.1" },
	{ T("192.0.2.1:65535"), "192.0.2.1" },
	{ T("[2001:db8::1]:5"), "2001:db8::1" },
	{ T("[2001:db8::1]"), "2001:db8::1" },
	{ T("[192.0.2.1]"), "192.0.2.1" },
	{ T("[192.0.2.1]:5"), "192.0.2.1" },
	{ T("[::ffff:192.0.2.1]:5"), "192.0.2.1" },
	{ T("[::ffff:192.0.2.1]"), "192.0.2.1" },
	{ T("fe80::1%eth0"), "fe80::1" },
	{ T("fe80::1%2"), "fe80::1" },
	{ T("[fe80::1%eth0]:993"), "fe80::1" },
	{ T("[fe80::1%enp1s0f0np0.100]"), "fe80::1" },
};

static const struct text_case wrong_endpoint[] = {
	{ T("192.0.2.1:"), NULL },
	{ T("192.0.2.1:65536"), NULL },
	{ T("192.0.2.1:99999"), NULL },
	{ T("192.0.2.1:4294967301"), NULL },
	{ T("192.0.2.1:05"), NULL },
	{ T("192.0.2.1:-5"), NULL },
	{ T("192.0.2.1: 5"), NULL },
	{ T("192.0.2.1:5\0"), NULL },
	{ T("192.0.2.1:5:6"), NULL },
	{ T("192.0.2.1:imap"), NULL },
	{ T("192.0.2.1%eth0"), NULL },
	{ T("192.0.2.1%eth0:5"), NULL },
	{ T("[192.0.2]"), NULL },
	{ T("[192.0.2.1%eth0]"), NULL },
	{ T("["), NULL },
	{ T("[]"), NULL },
	{ T("[]:5"), NULL },
	{ T("[2001:db8::1"), NULL },
	{ T("[2001:db8::1]5"), NULL },
	{ T("[2001:db8::1]:"), NULL },
	{ T("[2001:db8::1]:05"), NULL },
	{ T("[2001:db8::1]:65536"), NULL },
	{ T("[2001:db8::1]]:5"), NULL },
	{ T("[[2001:db8::1]]:5"), NULL },
	{ T("2001:db8::1]:5"), NULL },
	{ T("fe80::1%eth0%eth1"), NULL },
	{ T("fe80::1%et h0"), NULL },
	{ T("fe80::1%eth\0"), NULL },
	{ T("fe80::1%abcdefghijklmnop"), NULL },
	{ T("%eth0"), NULL },
	{ T("[fe80::1]%eth0"), NULL },
	{ T(":5"), NULL },
	{ T(".:5"), NULL },
};

static void reads_addresses(void **state)
{
	check_texts(address_parse, plain, ARRAY_SIZE(plain));
	check_texts(address_parse_endpoint, plain, ARRAY_SIZE(plain));
}

static void refuses_what_is_no_address(void **state)
{
	check_texts(address_parse, wrong, ARRAY_SIZE(wrong));
	check_texts(address_parse_endpoint, wrong, ARRAY_SIZE(wrong));
}

static void reads_endpoints(void **state)
{
	check_texts(address_parse_endpoint, endpoint_only, ARRAY_SIZE(endpoint_only));
	check_texts(address_parse_endpoint, wrong_endpoint, ARRAY_SIZE(wrong_endpoint));
}

static void plain_address_has_no_port_or_zone(void **state)
{
	struct address address;

	for (size_t i = 0; i < ARRAY_SIZE(endpoint_only); i++)
		assert_int_equal(address_parse(endpoint_only[i].text, &address), -EINVAL);
}

static const struct {
	struct span text;
	int result;
	const char *expected;
} prefixes[] = {
	{ T("192.0.2.0/24"), 0, "192.0.2.0/24" },
	{ T("192.0.2.1"), 0, "192.0.2.1/32" },
	{ T("192.0.2.1/32"), 0, "192.0.2.1/32" },
	{ T("0.0.0.0/0"), 0, "0.0.0.0/0" },
	{ T("128.0.0.0/1"), 0, "128.0.0.0/1" },
	{ T("2001:db8::/48"), 0, "2001:db8::/48" },
	{ T("2001:db8::1"), 0, "2001:db8::1/128" },
	{ T("::/0"), 0, "::/0" },
	{ T("::/127"), 0, "::/127" },
	{ T("1111:2222:3333:4444:5555:6666:7777:8888/128"), 0,
	  "1111:2222:3333:4444:5555:6666:7777:8888/128" },
	{ T("::ffff:192.0.2.1"), 0, "192.0.2.1/32" },
	{ T("::ffff:192.0.2.0/120"), 0, "192.0.2.0/24" },
	{ T("::ffff:0:0/96"), 0, "0.0.0.0/0" },
	{ T("::fffe:0:0/95"), 0, "::fffe:0:0/95" },
	{ T("192.0.2.1/24"), -ERANGE, "192.0.2.0/24" },
	{ T("192.0.2.1/31"), -ERANGE, "192.0.2.0/31" },
	{ T("192.0.2.1/0"), -ERANGE, "0.0.0.0/0" },
	{ T("2001:db8::1/64"), -ERANGE, "2001:db8::/64" },
	{ T("2001:db8:0:7f::/57"), -ERANGE, "2001:db8::/57" },
	{ T("::ffff:192.0.2.1/120"), -ERANGE, "192.0.2.0/24" },
	{ T("::ffff:192.0.2.1/64"), -ERANGE, "::/64" },
	{ T("192.0.2.0/33"), -EINVAL, NULL },
	{ T("192.0.2.0/024"), -EINVAL, NULL },
	{ T("192.0.2.0/"), -EINVAL, NULL },
	{ T("192.0.2.0/ 24"), -EINVAL, NULL },
	{ T("192.0.2.0/24 "), -EINVAL, NULL },
	{ T("192.0.2.0/24/8"), -EINVAL, NULL },
	{ T("192.0.2.0/24\0"), -EINVAL, NULL },
	{ T("192.0.2.0/-1"), -EINVAL, NULL },
	{ T("192.0.2.0/255.255.255.0"), -EINVAL, NULL },
	{ T("192.0.2/24"), -EINVAL, NULL },
	{ T("2001:db8::/129"), -EINVAL, NULL },
	{ T("2001:db8::/1000"), -EINVAL, NULL },
	{ T("fe80::%eth0/64"), -EINVAL, NULL },
	{ T("fe80::/64%eth0"), -EINVAL, NULL },
	{ T("[2001:db8::]/48"), -EINVAL, NULL },
	{ T("/24"), -EINVAL, NULL },
	{ T("/"), -EINVAL, NULL },
	{ T(""), -EINVAL, NULL },
	{ { NULL, 0 }, -EINVAL, NULL },
};

static void reads_prefixes(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		struct prefix prefix = { .length = 200 };
		struct span text = heap_span(prefixes[i].text);
		char buffer[PREFIX_TEXT_MAX];
		int r;

		r = prefix_parse(text, &prefix);
		if (r != prefixes[i].result)
			fail_msg("\"%.*s\" answers %d", (int)text.size, text.data, r);
		if (prefixes[i].expected)
			assert_string_equal(prefix_format(&prefix, buffer), prefixes[i].expected);
		else
			assert_int_equal(prefix.length, 200);
		freep(&text.data);
	}
}

static struct address address_of(const char *text)
{
	struct address address;

	assert_int_equal(address_parse(span_of(text), &address), 0);
	return address;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(span_of(text), &prefix), 0);
	return prefix;
}

static void widens(void **state)
{
	static const struct {
		const char *address;
		unsigned length;
		const char *expected;
	} cases[] = {
		{ "192.0.2.255", 32, "192.0.2.255/32" },
		{ "192.0.2.255", 25, "192.0.2.128/25" },
		{ "192.0.2.255", 0, "0.0.0.0/0" },
		{ "192.0.2.255", 64, "192.0.2.255/32" },
		{ "2001:db8:1:2:3::9", 64, "2001:db8:1:2::/64" },
		{ "2001:db8:1:2:3::9", 128, "2001:db8:1:2:3::9/128" },
		{ "2001:db8:1:2:3::9", 0, "::/0" },
		{ "2001:db8:1:ffff::", 49, "2001:db8:1:8000::/49" },
	};
	char buffer[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct address address = address_of(cases[i].address);
		struct prefix prefix = address_widen(&address, cases[i].length);

		assert_string_equal(prefix_format(&prefix, buffer), cases[i].expected);
	}
}

static void one_host_is_who_has_an_ipv4_address(void **state)
{
	static const struct {
		const char *address;
		unsigned length;
		const char *expected;
		bool carries;
	} cases[] = {
		{ "64:ff9b::c633:6401", 64, "64:ff9b::c633:6401/128", true },
		{ "64:ff9b::c633:6401", 128, "64:ff9b::c633:6401/128", true },
		{ "64:ff9b::ffff:ffff", 32, "64:ff9b::ffff:ffff/128", true },
		{ "64:ff9b::1:0:0", 64, "64:ff9b::/64", false }, /* behind the /96 */
		{ "64:ff9b:0:1::1", 64, "64:ff9b:0:1::/64", false },
		{ "64:ff9b:1::", 64, "64:ff9b:1::/128", true },
		{ "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", 48,
		  "64:ff9b:1:ffff:ffff:ffff:ffff:ffff/128", true },
		{ "64:ff9b:2::1", 56, "64:ff9b:2::/56", false },
		{ "64:ff9a::1", 64, "64:ff9a::/64", false },
		{ "2002:c633:6401:5:6::7", 64, "2002:c633:6401::/48", true },
		{ "2002:c633:6401:5:6::7", 32, "2002:c633:6401::/48", true },
		{ "2002:c633:6401:5:6::7", 128, "2002:c633:6401::/48", true },
		{ "2003:c633:6401:5::", 56, "2003:c633:6401::/56", false },
		{ "2001:0:4136:e378:8000:63bf:3fff:fdd2", 64,
		  "2001:0:4136:e378:8000:63bf:3fff:fdd2/128", true },
		{ "2001:1::1", 64, "2001:1::/64", false },
		{ "2001:db8::1", 48, "2001:db8::/48", false },
		{ "198.51.100.1", 24, "198.51.100.0/24", false },
		{ "32.2.0.1", 16, "32.2.0.0/16", false }, /* the bytes of 2002:: */
		{ "0.100.255.155", 32, "0.100.255.155/32", false },
	};
	char buffer[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct address address = address_of(cases[i].address);
		struct prefix prefix = address_host(&address, cases[i].length);

		assert_string_equal(prefix_format(&prefix, buffer), cases[i].expected);
		assert_int_equal(address_carries_ipv4(&address), cases[i].carries);
	}
}

static void knows_what_lies_in_a_prefix(void **state)
{
	static const struct {
		const char *outer, *inner;
		bool covers;
	} cases[] = {
		{ "192.0.2.0/24", "192.0.2.0", true },
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.0/24", "::ffff:192.0.2.7", true },
		{ "192.0.2.0/24", "192.0.2.0/24", true },
		{ "192.0.2.0/24", "192.0.2.0/23", false },
		{ "192.0.2.0/24", "192.0.2.128/25", true },
		{ "192.0.2.0/25", "192.0.2.0/24", false },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "192.0.2.1", false },
		{ "::/0", "0.0.0.0/0", false },
		{ "::ffff:0:0/96", "192.0.2.1", true },
		{ "2001:db8::/48", "2001:db8:0:ffff::1", true },
		{ "2001:db8::/48", "2001:db8:1::1", false },
		{ "2001:db8::/49", "2001:db8:0:8000::", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct prefix outer = prefix_of(cases[i].outer), inner = prefix_of(cases[i].inner);

		assert_int_equal(prefix_covers(&outer, &inner), cases[i].covers);
		if (inner.length == address_bits(&inner.address))
			assert_int_equal(prefix_contains(&outer, &inner.address), cases[i].covers);
	}
}

static void compares(void **state)
{
	struct address a = address_of("192.0.2.1"), b = address_of("::ffff:c000:201");
	struct address c = address_of("192.0.2.2"), d = address_of("c000:201::");
	struct prefix p = address_widen(&a, 24), q = address_widen(&c, 24),
		      s = address_widen(&a, 23);

	assert_true(address_equal(&a, &b));
	assert_false(address_equal(&a, &c));
	assert_false(address_equal(&a, &d)); /* the same bytes, another family */
	assert_true(prefix_equal(&p, &q));
	assert_false(prefix_equal(&p, &s));
	assert_int_equal(address_bits(&a), 32);
	assert_int_equal(address_bits(&d), 128);
}

static void knows_who_never_offends(void **state)
{
	static const char *const never[] = {
		"127.0.0.1",
		"127.255.255.255",
		"0.0.0.0",
		"224.0.0.1",
		"239.255.255.255",
		"255.255.255.255",
		"::",
		"::1",
		"ff02::1",
		"ffff::",
		"::ffff:127.0.0.1",
		"::ffff:0.0.0.0",
		"::ffff:224.0.0.1",
	};
	static const char *const may[] = {
		"126.255.255.255",
		"128.0.0.1",
		"223.255.255.255",
		"240.0.0.1",
		"255.255.255.254",
		"10.0.0.1",
		"0.0.0.1",
		"::2",
		"1::",
		"fe80::1",
		"feff::1",
		"2001:db8::1",
		"7f00::1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
		struct address address = address_of(never[i]);

		assert_true(address_never_offends(&address));
	}
	for (size_t i = 0; i < ARRAY_SIZE(may); i++) {
		struct address address = address_of(may[i]);

		assert_false(address_never_offends(&address));
	}
}

static void knows_prefixes_of_none_but_these(void **state)
{
	static const struct {
		const char *prefix;
		bool none;
	} cases[] = {
		{ "127.0.0.0/8", true },
		{ "127.0.0.0/7", false },
		{ "127.5.0.0/16", true },
		{ "126.0.0.0/7", false },
		{ "224.0.0.0/4", true },
		{ "239.0.0.0/8", true },
		{ "224.0.0.0/3", false },
		{ "0.0.0.0/32", true },
		{ "0.0.0.0/31", false },
		{ "0.0.0.0/0", false },
		{ "255.255.255.255", true },
		{ "::", true },
		{ "::1", true },
		{ "::/64", false },
		{ "::/0", false },
		{ "ff00::/8", true },
		{ "ff02::/64", true },
		{ "fe00::/7", false },
		{ "2001:db8::/64", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct prefix prefix;
		int r = prefix_parse(span_of(cases[i].prefix), &prefix);

		if (r == 0 && prefix_never_offends(&prefix) != cases[i].none)
			fail_msg("%s", cases[i].prefix);
	}
}

static void knows_private_addresses(void **state)
{
	static const char *const are[] = {
		"10.0.0.0",    "10.255.255.255",  "172.16.0.0",      "172.31.255.255",
		"192.168.0.0", "192.168.255.255", "100.64.0.0",      "100.127.255.255",
		"169.254.0.0", "169.254.255.255", "fc00::",          "fdff:ffff::1",
		"fe80::",      "febf:ffff::1",    "::ffff:10.0.0.1",
	};
	static const char *const are_not[] = {
		"9.255.255.255",   "11.0.0.0",    "172.15.255.255", "172.32.0.0",
		"192.167.255.255", "192.169.0.0", "100.63.255.255", "100.128.0.0",
		"169.253.255.255", "169.255.0.0", "fbff::1",        "fe00::",
		"fe7f::1",         "fec0::",      "2001:db8::1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(are); i++) {
		struct address address = address_of(are[i]);

		assert_true(address_is_private(&address));
	}
	for (size_t i = 0; i < ARRAY_SIZE(are_not); i++) {
		struct address address = address_of(are_not[i]);

		assert_false(address_is_private(&address));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_addresses),
		cmocka_unit_test(refuses_what_is_no_address),
		cmocka_unit_test(reads_endpoints),
		cmocka_unit_test(plain_address_has_no_port_or_zone),
		cmocka_unit_test(reads_prefixes),
		cmocka_unit_test(widens),
		cmocka_unit_test(one_host_is_who_has_an_ipv4_address),
		cmocka_unit_test(knows_what_lies_in_a_prefix),
		cmocka_unit_test(compares),
		cmocka_unit_test(knows_who_never_offends),
		cmocka_unit_test(knows_prefixes_of_none_but_these),
		cmocka_unit_test(knows_private_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
