/* A span is a sum of terms, each a decimal number and a unit; blanks may stand around every piece.
 */

#include "base/timespan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define USEC_PER_MSEC  ((usec_t)1000)
#define USEC_PER_MIN   (60 * USEC_PER_SEC)
#define USEC_PER_DAY   (24 * USEC_PER_HOUR)
#define USEC_PER_WEEK  (7 * USEC_PER_DAY)
#define USEC_PER_MONTH (2629800 * USEC_PER_SEC) /* a twelfth of a year, as in systemd.time(7) */
#define USEC_PER_YEAR  (12 * USEC_PER_MONTH)

static const struct {
	const char *name;
	usec_t usec;
} units[] = {
	{ "us", 1 },
	{ "usec", 1 },
	{ "\xc2\xb5s", 1 }, /* U+00B5, the micro sign */
	{ "\xce\xbcs", 1 }, /* U+03BC, the Greek letter */
	{ "ms", USEC_PER_MSEC },
	{ "msec", USEC_PER_MSEC },
	{ "s", USEC_PER_SEC },
	{ "sec", USEC_PER_SEC },
	{ "second", USEC_PER_SEC },
	{ "seconds", USEC_PER_SEC },
	{ "m", USEC_PER_MIN },
	{ "min", USEC_PER_MIN },
	{ "minute", USEC_PER_MIN },
	{ "minutes", USEC_PER_MIN },
	{ "h", USEC_PER_HOUR },
	{ "hr", USEC_PER_HOUR },
	{ "hour", USEC_PER_HOUR },
	{ "hours", USEC_PER_HOUR },
	{ "d", USEC_PER_DAY },
	{ "day", USEC_PER_DAY },
	{ "days", USEC_PER_DAY },
	{ "w", USEC_PER_WEEK },
	{ "week", USEC_PER_WEEK },
	{ "weeks", USEC_PER_WEEK },
	{ "M", USEC_PER_MONTH },
	{ "month", USEC_PER_MONTH },
	{ "months", USEC_PER_MONTH },
	{ "y", USEC_PER_YEAR },
	{ "year", USEC_PER_YEAR },
	{ "years", USEC_PER_YEAR },
};

/* A number before its unit is known: `fraction` are the digits behind the point. */
struct number {
	uint64_t whole;
	struct span fraction;
};

static bool timespan_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool timespan_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_unit_byte(char c)
{
	unsigned char byte = (unsigned char)c;

	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80;
}

/* Cuts the longest run of `is` off the front of `text`. */
static struct span timespan_cut(struct span *text, bool (*is)(char c))
{
	struct span run = { text->data, 0 };

	while (run.size < text->size && is(text->data[run.size]))
		run.size++;
	text->data += run.size;
	text->size -= run.size;
	return run;
}

static int cut_number(struct span *text, struct number *ret)
{
	struct number number = { 0 };
	struct span whole = timespan_cut(text, timespan_is_digit);

	for (size_t i = 0; i < whole.size; i++)
		if (__builtin_mul_overflow(number.whole, 10, &number.whole) ||
		    __builtin_add_overflow(number.whole, whole.data[i] - '0', &number.whole))
			return -ERANGE;
	if (text->size > 0 && text->data[0] == '.') {
		text->data++;
		text->size--;
		number.fraction = timespan_cut(text, timespan_is_digit);
		if (number.fraction.size == 0)
			return -EINVAL;
	} else if (whole.size == 0) {
		return -EINVAL;
	}
	*ret = number;
	return 0;
}

static int cut_unit(struct span *text, usec_t *ret)
{
	struct span name = timespan_cut(text, is_unit_byte);

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (span_equal(name, span_of(units[i].name))) {
			*ret = units[i].usec;
			return 0;
		}
	}
	return -EINVAL;
}

static int add_number(usec_t *total, const struct number *number, usec_t unit)
{
	usec_t term;

	if (__builtin_mul_overflow(number->whole, unit, &term) ||
	    __builtin_add_overflow(*total, term, total))
		return -ERANGE;
	for (size_t i = 0; i < number->fraction.size; i++) {
		unit /= 10;
		term = unit * (usec_t)(number->fraction.data[i] - '0');
		if (__builtin_add_overflow(*total, term, total))
			return -ERANGE;
	}
	return *total == USEC_INFINITY ? -ERANGE : 0;
}

int timespan_parse(struct span text, usec_t *ret)
{
	struct number number;
	usec_t total = 0, unit;
	bool first = true;
	int r;

	if (text.size == 0)
		return -EINVAL;
	(void)timespan_cut(&text, timespan_is_blank);
	while (text.size > 0 && timespan_is_blank(text.data[text.size - 1]))
		text.size--;
	if (span_equal(text, SPAN_LITERAL("infinity"))) {
		*ret = USEC_INFINITY;
		return 0;
	}
	do {
		r = cut_number(&text, &number);
		if (r < 0)
			return r;
		(void)timespan_cut(&text, timespan_is_blank);
		unit = USEC_PER_SEC;
		if (!first || text.size > 0) {
			r = cut_unit(&text, &unit);
			if (r < 0)
				return r;
		}
		r = add_number(&total, &number, unit);
		if (r < 0)
			return r;
		(void)timespan_cut(&text, timespan_is_blank);
		first = false;
	} while (text.size > 0);
	*ret = total;
	return 0;
}

const char *timespan_format(usec_t timespan, char buffer[static TIMESPAN_TEXT_MAX])
{
	static const struct {
		const char *name;
		usec_t usec;
	} parts[] = {
		{ "y", USEC_PER_YEAR }, { "month", USEC_PER_MONTH }, { "w", USEC_PER_WEEK },
		{ "d", USEC_PER_DAY },  { "h", USEC_PER_HOUR },      { "min", USEC_PER_MIN },
		{ "s", USEC_PER_SEC },  { "ms", USEC_PER_MSEC },     { "us", 1 },
	};
	size_t size = 0;

	if (timespan == USEC_INFINITY)
		return strcpy(buffer, "infinity");
	if (timespan == 0)
		return strcpy(buffer, "0");
	for (size_t i = timespan % USEC_PER_MONTH == 0 ? 0 : 2; timespan > 0; i++) {
		if (timespan < parts[i].usec)
			continue;
		size += (size_t)snprintf(buffer + size, TIMESPAN_TEXT_MAX - size, "%s%" PRIu64 "%s",
					 size > 0 ? " " : "", timespan / parts[i].usec,
					 parts[i].name);
		timespan %= parts[i].usec;
	}
	return buffer;
}
