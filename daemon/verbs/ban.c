/* banish ban: an element by hand. The daemon hears of it and keeps it; without one it stands as
 * long as the table does. */
#include "cli/nft-verb.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/timestamp.h"
#include "cli/verb.h"
#include "ledger/comment.h"

#include <errno.h>
#include <stdio.h>

struct ban_request {
	const char *jail, *reason;
	usec_t time;
	bool force;
};

/* The widest ranges that can be banned, in bits. */
#define WIDEST4 8
#define WIDEST6 16

#define MAX_EXEMPT_SHOWN 5

struct target {
	const char *word;
	struct prefix prefix;     /* what the word says; then what is banned */
	char jail[NFT_JAIL_SIZE]; /* whose set it goes to: the jail's, its networks', or a length's
				   */
	unsigned own;             /* the jail's own length, in bits */
	struct prefixset exempt;  /* owned; what is accepted all the same in what is banned */
};

struct targets {
	struct target *items; /* owned */
	size_t n_items;
};

static void ban_targets_done(struct targets *targets)
{
	for (size_t i = 0; i < targets->n_items; i++)
		prefixset_done(&targets->items[i].exempt);
	free(targets->items);
}

static int ban_refuse(const struct target *target, const char *why)
{
	fprintf(stderr, "banish ban: %s %s\n", target->word, why);
	return EXIT_NO;
}

/* Which set it goes to, and what is banned: a range as it is written, or a host. False: the jail
 * has no set of that family. */
static bool ban_find_set(const struct nft_verb *verb, const char *jail, struct target *target,
			 struct prefix *ret)
{
	const struct address *address = &target->prefix.address;
	bool is_range = target->prefix.length != address_bits(address);
	const struct nft_set *set;

	set = nft_sets_find(&verb->sets, nft_jail_name(jail, true, target->jail), address->family);
	if (set && set->prefix == target->prefix.length) {
		target->own = set->prefix;
		*ret = target->prefix;
		return true;
	}
	set = nft_sets_find(&verb->sets, nft_jail_name(jail, false, target->jail), address->family);
	if (!set)
		return false;
	target->own = set->prefix;
	*ret = is_range || nft_jail_is_forced(jail) ? target->prefix
						    : address_host(address, set->prefix);
	if (ret->length != set->prefix)
		nft_length_name(jail, ret->length, target->jail);
	return true;
}

/* The daemon takes what reads so for an automatic ban that somebody brought back, unless it goes to
 * a jail that has none. */
static int check_reason(const struct ban_request *request)
{
	char reason[NFT_COMMENT_BYTES];

	(void)nft_clean_comment(request->reason, reason);
	if (strcmp(request->jail, NFT_JAIL_MANUAL) == 0 || nft_jail_is_forced(request->jail) ||
	    !comment_is_like_own(reason))
		return 0;
	fprintf(stderr,
		"banish ban: reason \"%s\" looks like that of an automatic ban: choose another\n",
		reason);
	return EXIT_USAGE;
}

/* All of it is accepted whatever is banned: 1; 0; or what the kernel says. What of it is: into the
 * target. It is the question that the daemon asks of a ban. */
static int ban_find_exempt(const struct nft_verb *verb, struct target *target)
{
	cleanup(prefixset_done) struct prefixset ignored = { 0 };
	int r;

	r = nft_list_ignored(verb->nft, target->prefix.address.family, &ignored);
	if (r < 0 && r != -ENOENT)
		return r;
	if (prefixset_covers(&ignored, &target->prefix))
		return 1;
	for (size_t i = 0; i < ignored.n_prefixes; i++)
		if (prefix_covers(&target->prefix, &ignored.prefixes[i]) &&
		    prefixset_add(&target->exempt, &ignored.prefixes[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int ban_examine_range(const struct ban_request *request, const struct target *target)
{
	const struct prefix *range = &target->prefix;

	if (nft_jail_is_forced(request->jail))
		return ban_refuse(target, "cannot be banned in jail forced, which bans single "
					  "addresses only");
	if (range->length < (range->address.family == AF_INET ? WIDEST4 : WIDEST6))
		return ban_refuse(target, "is too wide: a ban is a /8 or less of IPv4, a /16 or "
					  "less of IPv6");
	return 0;
}

/* Whom it would be no use, or harm, to ban; and widens to what one element of the jail stands for.
 * 0 or the exit code. */
static int examine(const struct nft_verb *verb, const struct ban_request *request,
		   struct target *target)
{
	bool is_range = target->prefix.length != address_bits(&target->prefix.address);
	struct prefix banned;
	int r;

	if (!ban_find_set(verb, request->jail, target, &banned))
		return ban_refuse(target, "is of a family that the jail has no set for");
	if (prefix_never_offends(&target->prefix))
		return ban_refuse(target,
				  "is a loopback, unspecified or multicast address, which is never "
				  "banned");
	r = is_range ? ban_examine_range(request, target) : 0;
	if (r != 0)
		return r;
	/* a host may be exempt though what is banned with it is not */
	r = ban_find_exempt(verb, target);
	if (r < 0)
		return nft_verb_fail(verb, "read the ignored addresses", r);
	if (r > 0 && !request->force)
		return ban_refuse(
			target,
			is_range ? "is exempt, all of it (ignoreip, own addresses or gateways)"
				 : "is exempt (ignoreip, own address or gateway); use --force to "
				   "ban it anyway");
	target->prefix = banned;
	if (is_range || banned.length == address_bits(&banned.address))
		return 0;
	r = ban_find_exempt(verb, target);
	return r < 0 ? nft_verb_fail(verb, "read the ignored addresses", r) : 0;
}

/* The ignore rule comes first. */
static void ban_say_exempt(const struct target *target)
{
	const struct prefixset *exempt = &target->exempt;
	char text[PREFIX_TEXT_MAX];

	if (exempt->n_prefixes == 0)
		return;
	fprintf(stderr, "banish ban: of this ");
	for (size_t i = 0; i < MIN(exempt->n_prefixes, (size_t)MAX_EXEMPT_SHOWN); i++)
		fprintf(stderr, "%s%s", i > 0 ? ", " : "",
			prefix_format(&exempt->prefixes[i], text));
	if (exempt->n_prefixes > MAX_EXEMPT_SHOWN)
		fprintf(stderr, " and %zu more", exempt->n_prefixes - MAX_EXEMPT_SHOWN);
	fprintf(stderr, " %s exempt, so accepted (ignoreip, own address or gateway)\n",
		exempt->n_prefixes > 1 ? "are" : "is");
}

static int ban_apply(const struct nft_verb *verb, const struct ban_request *request,
		     const struct targets *targets)
{
	cleanup(freep) struct nft_change *changes = calloc(targets->n_items, sizeof(*changes));
	usec_t until = nft_verb_expires(timestamp_now(), request->time);
	char time[TIMESTAMP_TEXT_MAX];
	int r, code = EXIT_YES;

	if (!changes)
		return nft_verb_fail(verb, "ban", -ENOMEM);
	for (size_t i = 0; i < targets->n_items; i++)
		changes[i] = (struct nft_change){
			.operation = NFT_PUT,
			.jail = targets->items[i].jail,
			.address = targets->items[i].prefix.address,
			.remaining = request->time,
			.comment = request->reason,
		};
	r = nft_apply(verb->nft, changes, targets->n_items);
	if (r < 0)
		return nft_verb_fail(verb, "ban", r);
	for (size_t i = 0; i < targets->n_items; i++) {
		const struct target *target = &targets->items[i];
		char text[PREFIX_TEXT_MAX];
		bool all = target->prefix.length != address_bits(&target->prefix.address) &&
			   strcmp(target->word, prefix_format(&target->prefix, text)) != 0;
		const struct row rows[] = {
			ROW_TEXT("jail", request->jail),
			ROW_ADDRESS("address", &target->prefix.address),
			ROW_PREFIX("prefix", &target->prefix),
			ROW_TIME("expires_usec", until),
			ROW_BYTES("comment", span_of(request->reason), 0),
			ROW_SAID("word", all ? target->word : ""),
			ROW_SAID("all of", all ? ": all of " : ""),
			ROW_SAID("until", until == USEC_INFINITY ? "for good" : "until "),
			ROW_SAID("time",
				 until == USEC_INFINITY ? "" : timestamp_format(until, time)),
			ROW_END,
		};

		r = changes[i].error;
		if (r == 0)
			r = output_print(verb->common->json,
					 "{word}{all of}{prefix} is banned in jail {jail} "
					 "{until}{time}",
					 rows);
		if (r >= 0)
			ban_say_exempt(target);
		if (r < 0) {
			fprintf(stderr, "banish ban: cannot ban %s: %s\n", target->word,
				nft_explain(r));
			code = EXIT_NO;
		}
	}
	return code;
}

/* The sets that bans of other lengths than their jail's need and that do not stand yet. */
static int ban_make_sets(const struct nft_verb *verb, const struct ban_request *request,
			 const struct targets *targets)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < targets->n_items; i++) {
		const struct target *target = &targets->items[i];

		if (nft_jail_length(target->jail) > 0 &&
		    !nft_sets_find(&verb->sets, target->jail, target->prefix.address.family))
			code = nft_verb_need_length(verb, request->jail, target->own,
						    &target->prefix);
	}
	return code;
}

static int ban_run(struct ban_request *request, const struct common *common, char **words,
		   size_t n_words)
{
	cleanup(nft_verb_done) struct nft_verb verb = { .name = "ban" };
	cleanup(ban_targets_done) struct targets targets = { 0 };
	int code;

	targets.items = calloc(n_words, sizeof(*targets.items));
	if (!targets.items)
		return nft_verb_fail(&verb, "ban", -ENOMEM);
	targets.n_items = n_words;
	code = check_reason(request);
	if (code != 0)
		return code;
	for (size_t i = 0; i < n_words; i++) {
		int r = prefix_parse(span_of(words[i]), &targets.items[i].prefix);

		targets.items[i].word = words[i];
		if (r == 0 || r == -ERANGE)
			continue;
		fprintf(stderr, "banish ban: \"%s\" is not an address\n", words[i]);
		return EXIT_USAGE;
	}
	code = nft_verb_open_table(&verb, common, request->jail);
	for (size_t i = 0; code == 0 && i < n_words; i++)
		code = examine(&verb, request, &targets.items[i]);
	if (code == 0)
		code = ban_make_sets(&verb, request, &targets);
	if (code != 0)
		return code;
	for (size_t i = 0; request->time == 0 && i < verb.policy->n_jails; i++)
		if (strcmp(verb.policy->jails[i].name, request->jail) == 0)
			request->time = verb.policy->jails[i].settings.bantime;
	if (request->time == 0)
		request->time = verb.policy->defaults.bantime;
	return ban_apply(&verb, request, &targets);
}

static int parse_time_of_ban(const char *text, void *target)
{
	int r = parse_span(text, target);

	return r == 0 && *(usec_t *)target == 0 ? -EINVAL : r;
}

int verb_ban(int argc, char **argv)
{
	struct common common = COMMON_DEFAULTS;
	struct ban_request request = { .reason = NFT_COMMENT_MANUAL };
	const struct option_row rows[] = {
		{ "jail", "JAIL", "jail whose ports are closed (default manual: all ports)",
		  &request.jail, NULL },
		{ "time", "SPAN", "how long: \"2h\", \"4w\", \"infinity\" (default: bantime)",
		  &request.time, parse_time_of_ban },
		{ "force", NULL, "also exempt addresses (ignoreip, own, gateway), in jail forced",
		  &request.force, NULL },
		{ "reason", "TEXT", "what list and nft show (default \"by hand\")", &request.reason,
		  NULL },
		OPTION_CONFIG(common),
		OPTION_JSON(common),
	};
	const struct usage usage = USAGE(
		"ban", "ADDRESS...", 1, -1, rows,
		"Bans addresses by hand, each widened to the jail's prefix, and ranges as they are\n"
		"written (198.51.100.0/20). What is banned already is banned for the new time from\n"
		"now on.");
	int first, code;

	if (options_parse(&usage, argc, argv, &first, &code) != 0)
		return code;
	if (request.force && request.jail && !nft_jail_is_forced(request.jail)) {
		fprintf(stderr,
			"banish ban: --force bans in jail forced, on all ports; leave out --jail %s\n",
			request.jail);
		return EXIT_USAGE;
	}
	if (!request.jail)
		request.jail = request.force ? NFT_FORCED : NFT_JAIL_MANUAL;
	return ban_run(&request, &common, argv + first, (size_t)(argc - first));
}
