#include "cli/nft-verb.h"

#include "cli/verb.h"
#include "config/policy-read.h"
#include "io/config.h"
#include "io/file.h"

#include <errno.h>
#include <stdio.h>

#define MAX_POLICY_SIZE (1 << 20) /* bytes */

int nft_verb_open(struct nft_verb *verb, const struct common *common)
{
	cleanup(freep) char *path = NULL, *text = NULL;
	cleanup(faults_done) struct faults faults = { 0 };
	size_t size;
	int r;

	verb->common = common;
	if (asprintf(&path, "%s/banish.json", common->confdir) < 0) {
		path = NULL;
		return nft_verb_fail(verb, "read the configuration", -ENOMEM);
	}
	r = file_read(path, MAX_POLICY_SIZE, &text, &size);
	if (r >= 0)
		r = policy_parse(path, (struct span){ text, size }, &faults, &verb->policy);
	/* In an emergency a broken file must not keep anybody from unbanning: the built-in settings
	 * serve, and it is said. */
	if (r < 0 && r != -ENOENT)
		fprintf(stderr, "banish %s: %s; the built-in settings are used\n", verb->name,
			faults.n_lines > 0 ? faults.lines[0] : strerror(-r));
	if (!verb->policy)
		verb->policy = policy_new();
	if (!verb->policy)
		return nft_verb_fail(verb, "read the configuration", -ENOMEM);
	r = nft_open(verb->policy->table, &verb->nft);
	if (r < 0)
		return nft_verb_fail(verb, "use nftables", r);
	r = nft_list_sets(verb->nft, &verb->sets);
	if (r < 0 && r != -ENOENT)
		return nft_verb_fail(verb, "list the sets", r);
	verb->has_table = r == 0;
	return 0;
}

void nft_verb_done(struct nft_verb *verb)
{
	policy_free(verb->policy);
	nft_sets_done(&verb->sets);
	nft_free(verb->nft);
}

int nft_verb_fail(const struct nft_verb *verb, const char *what, int error)
{
	fprintf(stderr, "banish %s: cannot %s: %s\n", verb->name, what, nft_explain(error));
	return EXIT_NO;
}

static const struct rule *nft_verb_find_rule(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_rules; i++)
		if (strcmp(config->rules[i]->name, name) == 0)
			return config->rules[i];
	return NULL;
}

/* NULL: it cannot be read; `banish check` tells why. */
static struct config *load_rules(const struct nft_verb *verb)
{
	struct config *config = NULL;
	struct faults faults = { 0 };
	int r;

	r = config_load(verb->common->confdir, verb->common->rulesdir, CONFIG_POLICY_OPTIONAL,
			&faults, &config);
	faults_done(&faults);
	return r < 0 ? NULL : config;
}

/* What a jail's bans close, and how. Borrows from the configuration. False: it is not known. */
static bool lay_out_jail(const struct nft_verb *verb, const struct config *config, const char *name,
			 struct nft_jail *ret)
{
	const struct policy *policy = config ? config->policy : verb->policy;

	nft_jail_name(name, false, ret->name);
	ret->verdict = policy->defaults.verdict;
	ret->ports = (struct ports){ .all = true };
	if (strcmp(name, NFT_JAIL_MANUAL) == 0)
		return true;
	for (size_t i = 0; config && i < policy->n_jails; i++) {
		const struct settings *settings = &policy->jails[i].settings;
		const struct rule *rule =
			nft_verb_find_rule(config, policy_rule(&policy->jails[i]));

		if (!rule || strcmp(policy->jails[i].name, name) != 0)
			continue;
		ret->verdict = settings->verdict;
		ret->ports = settings->has_ports ? settings->ports : rule->ports;
		return true;
	}
	return false;
}

int nft_verb_need_length(const struct nft_verb *verb, const char *jail, unsigned own,
			 const struct prefix *prefix)
{
	cleanup(config_freep) struct config *config = load_rules(verb);
	struct nft_jail layout = { .prefix4 = own, .prefix6 = own };
	char text[PREFIX_TEXT_MAX];
	int r;

	if (!lay_out_jail(verb, config, jail, &layout)) {
		fprintf(stderr,
			"banish %s: %s needs a set of its own in jail %s, whose ports cannot be read from the configuration; \"banish check\" prints the faults\n",
			verb->name, prefix_format(prefix, text), jail);
		return EXIT_NO;
	}
	r = nft_add_length(verb->nft, &layout, prefix->address.family, prefix->length);
	if (r == -EDQUOT) {
		fprintf(stderr,
			"banish %s: %s cannot be banned in jail %s: there are %d sets for IPv%c bans of another length than their jail's, and there can be no more\n",
			verb->name, prefix_format(prefix, text), jail, NFT_MAX_LENGTHS,
			prefix->address.family == AF_INET ? '4' : '6');
		return EXIT_NO;
	}
	return r < 0 ? nft_verb_fail(verb, "make a set", r) : 0;
}

static bool is_of_hosts(const char *name)
{
	return !nft_jail_is_network(name) && nft_jail_length(name) == 0;
}

int nft_verb_need_jail(const struct nft_verb *verb, const char *jail)
{
	cleanup(config_freep) struct config *config = NULL;
	const struct nft_sets *sets = &verb->sets;

	if (is_of_hosts(jail) &&
	    (nft_sets_find(sets, jail, AF_INET) || nft_sets_find(sets, jail, AF_INET6)))
		return 0;
	fprintf(stderr, "banish %s: there is no jail \"%s\", only", verb->name, jail);
	for (size_t i = 0; i < sets->n_items; i++)
		if (sets->items[i].family == AF_INET && is_of_hosts(sets->items[i].jail))
			fprintf(stderr, " %s", sets->items[i].jail);
	config = load_rules(verb);
	fprintf(stderr, "%s\n",
		config && nft_verb_find_rule(config, jail)
			? "; it has a rule, so name it under \"jails\" in "
			  "banish.json and reload banish"
			: "");
	return EXIT_NO;
}

int nft_verb_open_table(struct nft_verb *verb, const struct common *common, const char *jail)
{
	int code = nft_verb_open(verb, common);

	if (code == 0 && !verb->has_table) {
		fprintf(stderr,
			"banish %s: there is no nftables table inet %s, start banish.service\n",
			verb->name, verb->policy->table);
		code = EXIT_NO;
	}
	return code == 0 && jail ? nft_verb_need_jail(verb, jail) : code;
}

usec_t nft_verb_expires(usec_t now, usec_t remaining)
{
	usec_t expires;

	return __builtin_add_overflow(now, remaining, &expires) ? USEC_INFINITY : expires;
}
