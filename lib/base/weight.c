#include "base/weight.h"

const char *weight_format(uint64_t tenths, char buffer[static WEIGHT_TEXT_MAX])
{
	uint64_t whole = tenths / WEIGHT_ONE;
	char *at = buffer + WEIGHT_TEXT_MAX;

	*--at = '\0';
	if (tenths % WEIGHT_ONE) {
		*--at = (char)('0' + tenths % WEIGHT_ONE);
		*--at = '.';
	}
	do
		*--at = (char)('0' + whole % 10);
	while (whole /= 10);
	memmove(buffer, at, (size_t)(buffer + WEIGHT_TEXT_MAX - at));
	return buffer;
}
