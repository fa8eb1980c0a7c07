#include "entry/pairs.h"

#include <ctype.h>
#include <errno.h>

#define FIRST 32 /* pairs that there is room for at first */

int pairs_begin(struct pairs *pairs, struct span line)
{
	char *scratch;

	pairs->n = 0;
	if (line.size <= pairs->scratch_size || !memchr(line.data, '\\', line.size))
		return 0;
	scratch = malloc(line.size);
	if (!scratch)
		return -ENOMEM;
	free(pairs->scratch);
	pairs->scratch = scratch;
	pairs->scratch_size = line.size;
	return 0;
}

int pairs_add(struct pairs *pairs, struct pair **ret)
{
	if (pairs->n == PAIRS_MAX)
		return -EINVAL;
	if (pairs->n == pairs->allocated) {
		size_t n = MAX(2 * pairs->allocated, FIRST);
		struct pair *list = realloc(pairs->list, n * sizeof(*list));

		if (!list)
			return -ENOMEM;
		pairs->list = list;
		pairs->allocated = n;
	}
	*ret = &pairs->list[pairs->n++];
	**ret = (struct pair){ 0 };
	return 0;
}

static bool has_key(const struct pairs *pairs, const struct pair *pair, struct span key)
{
	for (; pair->parent > 0; pair = &pairs->list[pair->parent - 1]) {
		const char *end = key.data + key.size - pair->key.size;

		if (key.size <= pair->key.size || end[-1] != '.' ||
		    memcmp(end, pair->key.data, pair->key.size) != 0)
			return false;
		key.size -= pair->key.size + 1;
	}
	return span_equal(pair->key, key);
}

int pairs_get(const struct pairs *pairs, struct span key, struct span *ret)
{
	const struct pair *found = NULL;

	for (size_t i = 0; i < pairs->n; i++) {
		const struct pair *pair = &pairs->list[i];

		if (!has_key(pairs, pair, key))
			continue;
		if (found && !span_equal(pair->value, found->value))
			return 2;
		found = pair;
	}
	if (!found)
		return 0;
	*ret = found->value;
	return 1;
}

void pairs_done(struct pairs *pairs)
{
	free(pairs->list);
	free(pairs->scratch);
	*pairs = (struct pairs){ 0 };
}

bool pairs_read_hex(const char *digits, size_t n, uint32_t *ret)
{
	uint32_t value = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char digit = (unsigned char)digits[i];

		if (!isxdigit(digit))
			return false;
		value = value << 4 |
			(uint32_t)(isdigit(digit) ? digit - '0' : tolower(digit) - 'a' + 10);
	}
	*ret = value;
	return true;
}
