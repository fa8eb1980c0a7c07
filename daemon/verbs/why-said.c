/* What the daemon said of the target, and, under a flood, of many at once; and the lines that led
 * to a ban: the journal is the database, so the engine reads the time before it once more. */
#include "base/array.h"
#include "base/printable.h"
#include "cli/output.h"
#include "engine/engine.h"
#include "verbs/why.h"

#include <errno.h>
#include <stdio.h>

#define MAX_SAID    1000               /* entries about one target; the latest are kept */
#define LINE_SIZE   200                /* bytes of a line that are shown */
#define CROWD_SLACK (5 * USEC_PER_SEC) /* between an entry and its elements */

void why_said_done(struct why_said *said)
{
	free(said->message);
	free(said->action);
	free(said->jail);
	free(said->cursor);
	free(said->prefix);
	free(said->until);
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
		struct why_said said = { 0 };

		if (element->timeout == USEC_INFINITY ||
		    !prefix_covers(&element->prefix, &why->target) || was_said(why, element))
			continue;
		r = find_crowd(why, element, now, &said);
		if (r > 0)
			r = why_print_event(why, "said", said.time, span_of(said.message ?: ""),
					    said.jail, 0);
		if (r >= 0 && said.cursor && said.jail)
			r = why_show_lines(why, &said);
		why_said_done(&said);
	}
	return r;
}

int why_show_said(struct why *why, usec_t now)
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
	while (r >= 0 && (r = input_next(&why->input, &why->common)) > 0) {
		r = why_keep(why, journal_entry(journal));
		if (r == -EBADMSG)
			r = 0;
	}
	for (size_t i = 0; r >= 0 && i < why->n_said; i++) {
		const struct why_said *said = &why->said[i];

		r = why_print_event(why, "said", said->time, span_of(said->message ?: ""),
				    said->jail, 0);
		if (r >= 0 && said->cursor && said->jail && same(said->action, "ban"))
			r = why_show_lines(why, said);
	}
	return r < 0 ? r : show_crowds(why, now);
}
