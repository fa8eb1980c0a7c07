/* A span is a sum of terms, each a decimal number and a unit; blanks may stand around every piece.
 */

#include "base/timespan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define USEC_PER_MSEC  ((usec_t)1000)
#define USEC_PER_MIN   (60 * USEC_PER_SEC)
#define USEC_PER_DAY   (24 * USEC_PER_HOUR)
#define USEC_PER_MONTH (2629800 * USEC_PER_SEC) /* a twelfth of a year, as in systemd.time(7) */
#define USEC_PER_YEAR  (12 * USEC_PER_MONTH)

/* From the longest to the shortest. The first name is the one that is written. */
static const struct {
	usec_t usec;
	const char *names[4];
} units[] = {
	{ USEC_PER_YEAR, { "y", "year", "years" } },
	{ USEC_PER_MONTH, { "month", "M", "months" } },
	{ USEC_PER_WEEK, { "w", "week", "weeks" } },
	{ USEC_PER_DAY, { "d", "day", "days" } },
	{ USEC_PER_HOUR, { "h", "hr", "hour", "hours" } },
	{ USEC_PER_MIN, { "min", "m", "minute", "minutes" } },
	{ USEC_PER_SEC, { "s", "sec", "second", "seconds" } },
	{ USEC_PER_MSEC, { "ms", "msec" } },
	/* the micro sign, U+00B5, and the Greek letter, U+03BC */
	{ 1, { "us", "usec", "\xc2\xb5s", "\xce\xbcs" } },
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

/* A number before its unit is known: `ret_fraction` are the digits behind the point. */
static int cut_number(struct span *text, uint64_t *ret, struct span *ret_fraction)
{
	struct span whole = timespan_cut(text, timespan_is_digit);

	*ret = 0;
	*ret_fraction = (struct span){ 0 };
	for (size_t i = 0; i < whole.size; i++)
		if (__builtin_mul_overflow(*ret, 10, ret) ||
		    __builtin_add_overflow(*ret, whole.data[i] - '0', ret))
			return -ERANGE;
	if (text->size == 0 || text->data[0] != '.')
		return whole.size > 0 ? 0 : -EINVAL;
	text->data++;
	text->size--;
	*ret_fraction = timespan_cut(text, timespan_is_digit);
	return ret_fraction->size > 0 ? 0 : -EINVAL;
}

static int cut_unit(struct span *text, usec_t *ret)
{
	struct span name = timespan_cut(text, is_unit_byte);

	for (size_t i = 0; name.size > 0 && i < ARRAY_SIZE(units); i++)
		for (size_t k = 0; k < ARRAY_SIZE(units[i].names); k++)
			if (span_equal(name, span_of(units[i].names[k]))) {
				*ret = units[i].usec;
				return 0;
			}
	return -EINVAL;
}

int timespan_parse(struct span text, usec_t *ret)
{
	usec_t total = 0;
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
		usec_t unit = USEC_PER_SEC, term;
		struct span fraction;

		r = cut_number(&text, &term, &fraction);
		if (r < 0)
			return r;
		(void)timespan_cut(&text, timespan_is_blank);
		if (!first || text.size > 0) {
			r = cut_unit(&text, &unit);
			if (r < 0)
				return r;
		}
		if (__builtin_mul_overflow(term, unit, &term) ||
		    __builtin_add_overflow(total, term, &total))
			return -ERANGE;
		for (size_t i = 0; i < fraction.size; i++) {
			unit /= 10;
			term = unit * (usec_t)(fraction.data[i] - '0');
			if (__builtin_add_overflow(total, term, &total))
				return -ERANGE;
		}
		if (total == USEC_INFINITY)
			return -ERANGE;
		(void)timespan_cut(&text, timespan_is_blank);
		first = false;
	} while (text.size > 0);
	*ret = total;
	return 0;
}

const char *timespan_format(usec_t timespan, char buffer[static TIMESPAN_TEXT_MAX])
{
	size_t size = 0;

	if (timespan == USEC_INFINITY)
		return strcpy(buffer, "infinity");
	if (timespan == 0)
		return strcpy(buffer, "0");
	for (size_t i = timespan % USEC_PER_MONTH == 0 ? 0 : 2; timespan > 0; i++) {
		if (timespan < units[i].usec)
			continue;
		size += (size_t)snprintf(buffer + size, TIMESPAN_TEXT_MAX - size, "%s%" PRIu64 "%s",
					 size > 0 ? " " : "", timespan / units[i].usec,
					 units[i].names[0]);
		timespan %= units[i].usec;
	}
	return buffer;
}
