#include "entry/cursor.h"

#define ID_DIGITS     32
#define NUMBER_DIGITS 16

/* "t=64c1e2ad0f3b1": letter, "=", hexadecimal digits. */
static bool take_part(struct span part, char *ret_letter)
{
	if (part.size < 3 || part.data[0] < 'a' || part.data[0] > 'z' || part.data[1] != '=')
		return false;
	*ret_letter = part.data[0];
	for (size_t i = 2; i < part.size; i++) {
		char c = part.data[i];

		if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
			return false;
	}
	if (*ret_letter == 's' || *ret_letter == 'b')
		return part.size == 2 + ID_DIGITS;
	return part.size <= 2 + NUMBER_DIGITS;
}

bool cursor_is_valid(struct span cursor)
{
	static const char needed[] = "sibmt";
	uint32_t seen = 0;

	while (cursor.size > 0) {
		const char *end = memchr(cursor.data, ';', cursor.size);
		size_t size = end ? (size_t)(end - cursor.data) : cursor.size;
		char letter;

		if (!take_part((struct span){ cursor.data, size }, &letter) ||
		    seen & 1U << (letter - 'a'))
			return false;
		seen |= 1U << (letter - 'a');
		cursor.data += size + (end != NULL);
		cursor.size -= size + (end != NULL);
	}
	for (size_t i = 0; needed[i]; i++)
		if (!(seen & 1U << (needed[i] - 'a')))
			return false;
	return true;
}
