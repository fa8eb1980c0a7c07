/* The networks that a policy names: "ignoreip", and the block lists of "lists". */
#include "config/policy-networks.h"

#include "base/array.h"

#include <errno.h>

#define MAX_IGNORE_FILES 32
#define MAX_LISTS        32 /* each costs every packet a look-up */

static int add_file(const struct json *value, struct policy *policy)
{
	struct ignore_file *file;

	for (size_t i = 0; i < policy->n_ignore_files; i++)
		if (strcmp(policy->ignore_files[i].path, json_text(value)) == 0)
			return 0;
	if (policy->n_ignore_files >= MAX_IGNORE_FILES)
		return -E2BIG;
	if (!array_grow(policy->ignore_files, policy->n_ignore_files))
		return -ENOMEM;
	file = &policy->ignore_files[policy->n_ignore_files];
	file->path = strdup(json_text(value));
	if (!file->path)
		return -ENOMEM;
	json_position(value, &file->line, &file->column);
	policy->n_ignore_files++;
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
	r = ignore_parse_entry(span_of(json_text(value)), &entry, error);
	if (r < 0) {
		json_fault(value, "%s", error);
		return;
	}
	if (r > 0)
		json_note(value, "%s", error);
	switch (entry.kind) {
	case IGNORE_PREFIX:
		r = ignorelist_add_prefix(&policy->ignore, &entry.prefix);
		break;
	case IGNORE_NAME:
		r = ignorelist_add_name(&policy->ignore, span_of(json_text(value)));
		break;
	case IGNORE_FILE:
		r = add_file(value, policy);
		break;
	}
	if (r == -E2BIG)
		json_fault(value, "too many: ignoreip takes 65536 addresses and networks, 256 "
				  "names and 32 files");
	else if (r < 0)
		json_no_memory(value);
}

void policy_read_ignoreip(const struct json *value, const struct json_key *key, void *field)
{
	struct policy *policy = field;

	if (!json_expect(value, JSON_LIST,
			 "write a list of addresses, networks, host names and files"))
		return;
	policy_forget_ignoreip(policy); /* a key that stands here twice */
	for (struct json child = { 0 }; json_next(value, &child);)
		ignoreip_read_entry(&child, policy);
	if (policy_set_lists(policy, NULL, 0) < 0)
		json_no_memory(value);
}

static void list_read_file(const struct json *value, const struct json_key *key, void *field)
{
	struct list_policy *list = field;
	struct ignore_entry entry;
	char error[IGNORE_ERROR_SIZE];

	json_position(value, &list->line, &list->column);
	if (!json_expect(value, JSON_TEXT, key->hint))
		return;
	if (ignore_parse_entry(span_of(json_text(value)), &entry, error) < 0 ||
	    entry.kind != IGNORE_FILE)
		json_fault(value, "not an absolute path: %s", key->hint);
	else
		json_read_text(value, key, &list->file);
}

static const struct json_key list_keys[] = {
	{ "file", list_read_file, .required = true,
	  .hint = "write the path of a file with a network on each line, such as "
		  "\"/var/lib/banish-lists/drop\"" },
	{ "ports", json_read_ports, .offset = offsetof(struct list_policy, ports) },
	{ 0 },
};
static const struct json_object list_object = { "a list", list_keys, NULL };

static void list_read(const struct json *value, struct policy *policy)
{
	struct list_policy *list = &policy->lists[policy->n_lists];

	if (!json_check_name(value, value->name, sizeof(list->name) - 1, true))
		return;
	strcpy(list->name, value->name);
	policy->n_lists++;
	if (!json_read_object(value, &list_object, list))
		return;
	if (list->ports.n_ranges == 0)
		list->ports.all = true;
	for (size_t i = 0; list->file && i + 1 < policy->n_lists; i++)
		if (policy->lists[i].file && strcmp(policy->lists[i].file, list->file) == 0)
			json_fault(value, "the list \"%s\" has this file, too: each needs its own",
				   policy->lists[i].name);
}

void policy_read_lists(const struct json *value, const struct json_key *key, void *field)
{
	struct policy *policy = field;

	if (policy->lists || !json_expect(value, JSON_OBJECT, key->hint))
		return; /* a key that stands here twice is told */
	if (json_count(value) > MAX_LISTS) {
		json_fault(value, "too many: there can be 32 lists");
		return;
	}
	policy->lists = json_allocate(value, json_count(value), sizeof(*policy->lists));
	for (struct json child = { 0 }; policy->lists && json_next(value, &child);)
		list_read(&child, policy);
}
