#include "base/array.h"

#include <errno.h>

bool array_make_room(void *items, size_t n, size_t size)
{
	void *array;

	if (n & (n - 1)) /* no power of two, and not 0 */
		return true;
	memcpy(&array, items, sizeof(array));
	array = reallocarray(array, MAX(2 * n, (size_t)1), size);
	if (!array)
		return false;
	memcpy(items, &array, sizeof(array));
	return true;
}

int array_reserve(void *items, size_t n, size_t *max, size_t size)
{
	size_t larger = MAX(2 * *max, (size_t)8);
	void *array;

	if (n < *max)
		return 0;
	memcpy(&array, items, sizeof(array));
	array = reallocarray(array, larger, size);
	if (!array)
		return -ENOMEM;
	memcpy(items, &array, sizeof(array));
	*max = larger;
	return 0;
}
