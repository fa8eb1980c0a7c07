/*
 * banish replay - the engine over a journal that lies there: what would have been decided. Nothing
 * is banned, no state is read or written; time is the journal's own, so the answer is the same
 * today and next year.
 */
#include "base/timespan.h"
#include "cli/input.h"
#include "cli/lockouts.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/verb.h"
#include "engine/engine.h"
#include "io/past.h"
#include "verbs/against.h"

#include <errno.h>
#include <stdio.h>

#define USER_SHOWN 80 /* bytes of a user name that a stranger chose */

/* A configuration, and what it decides. */
struct replay_side {
	struct config *config;
	struct ruleset *ruleset;
	struct engine *engine;
	struct lockout watch; /* on those who log in, too */
};

struct replay {
	struct common common;
	const char *against; /* directory of the second configuration; NULL: there is none */
	struct journal *journal;
	struct past *past;
	struct replay_side sides[2];
	struct against differences;
	struct progress progress;
};

static const uint8_t replay_seed[16] = "any will do"; /* nobody is attacking a replay */

static void replay_init(struct replay *replay)
{
	*replay = (struct replay){ .common = COMMON_DEFAULTS };
	against_init(&replay->differences, replay_seed);
	for (size_t i = 0; i < ARRAY_SIZE(replay->sides); i++) {
		lockout_init(&replay->sides[i].watch, replay_seed);
		replay->differences.watches[i] = &replay->sides[i].watch;
	}
}

static void replay_done(struct replay *replay)
{
	for (size_t i = 0; i < ARRAY_SIZE(replay->sides); i++) {
		struct replay_side *side = &replay->sides[i];

		engine_free(side->engine);
		ruleset_free(side->ruleset);
		config_free(side->config);
		lockout_done(&side->watch);
	}
	against_done(&replay->differences);
	past_free(replay->past);
	journal_free(replay->journal);
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

static int replay_print(struct replay *replay, const struct decision *decision)
{
	cleanup(freep) char *cursor = NULL;
	int r;

	if (replay->common.json) {
		r = past_cursor(replay->past, &cursor);
		if (r < 0)
			return r;
	}
	progress_hide(&replay->progress);
	switch (decision->type) {
	case DECISION_BAN:
		return replay_print_ban(replay, &decision->ban, cursor);
	case DECISION_BREAKER:
	case DECISION_BREAKER_CLOSED:
		return replay_print_breaker(replay, decision, cursor);
	case DECISION_TARGET:
		return replay_print_target(replay, decision, cursor);
	case DECISION_END:     /* a reload's */
	case DECISION_PRIVATE: /* the daemon's */
	case DECISION_HIDDEN:
		break;
	}
	return 0;
}

/* Who got in. */
static int replay_note_logins(struct replay_side *side, usec_t time)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < engine_n_verdicts(side->engine); i++) {
		const struct verdict_of_hit *hit = engine_verdict(side->engine, i);
		struct offender who;
		struct prefix prefix;

		if (hit->why != WHY_SUCCESS || !hit->has_address)
			continue;
		prefix = engine_prefix_of(side->engine, hit->jail, &hit->address);
		who = offender_of(ruleset_jail(side->ruleset, hit->jail)->name, &prefix);
		r = lockout_login(&side->watch, &who, time, hit->user);
	}
	return r;
}

static int replay_take_decisions(struct replay *replay, unsigned i)
{
	struct replay_side *side = &replay->sides[i];
	struct decision decision;
	int r = 0;

	while (r >= 0 && engine_take(side->engine, &decision)) {
		const struct ban *ban = &decision.ban;

		if (decision.type == DECISION_BAN) {
			struct offender who = offender_of(ban->jail, &ban->prefix);

			r = lockout_ban(&side->watch, &who, ban->since);
		}
		if (r < 0)
			return r;
		if (!replay->against)
			r = replay_print(replay, &decision);
		else if (decision.type == DECISION_BAN)
			r = against_add(&replay->differences, i, ban);
	}
	return r;
}

static int replay_feed(struct replay *replay, unsigned i)
{
	const struct entry *entry = past_entry(replay->past);
	struct replay_side *side = &replay->sides[i];
	usec_t time;
	int r;

	r = engine_feed(side->engine, entry);
	if (r == -EBADMSG) /* a damaged entry: libsystemd cannot read it, nobody can */
		r = 0;
	if (r >= 0 && engine_n_verdicts(side->engine) > 0)
		r = entry_time(entry, &time) < 0 ? 0 : replay_note_logins(side, time);
	return r < 0 ? r : replay_take_decisions(replay, i);
}

static int replay_print_summary(const struct replay *replay)
{
	const struct engine_statistics *s = engine_statistics(replay->sides[0].engine);
	const struct row rows[] = {
		ROW_TEXT("action", "summary"),
		ROW_NUMBER("entries", past_n_entries(replay->past)),
		ROW_WEIGHT("failures", s->failures),
		ROW_NUMBER("bans", s->bans),
		ROW_WEIGHT("prevented", s->prevented),
		ROW_SAID("ies", past_n_entries(replay->past) == 1 ? "y" : "ies"),
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

static int replay_open_side(struct replay *replay, unsigned i, const char *confdir,
			    struct faults *faults)
{
	struct replay_side *side = &replay->sides[i];
	int r;

	r = input_load(confdir, replay->common.rulesdir, true, faults, &side->config,
		       &side->ruleset);
	return r < 0 ? r
		     : engine_new(side->ruleset, side->config->policy, replay_seed, NULL,
				  &side->engine);
}

static int replay_open(struct replay *replay, struct faults *faults)
{
	struct replay_side *sides = replay->sides;
	struct past_wish wish = { .since = replay->common.since,
				  .until = replay->common.until,
				  .with_cursors = replay->common.json };
	int r;

	r = replay_open_side(replay, 0, replay->common.confdir, faults);
	if (r >= 0 && replay->against)
		r = replay_open_side(replay, 1, replay->against, faults);
	if (r >= 0)
		r = input_open_journal("replay", &replay->common, &replay->journal);
	if (r < 0)
		return r;
	wish.journal = replay->journal;
	wish.rulesets[0] = sides[0].ruleset;
	wish.rulesets[1] = sides[1].ruleset;
	return past_open(&wish, &replay->past);
}

static int replay_run(struct replay *replay, struct faults *faults)
{
	usec_t newest;
	int r;

	r = replay_open(replay, faults);
	if (r >= 0)
		r = journal_newest(replay->journal, &newest);
	if (r >= 0)
		progress_begin(&replay->progress, MIN(newest, replay->common.until));
	while (r >= 0 && (r = past_next(replay->past)) > 0) {
		progress_step(&replay->progress, past_entry(replay->past),
			      past_n_entries(replay->past));
		r = replay_feed(replay, 0);
		if (r >= 0 && replay->against)
			r = replay_feed(replay, 1);
	}
	progress_hide(&replay->progress);
	if (r < 0)
		return r;
	if (replay->against)
		return against_print(&replay->differences, past_n_entries(replay->past));
	r = lockouts_print(&replay->sides[0].watch, replay->sides[0].ruleset, replay->common.json);
	return r < 0 ? r : replay_print_summary(replay);
}

int verb_replay(int argc, char **argv)
{
	cleanup(replay_done) struct replay replay;
	const struct option_row rows[] = {
		OPTION_CONFIG(replay.common),
		{ "against", "DIR",
		  "print where the bans of the configuration in DIR (B) differ from those of --config (A)",
		  &replay.against, NULL },
		OPTION_JSON(replay.common),
		OPTION_JOURNAL(replay.common),
	};
	const struct usage usage = USAGE(
		"replay", "", 0, 0, rows,
		"Runs the rules over a journal and prints what would have been decided, and when, and who\n"
		"of those banned also logged in. Changes nothing.");
	struct faults faults = { 0 };
	int first, exit_code, r;

	replay_init(&replay);
	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	replay.differences.json = replay.common.json;
	r = replay_run(&replay, &faults);
	r = faults_conclude(&faults, "replay", r);
	return r < 0 ? EXIT_NO : EXIT_YES;
}
