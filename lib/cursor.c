#include "cursor.h"

#define ID_DIGITS     32
#define NUMBER_DIGITS 16

/* "t=64c1e2ad0f3b1": letter, "=", hexadecimal digits. */
static bool take_part(struct span part, char *ret_letter, uint64_t *ret_number)
{
	if (part.size < 3 || part.data[0] < 'a' || part.data[0] > 'z' || part.data[1] != '=')
		return false;
	*ret_letter = part.data[0];
	*ret_number = 0;
	for (size_t i = 2; i < part.size; i++) {
		char c = part.data[i];

		if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
			return false;
		*ret_number = *ret_number << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	if (*ret_letter == 's' || *ret_letter == 'b')
		return part.size == 2 + ID_DIGITS;
	return part.size <= 2 + NUMBER_DIGITS;
}

bool cursor_is_of(struct span cursor, usec_t time)
{
	static const char needed[] = "sibmt";
	uint32_t seen = 0;

	while (cursor.size > 0) {
		const char *end = memchr(cursor.data, ';', cursor.size);
		size_t size = end ? (size_t)(end - cursor.data) : cursor.size;
		uint64_t number;
		char letter;

		if (!take_part((struct span){ cursor.data, size }, &letter, &number) ||
		    seen & 1U << (letter - 'a') || (letter == 't' && number != time))
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
