/*
 * What the kernel and the configuration say of an address: is it banned, and would that do
 * anything.
 */
#include "verbs/why.h"

#include "base/timespan.h"
#include "cli/output.h"
#include "engine/engine.h"
#include "io/config.h"

#include <errno.h>
#include <stdio.h>

/* As the question named it. */
static const char *why_name(const struct why *why, char buffer[static PREFIX_TEXT_MAX])
{
	return why->target.length == address_bits(&why->target.address)
		       ? address_format(&why->target.address, buffer)
		       : prefix_format(&why->target, buffer);
}

static int why_say_unknown(const struct why *why, const char *reason)
{
	cleanup(freep) char *message = NULL;
	char text[PREFIX_TEXT_MAX];
	int r;

	if (asprintf(&message, "whether %s is banned is not known: %s", why_name(why, text),
		     reason) < 0) {
		message = NULL;
		return -ENOMEM;
	}
	r = output_print(why->common.json, "{message}",
			 (const struct row[]){ ROW_TEXT("what", "unseen"),
					       ROW_TEXT("message", message), ROW_END });
	return r < 0 ? r : BANNED_UNKNOWN;
}

/* The lists of others that hold it: 1: there is one; 0. Of a network only the first address is
 * looked for. */
static int why_ask_lists(const struct why *why)
{
	cleanup(nft_view_done) struct nft_view view = { 0 };
	const struct policy *policy = why->input.config->policy;
	bool is_ipv6 = why->target.address.family == AF_INET6;
	struct nft_list_use use;
	int r = 0, found = 0;

	if (policy->n_lists > 0)
		r = nft_look(why->nft, &view);
	for (size_t i = 0; r >= 0 && i < policy->n_lists; i++) {
		if (!nft_view_list(&view, policy->lists[i].name, &use))
			continue;
		r = nft_find_network(why->nft, use.sets[is_ipv6], &why->target.address);
		if (r == 0 || r == -ENOENT) {
			r = 0;
			continue;
		}
		found = 1;
		if (r > 0)
			r = output_print(why->common.json,
					 "blocked by the list {list}, from {file}",
					 (const struct row[]){
						 ROW_TEXT("what", "listed"),
						 ROW_TEXT("list", policy->lists[i].name),
						 ROW_TEXT("file", policy->lists[i].file),
						 ROW_END,
					 });
	}
	return r < 0 ? r : found;
}

int why_ask_kernel(struct why *why, usec_t now)
{
	const struct nft_elements *elements = &why->elements;
	char text[TIMESPAN_TEXT_MAX], jail[NFT_JAIL_SIZE];
	bool torn;
	int r, banned = BANNED_NO;

	r = nft_open(why->input.config->policy->table, &why->nft);
	if (r >= 0)
		r = nft_list(why->nft, NULL, &why->elements);
	if (r == -ENOENT)
		return BANNED_NO; /* no table: nobody is banned */
	if (r < 0)
		return r == -ENOMEM ? r : why_say_unknown(why, nft_explain(r));
	torn = r > 0;
	for (size_t i = 0; r >= 0 && i < elements->n_items; i++) {
		const struct nft_element *element = &elements->items[i];
		const struct span comment = span_of(element->comment ?: "");
		bool forever = element->remaining == USEC_INFINITY;
		usec_t left = element->remaining / USEC_PER_SEC * USEC_PER_SEC;
		const struct row rows[] = {
			ROW_TEXT("what", "banned"),
			ROW_TEXT("jail", nft_jail_bare(element->jail, jail)),
			ROW_PREFIX("prefix", &element->prefix),
			ROW_TIME("expires_usec",
				 forever ? USEC_INFINITY : now + element->remaining),
			ROW("comment", IF_KNOWN(comment.size > 0, KIND_BYTES), bytes, comment),
			ROW_SAID("for", forever ? "for good" : "still for "),
			ROW_SAID("left", forever ? "" : timespan_format(left, text)),
			ROW_SAID("colon", comment.size > 0 ? ": " : ""),
			ROW_END,
		};

		if (!prefix_covers(&element->prefix, &why->target))
			continue;
		if (banned != BANNED_FORCED)
			banned = nft_jail_is_forced(element->jail) ? BANNED_FORCED : BANNED_YES;
		r = output_print(why->common.json,
				 "banned in jail {jail} as {prefix}, {for}{left}{colon}{comment}",
				 rows);
	}
	if (r >= 0)
		r = why_ask_lists(why);
	if (r > 0 && banned == BANNED_NO)
		banned = BANNED_YES;
	if (r == -ENOENT)
		r = 0; /* the table went meanwhile */
	if (r >= 0 && torn && banned == BANNED_NO)
		return why_say_unknown(why, "the sets kept changing, ask again");
	return r < 0 ? r : banned;
}

static bool why_kernel_ignores(const struct why *why)
{
	cleanup(prefixset_done) struct prefixset ignored = { 0 };

	return why->nft && nft_list_ignored(why->nft, why->target.address.family, &ignored) >= 0 &&
	       prefixset_covers(&ignored, &why->target);
}

/* Whether the target is always let through, and why: 1, and *ret (owned by the caller) goes on
 * after "it is "; 0; negative errno. Own addresses and gateways the kernel knows. */
static int why_exempt(const struct why *why, char **ret)
{
	const struct policy *policy = why->input.config->policy;
	const struct ignorelist *names = &policy->ignore_names;
	const struct address *address = &why->target.address;
	const char *reason = NULL;

	if (prefix_never_offends(&why->target)) {
		reason = "a loopback, unspecified or multicast address";
	} else if (policy_ignores(policy, &why->target)) {
		reason = "in ignoreip";
	} else if (why->target.length == address_bits(address)) { /* the rest is of single ones */
		for (size_t i = 0; i < names->n_names; i++) {
			cleanup(ignorelist_freep) struct ignorelist *answer = NULL;
			int r = config_read_answer(names->names[i], &answer);

			if (r < 0)
				return r;
			for (size_t k = 0; r > 0 && k < answer->n_prefixes; k++)
				if (prefix_contains(&answer->prefixes[k], address))
					return asprintf(ret,
							"an address of %s, which is in ignoreip",
							names->names[i]) < 0
						       ? -ENOMEM
						       : 1;
		}
		if (why_kernel_ignores(why))
			reason = "an own address or a gateway";
	}
	if (!reason)
		return 0;
	*ret = strdup(reason);
	return *ret ? 1 : -ENOMEM;
}

int why_say_ignored(const struct why *why, enum banned banned)
{
	cleanup(freep) char *reason = NULL;
	const char *sentence;
	char text[PREFIX_TEXT_MAX];
	int r;

	r = why_exempt(why, &reason);
	if (r < 0 || (r == 0 && (why->common.json || banned != BANNED_NO)))
		return r;
	if (r > 0 && banned == BANNED_FORCED)
		return 0;
	if (banned == BANNED_NO)
		sentence = r > 0 ? "{who} is exempt and not banned: it is {reason}"
				 : "{who} is not banned";
	else if (banned == BANNED_YES)
		sentence = "{who} is banned but exempt, so it is accepted: {reason}";
	else
		sentence = "{who} is exempt, so it is accepted unless forced: {reason}";
	return output_print(why->common.json, sentence,
			    (const struct row[]){ ROW_TEXT("what", "ignored"),
						  ROW_TEXT("reason", reason),
						  ROW_SAID("who", why_name(why, text)), ROW_END });
}
