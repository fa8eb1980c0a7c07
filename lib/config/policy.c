/*
 * The policy as a value. Who is never banned is what ignoreip says itself, and beside it the lists
 * that it names, which others read and may read again: what counts is the union.
 */
#include "config/policy.h"

#include "base/array.h"
#include "base/prefixset.h"
#include "json/read.h"

#include <errno.h>

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

void policy_forget_ignoreip(struct policy *policy)
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
	free(policy->fleet.directory);
	json_texts_free(policy->fleet.hubs, policy->fleet.n_hubs);
	policy_forget_ignoreip(policy);
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
