#include "cli/output.h"

#include "base/utf8.h"
#include "config/policy.h"

#include <errno.h>
#include <stdio.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static bool add_raw(cJSON *object, const char *key, const char *text)
{
	return cJSON_AddRawToObject(object, key, text) != NULL;
}

bool print_add_number(cJSON *object, const char *key, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	return add_raw(object, key, text);
}

bool print_add_weight(cJSON *object, const char *key, uint64_t tenths)
{
	char text[WEIGHT_TEXT_MAX];

	return add_raw(object, key, weight_format(tenths, text));
}

bool print_add_until(cJSON *object, const char *key, usec_t time)
{
	return time == USEC_INFINITY ? cJSON_AddNullToObject(object, key) != NULL
				     : print_add_number(object, key, time);
}

bool print_add_text(cJSON *object, const char *key, const char *text)
{
	return (text ? cJSON_AddStringToObject(object, key, text)
		     : cJSON_AddNullToObject(object, key)) != NULL;
}

bool print_add_bytes(cJSON *object, const char *key, struct span bytes)
{
	cleanup(freep) char *text = NULL;

	if (bytes.data) {
		text = bytes_to_text(bytes);
		if (!text)
			return false;
	}
	return print_add_text(object, key, text);
}

bool print_add_address(cJSON *object, const char *key, const struct address *address)
{
	char text[ADDRESS_TEXT_MAX];

	return print_add_text(object, key, address ? address_format(address, text) : NULL);
}

bool print_add_prefix(cJSON *object, const char *key, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	return print_add_text(object, key, prefix_format(prefix, text));
}

int print_line(cJSON *object, bool whole)
{
	char *text = whole ? cJSON_PrintUnformatted(object) : NULL;

	cJSON_Delete(object);
	if (!text)
		return -ENOMEM;
	puts(text);
	cJSON_free(text);
	return 0;
}

char *bytes_to_text(struct span bytes)
{
	const unsigned char *data = (const unsigned char *)bytes.data;
	char *text, *end;

	text = end = malloc(bytes.size * strlen(REPLACEMENT) + 1);
	if (!text)
		return NULL;
	for (size_t i = 0; i < bytes.size;) {
		size_t n = data[i] ? utf8_length(data + i, bytes.size - i) : 0;

		if (n > 0)
			end = mempcpy(end, data + i, n);
		else
			end = mempcpy(end, REPLACEMENT, strlen(REPLACEMENT));
		i += MAX(n, (size_t)1);
	}
	*end = '\0';
	return text;
}

/* U+0080 to U+009F */
static bool is_control(const unsigned char *p)
{
	return p[0] == 0xc2 && p[1] < 0xa0;
}

/* What has no width, or turns the direction of the line: U+200B to U+200F, U+2028 to U+202E, U+2060
 * to U+206F, U+FEFF. */
static bool is_unseen(const unsigned char *p)
{
	if (p[0] == 0xe2 && p[1] == 0x80)
		return (p[2] >= 0x8b && p[2] <= 0x8f) || (p[2] >= 0xa8 && p[2] <= 0xae);
	if (p[0] == 0xe2 && p[1] == 0x81)
		return p[2] >= 0xa0 && p[2] <= 0xaf;
	return p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf;
}

char *bytes_to_display(struct span bytes, size_t max)
{
	char *text = bytes_to_text((struct span){ bytes.data, MIN(bytes.size, max) });

	if (!text)
		return NULL;
	for (char *p = text; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
		else if (is_control((unsigned char *)p))
			p[0] = p[1] = '?';
		else if (is_unseen((unsigned char *)p))
			p[0] = p[1] = p[2] = '?';
	}
	if (bytes.size > max) {
		char *longer = realloc(text, strlen(text) + 4);

		if (longer)
			text = strcat(longer, "...");
	}
	return text;
}
