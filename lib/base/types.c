#include "base/types.h"

#include <errno.h>

bool name_is_valid(struct span name, size_t max)
{
	if (name.size == 0 || name.size > max || name.data[0] < 'a' || name.data[0] > 'z')
		return false;
	for (size_t i = 0; i < name.size; i++) {
		char c = name.data[i];

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-')
			return false;
	}
	return true;
}

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

int number_parse(struct span text, uint16_t max, uint16_t *ret)
{
	unsigned value = 0;

	if (text.size == 0 || text.size > 5 || (text.size > 1 && text.data[0] == '0'))
		return -EINVAL;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return -EINVAL;
		value = 10 * value + (unsigned)(text.data[i] - '0');
	}
	if (value > max)
		return -EINVAL;
	*ret = (uint16_t)value;
	return 0;
}
