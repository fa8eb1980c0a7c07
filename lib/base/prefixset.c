#include "base/prefixset.h"

#include "base/array.h"

#include <errno.h>

int prefixset_add(struct prefixset *set, const struct prefix *prefix)
{
	if (!array_grow(set->prefixes, set->n_prefixes))
		return -ENOMEM;
	set->prefixes[set->n_prefixes++] = address_widen(&prefix->address, prefix->length);
	set->sorted = false;
	return 0;
}

static bool prefixset_ends_by(const struct prefix *prefix, const struct address *end)
{
	struct address behind;

	return !end || (prefix_behind(prefix, &behind) &&
			memcmp(behind.bytes, end->bytes, sizeof(end->bytes)) <= 0);
}

/* The widest that begins there and does not reach beyond the end, one after the other. */
int prefixset_add_interval(struct prefixset *set, const struct address *first,
			   const struct address *end)
{
	struct address at = *first;
	struct prefix prefix, wider;
	int r;

	do {
		if (end && memcmp(at.bytes, end->bytes, sizeof(at.bytes)) >= 0)
			return 0;
		prefix = address_widen(&at, address_bits(&at));
		while (prefix.length > 0) {
			wider = address_widen(&at, prefix.length - 1U);
			if (!address_equal(&wider.address, &at) || !prefixset_ends_by(&wider, end))
				break;
			prefix = wider;
		}
		r = prefixset_add(set, &prefix);
		if (r < 0)
			return r;
	} while (prefix_behind(&prefix, &at));
	return 0;
}

void prefixset_done(struct prefixset *set)
{
	free(set->prefixes);
	*set = (struct prefixset){ 0 };
}

/* By family, then address, then the wider first: whatever covers a prefix stands before it. */
static int prefixset_compare(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	int r = memcmp(x->address.bytes, y->address.bytes, sizeof(x->address.bytes));

	if (x->address.family != y->address.family)
		return x->address.family < y->address.family ? -1 : 1;
	return r ? r : (int)x->length - (int)y->length;
}

/* Two that are one: the other half begins where the first ends. */
static bool are_halves(const struct prefix *one, const struct prefix *other)
{
	struct prefix whole, other_whole;

	if (one->length != other->length || one->length == 0)
		return false;
	whole = address_widen(&one->address, one->length - 1U);
	other_whole = address_widen(&other->address, one->length - 1U);
	return address_equal(&whole.address, &one->address) && prefix_equal(&whole, &other_whole);
}

/* As published lists often are; to sort a million takes longer than to find that out. */
static bool prefixset_is_in_order(const struct prefixset *set)
{
	for (size_t i = 1; i < set->n_prefixes; i++)
		if (prefixset_compare(&set->prefixes[i - 1], &set->prefixes[i]) > 0)
			return false;
	return true;
}

void prefixset_sort(struct prefixset *set)
{
	size_t n = 0;

	if (set->sorted)
		return;
	if (!prefixset_is_in_order(set))
		qsort(set->prefixes, set->n_prefixes, sizeof(*set->prefixes), prefixset_compare);
	for (size_t i = 0; i < set->n_prefixes; i++) {
		if (n > 0 && prefix_covers(&set->prefixes[n - 1], &set->prefixes[i]))
			continue;
		set->prefixes[n++] = set->prefixes[i];
		while (n > 1 && are_halves(&set->prefixes[n - 2], &set->prefixes[n - 1]))
			set->prefixes[--n - 1].length--;
	}
	set->n_prefixes = n;
	set->sorted = true;
}

bool prefixset_covers(struct prefixset *set, const struct prefix *prefix)
{
	size_t low = 0, high;

	prefixset_sort(set);
	high = set->n_prefixes;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (prefixset_compare(&set->prefixes[middle], prefix) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && prefix_covers(&set->prefixes[low - 1], prefix);
}

bool prefixset_contains(struct prefixset *set, const struct address *address)
{
	struct prefix host = address_widen(address, address_bits(address));

	return prefixset_covers(set, &host);
}
