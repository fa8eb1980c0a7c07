#include "base/utf8.h"

size_t utf8_length(const void *p, size_t size)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 }; /* below: overlong */
	const unsigned char *at = p;
	size_t n = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	uint32_t character = at[0] & (0x7fU >> n);

	if (n == 1)
		return 1;
	if (at[0] < 0xc0 || at[0] > 0xf7 || size < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (at[i] & 0x3f);
	}
	if (character < least[n] || (character >= 0xd800 && character <= 0xdfff) ||
	    character > 0x10ffff)
		return 0;
	return n;
}

char *utf8_put(char *output, uint32_t character)
{
	static const uint8_t leads[] = { 0, 0xc0, 0xe0, 0xf0 };
	unsigned n = (character >= 0x80) + (character >= 0x800) +
		     (character >= 0x10000); /* bytes behind it */

	*output++ = (char)(leads[n] | character >> 6 * n);
	while (n-- > 0)
		*output++ = (char)(0x80 | (character >> 6 * n & 0x3f));
	return output;
}
