/*
 * banish why - what is known of an address: is it banned, what has been said of it, and which lines
 * did it. The journal is the database: the lines are found by letting the engine read the time
 * before the ban once more.
 */
#include "base/array.h"
#include "base/printable.h"
#include "base/timespan.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/timestamp.h"
#include "cli/verb.h"
#include "engine/engine.h"
#include "io/config.h"
#include "netlink/nft.h"

#include <errno.h>
#include <stdio.h>

#define MAX_SAID    1000               /* entries about one target; the latest are kept */
#define LINE_SIZE   200                /* bytes of a line that are shown */
#define CROWD_SLACK (5 * USEC_PER_SEC) /* between an entry and its elements */

enum banned { BANNED_NO, BANNED_YES, BANNED_FORCED, BANNED_UNKNOWN };

/* What banish said of it once. */
struct why_said {
	usec_t time;
	char *message, *action, *jail,
		*cursor;      /* the cursor of the line that tipped the scale, or NULL */
	char *member;         /* on this other host; NULL: here */
	char *prefix, *until; /* as the fields say it */
};

struct why {
	struct common common;
	struct input input;
	struct nft *nft;              /* NULL: it cannot be asked */
	struct prefix target;         /* of whom the question is */
	struct nft_elements elements; /* all that are banned */
	struct why_said *said;        /* owned; oldest first */
	size_t n_said;
};

static void why_said_done(struct why_said *said)
{
	free(said->message);
	free(said->action);
	free(said->jail);
	free(said->cursor);
	free(said->member);
	free(said->prefix);
	free(said->until);
}

static void why_done(struct why *why)
{
	for (size_t i = 0; i < why->n_said; i++)
		why_said_done(&why->said[i]);
	free(why->said);
	nft_elements_done(&why->elements);
	nft_free(why->nft);
	input_done(&why->input);
}

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

/* An enum banned, or negative errno. */
static int ask_kernel(struct why *why, usec_t now)
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

/* Who is ignored passes though his network is banned, unless he is forced. */
static int say_ignored(const struct why *why, enum banned banned)
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

static char *copy_field(const struct entry *entry, const char *name)
{
	struct span value;

	return entry_field(entry, name, &value) > 0 ? bytes_to_text(value) : NULL;
}

/* Owned by the caller, also where the time is missing. */
static int why_take_said(const struct entry *entry, struct why_said *ret)
{
	*ret = (struct why_said){ .message = copy_field(entry, "MESSAGE"),
				  .action = copy_field(entry, "BANISH_ACTION"),
				  .jail = copy_field(entry, "BANISH_JAIL"),
				  .cursor = copy_field(entry, "BANISH_TRIGGER_CURSOR"),
				  .member = copy_field(entry, "BANISH_MEMBER"),
				  .prefix = copy_field(entry, "BANISH_PREFIX"),
				  .until = copy_field(entry, "BANISH_UNTIL_USEC") };
	return entry_time(entry, &ret->time);
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ?: "", b ?: "") == 0;
}

/* Kept, unless it is what a crash may have lost and is written again, in the same words and fields.
 */
static int why_keep(struct why *why, const struct entry *entry)
{
	struct why_said *said = why->said;
	bool again, repeated = false;
	struct span value;
	int r;

	if (why->n_said == MAX_SAID) {
		why_said_done(&said[0]);
		memmove(said, said + 1, --why->n_said * sizeof(*said));
	}
	if (!array_grow(why->said, why->n_said))
		return -ENOMEM;
	said = &why->said[why->n_said];
	r = why_take_said(entry, said);
	again = entry_field(entry, "BANISH_AGAIN", &value) > 0;
	for (size_t i = 0; again && !repeated && i < why->n_said; i++) {
		const struct why_said *other = &why->said[i];

		repeated = same(other->action, said->action) && same(other->jail, said->jail) &&
			   same(other->prefix, said->prefix) && same(other->cursor, said->cursor) &&
			   same(other->until, said->until);
	}
	if (r >= 0 && !repeated)
		why->n_said++;
	else
		why_said_done(said);
	return r;
}

static int why_print_event(const struct why *why, const char *what, usec_t time, struct span text,
			   const char *jail, uint64_t weight)
{
	const struct row rows[] = {
		ROW_TEXT("what", what),
		ROW_TIME("time_usec", time),
		ROW_TEXT("jail", jail),
		ROW_WEIGHT("weight", weight),
		ROW_BYTES("message", text, LINE_SIZE),
		ROW_END,
	};

	return output_print(why->common.json,
			    weight > 0 ? "    {time_usec}  +{weight}  {message}"
				       : "{time_usec}  {message}",
			    rows);
}

/* One more line of the stretch: is it one that counted against the address? */
static int why_show_if_counted(const struct why *why, struct engine *engine, const char *jail,
			       usec_t begin)
{
	const struct entry *entry = journal_entry(why->input.journal);
	struct span message;
	usec_t time;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < engine_n_verdicts(engine); i++) {
		const struct verdict_of_hit *hit = engine_verdict(engine, i);
		struct prefix prefix;

		if (hit->weight == 0 ||
		    strcmp(ruleset_jail(why->input.ruleset, hit->jail)->name, jail) != 0)
			continue;
		prefix = engine_prefix_of(engine, hit->jail, &hit->address);
		if (!prefix_covers(&prefix, &why->target) && !prefix_covers(&why->target, &prefix))
			continue;
		r = entry_time(entry, &time);
		if (r >= 0 && time > begin && entry_field(entry, "MESSAGE", &message) > 0)
			r = why_print_event(why, "line", time, message, jail, hit->weight);
	}
	return r;
}

static usec_t time_before(usec_t time, usec_t span)
{
	return time > span ? time - span : 0;
}

/* The stretch before the ban, through the engine, up to the line that tipped the scale. */
static int why_show_lines(struct why *why, const struct why_said *said)
{
	static const uint8_t seed[16] = "none is needed";
	cleanup(engine_freep) struct engine *engine = NULL;
	usec_t time, tipped, begin, from, findtime = 0;
	int r;

	r = engine_new(why->input.ruleset, why->input.config->policy, seed, NULL, &engine);
	if (r >= 0)
		r = journal_select(why->input.journal, why->input.ruleset, false);
	if (r >= 0)
		r = journal_go_to(why->input.journal, said->cursor);
	if (r <= 0)
		return r; /* the line is no longer in the journal */
	r = entry_time(journal_entry(why->input.journal), &tipped);
	for (unsigned i = 0; i < ruleset_n_jails(why->input.ruleset); i++)
		if (strcmp(ruleset_jail(why->input.ruleset, i)->name, said->jail) == 0)
			findtime = ruleset_jail(why->input.ruleset, i)->settings.findtime;
	begin = time_before(tipped, findtime);
	from = time_before(tipped, engine_reach(engine));
	if (r >= 0)
		r = journal_settle(why->input.journal);
	if (r >= 0)
		r = journal_seek_time(why->input.journal,
				      MIN(from, time_before(tipped, engine_note_reach(engine))));
	while (r >= 0 && (r = journal_next(why->input.journal)) > 0) {
		const struct entry *entry = journal_entry(why->input.journal);

		r = entry_time(entry, &time);
		if (r >= 0) /* before all that counts there are only notes */
			r = time < from ? engine_warm_notes(engine, entry)
					: engine_feed(engine, entry);
		if (r >= 0)
			r = why_show_if_counted(why, engine, said->jail, begin);
		if (r == -EBADMSG)
			r = 0;
		if (r >= 0 && journal_stands_at(why->input.journal, said->cursor))
			break;
	}
	return MIN(r, 0);
}

/* The lines lie on another host, and in its journal alone. */
static int why_show_evidence(const struct why *why, const struct why_said *said)
{
	const struct row rows[] = {
		ROW_TEXT("what", "evidence"),
		ROW_TEXT("jail", said->jail),
		ROW_TEXT("member", said->member),
		ROW_TEXT("cursor", said->cursor),
		ROW_END,
	};

	return output_print(why->common.json,
			    "    {member} said so; there: journalctl --cursor=\"{cursor}\"", rows);
}

static int why_show(struct why *why, const struct why_said *said)
{
	int r;

	r = why_print_event(why, "said", said->time, span_of(said->message ?: ""), said->jail, 0);
	if (r < 0 || !said->cursor || !said->jail ||
	    (!same(said->action, "ban") && !same(said->action, "bans")))
		return r;
	return said->member ? why_show_evidence(why, said) : why_show_lines(why, said);
}

/* Under a flood one entry tells of many bans, and of whom it does not say. It is written right
 * before the element comes into the set. */
static int find_crowd(struct why *why, const struct nft_element *element, usec_t now,
		      struct why_said *ret)
{
	usec_t placed = now - (element->timeout - MIN(element->timeout, element->remaining));
	char bare[NFT_JAIL_SIZE], jail[sizeof("BANISH_JAIL=") + NFT_JAIL_SIZE];
	const char *const fields[] = { "BANISH_ACTION=bans", jail };
	usec_t time, begin = placed - MIN(placed, CROWD_SLACK), end = placed + USEC_PER_SEC;
	int r, found = 0;

	snprintf(jail, sizeof(jail), "BANISH_JAIL=%s", nft_jail_bare(element->jail, bare));
	r = journal_select_own(why->input.journal, fields, ARRAY_SIZE(fields), false);
	if (r >= 0)
		r = journal_settle(why->input.journal);
	if (r >= 0)
		r = journal_seek_time(why->input.journal, begin);
	while (r >= 0 && (r = journal_next(why->input.journal)) > 0) {
		r = entry_time(journal_entry(why->input.journal), &time);
		if (r >= 0 && time > end)
			break;
		why_said_done(ret);
		r = why_take_said(journal_entry(why->input.journal), ret);
		found = 1;
		if (r == -EBADMSG)
			r = 0;
	}
	return r < 0 ? r : found;
}

static bool was_said(const struct why *why, const struct nft_element *element)
{
	char prefix[PREFIX_TEXT_MAX], jail[NFT_JAIL_SIZE];

	prefix_format(&element->prefix, prefix);
	nft_jail_bare(element->jail, jail);
	for (size_t i = 0; i < why->n_said; i++) {
		const struct why_said *said = &why->said[i];

		if (same(said->prefix, prefix) && same(said->jail, jail) &&
		    (same(said->action, "ban") || same(said->action, "adopt")))
			return true;
	}
	return false;
}

/* Bans that are in force and were not told one by one. */
static int show_crowds(struct why *why, usec_t now)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < why->elements.n_items; i++) {
		const struct nft_element *element = &why->elements.items[i];
		struct why_said said = { 0 };

		if (element->timeout == USEC_INFINITY ||
		    !prefix_covers(&element->prefix, &why->target) || was_said(why, element))
			continue;
		r = find_crowd(why, element, now, &said);
		if (r > 0)
			r = why_show(why, &said);
		why_said_done(&said);
	}
	return r;
}

/* Reads what was said of the target and its bans, and prints it with the lines that led to them, as
 * far as the journal still has them. */
static int why_show_said(struct why *why, usec_t now)
{
	struct journal *journal = why->input.journal;
	struct prefix prefixes[128];
	size_t n = 0;
	int r;

	/* Whatever the target can have been banned as: journal matches are exact texts. */
	for (unsigned length = 8; length <= why->target.length; length++)
		prefixes[n++] = address_widen(&why->target.address, length);
	r = journal_select_said(journal, prefixes, n);
	if (r >= 0)
		r = journal_settle(journal);
	if (r >= 0)
		r = journal_seek_time(journal, why->common.since);
	while (r >= 0 && (r = input_next(journal, &why->common)) > 0) {
		r = why_keep(why, journal_entry(journal));
		if (r == -EBADMSG)
			r = 0;
	}
	for (size_t i = 0; r >= 0 && i < why->n_said; i++)
		r = why_show(why, &why->said[i]);
	return r < 0 ? r : show_crowds(why, now);
}

int verb_why(int argc, char **argv)
{
	cleanup(why_done) struct why why = { .common = COMMON_DEFAULTS };
	const struct option_row rows[] = { OPTION_CONFIG(why.common), OPTION_JSON(why.common),
					   OPTION_JOURNAL(why.common) };
	const struct usage usage = USAGE(
		"why", "ADDRESS", 1, 1, rows,
		"Tells whether an address, or a prefix as list prints it, is banned, what banish logged\n"
		"about it, and the log lines that led to the ban.\n"
		"Exit 0: it is banned; 1: it is not, or that is not known.");
	struct faults faults = { 0 };
	int first, exit_code, r, banned = BANNED_UNKNOWN;
	usec_t now;

	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	r = prefix_parse(span_of(argv[first]), &why.target);
	if (r < 0 && r != -ERANGE) { /* with host bits set it is the network that they are in */
		fprintf(stderr, "banish why: \"%s\" is not an address\n", argv[first]);
		return EXIT_USAGE;
	}
	r = input_open("why", &why.common, &faults, &why.input);
	now = timestamp_now();
	if (r >= 0)
		r = banned = ask_kernel(&why, now);
	if (r >= 0)
		r = say_ignored(&why, (enum banned)banned);
	if (r >= 0)
		r = why_show_said(&why, now);
	r = faults_conclude(&faults, "why", r);
	return r >= 0 && (banned == BANNED_YES || banned == BANNED_FORCED) ? EXIT_YES : EXIT_NO;
}
