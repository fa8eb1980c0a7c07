/* The grammar of a policy from the top. */
#include "config/policy-read.h"

#include "config/policy-jail.h"
#include "config/policy-networks.h"
#include "json/read.h"

#include <errno.h>

static void read_table(const struct json *value, const struct json_key *key, void *field)
{
	if (json_expect(value, JSON_TEXT, "write the name of a table, such as \"banish\"") &&
	    json_check_name(value, json_text(value), NAME_SIZE - 1, false))
		strcpy(field, json_text(value));
}

static const struct json_key nftables_keys[] = {
	{ "table", read_table, .offset = offsetof(struct policy, table) },
	{ 0 },
};
static const struct json_object nftables_object = { "\"nftables\"", nftables_keys, NULL };

static void read_directory(const struct json *value, const struct json_key *key, void *field)
{
	char **directory = field;

	if (!json_expect(value, JSON_TEXT, key->hint))
		return;
	if (json_text(value)[0] != '/') {
		json_fault(value, "\"directory\" must be an absolute path: %s", key->hint);
		return;
	}
	free(*directory); /* a key that stands here twice */
	*directory = strdup(json_text(value));
	if (!*directory)
		json_no_memory(value);
}

static void read_hubs(const struct json *value, const struct json_key *key, void *field)
{
	struct fleet_policy *fleet = field;

	json_texts_free(fleet->hubs, fleet->n_hubs);
	fleet->hubs = NULL;
	fleet->n_hubs = 0;
	(void)json_read_texts(value, key->hint, false, &fleet->hubs, &fleet->n_hubs);
}

static const struct json_key fleet_keys[] = {
	{ "share", json_read_bool, .offset = offsetof(struct fleet_policy, share) },
	{ "hub", json_read_bool, .offset = offsetof(struct fleet_policy, hub) },
	{ "directory", read_directory, .offset = offsetof(struct fleet_policy, directory),
	  .hint = "write the directory of the members' journal files, \"" FLEET_DIRECTORY "\"" },
	{ "hubs", read_hubs, .hint = "write a list of members, [\"hub\"]" },
	{ 0 },
};
static const struct json_object fleet_object = { "\"fleet\"", fleet_keys, NULL };

static const struct json_key policy_keys[] = {
	{ "$schema", .read = json_read_schema },
	{ "ignoreip", .read = policy_read_ignoreip },
	{ "ignoreself", json_read_bool, .offset = offsetof(struct policy, ignoreself) },
	{ "defaults", json_read_object_key, .offset = offsetof(struct policy, defaults),
	  .object = &policy_defaults_object },
	{ "lists", .read = policy_read_lists,
	  .hint = "write an object, { \"drop\": { \"file\": \"/var/lib/banish-lists/drop\" } }" },
	{ .name = "jails" }, /* after the defaults, wherever they stand */
	{ "nftables", json_read_object_key, .object = &nftables_object },
	{ "fleet", json_read_object_key, .offset = offsetof(struct policy, fleet),
	  .object = &fleet_object },
	{ 0 },
};
static const struct json_object policy_object = { "the policy", policy_keys, NULL };

/* A hub is one that hears and tells. */
static void check_hub(const struct json *root, const struct policy *policy)
{
	struct json fleet, hub;

	if (!policy->fleet.hub || !json_find(root, "fleet", &fleet) ||
	    !json_find(&fleet, "hub", &hub))
		return;
	if (!policy->fleet.share || !policy_find_jail(policy, FLEET_NAME))
		json_fault(&hub, "a hub shares what its jail \"fleet\" decides: write \"share\": "
				 "true, and a jail \"fleet\"");
}

int policy_parse(const char *file, struct span text, struct faults *faults, struct policy **ret)
{
	cleanup(json_freep) struct json_document *document = NULL;
	cleanup(policy_freep) struct policy *policy = NULL;
	struct json root, defaults, jails;
	int r;

	r = json_parse(file, text, faults, &document);
	if (r < 0)
		return r;
	policy = policy_new();
	if (!policy)
		return -ENOMEM;

	root = json_root(document);
	if (json_read_object(&root, &policy_object, policy)) {
		if (json_find(&root, "defaults", &defaults))
			policy_check_networks(&defaults, &policy->defaults);
		if (json_find(&root, "jails", &jails) &&
		    json_expect(&jails, JSON_OBJECT, "write an object, { \"dovecot\": {} }"))
			policy->jails =
				json_allocate(&jails, json_count(&jails), sizeof(*policy->jails));
		for (struct json child = { 0 }; policy->jails && json_next(&jails, &child);)
			policy_read_jail(&child, policy);
		check_hub(&root, policy);
	}
	r = json_finish(document);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(policy);
	return 0;
}
