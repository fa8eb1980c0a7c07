#include "report/human.h"

#include <stdio.h>

#define EXACT_BELOW 100000

const char *human_count(uint64_t count, char buffer[static FIGURE_TEXT_MAX])
{
	static const char units[] = " kMGTPE";
	uint64_t tenths = 0;
	size_t unit = 0;

	if (count < EXACT_BELOW) {
		snprintf(buffer, FIGURE_TEXT_MAX, "%llu", (unsigned long long)count);
		return buffer;
	}
	for (; count >= 1000; unit++) {
		tenths = count % 1000 / 100;
		count /= 1000;
	}
	if (count < 10)
		snprintf(buffer, FIGURE_TEXT_MAX, "%u.%u%c", (unsigned)count, (unsigned)tenths,
			 units[unit]);
	else
		snprintf(buffer, FIGURE_TEXT_MAX, "%u%c", (unsigned)count, units[unit]);
	return buffer;
}

const char *human_age(usec_t age, char buffer[static FIGURE_TEXT_MAX])
{
	static const struct {
		const char *name;
		unsigned long long seconds;
	} units[] = { { "d", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 } };
	unsigned long long left = age / USEC_PER_SEC, first, second;
	size_t i = 0;

	if (age == USEC_INFINITY)
		return strcpy(buffer, "for ever");
	while (i + 1 < ARRAY_SIZE(units) && left < units[i].seconds)
		i++;
	first = left / units[i].seconds;
	second = i + 1 < ARRAY_SIZE(units) ? left % units[i].seconds / units[i + 1].seconds : 0;
	if (left >= 600 && left < 3600)
		second = 0;
	if (second > 0)
		snprintf(buffer, FIGURE_TEXT_MAX, "%llu%s %llu%s", first, units[i].name, second,
			 units[i + 1].name);
	else
		snprintf(buffer, FIGURE_TEXT_MAX, "%llu%s", first, units[i].name);
	return buffer;
}
