#include "io/answer.h"
#include "verbs/why.h"

#include <errno.h>
#include <stdio.h>

static int exempt_tell(const char *reason, char **ret)
{
	*ret = strdup(reason);
	return *ret ? 1 : -ENOMEM;
}

static bool holds(const struct ignorelist *list, const struct address *address)
{
	for (size_t i = 0; i < list->n_prefixes; i++)
		if (prefix_contains(&list->prefixes[i], address))
			return true;
	return false;
}

static int look_at_name(const char *name, const struct address *address, char **ret)
{
	cleanup(ignorelist_freep) struct ignorelist *answer = NULL;
	int r;

	r = answer_read(name, &answer);
	if (r <= 0)
		return r;
	if (!holds(answer, address))
		return 0;
	if (asprintf(ret, "an address of %s, which is in ignoreip", name) < 0)
		return -ENOMEM;
	return 1;
}

static int look_at_names(const struct ignorelist *names, const struct address *address, char **ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < names->n_names; i++)
		r = look_at_name(names->names[i], address, ret);
	return r;
}

int why_ignored(const struct why *why, char **ret)
{
	const struct policy *policy = why->input.config->policy;
	const struct address *address = &why->target.address;
	int r;

	if (prefix_never_offends(&why->target))
		return exempt_tell("a loopback, unspecified or multicast address", ret);
	if (policy_ignores(policy, &why->target))
		return exempt_tell("in ignoreip", ret);
	if (why->target.length < address_bits(address)) /* what is left is of single addresses */
		return 0;
	r = look_at_names(&policy->ignore_names, address, ret);
	if (r != 0 || !why->nft)
		return r;
	return nft_ignores(why->nft, address) > 0 ? exempt_tell("an own address or a gateway", ret)
						  : 0;
}
