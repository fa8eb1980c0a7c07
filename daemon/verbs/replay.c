/*
 * banish replay - the engine over a journal that lies there: what would have been decided. Nothing
 * is banned, no state is read or written; time is the journal's own, so the answer is the same
 * today and next year.
 */
#include "base/timespan.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/verb.h"
#include "engine/engine.h"

#include <errno.h>
#include <stdio.h>

#define USER_SHOWN 80 /* bytes of a user name that a stranger chose */

struct replay {
	struct common common;
	struct input input;
	struct engine *engine;
};

static void replay_done(struct replay *replay)
{
	engine_free(replay->engine);
	input_done(&replay->input);
}

static int replay_print_ban(const struct replay *replay, const struct ban *ban, const char *cursor)
{
	char span[TIMESPAN_TEXT_MAX];
	const struct row rows[] = {
		ROW_TEXT("action", "ban"),
		ROW_TIME("time_usec", ban->since),
		ROW_TIME("until_usec", ban->until),
		ROW_TEXT("jail", ban->jail),
		ROW_TEXT("event", ban->event),
		ROW_ADDRESS("address", &ban->address),
		ROW_PREFIX("prefix", &ban->prefix),
		ROW_WEIGHT("failures", ban->failures),
		ROW("users", IF_THERE(ban->users > 0, KIND_NUMBER), number, ban->users),
		ROW_NUMBER("offence", ban->offence),
		ROW_TEXT("cursor", cursor),
		ROW_SAID("span", ban->until == USEC_INFINITY
					 ? "good"
					 : timespan_format(ban->until - ban->since, span)),
		ROW_SAID("what", ban->network ? "offender" : "failure"),
		ROW_SAID("plural", PLURAL(ban->failures == WEIGHT_ONE ? 1 : 0)),
		ROW_END,
	};

	return output_print(replay->common.json,
			    "{time_usec}  {jail:10} {prefix:24} for {span}: {event}, {failures} "
			    "{what}{plural}, offence {offence}",
			    rows);
}

/* What bans nobody: the breaker's lines stand among the bans. */
static int replay_print_breaker(const struct replay *replay, const struct decision *decision,
				const char *cursor)
{
	bool opens = decision->type == DECISION_BREAKER;
	const struct row rows[] = {
		ROW_TEXT("action", "breaker"),
		ROW_TEXT("state", opens ? "open" : "closed"),
		ROW_TIME("time_usec", decision->ban.since),
		ROW_TEXT("jail", decision->ban.jail),
		ROW_NUMBER("count", decision->count),
		ROW("event", IF_THERE(opens, KIND_TEXT), text, decision->ban.event),
		ROW("address", IF_THERE(opens, KIND_ADDRESS), address, &decision->ban.address),
		ROW("prefix", IF_THERE(opens, KIND_PREFIX), prefix, &decision->ban.prefix),
		ROW("failures", IF_THERE(opens, KIND_WEIGHT), number, decision->ban.failures),
		ROW_TEXT("cursor", cursor),
		ROW_SAID("plural", PLURAL(decision->count)),
		ROW_END,
	};

	return output_print(
		replay->common.json,
		opens ? "{time_usec}  {jail:10} {prefix:24} held back after {count} "
			"ban{plural} (maxbans)"
		      : "{time_usec}  {jail:10} bans no longer held back; offenders held "
			"back: {count}",
		rows);
}

static int replay_print_target(const struct replay *replay, const struct decision *decision,
			       const char *cursor)
{
	const struct row rows[] = {
		ROW_TEXT("action", "target"),
		ROW_TIME("time_usec", decision->ban.since),
		ROW_TEXT("jail", decision->ban.jail),
		ROW_TEXT("event", decision->ban.event),
		ROW_BYTES("user", decision->user, USER_SHOWN),
		ROW_NUMBER("hosts", decision->count),
		ROW_ADDRESS("address", &decision->ban.address),
		ROW_PREFIX("prefix", &decision->ban.prefix),
		ROW_TEXT("cursor", cursor),
		ROW_SAID("plural", PLURAL(decision->count)),
		ROW_END,
	};

	return output_print(
		replay->common.json,
		"{time_usec}  {jail:10} at least {hosts} host{plural} tried the account \"{user}\"",
		rows);
}

static int print_decisions(struct replay *replay)
{
	struct decision decision;
	int r = 0;

	while (r >= 0 && engine_take(replay->engine, &decision)) {
		cleanup(freep) char *cursor = NULL;

		if (replay->common.json)
			r = journal_cursor(replay->input.journal, &cursor);
		if (r < 0)
			return r;
		switch (decision.type) {
		case DECISION_BAN:
			r = replay_print_ban(replay, &decision.ban, cursor);
			break;
		case DECISION_BREAKER:
		case DECISION_BREAKER_CLOSED:
			r = replay_print_breaker(replay, &decision, cursor);
			break;
		case DECISION_TARGET:
			r = replay_print_target(replay, &decision, cursor);
			break;
		case DECISION_END:     /* a reload's */
		case DECISION_PRIVATE: /* the daemon's */
		case DECISION_HIDDEN:
			break;
		}
	}
	return r;
}

static int replay_print_summary(const struct replay *replay)
{
	const struct engine_statistics *s = engine_statistics(replay->engine);
	const struct row rows[] = {
		ROW_TEXT("action", "summary"),
		ROW_NUMBER("entries", s->entries),
		ROW_WEIGHT("failures", s->failures),
		ROW_NUMBER("bans", s->bans),
		ROW_WEIGHT("prevented", s->prevented),
		ROW_SAID("ies", s->entries == 1 ? "y" : "ies"),
		ROW_SAID("s of failures", PLURAL(s->failures == WEIGHT_ONE ? 1 : 0)),
		ROW_SAID("s of bans", PLURAL(s->bans)),
		ROW_SAID("s of prevented", PLURAL(s->prevented == WEIGHT_ONE ? 1 : 0)),
		ROW_END,
	};

	return output_print(replay->common.json,
			    "{entries} entr{ies} read, {failures} failure{s of failures}, {bans} "
			    "ban{s of bans}, {prevented} failure{s of prevented} prevented",
			    rows);
}

static int replay_run(struct replay *replay, struct faults *faults)
{
	static const uint8_t seed[16] = "any will do"; /* nobody is attacking a replay */
	struct input *input = &replay->input;
	int r;

	r = input_open("replay", &replay->common, faults, input);
	if (r >= 0)
		r = engine_new(input->ruleset, input->config->policy, seed, NULL, &replay->engine);
	if (r >= 0)
		r = journal_select(input->journal, input->ruleset, false);
	if (r >= 0)
		r = journal_settle(input->journal);
	if (r >= 0)
		r = journal_seek_time(input->journal, replay->common.since);
	while (r >= 0 && (r = input_next(input, &replay->common)) > 0) {
		r = engine_feed(replay->engine, journal_entry(input->journal));
		if (r == -EBADMSG) /* a damaged entry: libsystemd cannot read it, nobody can */
			r = 0;
		if (r >= 0)
			r = print_decisions(replay);
	}
	return r < 0 ? r : replay_print_summary(replay);
}

int verb_replay(int argc, char **argv)
{
	cleanup(replay_done) struct replay replay = { .common = COMMON_DEFAULTS };
	const struct option_row rows[] = { OPTION_CONFIG(replay.common), OPTION_JSON(replay.common),
					   OPTION_JOURNAL(replay.common) };
	const struct usage usage = USAGE(
		"replay", "", 0, 0, rows,
		"Runs the rules over a journal and prints what would have been decided, and when. Changes\n"
		"nothing.");
	struct faults faults = { 0 };
	int first, exit_code, r;

	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	r = replay_run(&replay, &faults);
	r = faults_conclude(&faults, "replay", r);
	return r < 0 ? EXIT_NO : EXIT_YES;
}
