/*
 * The grammar of a jail and of the settings that it begins with. Merging is reading: the built-in
 * settings are written first, the file's "defaults" over them, and a jail begins as a copy of that.
 */
#include "config/policy-jail.h"

#define USUAL_HOSTS 4 /* banned ones that bring a ban of their network */

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
const struct json_object policy_defaults_object = { "\"defaults\"", settings_keys, NULL };

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
static const struct json_object jail_object = { "a jail", jail_keys, &policy_defaults_object };

void policy_check_networks(const struct json *object, const struct settings *settings)
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

void policy_read_jail(const struct json *value, struct policy *policy)
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
	policy_check_networks(value, &jail->settings);
}
