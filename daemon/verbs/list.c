/* banish list: what the kernel holds, told by the kernel. */
#include "cli/nft-verb.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/timestamp.h"
#include "cli/verb.h"

#include <errno.h>
#include <stdio.h>

#define MAX_COMMENT 60 /* bytes on a line for people */

static int list_compare(const void *a, const void *b)
{
	const struct nft_element *left = a, *right = b;
	char jail[NFT_JAIL_SIZE], other[NFT_JAIL_SIZE];
	int r = strcmp(nft_jail_bare(left->jail, jail), nft_jail_bare(right->jail, other));

	if (r == 0)
		r = left->address.family - right->address.family;
	return r ? r
		 : memcmp(left->address.bytes, right->address.bytes, sizeof(left->address.bytes));
}

static int list_print_ban(const struct nft_element *element, usec_t now, bool json)
{
	char jail[NFT_JAIL_SIZE];
	const struct row rows[] = {
		ROW_TEXT("jail", nft_jail_bare(element->jail, jail)),
		ROW_ADDRESS("address", &element->address),
		ROW_PREFIX("prefix", &element->prefix),
		ROW_TIME("expires_usec", nft_verb_expires(now, element->remaining)),
		ROW_BYTES("comment", span_of(element->comment ?: ""), MAX_COMMENT),
		ROW_SAID("blocks", element->host_bits ? " (blocks nobody: host bits are set)" : ""),
		ROW_END,
	};

	return output_print(json, "{jail:12}  {prefix:24}  {expires_usec:19}  {comment}{blocks}",
			    rows);
}

/* How many networks each list of others has in the kernel. */
static int list_print_lists(const struct nft_verb *verb, bool json)
{
	cleanup(nft_view_done) struct nft_view view = { 0 };
	const struct policy *policy = verb->policy;
	char name[NAME_SIZE];
	struct nft_list_use use;
	int r;

	if (policy->n_lists == 0)
		return 0;
	r = nft_look(verb->nft, &view);
	for (size_t i = 0; r >= 0 && i < policy->n_lists; i++) {
		bool stands;

		stands = nft_view_list(&view, policy->lists[i].name, &use);
		r = output_print(json,
				 stands ? "{list}: {networks} networks of {file}"
					: "{list}: not in force, {file}",
				 (const struct row[]){
					 ROW_TEXT("list",
						  nft_list_name(policy->lists[i].name, name)),
					 ROW("networks", IF_KNOWN(stands, KIND_NUMBER), number,
					     use.n_networks),
					 ROW_TEXT("file", policy->lists[i].file),
					 ROW_END,
				 });
	}
	return r;
}

/* The networks that packets are looked up in. 0, or the exit code. */
static int list_print_networks(const struct nft_verb *verb, const char *list, bool json)
{
	cleanup(prefixset_done) struct prefixset networks = { 0 };
	cleanup(nft_view_done) struct nft_view view = { 0 };
	struct nft_list_use use;
	int r, torn = 0;

	r = nft_look(verb->nft, &view);
	if (r >= 0 && !nft_view_list(&view, list + strlen(NFT_LIST), &use)) {
		fprintf(stderr, "banish list: no %s is in force; \"banish list\" names the lists\n",
			list);
		return EXIT_NO;
	}
	for (size_t f = 0; r >= 0 && f < ARRAY_SIZE(nft_families); f++) {
		r = nft_list_networks(verb->nft, use.sets[f], nft_families[f], &networks);
		torn |= r > 0;
	}
	if (torn)
		fprintf(stderr, "banish list: the list kept changing, networks may be missing\n");
	for (size_t i = 0; r >= 0 && i < networks.n_prefixes; i++)
		r = output_print(json, "{prefix}",
				 (const struct row[]){
					 ROW_TEXT("list", list),
					 ROW_PREFIX("prefix", &networks.prefixes[i]),
					 ROW_END,
				 });
	return r < 0 ? nft_verb_fail(verb, "list the networks", r) : EXIT_YES;
}

int verb_list(int argc, char **argv)
{
	struct common common = COMMON_DEFAULTS;
	const char *jail = NULL;
	const struct option_row rows[] = {
		{ "jail", "JAIL", "of this jail only; list-NAME: of that list", &jail, NULL },
		OPTION_CONFIG(common),
		OPTION_JSON(common),
	};
	const struct usage usage =
		USAGE("list", "[JAIL]", 0, 1, rows,
		      "Shows who is banned, of all jails or one, straight from the kernel; with "
		      "list-NAME the networks of that list.");
	cleanup(nft_verb_done) struct nft_verb verb = { .name = "list" };
	struct nft_elements elements = { 0 };
	usec_t now;
	int r, first, code;

	if (options_parse(&usage, argc, argv, &first, &code) != 0)
		return code;
	if (jail && first < argc) {
		fprintf(stderr, "banish list: name one jail, as a word or with --jail\n");
		return EXIT_USAGE;
	}
	jail = first < argc ? argv[first] : jail;
	code = nft_verb_open(&verb, &common);
	if (code != 0 || !verb.has_table)
		return code;
	if (jail && nft_is_list_set(span_of(jail)))
		return list_print_networks(&verb, jail, common.json);
	code = jail ? nft_verb_need_jail(&verb, jail) : 0;
	if (code != 0)
		return code;
	r = nft_list(verb.nft, jail, &elements);
	now = timestamp_now();
	if (r > 0)
		fprintf(stderr, "banish list: the sets kept changing, some bans may be missing\n");
	if (r >= 0)
		qsort(elements.items, elements.n_items, sizeof(*elements.items), list_compare);
	if (r >= 0 && !common.json && elements.n_items > 0)
		printf("%-12s  %-24s  %-19s  %s\n", "JAIL", "PREFIX", "UNTIL", "COMMENT");
	for (size_t i = 0; r >= 0 && i < elements.n_items; i++)
		r = list_print_ban(&elements.items[i], now, common.json);
	if (r >= 0 && !jail)
		r = list_print_lists(&verb, common.json);
	nft_elements_done(&elements);
	if (r < 0 && r != -ENOENT) /* the table went meanwhile: nobody is banned */
		return nft_verb_fail(&verb, "list the bans", r);
	return EXIT_YES;
}
