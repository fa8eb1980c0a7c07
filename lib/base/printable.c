#include "base/printable.h"

#include "base/utf8.h"

#include <stdio.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Unicode's Cc, Zl, Zp, and of Cf and Default_Ignorable_Code_Point what scripts can do without; in
 * order. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x0000, 0x001f },   { 0x007f, 0x009f },   { 0x00ad, 0x00ad }, { 0x034f, 0x034f },
	{ 0x061c, 0x061c },   { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
	{ 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f }, { 0x3164, 0x3164 },
	{ 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

size_t printable_next(struct span bytes, uint32_t *ret)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const unsigned char *p = (const unsigned char *)bytes.data;
	size_t n = *p ? utf8_length(p, bytes.size) : 0;

	if (n == 0) {
		*ret = 0xfffd;
		return 1;
	}
	*ret = *p & masks[n];
	for (size_t i = 1; i < n; i++)
		*ret = *ret << 6 | (p[i] & 0x3f);
	return n;
}

bool printable_is_shown(uint32_t character)
{
	for (size_t i = 0; i < ARRAY_SIZE(hidden) && hidden[i].first <= character; i++)
		if (character <= hidden[i].last)
			return false;
	return true;
}

static char *printable_copy(struct span bytes, bool for_people)
{
	char *text, *end;

	text = end = malloc(bytes.size * strlen(REPLACEMENT) + sizeof("..."));
	if (!text)
		return NULL;
	while (bytes.size > 0) {
		uint32_t character;
		size_t n = printable_next(bytes, &character);

		if (character == 0xfffd)
			end = mempcpy(end, REPLACEMENT, strlen(REPLACEMENT));
		else if (for_people && !printable_is_shown(character))
			end = (char *)memset(end, '?', n) + n;
		else
			end = mempcpy(end, bytes.data, n);
		bytes = (struct span){ bytes.data + n, bytes.size - n };
	}
	*end = '\0';
	return text;
}

char *bytes_to_text(struct span bytes)
{
	return printable_copy(bytes, false);
}

char *bytes_to_display(struct span bytes, size_t max)
{
	char *text = printable_copy((struct span){ bytes.data, MIN(bytes.size, max) }, true);

	if (text && bytes.size > max)
		strcat(text, "...");
	return text;
}

char *printable_tail(struct span text, size_t max, char *buffer)
{
	size_t n = MIN(text.size, max);

	for (size_t i = 0; i < n; i++) {
		char c = text.data[text.size - n + i];

		buffer[i] = c < ' ' || c > '~' ? '?' : c;
	}
	buffer[n] = '\0';
	return buffer;
}

size_t printable_json(struct span bytes, char buffer[static PRINTABLE_JSON_MAX])
{
	static const char letters[] =
		"\"\"\\\\\bb\ff\nn\rr\tt"; /* each with what it is written as */
	const char *letter;
	uint32_t c;
	size_t n = printable_next(bytes, &c);

	if (c == 0xfffd)
		strcpy(buffer, REPLACEMENT);
	else if (n == 1 && (letter = strchr(letters, (int)c)) && (letter - letters) % 2 == 0)
		snprintf(buffer, PRINTABLE_JSON_MAX, "\\%c", letter[1]);
	else if (printable_is_shown(c))
		*(char *)mempcpy(buffer, bytes.data, n) = '\0';
	else if (c < 0x10000)
		snprintf(buffer, PRINTABLE_JSON_MAX, "\\u%04hx", (uint16_t)c);
	else
		snprintf(buffer, PRINTABLE_JSON_MAX, "\\u%04hx\\u%04hx",
			 (uint16_t)(0xd7c0 + (c >> 10)), (uint16_t)(0xdc00 + (c & 0x3ff)));
	return n;
}
