/*
 * The lines that led to a ban. The journal is the database: they are found by letting the engine
 * read the time before the ban once more.
 */
#include "verbs/why.h"

#include "cli/output.h"
#include "engine/engine.h"

#include <errno.h>

#define LINE_SIZE 200 /* bytes of a line that are shown */

int why_print_event(const struct why *why, const char *what, usec_t time, struct span text,
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

/* The stretch of the journal that decides what the lines before a ban weigh. */
struct why_stretch {
	const struct why_said *said;
	struct journal *journal; /* borrowed: what it is read from */
	unsigned jail;
	usec_t tipped; /* the line that tipped the scale */
	usec_t begin;  /* lines later than that count */
	usec_t from;   /* what they weigh hangs on nothing before that but notes */
	usec_t notes;  /* ... and on none before that; not before `from`: there are none */
};

/* One more line of the stretch: is it one that counted against the address? */
static int why_show_if_counted(const struct why *why, const struct why_stretch *stretch,
			       struct engine *engine)
{
	const struct entry *entry = journal_entry(stretch->journal);
	struct span message;
	usec_t time;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < engine_n_verdicts(engine); i++) {
		const struct verdict_of_hit *hit = engine_verdict(engine, i);
		struct prefix prefix;

		if (hit->weight == 0 || hit->jail != stretch->jail)
			continue;
		prefix = engine_prefix_of(engine, hit->jail, &hit->address);
		if (!prefix_covers(&prefix, &why->target) && !prefix_covers(&why->target, &prefix))
			continue;
		r = entry_time(entry, &time);
		if (r >= 0 && time > stretch->begin && entry_field(entry, "MESSAGE", &message) > 0)
			r = why_print_event(why, "line", time, message, stretch->said->jail,
					    hit->weight);
	}
	return r;
}

/* Whether a line says less than its session may have been told before the stretch: address, user,
 * or whether they agree. */
static bool why_asks_notes(const struct why *why, const struct why_stretch *stretch,
			   const struct engine *engine)
{
	for (size_t i = 0; i < engine_n_verdicts(engine); i++) {
		const struct verdict_of_hit *verdict = engine_verdict(engine, i);
		const struct hit *hit = ruleset_hit(why->input.ruleset, i);

		if (verdict->jail == stretch->jail && verdict->why != WHY_NOTE &&
		    hit->captures.session.size > 0 &&
		    (!verdict->has_address || verdict->user.size == 0 ||
		     verdict->why == WHY_DISAGREES))
			return true;
	}
	return false;
}

static usec_t time_before(usec_t time, usec_t span)
{
	return time > span ? time - span : 0;
}

/* Reads the stretch from there on. Shows its lines, or (`only_ask`) finds out whether they need
 * notes from before it: 1; 0. */
static int why_read(const struct why *why, const struct why_stretch *stretch, usec_t since,
		    bool only_ask)
{
	static const uint8_t seed[16] = "none is needed";
	cleanup(engine_freep) struct engine *engine = NULL;
	struct journal *journal = stretch->journal;
	const struct entry *entry = journal_entry(journal);
	usec_t time = 0;
	int r;

	r = engine_new(why->input.ruleset, why->input.config->policy, seed, NULL, &engine);
	if (r >= 0)
		r = journal_seek_time(journal, since);
	while (r >= 0 && (r = journal_next(journal)) > 0) {
		r = entry_time(entry, &time);
		if (r >= 0) /* before all that counts there are only notes */
			r = time < stretch->from ? engine_warm_notes(engine, entry)
						 : engine_feed(engine, entry);
		if (r >= 0 && only_ask && why_asks_notes(why, stretch, engine))
			return 1;
		if (r >= 0 && !only_ask)
			r = why_show_if_counted(why, stretch, engine);
		if (r == -EBADMSG)
			r = 0;
		/* comparing cursors costs more than reading the entry */
		if (r >= 0 && time == stretch->tipped &&
		    journal_stands_at(journal, stretch->said->cursor))
			break;
	}
	return MIN(r, 0);
}

/* What all the jail's lines hang on; of another jail's only where bans of all lengthen its own. */
static int why_find_stretch(const struct why *why, struct why_stretch *stretch)
{
	static const uint8_t seed[16] = "none is needed";
	const struct jail *jail = ruleset_jail(why->input.ruleset, stretch->jail);
	bool alone = !jail->settings.increment.overall;
	cleanup(engine_freep) struct engine *engine = NULL;
	struct journal *journal = why->input.journal;
	usec_t reach, notes;
	int r;

	r = engine_new(why->input.ruleset, why->input.config->policy, seed, NULL, &engine);
	if (r >= 0)
		r = entry_time(journal_entry(journal), &stretch->tipped);
	if (r < 0)
		return r;
	reach = alone ? engine_jail_reach(engine, stretch->jail) : engine_reach(engine);
	notes = alone ? engine_jail_note_reach(engine, stretch->jail) : engine_note_reach(engine);
	stretch->begin = time_before(stretch->tipped, jail->settings.findtime);
	stretch->from = time_before(stretch->tipped, reach);
	stretch->notes = time_before(stretch->tipped, MAX(reach, notes));
	if (!alone)
		return 1;
	r = journal_select_past_of(journal, why->input.ruleset, stretch->jail);
	return r < 0 ? r : journal_go_to(journal, stretch->said->cursor);
}

/* The jail as it is in force now; false: it is not, or reads nothing. */
static bool why_find_jail(const struct why *why, const char *name, unsigned *ret)
{
	for (unsigned i = 0; i < ruleset_n_jails(why->input.ruleset); i++) {
		const struct jail *jail = ruleset_jail(why->input.ruleset, i);

		*ret = i;
		if (strcmp(jail->name, name) == 0)
			return jail->n_selectors > 0;
	}
	return false;
}

/* Only those files that hold the stretch: the others cost something at each step. NULL: all are
 * needed, or must do. */
static int why_open_part(const struct why *why, const struct why_stretch *stretch,
			 struct journal **ret)
{
	cleanup(parts_freep) struct parts *parts = NULL;
	struct journal *whole = why->input.journal;
	cleanup(freep) char *first = NULL;
	int r;

	r = journal_list_parts(whole, &parts);
	if (r >= 0)
		r = journal_seek_time(whole, MIN(stretch->from, stretch->notes));
	if (r >= 0)
		r = journal_next(whole);
	if (r > 0)
		r = journal_cursor(whole, &first);
	if (r >= 0)
		r = journal_open_part(whole, parts, first, stretch->said->cursor, ret);
	return r == -ENOMEM ? r : 0;
}

int why_show_lines(struct why *why, const struct why_said *said)
{
	cleanup(journal_freep) struct journal *part = NULL;
	struct why_stretch stretch = { .said = said };
	struct journal *journal = why->input.journal;
	usec_t since;
	int r;

	if (!why_find_jail(why, said->jail, &stretch.jail))
		return 0;
	r = journal_select(journal, why->input.ruleset, false);
	if (r >= 0)
		r = journal_go_to(journal, said->cursor);
	if (r <= 0)
		return r; /* the line is no longer in the journal */
	r = why_find_stretch(why, &stretch);
	if (r == 0) /* it is no line that the jail reads now */
		r = journal_select(journal, why->input.ruleset, false);
	if (r >= 0)
		r = journal_settle(journal);
	if (r >= 0)
		r = why_open_part(why, &stretch, &part);
	stretch.journal = part ? part : journal;
	/* a day of notes is read for lines that leave something open */
	since = stretch.from;
	if (r >= 0 && stretch.notes < stretch.from) {
		r = why_read(why, &stretch, since, true);
		since = r > 0 ? stretch.notes : since;
	}
	return r < 0 ? r : why_read(why, &stretch, since, false);
}
