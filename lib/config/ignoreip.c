/*
 * Who is never banned: what ignoreip says itself, and beside it the lists that it names, which
 * others read and may read again. What counts is the union, sorted and disjoint: a look-up is a
 * binary search, and an nft interval set takes no overlaps.
 */
#include "config/ignoreip.h"

#include <errno.h>

#define MAX_FILES 32

static int add_file(const struct json *value, struct policy *policy)
{
	struct ignore_file *files, *file;

	for (size_t i = 0; i < policy->n_ignore_files; i++)
		if (strcmp(policy->ignore_files[i].path, json_text(value)) == 0)
			return 0;
	if (policy->n_ignore_files >= MAX_FILES)
		return -E2BIG;
	files = reallocarray(policy->ignore_files, policy->n_ignore_files + 1, sizeof(*files));
	if (!files)
		return -ENOMEM;
	policy->ignore_files = files;
	file = &files[policy->n_ignore_files];
	file->path = strdup(json_text(value));
	if (!file->path)
		return -ENOMEM;
	json_position(value, &file->line, &file->column);
	policy->n_ignore_files++;
	return 0;
}

static int add_entry(const struct json *value, const struct ignore_entry *entry,
		     struct policy *policy)
{
	switch (entry->kind) {
	case IGNORE_PREFIX:
		return ignorelist_add_prefix(&policy->ignore, &entry->prefix);
	case IGNORE_NAME:
		return ignorelist_add_name(&policy->ignore, span_of(json_text(value)));
	case IGNORE_FILE:
		return add_file(value, policy);
	}
	return 0;
}

static void ignoreip_read_entry(const struct json *value, struct policy *policy)
{
	char error[IGNORE_ERROR_SIZE];
	struct ignore_entry entry;
	int r;

	if (!json_expect(value, JSON_TEXT,
			 "write an address, a network, a host name or the path of a file"))
		return;
	if (ignore_parse_entry(span_of(json_text(value)), &entry, error) < 0) {
		json_fault(value, "%s", error);
		return;
	}
	r = add_entry(value, &entry, policy);
	if (r == -E2BIG)
		json_fault(value, "too many: ignoreip takes 65536 addresses and networks, 256 "
				  "names and 32 files");
	else if (r < 0)
		json_no_memory(value);
}

/* By first address; of two that begin alike the wider one first. */
static int ignoreip_compare_prefixes(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;

	if (x->address.family != y->address.family)
		return x->address.family < y->address.family ? -1 : 1;
	if (memcmp(x->address.bytes, y->address.bytes, sizeof(x->address.bytes)) != 0)
		return memcmp(x->address.bytes, y->address.bytes, sizeof(x->address.bytes));
	return (int)x->length - (int)y->length;
}

static size_t arrange(struct prefix *prefixes, size_t n_prefixes)
{
	size_t n = 0;

	if (n_prefixes > 0)
		qsort(prefixes, n_prefixes, sizeof(*prefixes), ignoreip_compare_prefixes);
	for (size_t i = 0; i < n_prefixes; i++)
		if (n == 0 || !prefix_covers(&prefixes[n - 1], &prefixes[i]))
			prefixes[n++] = prefixes[i];
	return n;
}

static size_t copy_prefixes(struct prefix *to, const struct ignorelist *list)
{
	if (list->n_prefixes > 0)
		memcpy(to, list->prefixes, list->n_prefixes * sizeof(*to));
	return list->n_prefixes;
}

static int add_names(struct ignorelist *to, const struct ignorelist *list)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < list->n_names; i++)
		r = ignorelist_add_name(to, span_of(list->names[i]));
	return r;
}

int policy_set_lists(struct policy *policy, struct ignorelist *const *lists, size_t n_lists)
{
	cleanup(ignorelist_done) struct ignorelist names = { 0 };
	size_t n = 0, max = policy->ignore.n_prefixes;
	struct prefix *all;
	int r;

	for (size_t i = 0; i < n_lists; i++)
		max += lists[i]->n_prefixes;
	if (max > IGNORE_MAX_LIST)
		return -E2BIG;
	r = add_names(&names, &policy->ignore);
	for (size_t i = 0; r >= 0 && i < n_lists; i++)
		r = add_names(&names, lists[i]);
	if (r < 0)
		return r;
	all = calloc(MAX(max, (size_t)1), sizeof(*all));
	if (!all)
		return -ENOMEM;
	n += copy_prefixes(all + n, &policy->ignore);
	for (size_t i = 0; i < n_lists; i++)
		n += copy_prefixes(all + n, lists[i]);
	free(policy->ignoreip);
	policy->ignoreip = all;
	policy->n_ignoreip = arrange(all, n);
	ignorelist_done(&policy->ignore_names);
	policy->ignore_names = names;
	names = (struct ignorelist){ 0 };
	return 0;
}

void policy_read_ignoreip(const struct json *value, const struct json_key *key, void *field)
{
	struct policy *policy = field;

	if (!json_expect(value, JSON_LIST,
			 "write a list of addresses, networks, host names and files"))
		return;
	policy_done_ignoreip(policy); /* a key that stands here twice */
	for (struct json child = { 0 }; json_next(value, &child);)
		ignoreip_read_entry(&child, policy);
	if (policy_set_lists(policy, NULL, 0) < 0)
		json_no_memory(value);
}

void policy_done_ignoreip(struct policy *policy)
{
	ignorelist_done(&policy->ignore);
	ignorelist_done(&policy->ignore_names);
	for (size_t i = 0; i < policy->n_ignore_files; i++)
		free(policy->ignore_files[i].path);
	free(policy->ignore_files);
	policy->ignore_files = NULL;
	policy->n_ignore_files = 0;
	free(policy->ignoreip);
	policy->ignoreip = NULL;
	policy->n_ignoreip = 0;
}

bool policy_ignores(const struct policy *policy, const struct address *address)
{
	size_t low = 0, high = policy->n_ignoreip;
	struct prefix host = {
		.address = *address,
		.length = (uint8_t)address_bits(address),
	};

	if (address_never_offends(address))
		return true;
	/* The last one that begins at the address or before it is the only one that may contain it.
	 */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ignoreip_compare_prefixes(&policy->ignoreip[middle], &host) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && prefix_contains(&policy->ignoreip[low - 1], address);
}
