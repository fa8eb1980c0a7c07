#include "base/ports.h"

#include "unit.h"

#include "base/buffer.h"
#include "random.h"

#include <errno.h>
#include <stdio.h>

#define T(text) SPAN_LITERAL(text)

static void write_ports(const struct ports *ports, char *buffer, size_t size)
{
	size_t n = (size_t)snprintf(buffer, size, "%s", ports->all ? "all" : "");

	for (size_t i = 0; i < ports->n_ranges; i++)
		n += (size_t)snprintf(buffer + n, size - n, "%s%u-%u", i ? " " : "",
				      ports->ranges[i].first, ports->ranges[i].last);
}

static void keeps_ranges_sorted_and_merged(void **state)
{
	static const struct {
		struct span texts[6];
		const char *expected;
	} cases[] = {
		{ { T("imap") }, "143-143" },
		{ { T("993") }, "993-993" },
		{ { T("5000-5010") }, "5000-5010" },
		{ { T("1-65535") }, "1-65535" },
		{ { T("65535"), T("1") }, "1-1 65535-65535" },
		{ { T("imaps"), T("imap"), T("pop3"), T("pop3s") },
		  "110-110 143-143 993-993 995-995" },
		{ { T("imap"), T("143"), T("143-143") }, "143-143" },
		{ { T("1-3"), T("4-6") }, "1-6" },
		{ { T("4-6"), T("1-3") }, "1-6" },
		{ { T("1-3"), T("5-6") }, "1-3 5-6" },
		{ { T("1-3"), T("5-6"), T("4") }, "1-6" },
		{ { T("10-20"), T("12-15") }, "10-20" },
		{ { T("12-15"), T("10-20") }, "10-20" },
		{ { T("1"), T("3"), T("5"), T("9"), T("2-6") }, "1-6 9-9" },
		{ { T("65534"), T("65535") }, "65534-65535" },
		{ { T("submission"), T("submissions"), T("smtp"), T("sieve") },
		  "25-25 465-465 587-587 4190-4190" },
		{ { T("smtps"), T("ssh"), T("http"), T("https"), T("lmtp") },
		  "22-22 24-24 80-80 443-443 465-465" },
		{ { T("imap"), T("all") }, "all" },
		{ { T("all"), T("imap") }, "all" },
		{ { { NULL, 0 } }, "" },
	};
	char buffer[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ports ports = { 0 };

		for (size_t j = 0; j < ARRAY_SIZE(cases[i].texts) && cases[i].texts[j].data; j++)
			assert_int_equal(ports_add(&ports, cases[i].texts[j]), 0);
		write_ports(&ports, buffer, sizeof(buffer));
		assert_string_equal(buffer, cases[i].expected);
		ports_done(&ports);
		assert_null(ports.ranges);
		assert_false(ports.all);
	}
}

static void refuses_what_is_no_port(void **state)
{
	static const struct span texts[] = {
		{ NULL, 0 }, T(""),        T("0"),       T("00"),        T("0143"),
		T("65536"),  T("99999"),   T("100000"),  T("-1"),        T("-"),
		T("1-"),     T("0-5"),     T("10-5"),    T("1-65536"),   T("1--5"),
		T("1-2-3"),  T("1 - 5"),   T("143 "),    T(" 143"),      T("143\0"),
		T("imap\0"), T("IMAP"),    T("imap4"),   T("imap-pop3"), T("ALL"),
		T("all "),   T("143/tcp"), T("143,993"), T("5000:5010"), T("1e3"),
	};
	struct ports ports = { 0 };

	assert_int_equal(ports_add(&ports, T("143")), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (ports_add(&ports, texts[i]) != -EINVAL)
			fail_msg("\"%.*s\" is taken", (int)texts[i].size, texts[i].data);
		assert_int_equal(ports.n_ranges, 1);
	}
	ports_done(&ports);
}

static void adds_numbers(void **state)
{
	struct ports ports = { 0 };

	assert_int_equal(ports_add_number(&ports, 0), -EINVAL);
	assert_int_equal(ports_add_number(&ports, 65536), -EINVAL);
	assert_int_equal(ports_add_number(&ports, (uint64_t)1 << 32 | 143), -EINVAL);
	assert_int_equal(ports_add_number(&ports, 65535), 0);
	assert_int_equal(ports_add_number(&ports, 1), 0);
	assert_int_equal(ports.n_ranges, 2);
	assert_int_equal(ports.ranges[0].first, 1);
	assert_int_equal(ports.ranges[1].last, 65535);
	ports_done(&ports);
}

static void copies_are_independent(void **state)
{
	struct ports ports = { 0 }, copy, none = { 0 };

	assert_int_equal(ports_copy(&none, &copy), 0);
	assert_int_equal(copy.n_ranges, 0);
	ports_done(&copy);

	assert_int_equal(ports_add(&ports, T("imap")), 0);
	assert_int_equal(ports_copy(&ports, &copy), 0);
	assert_int_equal(ports_add(&ports, T("all")), 0);
	assert_false(copy.all);
	assert_int_equal(copy.n_ranges, 1);
	assert_int_equal(copy.ranges[0].first, 143);
	ports_done(&copy);

	assert_int_equal(ports_copy(&ports, &copy), 0);
	assert_true(copy.all);
	ports_done(&copy);
	ports_done(&ports);
}

static void writes_what_a_policy_may_have(void **state)
{
	static const struct {
		struct span texts[4];
		const char *expected;
	} cases[] = {
		{ { T("ssh") }, "[22]" },
		{ { T("2222"), T("ssh"), T("5000-5010") }, "[22, 2222, \"5000-5010\"]" },
		{ { T("110"), T("111") }, "[\"110-111\"]" },
		{ { T("all") }, "\"all\"" },
		{ { { NULL, 0 } }, "[]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer buffer = { 0 };
		struct ports ports = { 0 };

		for (size_t j = 0; j < ARRAY_SIZE(cases[i].texts) && cases[i].texts[j].data; j++)
			assert_int_equal(ports_add(&ports, cases[i].texts[j]), 0);
		ports_write(&ports, &buffer);
		assert_string_equal(buffer.data, cases[i].expected);
		free(buffer_take(&buffer));
		ports_done(&ports);
	}
}

static void suggests_the_nearest_name(void **state)
{
	static const struct {
		struct span text;
		const char *expected;
	} cases[] = {
		{ T("imap4"), "imap" },
		{ T("IMAP"), "imap" },
		{ T("imasp"), "imap" },
		{ T("sieves"), "sieve" },
		{ T("submisson"), "submission" },
		{ T("submissoins"), "submissions" },
		{ T("htttps"), "https" },
		{ T("pop3ss"), "pop3s" },
		{ T("manage-sieve"), "managesieve" },
		{ T("xyz"), NULL },
		{ T("a"), NULL },
		{ T(""), NULL },
		{ { NULL, 0 }, NULL },
		{ T("99999"), NULL },
		{ T("a-very-long-name-of-a-service"), NULL },
		{ T("im\0p"), "imap" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = ports_suggest(cases[i].text);

		if (cases[i].expected)
			assert_string_equal(name ? name : "nothing", cases[i].expected);
		else
			assert_null(name);
	}
}

/* The same set as one flag a port. */
static void equals_a_set_of_flags(void **state)
{
	static bool flags[65537];
	uint64_t *seed = *state;

	for (int round = 0; round < 200; round++) {
		struct ports ports = { 0 };
		unsigned span = random_next(seed) & 1 ? 65535 : 40, port = 1;

		memset(flags, 0, sizeof(flags));
		for (int i = 0; i < 30; i++) {
			unsigned first = 1 + (unsigned)random_below(seed, span);
			unsigned last = first + (unsigned)random_below(seed, 5);
			char text[32];

			last = MIN(last, span);
			(void)snprintf(text, sizeof(text), "%u-%u", first, last);
			assert_int_equal(ports_add(&ports, span_of(text)), 0);
			memset(flags + first, 1, last - first + 1);
		}
		for (size_t i = 0; i < ports.n_ranges; i++) {
			assert_true(i == 0 || ports.ranges[i].first > ports.ranges[i - 1].last + 1);
			for (; port < ports.ranges[i].first; port++)
				assert_false(flags[port]);
			for (; port <= ports.ranges[i].last; port++)
				assert_true(flags[port]);
		}
		for (; port <= 65535; port++)
			assert_false(flags[port]);
		for (int i = 0; i < 200; i++) {
			port = 1 + (unsigned)random_below(seed, span);
			assert_int_equal(ports_has(&ports, (uint16_t)port), flags[port]);
		}
		ports_done(&ports);
	}
}

int main(int argc, char *argv[])
{
	uint64_t seed = random_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_ranges_sorted_and_merged),
		cmocka_unit_test(refuses_what_is_no_port),
		cmocka_unit_test(adds_numbers),
		cmocka_unit_test(copies_are_independent),
		cmocka_unit_test(writes_what_a_policy_may_have),
		cmocka_unit_test(suggests_the_nearest_name),
		cmocka_unit_test_prestate(equals_a_set_of_flags, &seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
