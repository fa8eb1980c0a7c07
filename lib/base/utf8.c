#include "base/utf8.h"

/* What the second byte may be, after the first; all that follow are 0x80 ... 0xbf. */
static bool is_second(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf; /* below: overlong */
	case 0xed:
		return second >= 0x80 && second <= 0x9f; /* above: surrogates */
	case 0xf0:
		return second >= 0x90 && second <= 0xbf; /* below: overlong */
	case 0xf4:
		return second >= 0x80 && second <= 0x8f; /* above: beyond U+10FFFF */
	default:
		return second >= 0x80 && second <= 0xbf;
	}
}

size_t utf8_length(const void *p, size_t size)
{
	const unsigned char *at = p;
	size_t n = at[0] < 0x80   ? 1
		   : at[0] < 0xc2 ? 0
		   : at[0] < 0xe0 ? 2
		   : at[0] < 0xf0 ? 3
		   : at[0] < 0xf5 ? 4
				  : 0;

	if (n <= 1)
		return n;
	if (size < n || !is_second(at[0], at[1]))
		return 0;
	for (size_t i = 2; i < n; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	return n;
}
