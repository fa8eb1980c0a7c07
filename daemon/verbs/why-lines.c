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
int why_show_lines(struct why *why, const struct why_said *said)
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
