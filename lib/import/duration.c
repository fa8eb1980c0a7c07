#include "import/duration.h"

#include <ctype.h>
#include <math.h>

#define DAY  (24 * 60 * 60.0)
#define YEAR (365.25 * DAY)

static const struct {
	const char *names; /* each between blanks */
	double seconds;
} units[] = {
	{ " s ss se sec second seconds ", 1 },   { " m mm mi min minute minutes ", 60 },
	{ " h hh ho hou hour hours ", 60 * 60 }, { " d dd da day days ", DAY },
	{ " w ww we wee week weeks ", 7 * DAY }, { " mo mon month months ", YEAR / 12 },
	{ " y yy ye yea year years ", YEAR },
};

static const char *skip_blanks(const char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

/* The unit at `*at`, if there is one; false: a word that is none. */
static bool read_unit(const char **at, double *value)
{
	const char *start = skip_blanks(*at);
	char word[12] = " ";
	size_t n = 0;

	for (; isalpha((unsigned char)start[n]); n++) {
		if (n + 3 >= sizeof(word))
			return false;
		word[n + 1] = (char)tolower((unsigned char)start[n]);
	}
	if (n == 0)
		return true;
	word[n + 1] = ' ';
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!strstr(units[i].names, word))
			continue;
		*value *= units[i].seconds;
		*at = start + n;
		return true;
	}
	return false;
}

/* Numbers multiplied, each with its unit. */
static bool read_product(const char **at, double *ret)
{
	*ret = 1;
	for (;;) {
		const char *start = skip_blanks(*at);
		double number;
		char *end;

		if (!isdigit((unsigned char)*start) && *start != '.')
			return false;
		number = strtod(start, &end);
		if (end == start) /* "." */
			return false;
		*at = end;
		if (!read_unit(at, &number))
			return false;
		*ret *= number;
		if (*skip_blanks(*at) != '*')
			return true;
		*at = skip_blanks(*at) + 1;
	}
}

bool duration_parse(const char *text, double *ret)
{
	const char *at = skip_blanks(text);
	double sum = 0;

	do {
		double sign = 1, product;

		if (*at == '-' || *at == '+')
			sign = *at++ == '-' ? -1 : 1;
		if (!read_product(&at, &product))
			return false;
		sum += sign * product;
		at = skip_blanks(at);
	} while (*at);
	*ret = sum;
	return isfinite(sum);
}
