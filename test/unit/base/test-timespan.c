#include "base/timespan.h"

#include "unit.h"

#include "random.h"

#include <errno.h>

#define T(text) SPAN_LITERAL(text)
#define S       USEC_PER_SEC
#define H       USEC_PER_HOUR

static const struct {
	struct span text;
	int result;
	usec_t expected;
} cases[] = {
	{ T("10min"), 0, 600 * S },
	{ T("1h 30min"), 0, 5400 * S },
	{ T("1h30min"), 0, 5400 * S },
	{ T("4w"), 0, 28 * 24 * H },
	{ T("60d"), 0, 60 * 24 * H },
	{ T("1.5h"), 0, 5400 * S },
	{ T("0.5"), 0, S / 2 },
	{ T(".5s"), 0, S / 2 },
	{ T("600"), 0, 600 * S },
	{ T("0"), 0, 0 },
	{ T("007"), 0, 7 * S },
	{ T(" \t600\r\n"), 0, 600 * S },
	{ T(" 1 h  30 \n min "), 0, 5400 * S },
	{ T("2 h"), 0, 2 * H },
	{ T("2hours 48hr"), 0, 50 * H },
	{ T("1y 12month"), 0, 63115200 * S },
	{ T("55s500ms"), 0, 55500000 },
	{ T("300ms20s 5day"), 0, 432020300000 },
	{ T("1min 1m 1minute 2minutes"), 0, 300 * S },
	{ T("1s 1sec 1second 2seconds"), 0, 5 * S },
	{ T("1us 1usec 1\xc2\xb5s 1\xce\xbcs"), 0, 4 },
	{ T("1ms 1msec"), 0, 2000 },
	{ T("1d 1day 1days"), 0, 72 * H },
	{ T("1w 1week 1weeks"), 0, 21 * 24 * H },
	{ T("1M 1month 1months"), 0, 7889400 * S },
	{ T("1y 1year 1years"), 0, 94672800 * S },
	{ T("1.9999999s"), 0, 1999999 },
	{ T("0.1us"), 0, 0 },
	{ T("0.00000000000000000000000000000000001y"), 0, 0 },
	{ T("infinity"), 0, USEC_INFINITY },
	{ T(" infinity\n"), 0, USEC_INFINITY },
	{ T("18446744073709551614us"), 0, USEC_INFINITY - 1 },
	{ T("18446744073709551615us"), -ERANGE, 0 },
	{ T("18446744073709551616us"), -ERANGE, 0 },
	{ T("18446744073709551614us 1us"), -ERANGE, 0 },
	{ T("18446744073709551614us 2us"), -ERANGE, 0 },
	{ T("18446744073709.551615"), -ERANGE, 0 },
	{ T("584543y"), -ERANGE, 0 },
	{ T("99999999999999999999999"), -ERANGE, 0 },
	{ T("18446744073710"), -ERANGE, 0 },
	{ { NULL, 0 }, -EINVAL, 0 },
	{ T(""), -EINVAL, 0 },
	{ T("  "), -EINVAL, 0 },
	{ T("h"), -EINVAL, 0 },
	{ T("-1"), -EINVAL, 0 },
	{ T("+1"), -EINVAL, 0 },
	{ T("1."), -EINVAL, 0 },
	{ T("."), -EINVAL, 0 },
	{ T("1.h"), -EINVAL, 0 },
	{ T("1. 5h"), -EINVAL, 0 },
	{ T("1.5.5h"), -EINVAL, 0 },
	{ T("1e3"), -EINVAL, 0 },
	{ T("0x10"), -EINVAL, 0 },
	{ T("1h30"), -EINVAL, 0 },
	{ T("5 1h"), -EINVAL, 0 },
	{ T("1 2"), -EINVAL, 0 },
	{ T("1h,1m"), -EINVAL, 0 },
	{ T("1hrs"), -EINVAL, 0 },
	{ T("1mins"), -EINVAL, 0 },
	{ T("1H"), -EINVAL, 0 },
	{ T("1Min"), -EINVAL, 0 },
	{ T("1 fortnight"), -EINVAL, 0 },
	{ T("1h ago"), -EINVAL, 0 },
	{ T("Infinity"), -EINVAL, 0 },
	{ T("infinity 1s"), -EINVAL, 0 },
	{ T("infinitys"), -EINVAL, 0 },
	{ T("1h\0"), -EINVAL, 0 },
	{ T("1\0h"), -EINVAL, 0 },
	{ T("1\xc2\xb5"), -EINVAL, 0 },
	{ T("1\xb5s"), -EINVAL, 0 },
	{ T("1\xc2\xa0h"), -EINVAL, 0 },
};

static void reads_spans(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		usec_t timespan = 77;
		int r;

		r = timespan_parse(cases[i].text, &timespan);
		if (r != cases[i].result || timespan != (r < 0 ? 77 : cases[i].expected))
			fail_msg("\"%.*s\" answers %d, %" PRIu64, (int)cases[i].text.size,
				 cases[i].text.data, r, timespan);
	}
}

static void writes_spans(void **state)
{
	static const struct {
		usec_t timespan;
		const char *expected;
	} written[] = {
		{ 0, "0" },
		{ 1, "1us" },
		{ 1500, "1ms 500us" },
		{ 600 * S, "10min" },
		{ 5400 * S, "1h 30min" },
		{ 28 * 24 * H, "4w" },
		{ 60 * 24 * H, "8w 4d" },
		{ 2629800 * S, "1month" },
		{ 2629800 * S + 1, "4w 2d 10h 30min 1us" },
		{ 18 * 2629800 * S, "1y 6month" },
		{ USEC_INFINITY - 1, "30500568w 6d 8h 1min 49s 551ms 614us" },
		{ USEC_INFINITY, "infinity" },
	};
	char buffer[TIMESPAN_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(written); i++)
		assert_string_equal(timespan_format(written[i].timespan, buffer),
				    written[i].expected);
}

static void check_round_trip(usec_t timespan)
{
	char buffer[TIMESPAN_TEXT_MAX];
	usec_t again;

	assert_int_equal(timespan_parse(span_of(timespan_format(timespan, buffer)), &again), 0);
	assert_int_equal(again, timespan);
}

static void reads_what_it_wrote(void **state)
{
	uint64_t *seed = *state;

	for (int i = 0; i < 100000; i++) {
		unsigned shift = (unsigned)random_below(seed, 64);
		usec_t timespan = random_next(seed) >> shift;

		check_round_trip(timespan);
		check_round_trip(timespan / (2629800 * S) * (2629800 * S));
		check_round_trip(timespan / (60 * S) * (60 * S));
	}
}

int main(int argc, char *argv[])
{
	uint64_t seed = random_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_spans),
		cmocka_unit_test(writes_spans),
		cmocka_unit_test_prestate(reads_what_it_wrote, &seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
