#include "cli/timestamp.h"

#include "base/timespan.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

/* "@1763770000" or "@1763770000.25" */
static int parse_epoch(const char *text, usec_t *ret)
{
	usec_t seconds = 0, fraction = 0, unit = USEC_PER_SEC / 10;
	const char *p = text + 1;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(seconds, 10, &seconds) ||
		    __builtin_add_overflow(seconds, (usec_t)(*p - '0'), &seconds))
			return -ERANGE;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
			fraction += unit * (usec_t)(*p - '0');
	if (*p)
		return -EINVAL;
	if (__builtin_mul_overflow(seconds, USEC_PER_SEC, &seconds) ||
	    __builtin_add_overflow(seconds, fraction, ret))
		return -ERANGE;
	return 0;
}

static int from_local(struct tm *local, usec_t *ret)
{
	time_t seconds;

	local->tm_isdst = -1;
	seconds = mktime(local);
	if (seconds < 0)
		return -ERANGE;
	*ret = (usec_t)seconds * USEC_PER_SEC;
	return 0;
}

static int midnight(usec_t now, int days, usec_t *ret)
{
	time_t seconds = (time_t)(now / USEC_PER_SEC);
	struct tm local;

	if (!localtime_r(&seconds, &local))
		return -ERANGE;
	local.tm_hour = local.tm_min = local.tm_sec = 0;
	local.tm_mday += days;
	return from_local(&local, ret);
}

static int parse_ago(const char *text, size_t size, usec_t now, usec_t *ret)
{
	usec_t span;
	int r;

	r = timespan_parse((struct span){ text, size }, &span);
	if (r < 0)
		return r;
	*ret = span < now ? now - span : 0;
	return 0;
}

static int parse_date(const char *text, usec_t *ret)
{
	struct tm local = { 0 };
	const char *end;

	end = strptime(text, "%Y-%m-%d", &local);
	if (!end)
		return -EINVAL;
	if (*end == ' ' || *end == 'T') {
		end = strptime(end + 1, "%H:%M", &local);
		if (!end)
			return -EINVAL;
	}
	if (*end == ':')
		end = strptime(end + 1, "%S", &local);
	if (!end || *end)
		return -EINVAL;
	return from_local(&local, ret);
}

int timestamp_parse(const char *text, usec_t now, usec_t *ret)
{
	size_t size = strlen(text);

	if (text[0] == '@')
		return parse_epoch(text, ret);
	if (strcmp(text, "now") == 0) {
		*ret = now;
		return 0;
	}
	if (strcmp(text, "today") == 0)
		return midnight(now, 0, ret);
	if (strcmp(text, "yesterday") == 0)
		return midnight(now, -1, ret);
	if (size > 4 && strcmp(text + size - 4, " ago") == 0)
		return parse_ago(text, size - 4, now, ret);
	return parse_date(text, ret);
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

usec_t timestamp_monotonic(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (usec_t)now.tv_sec * USEC_PER_SEC + (usec_t)now.tv_nsec / 1000;
}
