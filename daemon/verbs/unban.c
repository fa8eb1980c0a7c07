/* banish unban: out of every set. The daemon hears of it and takes the offence back. */
#include "base/array.h"
#include "cli/nft-verb.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/timestamp.h"
#include "cli/verb.h"

#include <errno.h>
#include <stdio.h>

#define MAX_REST_SHOWN 100

struct unban_request {
	const char *jail; /* NULL: all */
	bool all;
	usec_t since; /* what was put in before it stays; USEC_INFINITY: not given */
};

/* What is to go; the jails' names belong to the sets or the list. */
struct findings {
	struct nft_change *items; /* owned */
	struct prefix *prefixes;  /* owned; in the same order */
	size_t n_items;
	struct prefix *words; /* owned; what was asked for */
	size_t n_words;
};

static void findings_done(struct findings *findings)
{
	free(findings->items);
	free(findings->prefixes);
	free(findings->words);
}

static int unban_add(struct findings *findings, const char *jail, const struct address *address,
		     unsigned prefix)
{
	size_t n = findings->n_items;

	if (!array_grow(findings->items, n) || !array_grow(findings->prefixes, n))
		return -ENOMEM;
	findings->items[n] =
		(struct nft_change){ .operation = NFT_DELETE, .jail = jail, .address = *address };
	findings->prefixes[n] = address_widen(address, prefix);
	findings->n_items++;
	return 0;
}

static bool unban_is_wanted(const struct unban_request *request, const char *jail)
{
	char bare[NFT_JAIL_SIZE];

	return !request->jail || strcmp(request->jail, nft_jail_bare(jail, bare)) == 0;
}

/* An address: asks each set for its prefix, and for the address itself, which somebody may have
 * added by hand where it blocks nobody. */
static int find_address(const struct nft_verb *verb, const struct unban_request *request,
			const struct address *address, struct findings *findings)
{
	for (size_t i = 0; i < verb->sets.n_items; i++) {
		const struct nft_set *set = &verb->sets.items[i];
		struct prefix prefix = address_widen(address, set->prefix);
		int r;

		if (set->family != address->family || !unban_is_wanted(request, set->jail))
			continue;
		r = nft_find(verb->nft, set->jail, &prefix.address, NULL);
		if (r > 0)
			r = unban_add(findings, set->jail, &prefix.address, set->prefix);
		if (r < 0)
			return r;
		if (address_equal(address, &prefix.address))
			continue;
		r = nft_find(verb->nft, set->jail, address, NULL);
		if (r > 0)
			r = unban_add(findings, set->jail, address, set->prefix);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A network: everything in it and what it is in. NULL: everything that was put in since. */
static int unban_find_network(const struct nft_verb *verb, const struct unban_request *request,
			      const struct prefix *network, struct findings *findings)
{
	cleanup(nft_elements_done) struct nft_elements elements = { 0 };
	usec_t now = timestamp_now();
	int r;

	r = nft_list(verb->nft, request->jail, &elements);
	for (size_t i = 0; r >= 0 && i < elements.n_items; i++) {
		const struct nft_element *e = &elements.items[i];
		const struct nft_set *set = nft_sets_find(&verb->sets, e->jail, e->address.family);
		usec_t age = e->timeout - MIN(e->remaining, e->timeout);

		if (!set || !unban_is_wanted(request, set->jail))
			continue;
		/* The kernel tells how long it was to last and what is left of that. One for good
		 * has no such times: nobody knows when it was put in, so it is no part of a burst.
		 */
		if (request->since != USEC_INFINITY &&
		    (e->timeout == USEC_INFINITY || age > now || now - age < request->since))
			continue;
		if (!network || prefix_covers(network, &e->prefix) ||
		    prefix_covers(&e->prefix, network))
			r = unban_add(findings, set->jail, &e->address, set->prefix);
	}
	return MIN(r, 0);
}

/* 0, or the exit code: the word is no address, is not banned, or the kernel failed. */
static int find_word(const struct nft_verb *verb, const struct unban_request *request,
		     const char *word, struct findings *findings)
{
	size_t before = findings->n_items;
	struct prefix prefix;
	int r;

	r = prefix_parse(span_of(word), &prefix);
	if (r < 0 && r != -ERANGE) {
		fprintf(stderr, "banish unban: \"%s\" is not an address\n", word);
		return EXIT_USAGE;
	}
	if (!array_grow(findings->words, findings->n_words))
		return nft_verb_fail(verb, "look it up", -ENOMEM);
	findings->words[findings->n_words++] = prefix;
	if (prefix.length == address_bits(&prefix.address))
		r = find_address(verb, request, &prefix.address, findings);
	else
		r = unban_find_network(verb, request, &prefix, findings);
	if (r < 0)
		return nft_verb_fail(verb, "look it up", r);
	if (findings->n_items > before)
		return 0;
	fprintf(stderr, "banish unban: %s is not banned%s%s\n", word,
		request->jail ? " in jail " : "", request->jail ? request->jail : "");
	return EXIT_NO;
}

/* Bans that are left: of others in what was ended, since who asked for one host may not know that
 * its whole network was banned; and those that still hold who was asked for. */
static void unban_say_rest(const struct nft_verb *verb, const struct findings *findings)
{
	cleanup(nft_elements_done) struct nft_elements elements = { 0 };
	cleanup(prefixset_done) struct prefixset ended = { 0 };
	char bare[NFT_JAIL_SIZE], text[PREFIX_TEXT_MAX];
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < findings->n_items; i++)
		r = prefixset_add(&ended, &findings->prefixes[i]);
	if (r < 0 || nft_list(verb->nft, NULL, &elements) < 0)
		return; /* the unban is done */
	for (size_t i = 0; i < elements.n_items; i++) {
		const struct nft_element *e = &elements.items[i];
		bool left = prefixset_covers(&ended, &e->prefix);

		for (size_t k = 0; !left && k < findings->n_words; k++)
			left = prefix_covers(&e->prefix, &findings->words[k]);
		if (left && n++ < MAX_REST_SHOWN)
			printf("%s is still banned in jail %s\n", prefix_format(&e->prefix, text),
			       nft_jail_bare(e->jail, bare));
	}
	if (n > MAX_REST_SHOWN)
		printf("%zu more in there are still banned, \"banish list\" shows them\n",
		       n - MAX_REST_SHOWN);
}

static int unban_apply(const struct nft_verb *verb, struct findings *findings)
{
	bool json = verb->common->json;
	char bare[NFT_JAIL_SIZE];
	int r, code = EXIT_YES;

	r = nft_apply(verb->nft, findings->items, findings->n_items);
	if (r < 0)
		return nft_verb_fail(verb, "unban", r);
	for (size_t i = 0; i < findings->n_items; i++) {
		const struct prefix *prefix = &findings->prefixes[i];
		const struct row rows[] = {
			ROW_TEXT("jail", nft_jail_bare(findings->items[i].jail, bare)),
			ROW_ADDRESS("address", &prefix->address),
			ROW_PREFIX("prefix", prefix),
			ROW_END,
		};

		r = findings->items[i].error;
		if (r == 0)
			r = output_print(json, "{prefix} is no longer banned in jail {jail}", rows);
		if (r < 0)
			code = nft_verb_fail(verb, "unban", r);
	}
	if (!json && findings->n_words > 0)
		unban_say_rest(verb, findings);
	return code;
}

static int unban_run(const struct unban_request *request, const struct common *common, char **words,
		     size_t n_words)
{
	cleanup(nft_verb_done) struct nft_verb verb = { .name = "unban" };
	cleanup(findings_done) struct findings findings = { 0 };
	int r, code, worst = EXIT_YES;

	code = nft_verb_open_table(&verb, common, request->jail);
	if (code != 0)
		return code;
	for (size_t i = 0; i < n_words; i++) {
		code = find_word(&verb, request, words[i], &findings);
		if (code == EXIT_USAGE)
			return code;
		worst = MAX(worst, code);
	}
	r = request->all ? unban_find_network(&verb, request, NULL, &findings) : 0;
	if (r < 0)
		return nft_verb_fail(&verb, "list the bans", r);
	code = unban_apply(&verb, &findings);
	return MAX(worst, code);
}

int verb_unban(int argc, char **argv)
{
	struct common common = COMMON_DEFAULTS;
	struct unban_request request = { .since = USEC_INFINITY };
	const struct option_row rows[] = {
		{ "all", NULL, "every ban", &request.all, NULL },
		{ "jail", "JAIL", "only bans of this jail", &request.jail, NULL },
		{ "since", "TIME", "with --all: only bans since then", &request.since, parse_time },
		OPTION_CONFIG(common),
		OPTION_JSON(common),
	};
	const struct usage usage =
		USAGE("unban", "ADDRESS...", 0, -1, rows,
		      "Ends the bans of addresses, of all in a network, or (--all) all bans.");
	int first, code;

	if (options_parse(&usage, argc, argv, &first, &code) != 0)
		return code;
	if (request.all == (first < argc)) {
		fprintf(stderr,
			"banish unban: say which addresses, or --all, not both; \"banish unban "
			"--help\" tells more\n");
		return EXIT_USAGE;
	}
	if (request.since != USEC_INFINITY && !request.all) {
		fprintf(stderr, "banish unban: --since goes with --all; \"banish unban --help\" "
				"tells more\n");
		return EXIT_USAGE;
	}
	return unban_run(&request, &common, argv + first, (size_t)(argc - first));
}
