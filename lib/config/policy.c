/*
 * The policy as a value. Who is never banned is what ignoreip says itself, and beside it the lists
 * that it names, which others read and may read again: what counts is the union.
 *
 * The tables below are the policy's grammar. Merging is reading: the built-in settings are written
 * first, the file's "defaults" over them, and a jail begins as a copy of that.
 */
#include "config/policy.h"

#include "base/array.h"
#include "base/prefixset.h"
#include "json/read.h"

#include <errno.h>

#define MAX_IGNORE_FILES 32
#define MAX_LISTS        32 /* each costs every packet a look-up */
#define USUAL_HOSTS      4  /* banned ones that bring a ban of their network */

#define USEC_PER_WEEK (7 * 24 * USEC_PER_HOUR)
#define USEC_PER_YEAR (8766 * USEC_PER_HOUR) /* 365.25 days, as systemd counts */

const char *const policy_modes[] = { "normal", "aggressive", NULL };
static const char *const verdicts[] = { "drop", "reject", NULL };
static const char *const successes[] = { "ignore", "forgive", NULL };

static const struct json_key increment_keys[] = {
	{ "factor", json_read_factor, .offset = offsetof(struct increment, factor), .least = 1,
	  .most = 100, .hint = "write a number from 1 (every ban as long) to 100" },
	{ "maxtime", json_read_span, .offset = offsetof(struct increment, maxtime),
	  .least = USEC_PER_SEC, .most = 100 * USEC_PER_YEAR,
	  .hint = "write a time from \"1s\" to \"100y\", such as \"4w\"" },
	{ "memory", json_read_span, .offset = offsetof(struct increment, memory),
	  .least = USEC_PER_SEC, .most = 100 * USEC_PER_YEAR,
	  .hint = "write a time from \"1s\" to \"100y\", such as \"60d\"" },
	{ "overall", json_read_bool, .offset = offsetof(struct increment, overall) },
	{ 0 },
};
static const struct json_object increment_object = { "\"increment\"", increment_keys, NULL };

static const struct json_key maxbans_keys[] = {
	{ "count", json_read_whole, .offset = offsetof(struct rate, count), .most = 1000,
	  .hint = "write a whole number from 1 to 1000, or 0 for no limit" },
	{ "within", json_read_span, .offset = offsetof(struct rate, within), .least = USEC_PER_SEC,
	  .most = 24 * USEC_PER_HOUR,
	  .hint = "write a time from \"1s\" to \"1d\", such as \"1min\"" },
	{ 0 },
};
static const struct json_object maxbans_object = { "\"maxbans\"", maxbans_keys, NULL };

static const struct json_key targets_keys[] = {
	{ "hosts", json_read_whole, .offset = offsetof(struct rate, count), .most = 1000,
	  .hint = "write a whole number from 1 to 1000, or 0 for no warning" },
	{ "within", json_read_span, .offset = offsetof(struct rate, within), .least = USEC_PER_SEC,
	  .most = USEC_PER_WEEK, .hint = "write a time from \"1s\" to \"1w\", such as \"1h\"" },
	{ 0 },
};
static const struct json_object targets_object = { "\"targets\"", targets_keys, NULL };

static const struct json_key prefix_keys[] = {
	{ "ipv4", json_read_whole, .offset = offsetof(struct settings, prefix4), .least = 8,
	  .most = 32, .hint = "write a whole number from 8 to 32" },
	{ "ipv6", json_read_whole, .offset = offsetof(struct settings, prefix6), .least = 16,
	  .most = 128, .hint = "write a whole number from 16 to 128" },
	{ 0 },
};
static const struct json_object prefix_object = { "\"prefix\"", prefix_keys, NULL };

static const struct json_key networks_keys[] = {
	{ "ipv4", json_read_whole, .offset = offsetof(struct networks, length4), .least = 8,
	  .most = 31, .hint = "write a whole number from 8 to 31" },
	{ "ipv6", json_read_whole, .offset = offsetof(struct networks, length6), .least = 16,
	  .most = 127, .hint = "write a whole number from 16 to 127" },
	{ "hosts", json_read_whole, .offset = offsetof(struct networks, hosts), .least = 0,
	  .most = 64, .hint = "write a whole number from 1 to 64, or 0: networks are not banned" },
	{ 0 },
};
static const struct json_object networks_object = { "\"networks\"", networks_keys, NULL };

/* Off where nobody speaks of it; who does, and names no number of hosts, wants the usual one. */
static void read_networks(const struct json *value, const struct json_key *key, void *field)
{
	struct networks *networks = field;

	if (!networks->told)
		networks->hosts = USUAL_HOSTS;
	networks->told = true;
	json_read_object_key(value, key, field);
}

static const struct json_key settings_keys[] = {
	{ "mode", json_read_choice, .offset = offsetof(struct settings, mode),
	  .choices = policy_modes, .hint = "write \"normal\" or \"aggressive\"" },
	{ "maxretry", json_read_whole, .offset = offsetof(struct settings, maxretry), .least = 1,
	  .most = 1000, .hint = "write a whole number from 1 to 1000" },
	{ "findtime", json_read_span, .offset = offsetof(struct settings, findtime), .least = 1,
	  .most = 52 * USEC_PER_WEEK,
	  .hint = "write a time above 0 and up to \"52w\", such as \"10min\"" },
	{ "bantime", json_read_span, .offset = offsetof(struct settings, bantime), .infinity = true,
	  .least = USEC_PER_SEC, .most = 100 * USEC_PER_YEAR,
	  .hint = "write a time from \"1s\" to \"100y\", such as \"1h\", or \"infinity\"" },
	{ "maxbans", json_read_object_key, .offset = offsetof(struct settings, maxbans),
	  .object = &maxbans_object },
	{ "targets", json_read_object_key, .offset = offsetof(struct settings, targets),
	  .object = &targets_object },
	{ "banprivate", json_read_bool, .offset = offsetof(struct settings, banprivate) },
	{ "increment", json_read_object_key, .offset = offsetof(struct settings, increment),
	  .object = &increment_object },
	{ "prefix", json_read_object_key, .object = &prefix_object },
	{ "networks", read_networks, .offset = offsetof(struct settings, networks),
	  .object = &networks_object },
	{ "action", json_read_choice, .offset = offsetof(struct settings, verdict),
	  .choices = verdicts, .hint = "write \"drop\" or \"reject\"" },
	{ "on_success", json_read_choice, .offset = offsetof(struct settings, on_success),
	  .choices = successes, .hint = "write \"ignore\" or \"forgive\"" },
	{ "repeat_weight", json_read_tenths, .offset = offsetof(struct settings, repeat_weight),
	  .most = WEIGHT_MAX / WEIGHT_ONE,
	  .hint = "write a number from 0 to 100 with at most one decimal, such as 0.1" },
	{ "maxusers", json_read_whole, .offset = offsetof(struct settings, maxusers),
	  .most = USERS_MAX, .hint = "write a whole number from 1 to 64, or 0 for any number" },
	{ 0 },
};
static const struct json_object defaults_object = { "\"defaults\"", settings_keys, NULL };

static void read_jail_ports(const struct json *value, const struct json_key *key, void *field)
{
	struct settings *settings = field;

	settings->has_ports = true;
	json_read_ports(value, key, &settings->ports);
}

/* Of the settings; the others are the jail's own. */
static const struct json_key jail_keys[] = {
	{ .name = "rule" },
	{ .name = "journal" },
	{ .name = "events" },
	{ .name = "strip" },
	{ "ports", .read = read_jail_ports },
	{ 0 },
};
static const struct json_object jail_object = { "a jail", jail_keys, &defaults_object };

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

bool policy_is_built_in(const char *name)
{
	return strcmp(name, RECIDIVE_NAME) == 0 || strcmp(name, FLEET_NAME) == 0;
}

const char *policy_reserved(const char *name)
{
	if (strcmp(name, "manual") == 0)
		return "\"manual\" is the jail of \"banish ban\"";
	if (strcmp(name, "ignore") == 0)
		return "the sets of \"ignore\" hold the addresses of ignoreip";
	if (strcmp(name, "forced") == 0)
		return "\"forced\" is the jail of \"banish ban --force\"";
	if (strncmp(name, "list-", 5) == 0)
		return "the sets of \"lists\" begin with \"list-\"";
	if (strcmp(name, RECIDIVE_NAME) == 0)
		return "\"recidive\" counts the bans of other jails, its rule is built in";
	if (strcmp(name, FLEET_NAME) == 0)
		return "\"fleet\" counts the bans of other hosts, its rule is built in";
	return NULL;
}

int policy_set_lists(struct policy *policy, struct ignorelist *const *lists, size_t n_lists)
{
	cleanup(ignorelist_done) struct ignorelist names = { 0 };
	cleanup(prefixset_done) struct prefixset prefixes = { 0 };
	size_t n = policy->ignore.n_prefixes;
	int r;

	for (size_t i = 0; i < n_lists; i++)
		n += lists[i]->n_prefixes;
	if (n > IGNORE_MAX_LIST)
		return -E2BIG;
	for (size_t i = 0; i <= n_lists; i++) {
		const struct ignorelist *list = i == 0 ? &policy->ignore : lists[i - 1];

		for (size_t k = 0; k < list->n_names; k++) {
			r = ignorelist_add_name(&names, span_of(list->names[k]));
			if (r < 0)
				return r;
		}
		for (size_t k = 0; k < list->n_prefixes; k++) {
			r = prefixset_add(&prefixes, &list->prefixes[k]);
			if (r < 0)
				return r;
		}
	}
	prefixset_sort(&prefixes);
	free(policy->ignoreip);
	policy->ignoreip = TAKE_PTR(prefixes.prefixes);
	policy->n_ignoreip = prefixes.n_prefixes;
	ignorelist_done(&policy->ignore_names);
	policy->ignore_names = names;
	names = (struct ignorelist){ 0 };
	return 0;
}

bool policy_ignores(const struct policy *policy, const struct prefix *prefix)
{
	struct prefixset ignored = {
		.prefixes = policy->ignoreip,
		.n_prefixes = policy->n_ignoreip,
		.sorted = true,
	};

	return prefix_never_offends(prefix) || prefixset_covers(&ignored, prefix);
}

/* As if there were no such key. */
static void forget_ignoreip(struct policy *policy)
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

struct policy *policy_new(void)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	*policy = (struct policy){
		.ignoreself = true,
		.defaults = {
			.mode = MODE_NORMAL,
			.maxretry = 5,
			.findtime = 600 * USEC_PER_SEC,
			.bantime = USEC_PER_HOUR,
			.increment = {
				.factor = 2,
				.maxtime = 4 * USEC_PER_WEEK,
				.memory = 60 * 24 * USEC_PER_HOUR,
			},
			.maxbans = { .within = 60 * USEC_PER_SEC },
			.targets = { .within = USEC_PER_HOUR },
			.prefix4 = 32,
			.prefix6 = 64,
			.networks = { .length4 = 24, .length6 = 48 },
			.verdict = VERDICT_DROP,
			.repeat_weight = WEIGHT_MAX,
		},
		.table = "banish",
	};
	return policy;
}

struct policy *policy_free(struct policy *policy)
{
	if (!policy)
		return NULL;
	for (size_t i = 0; i < policy->n_jails; i++) {
		struct jail_policy *jail = &policy->jails[i];

		ports_done(&jail->settings.ports);
		selectors_free(jail->selectors, jail->n_selectors);
		json_texts_free(jail->events, jail->n_events);
	}
	free(policy->jails);
	for (size_t i = 0; i < policy->n_lists; i++) {
		free(policy->lists[i].file);
		ports_done(&policy->lists[i].ports);
	}
	free(policy->lists);
	forget_ignoreip(policy);
	free(policy);
	return NULL;
}

const struct jail_policy *policy_find_jail(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->n_jails; i++)
		if (strcmp(policy->jails[i].name, name) == 0)
			return &policy->jails[i];
	return NULL;
}

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

static void read_ignoreip(const struct json *value, const struct json_key *key, void *field)
{
	struct policy *policy = field;

	if (!json_expect(value, JSON_LIST,
			 "write a list of addresses, networks, host names and files"))
		return;
	forget_ignoreip(policy); /* a key that stands here twice */
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

static void read_lists(const struct json *value, const struct json_key *key, void *field)
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

static const struct json_key policy_keys[] = {
	{ "$schema", .read = json_read_schema },
	{ "ignoreip", .read = read_ignoreip },
	{ "ignoreself", json_read_bool, .offset = offsetof(struct policy, ignoreself) },
	{ "defaults", json_read_object_key, .offset = offsetof(struct policy, defaults),
	  .object = &defaults_object },
	{ "lists", .read = read_lists,
	  .hint = "write an object, { \"drop\": { \"file\": \"/var/lib/banish-lists/drop\" } }" },
	{ .name = "jails" }, /* after the defaults, wherever they stand */
	{ "nftables", json_read_object_key, .object = &nftables_object },
	{ "fleet", json_read_object_key, .offset = offsetof(struct policy, fleet),
	  .object = &fleet_object },
	{ 0 },
};
static const struct json_object policy_object = { "the policy", policy_keys, NULL };

/* Merged settings may contradict each other: told where this object speaks of it. */
static void check_networks(const struct json *object, const struct settings *settings)
{
	const struct networks *networks = &settings->networks;
	bool ipv4 = networks->length4 >= settings->prefix4;
	struct json at;

	if (networks->hosts == 0 || (!ipv4 && networks->length6 < settings->prefix6))
		return;
	if (!json_find(object, "networks", &at) && !json_find(object, "prefix", &at))
		return; /* told in "defaults" */
	json_fault(&at,
		   "a network of \"networks\" is an %s /%u, and one offender (\"prefix\") a /%u: "
		   "write a shorter length for networks",
		   ipv4 ? "IPv4" : "IPv6", ipv4 ? networks->length4 : networks->length6,
		   ipv4 ? settings->prefix4 : settings->prefix6);
}

static void read_strip(const struct json *value, struct strip *strip)
{
	static const char *const names[] = { "syslog", "dovecot" };
	char **texts = NULL;
	size_t n = 0;

	if (!json_read_texts(value, "write \"syslog\", \"dovecot\" or a list of both", false,
			     &texts, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		bool again = false;
		unsigned kind = 0;

		while (kind < STRIP_KINDS && strcmp(texts[i], names[kind]) != 0)
			kind++;
		for (unsigned k = 0; k < strip->n; k++)
			again |= strip->kinds[k] == kind;
		if (kind == STRIP_KINDS || again) {
			json_fault(value,
				   "\"strip\" has an unknown or repeated value: write \"syslog\", "
				   "\"dovecot\" or a list of both");
			break;
		}
		strip->kinds[strip->n++] = kind;
	}
	json_texts_free(texts, n);
}

/* What the jail says of its rule. */
static void read_jail_rule(const struct json *object, struct jail_policy *jail)
{
	struct json value;

	if (json_find(object, "rule", &value) &&
	    json_expect(&value, JSON_TEXT, "write the name of a rule, such as \"dovecot\"") &&
	    json_check_name(&value, json_text(&value), sizeof(jail->rule) - 1, false)) {
		if (policy_reserved(json_text(&value)))
			json_fault(&value, "this name is reserved: %s",
				   policy_reserved(json_text(&value)));
		strcpy(jail->rule, json_text(&value));
		json_position(&value, &jail->line, &jail->column);
	}
	if (json_find(object, "journal", &value))
		selectors_read(&value, &jail->selectors, &jail->n_selectors);
	if (json_find(object, "strip", &value))
		read_strip(&value, &jail->strip);
	if (!json_find(object, "events", &value))
		return;
	json_position(&value, &jail->events_line, &jail->events_column);
	(void)json_read_texts(&value, "write a list of the rule's events, [\"auth-failed\"]", false,
			      &jail->events, &jail->n_events);
}

/* What others banned, and no entries. The jail recidive takes it as it is, each time. */
static void read_built_in(const struct json *object, struct jail_policy *jail)
{
	static const char *const keys[] = { "rule", "journal", "events", "strip" };
	struct json value;

	if (strcmp(jail->name, RECIDIVE_NAME) == 0) {
		jail->settings.networks.hosts = 0;
		jail->settings.maxbans.count = 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (json_find(object, keys[i], &value))
			json_fault(&value,
				   "the jail %s counts bans, not entries: leave "
				   "\"%s\" out",
				   jail->name, keys[i]);
}

static void read_jail(const struct json *value, struct policy *policy)
{
	struct jail_policy *jail = &policy->jails[policy->n_jails];
	const char *reserved = policy_reserved(value->name);
	bool is_built_in = policy_is_built_in(value->name), r;

	if (reserved && !is_built_in) {
		json_fault_at_key(value, "this name is reserved: %s", reserved);
		return;
	}
	if (!json_check_name(value, value->name, sizeof(jail->name) - 1, true))
		return;
	strcpy(jail->name, value->name);
	json_position_of_key(value, &jail->line, &jail->column);
	jail->settings = policy->defaults;
	policy->n_jails++;
	r = json_read_object(value, &jail_object, &jail->settings);
	if (!r)
		return;
	if (is_built_in)
		read_built_in(value, jail);
	else
		read_jail_rule(value, jail);
	check_networks(value, &jail->settings);
}

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
			check_networks(&defaults, &policy->defaults);
		if (json_find(&root, "jails", &jails) &&
		    json_expect(&jails, JSON_OBJECT, "write an object, { \"dovecot\": {} }"))
			policy->jails =
				json_allocate(&jails, json_count(&jails), sizeof(*policy->jails));
		for (struct json child = { 0 }; policy->jails && json_next(&jails, &child);)
			read_jail(&child, policy);
		check_hub(&root, policy);
	}
	r = json_finish(document);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(policy);
	return 0;
}
