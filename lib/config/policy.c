/*
 * The policy as a value. Who is never banned is what ignoreip says itself, and beside it the lists
 * that it names, which others read and may read again: what counts is the union.
 */
#include "config/policy.h"

#include "base/prefixset.h"

#include <errno.h>

#define USEC_PER_WEEK (7 * 24 * USEC_PER_HOUR)

const char *const policy_modes[] = { "normal", "aggressive", NULL };

const char *policy_mode_name(enum mode mode)
{
	return policy_modes[mode];
}

const char *policy_reserved(const char *name)
{
	if (strcmp(name, "manual") == 0)
		return "\"manual\" is the jail of \"banish ban\"";
	if (strcmp(name, "ignore") == 0)
		return "the sets of \"ignore\" hold the addresses of ignoreip";
	if (strcmp(name, "forced") == 0)
		return "\"forced\" is the jail of \"banish ban --force\"";
	return NULL;
}

static int add_names(struct ignorelist *to, const struct ignorelist *list)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < list->n_names; i++)
		r = ignorelist_add_name(to, span_of(list->names[i]));
	return r;
}

static int add_prefixes(struct prefixset *to, const struct ignorelist *list)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < list->n_prefixes; i++)
		r = prefixset_add(to, &list->prefixes[i]);
	return r;
}

static int add_list(struct prefixset *prefixes, struct ignorelist *names,
		    const struct ignorelist *list)
{
	int r = add_names(names, list);

	return r < 0 ? r : add_prefixes(prefixes, list);
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
	r = add_list(&prefixes, &names, &policy->ignore);
	for (size_t i = 0; r >= 0 && i < n_lists; i++)
		r = add_list(&prefixes, &names, lists[i]);
	if (r < 0)
		return r;
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
	for (size_t i = 0; i < policy->n_jails; i++)
		ports_done(&policy->jails[i].settings.ports);
	free(policy->jails);
	policy_forget_ignoreip(policy);
	free(policy);
	return NULL;
}
