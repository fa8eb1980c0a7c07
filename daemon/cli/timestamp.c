#include "cli/timestamp.h"

#include "base/timespan.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

/* ".25", if there is one; microseconds. */
static usec_t parse_fraction(const char **text)
{
	usec_t fraction = 0, unit = USEC_PER_SEC / 10;
	const char *p = *text;

	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
			fraction += unit * (usec_t)(*p - '0');
	*text = p;
	return fraction;
}

/* "@1763770000" or "@1763770000.25" */
static int parse_epoch(const char *text, usec_t *ret)
{
	const char *p = text + 1;
	usec_t seconds = 0, fraction;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(seconds, 10, &seconds) ||
		    __builtin_add_overflow(seconds, (usec_t)(*p - '0'), &seconds))
			return -ERANGE;
	if (p == text + 1)
		return -EINVAL;
	fraction = parse_fraction(&p);
	if (*p)
		return -EINVAL;
	if (__builtin_mul_overflow(seconds, USEC_PER_SEC, &seconds) ||
	    __builtin_add_overflow(seconds, fraction, ret))
		return -ERANGE;
	return 0;
}

static int from_date(struct tm *date, bool utc, usec_t fraction, usec_t *ret)
{
	time_t seconds;

	date->tm_isdst = -1;
	seconds = utc ? timegm(date) : mktime(date);
	if (seconds < 0)
		return -ERANGE;
	*ret = (usec_t)seconds * USEC_PER_SEC + fraction;
	return 0;
}

static int date_of(usec_t now, bool utc, struct tm *ret)
{
	time_t seconds = (time_t)(now / USEC_PER_SEC);

	if (!(utc ? gmtime_r(&seconds, ret) : localtime_r(&seconds, ret)))
		return -ERANGE;
	ret->tm_hour = ret->tm_min = ret->tm_sec = 0;
	return 0;
}

static bool cut_end(struct span *text, const char *end)
{
	size_t size = strlen(end);

	if (text->size <= size || memcmp(text->data + text->size - size, end, size) != 0)
		return false;
	text->size -= size;
	return true;
}

/* 1: it is "SPAN ago", "-SPAN", "SPAN left" or "+SPAN". */
static int parse_relative(struct span text, usec_t now, usec_t *ret)
{
	bool later = text.data[0] == '+';
	usec_t span;
	int r;

	if (later || text.data[0] == '-')
		text = (struct span){ text.data + 1, text.size - 1 };
	else if (cut_end(&text, " left"))
		later = true;
	else if (!cut_end(&text, " ago"))
		return 0;
	r = timespan_parse(text, &span);
	if (r < 0)
		return r;
	if (later && span > USEC_INFINITY - 1 - now)
		return -ERANGE;
	*ret = later ? now + span : now - MIN(now, span);
	return 1;
}

/* True if the text ends in " UTC" or, behind a time, "Z", which is cut off then. */
static bool cut_utc(char *text)
{
	size_t size = strlen(text);

	if (size > 4 && strcmp(text + size - 4, " UTC") == 0)
		text[size - 4] = '\0';
	else if (size > 1 && text[size - 1] == 'Z' && strchr(text, ':'))
		text[size - 1] = '\0';
	else
		return false;
	return true;
}

/* "12:00", "12:00:45", "12:00:45.25"; NULL: it is none. */
static const char *parse_clock(const char *text, struct tm *date, usec_t *ret_fraction)
{
	const char *end = strptime(text, "%H:%M", date);

	if (end && *end == ':') {
		end = strptime(end + 1, "%S", date);
		if (end)
			*ret_fraction = parse_fraction(&end);
	}
	return end;
}

/* "Sat 2025-11-22 12:00:45 UTC"; weekday, time and zone may be missing, or the day (it is today).
 */
static int parse_date(const char *text, usec_t now, usec_t *ret)
{
	char buffer[64];
	struct tm date = { .tm_wday = -1 };
	usec_t time, fraction = 0;
	const char *end;
	bool utc;
	int r, weekday;

	if (strlen(text) >= sizeof(buffer))
		return -EINVAL;
	strcpy(buffer, text);
	utc = cut_utc(buffer);
	end = strptime(buffer, "%a ", &date);
	weekday = end ? date.tm_wday : -1;
	text = end ?: buffer;
	end = strptime(text, "%Y-%m-%d", &date);
	if (end && (*end == ' ' || *end == 'T')) {
		end = parse_clock(end + 1, &date, &fraction);
	} else if (!end && weekday < 0) {
		r = date_of(now, utc, &date);
		if (r < 0)
			return r;
		end = parse_clock(text, &date, &fraction);
	}
	if (!end || *end)
		return -EINVAL;
	r = from_date(&date, utc, fraction, &time);
	if (r < 0)
		return r;
	if (weekday >= 0 && weekday != date.tm_wday)
		return -EINVAL;
	*ret = time;
	return 0;
}

static int parse_day(const char *text, usec_t now, usec_t *ret)
{
	static const char *const days[] = { "yesterday", "today", "tomorrow" };
	char buffer[32];
	struct tm date;
	bool utc;
	int r;

	if (strlen(text) >= sizeof(buffer))
		return 0;
	strcpy(buffer, text);
	utc = cut_utc(buffer);
	for (int i = 0; i < (int)ARRAY_SIZE(days); i++) {
		if (strcmp(buffer, days[i]) != 0)
			continue;
		r = date_of(now, utc, &date);
		date.tm_mday += i - 1;
		return r < 0 ? r : from_date(&date, utc, 0, ret) ?: 1;
	}
	return 0;
}

int timestamp_parse(const char *text, usec_t now, usec_t *ret)
{
	int r;

	if (text[0] == '@')
		return parse_epoch(text, ret);
	if (strcmp(text, "now") == 0) {
		*ret = now;
		return 0;
	}
	r = parse_day(text, now, ret);
	if (r == 0)
		r = parse_relative(span_of(text), now, ret);
	if (r != 0)
		return MIN(r, 0);
	return parse_date(text, now, ret);
}

const char *timestamp_format(usec_t time, char buffer[static TIMESTAMP_TEXT_MAX])
{
	time_t seconds = (time_t)(time / USEC_PER_SEC);
	struct tm local;

	if (time == USEC_INFINITY)
		snprintf(buffer, TIMESTAMP_TEXT_MAX, "never");
	else if (!localtime_r(&seconds, &local) ||
		 strftime(buffer, TIMESTAMP_TEXT_MAX, "%Y-%m-%d %H:%M:%S", &local) == 0)
		snprintf(buffer, TIMESTAMP_TEXT_MAX, "@%llu", (unsigned long long)seconds);
	return buffer;
}

static usec_t timestamp_of(clockid_t clock)
{
	struct timespec now = { 0 };

	(void)clock_gettime(clock, &now); /* cannot fail for these clocks */
	return (usec_t)now.tv_sec * USEC_PER_SEC + (usec_t)now.tv_nsec / 1000;
}

usec_t timestamp_now(void)
{
	return timestamp_of(CLOCK_REALTIME);
}

usec_t timestamp_monotonic(void)
{
	return timestamp_of(CLOCK_MONOTONIC);
}
