/*
 * banish why - what is known of an address: is it banned, what has been said of it, and which lines
 * did it. The journal is the database: the lines are found by letting the engine read the time
 * before the ban once more.
 */
#include "base/timespan.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/timestamp.h"
#include "cli/verb.h"
#include "engine/engine.h"
#include "netlink/nft.h"
#include "verbs/why-exempt.h"

#include <errno.h>
#include <stdio.h>

#define MAX_SAID  1000 /* entries about one address; the latest are kept */
#define LINE_SIZE 200  /* bytes of a line that are shown */

#define CROWD_SLACK (5 * USEC_PER_SEC) /* between an entry and its elements */

enum banned { BANNED_NO, BANNED_YES, BANNED_UNKNOWN };

/* What banish said of the address once. */
struct said {
	usec_t time;
	char *message, *action, *jail,
		*cursor;      /* the cursor of the line that tipped the scale, or NULL */
	char *prefix, *until; /* as the fields say it */
};

struct why {
	struct common common;
	struct input input;
	struct nft *nft; /* NULL: it cannot be asked */
	struct address address;
	struct prefix *prefixes; /* what the address is, in one jail or another */
	size_t n_prefixes;
	struct nft_elements elements; /* all that are banned */
	struct said *said;            /* oldest first */
	size_t n_said;
};

static void said_done(struct said *said)
{
	free(said->message);
	free(said->action);
	free(said->jail);
	free(said->cursor);
	free(said->prefix);
	free(said->until);
}

static void why_done(struct why *why)
{
	for (size_t i = 0; i < why->n_said; i++)
		said_done(&why->said[i]);
	free(why->said);
	free(why->prefixes);
	nft_elements_done(&why->elements);
	nft_free(why->nft);
	input_done(&why->input);
}

/* Every prefix that the address can have been banned as: journal matches are exact texts. */
static int list_prefixes(struct why *why)
{
	unsigned bits = address_bits(&why->address);

	why->prefixes = calloc(bits + 1, sizeof(*why->prefixes));
	if (!why->prefixes)
		return -ENOMEM;
	for (unsigned length = 8; length <= bits; length++)
		why->prefixes[why->n_prefixes++] = address_widen(&why->address, length);
	return 0;
}

static int print_element(const struct why *why, const struct nft_element *element, usec_t now,
			 bool forced)
{
	cleanup(freep) char *comment =
		bytes_to_display(span_of(element->comment ?: ""), NFT_COMMENT_BYTES);
	bool forever = element->remaining == USEC_INFINITY;
	char prefix[PREFIX_TEXT_MAX], left[TIMESPAN_TEXT_MAX], jail[NFT_JAIL_SIZE];
	cJSON *object;

	if (!comment)
		return -ENOMEM;
	if (!why->common.json) {
		printf("banned in jail %s as %s, %s%s%s%s%s\n", nft_jail_bare(element->jail, jail),
		       prefix_format(&element->prefix, prefix), forever ? "for good" : "still for ",
		       forever ? ""
			       : timespan_format(element->remaining / USEC_PER_SEC * USEC_PER_SEC,
						 left),
		       *comment ? ": " : "", comment, forced ? " (forced)" : "");
		return 0;
	}
	object = cJSON_CreateObject();
	return print_line(object,
			  print_add_text(object, "what", "banned") &&
				  print_add_text(object, "jail",
						 nft_jail_bare(element->jail, jail)) &&
				  print_add_prefix(object, "prefix", &element->prefix) &&
				  print_add_until(object, "expires_usec",
						  forever ? USEC_INFINITY
							  : now + element->remaining) &&
				  print_add_text(object, "comment", *comment ? comment : NULL) &&
				  (!forced || cJSON_AddTrueToObject(object, "forced")));
}

static int why_say_unknown(const struct why *why, const char *reason)
{
	cleanup(freep) char *message = NULL;
	char text[ADDRESS_TEXT_MAX];
	cJSON *object;
	int r = 0;

	if (asprintf(&message, "whether %s is banned is not known: %s",
		     address_format(&why->address, text), reason) < 0) {
		message = NULL;
		return -ENOMEM;
	}
	if (why->common.json) {
		object = cJSON_CreateObject();
		r = print_line(object, print_add_text(object, "what", "unseen") &&
					       print_add_text(object, "message", message));
	} else {
		puts(message);
	}
	return r < 0 ? r : BANNED_UNKNOWN;
}

/* An enum banned, or negative errno. */
static int ask_kernel(struct why *why, usec_t now)
{
	const struct nft_elements *elements = &why->elements;
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

		if (nft_jail_is_forced(element->jail) ||
		    !prefix_contains(&element->prefix, &why->address))
			continue;
		banned = BANNED_YES;
		r = print_element(why, element, now,
				  nft_elements_force(elements, &element->prefix));
	}
	if (r >= 0 && torn && banned == BANNED_NO)
		return why_say_unknown(why, "the sets kept changing, ask again");
	return r < 0 ? r : banned;
}

static char *copy_field(const struct entry *entry, const char *name)
{
	struct span value;

	return entry_field(entry, name, &value) > 0 ? bytes_to_text(value) : NULL;
}

/* Owned by the caller, also where the time is missing. */
static int why_take_said(const struct entry *entry, struct said *ret)
{
	*ret = (struct said){ .message = copy_field(entry, "MESSAGE"),
			      .action = copy_field(entry, "BANISH_ACTION"),
			      .jail = copy_field(entry, "BANISH_JAIL"),
			      .cursor = copy_field(entry, "BANISH_TRIGGER_CURSOR"),
			      .prefix = copy_field(entry, "BANISH_PREFIX"),
			      .until = copy_field(entry, "BANISH_UNTIL_USEC") };
	return entry_time(entry, &ret->time);
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ?: "", b ?: "") == 0;
}

/* What a crash may have lost is written again, in the same words and fields. */
static bool is_repetition(const struct why *why, const struct entry *entry, const struct said *said)
{
	struct span again;

	if (entry_field(entry, "BANISH_AGAIN", &again) <= 0)
		return false;
	for (size_t i = 0; i < why->n_said; i++) {
		const struct said *other = &why->said[i];

		if (same(other->action, said->action) && same(other->jail, said->jail) &&
		    same(other->prefix, said->prefix) && same(other->cursor, said->cursor) &&
		    same(other->until, said->until))
			return true;
	}
	return false;
}

static int why_keep(struct why *why, const struct entry *entry)
{
	struct said *said = why->said;
	int r;

	if (why->n_said == MAX_SAID) {
		said_done(&said[0]);
		memmove(said, said + 1, --why->n_said * sizeof(*said));
	}
	said = reallocarray(why->said, why->n_said + 1, sizeof(*said));
	if (!said)
		return -ENOMEM;
	why->said = said;
	r = why_take_said(entry, &said[why->n_said]);
	if (r >= 0 && !is_repetition(why, entry, &said[why->n_said]))
		why->n_said++;
	else
		said_done(&said[why->n_said]);
	return r;
}

static int read_said(struct why *why)
{
	int r;

	r = journal_select_said(why->input.journal, why->prefixes, why->n_prefixes);
	if (r >= 0)
		r = journal_seek_time(why->input.journal, why->common.since);
	while (r >= 0 && (r = input_next(&why->input, &why->common)) > 0) {
		r = why_keep(why, journal_entry(why->input.journal));
		if (r == -EBADMSG)
			r = 0;
	}
	return r;
}

static int print_event(const struct why *why, const char *what, usec_t time, struct span text,
		       const char *jail, uint64_t weight)
{
	cleanup(freep) char *shown =
		bytes_to_display(text, why->common.json ? text.size : LINE_SIZE);
	char when[TIMESTAMP_TEXT_MAX], number[WEIGHT_TEXT_MAX];
	cJSON *object;

	if (!shown)
		return -ENOMEM;
	if (!why->common.json) {
		if (weight > 0)
			printf("    %s  +%s  %s\n", timestamp_format(time, when),
			       weight_format(weight, number), shown);
		else
			printf("%s  %s\n", timestamp_format(time, when), shown);
		return 0;
	}
	object = cJSON_CreateObject();
	return print_line(object, print_add_text(object, "what", what) &&
					  print_add_number(object, "time_usec", time) &&
					  print_add_text(object, "jail", jail) &&
					  print_add_weight(object, "weight", weight) &&
					  print_add_text(object, "message", shown));
}

/* One more line of the stretch: is it one that counted against the address? */
static int show_if_counted(const struct why *why, struct engine *engine, const char *jail,
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
		if (!prefix_contains(&prefix, &why->address))
			continue;
		r = entry_time(entry, &time);
		if (r >= 0 && time > begin && entry_field(entry, "MESSAGE", &message) > 0)
			r = print_event(why, "line", time, message, jail, hit->weight);
	}
	return r;
}

static usec_t time_before(usec_t time, usec_t span)
{
	return time > span ? time - span : 0;
}

/* Before all that counts there are only notes. */
static int feed_from(struct engine *engine, const struct entry *entry, usec_t from)
{
	usec_t time;
	int r;

	r = entry_time(entry, &time);
	if (r < 0)
		return r;
	return time < from ? engine_warm_notes(engine, entry) : engine_feed(engine, entry);
}

/* The stretch before the ban, through the engine, up to the line that tipped the scale. */
static int show_lines(struct why *why, const struct said *said)
{
	static const uint8_t seed[16] = "none is needed";
	cleanup(engine_freep) struct engine *engine = NULL;
	usec_t tipped, begin, from, findtime = 0;
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
		r = journal_seek_time(why->input.journal,
				      MIN(from, time_before(tipped, engine_note_reach(engine))));
	while (r >= 0 && (r = journal_next(why->input.journal)) > 0) {
		r = feed_from(engine, journal_entry(why->input.journal), from);
		if (r >= 0)
			r = show_if_counted(why, engine, said->jail, begin);
		if (r == -EBADMSG)
			r = 0;
		if (r >= 0 && journal_stands_at(why->input.journal, said->cursor))
			break;
	}
	return MIN(r, 0);
}

static int show_said(struct why *why)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < why->n_said; i++) {
		const struct said *said = &why->said[i];

		r = print_event(why, "said", said->time, span_of(said->message ?: ""), said->jail,
				0);
		if (r >= 0 && said->cursor && said->jail && said->action &&
		    strcmp(said->action, "ban") == 0)
			r = show_lines(why, said);
	}
	return r;
}

/* Who is ignored passes though his network is banned, unless he is forced. */
static int say_ignored(const struct why *why, enum banned banned)
{
	const struct prefix host = { why->address, (uint8_t)address_bits(&why->address) };
	cleanup(freep) char *reason = NULL;
	char text[ADDRESS_TEXT_MAX];
	cJSON *object;
	int r;

	r = why_ignored(why->input.config, why->nft, &why->address, &reason);
	if (r < 0)
		return r;
	address_format(&why->address, text);
	if (r > 0 && banned == BANNED_YES && nft_forces(why->nft, &host) > 0)
		return 0;
	if (why->common.json && r > 0) {
		object = cJSON_CreateObject();
		return print_line(object, print_add_text(object, "what", "ignored") &&
						  print_add_text(object, "reason", reason));
	}
	if (why->common.json)
		return 0;
	if (banned == BANNED_NO)
		printf("%s is not banned%s%s\n", text, r > 0 ? ", and never will be: it is " : "",
		       reason ?: "");
	else if (r > 0 && banned == BANNED_YES)
		printf("%s is let through all the same: it is %s\n", text, reason);
	else if (r > 0)
		printf("%s is let through unless it is forced: it is %s\n", text, reason);
	return 0;
}

/* Under a flood one entry tells of many bans, and of whom it does not say. It is written right
 * before the element comes into the set. */
static int find_crowd(struct why *why, const struct nft_element *element, usec_t now,
		      struct said *ret)
{
	usec_t placed = now - (element->timeout - MIN(element->timeout, element->remaining));
	char bare[NFT_JAIL_SIZE], jail[sizeof("BANISH_JAIL=") + NFT_JAIL_SIZE];
	const char *const fields[] = { "BANISH_ACTION=bans", jail };
	usec_t time, begin = placed - MIN(placed, CROWD_SLACK), end = placed + USEC_PER_SEC;
	int r, found = 0;

	snprintf(jail, sizeof(jail), "BANISH_JAIL=%s", nft_jail_bare(element->jail, bare));
	r = journal_select_own(why->input.journal, fields, ARRAY_SIZE(fields), false);
	if (r >= 0)
		r = journal_seek_time(why->input.journal, begin);
	while (r >= 0 && (r = journal_next(why->input.journal)) > 0) {
		r = entry_time(journal_entry(why->input.journal), &time);
		if (r >= 0 && time > end)
			break;
		said_done(ret);
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
		const char *action = why->said[i].action ?: "";

		if (same(why->said[i].prefix, prefix) && same(why->said[i].jail, jail) &&
		    (strcmp(action, "ban") == 0 || strcmp(action, "adopt") == 0))
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
		struct said said = { 0 };

		if (nft_jail_is_forced(element->jail) || element->timeout == USEC_INFINITY ||
		    !prefix_contains(&element->prefix, &why->address) || was_said(why, element))
			continue;
		r = find_crowd(why, element, now, &said);
		if (r > 0)
			r = print_event(why, "said", said.time, span_of(said.message ?: ""),
					said.jail, 0);
		if (r >= 0 && said.cursor && said.jail)
			r = show_lines(why, &said);
		said_done(&said);
	}
	return r;
}

static int answer(struct why *why)
{
	usec_t now;
	int r, banned;

	r = parse_time("now", &now);
	if (r < 0)
		return r;
	banned = ask_kernel(why, now);
	if (banned < 0)
		return banned;
	r = say_ignored(why, (enum banned)banned);
	if (r >= 0)
		r = list_prefixes(why);
	if (r >= 0)
		r = read_said(why);
	if (r >= 0)
		r = show_said(why);
	if (r >= 0)
		r = show_crowds(why, now);
	return r < 0 ? r : banned == BANNED_YES;
}

int verb_why(int argc, char **argv)
{
	cleanup(why_done) struct why why = { .common = COMMON_DEFAULTS };
	const struct option_row rows[] = { OPTION_CONFIG(why.common), OPTION_JSON(why.common),
					   OPTION_JOURNAL(why.common) };
	const struct usage usage = {
		"why",
		"ADDRESS",
		"Tells whether an address is banned, what banish said of it, and the lines that did it.\n"
		"Exit 0: it is banned; 1: it is not, or that is not known.",
		rows,
		ARRAY_SIZE(rows),
		1,
		1
	};
	struct faults faults = { 0 };
	int first, exit_code, r;

	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	if (address_parse(span_of(argv[first]), &why.address) < 0) {
		fprintf(stderr, "banish why: \"%s\" is no address\n", argv[first]);
		return EXIT_USAGE;
	}
	r = input_open("why", &why.common, &faults, &why.input);
	if (r >= 0)
		r = answer(&why);
	r = faults_conclude(&faults, "why", r);
	return r > 0 ? EXIT_YES : EXIT_NO;
}
