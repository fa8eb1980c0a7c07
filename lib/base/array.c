#include "base/array.h"

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
