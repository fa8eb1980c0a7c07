/*
 * banish replay - the engine over a journal that lies there: what would have been decided. Nothing
 * is banned, no state is read or written; time is the journal's own, so the answer is the same
 * today and next year.
 */
#include "base/timespan.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/timestamp.h"
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

static int print_ban_json(const struct ban *ban, const char *cursor)
{
	cJSON *object = cJSON_CreateObject();
	bool ok;

	ok = print_add_text(object, "action", "ban") &&
	     print_add_number(object, "time_usec", ban->since) &&
	     print_add_until(object, "until_usec", ban->until) &&
	     print_add_text(object, "jail", ban->jail) &&
	     print_add_text(object, "event", ban->event) &&
	     print_add_address(object, "address", &ban->address) &&
	     print_add_prefix(object, "prefix", &ban->prefix) &&
	     print_add_weight(object, "failures", ban->failures) &&
	     (ban->users == 0 || print_add_number(object, "users", ban->users)) &&
	     print_add_number(object, "offence", ban->offence) &&
	     print_add_text(object, "cursor", cursor);
	return print_line(object, ok);
}

static int print_ban_text(const struct ban *ban)
{
	char when[TIMESTAMP_TEXT_MAX], prefix[PREFIX_TEXT_MAX], weight[WEIGHT_TEXT_MAX],
		span[TIMESPAN_TEXT_MAX];

	printf("%s  %-10s %-24s for %s: %s, %s %s, offence %u\n",
	       timestamp_format(ban->since, when), ban->jail, prefix_format(&ban->prefix, prefix),
	       ban->until == USEC_INFINITY ? "good"
					   : timespan_format(ban->until - ban->since, span),
	       ban->event, weight_format(ban->failures, weight),
	       ban->network ? "offenders" : "failures", ban->offence);
	return 0;
}

/* What bans nobody: the breaker's lines stand among the bans. */
static int print_breaker_json(const struct decision *decision, const char *cursor)
{
	bool opens = decision->type == DECISION_BREAKER;
	cJSON *object = cJSON_CreateObject();
	bool ok;

	ok = print_add_text(object, "action", "breaker") &&
	     print_add_text(object, "state", opens ? "open" : "closed") &&
	     print_add_number(object, "time_usec", decision->ban.since) &&
	     print_add_text(object, "jail", decision->ban.jail) &&
	     print_add_number(object, "count", decision->count) &&
	     (!opens || (print_add_text(object, "event", decision->ban.event) &&
			 print_add_address(object, "address", &decision->ban.address) &&
			 print_add_prefix(object, "prefix", &decision->ban.prefix) &&
			 print_add_weight(object, "failures", decision->ban.failures))) &&
	     print_add_text(object, "cursor", cursor);
	return print_line(object, ok);
}

static int print_breaker_text(const struct decision *decision)
{
	char when[TIMESTAMP_TEXT_MAX], prefix[PREFIX_TEXT_MAX];

	printf("%s  %-10s ", timestamp_format(decision->ban.since, when), decision->ban.jail);
	if (decision->type == DECISION_BREAKER)
		printf("%-24s held back: %llu bans in too short a time\n",
		       prefix_format(&decision->ban.prefix, prefix),
		       (unsigned long long)decision->count);
	else
		printf("bans again; offenders that were held back: %llu\n",
		       (unsigned long long)decision->count);
	return 0;
}

static int print_target_json(const struct decision *decision, const char *cursor)
{
	cJSON *object = cJSON_CreateObject();
	bool ok;

	ok = print_add_text(object, "action", "target") &&
	     print_add_number(object, "time_usec", decision->ban.since) &&
	     print_add_text(object, "jail", decision->ban.jail) &&
	     print_add_text(object, "event", decision->ban.event) &&
	     print_add_bytes(object, "user", decision->user) &&
	     print_add_number(object, "hosts", decision->count) &&
	     print_add_address(object, "address", &decision->ban.address) &&
	     print_add_prefix(object, "prefix", &decision->ban.prefix) &&
	     print_add_text(object, "cursor", cursor);
	return print_line(object, ok);
}

static int print_target_text(const struct decision *decision)
{
	cleanup(freep) char *user = bytes_to_display(decision->user, USER_SHOWN);
	char when[TIMESTAMP_TEXT_MAX];

	if (!user)
		return -ENOMEM;
	printf("%s  %-10s %llu hosts or more try the account \"%s\"\n",
	       timestamp_format(decision->ban.since, when), decision->ban.jail,
	       (unsigned long long)decision->count, user);
	return 0;
}

static int print_decision(struct replay *replay, const struct decision *decision,
			  const char *cursor)
{
	bool json = replay->common.json;

	switch (decision->type) {
	case DECISION_BAN:
		return json ? print_ban_json(&decision->ban, cursor)
			    : print_ban_text(&decision->ban);
	case DECISION_BREAKER:
	case DECISION_BREAKER_CLOSED:
		return json ? print_breaker_json(decision, cursor) : print_breaker_text(decision);
	case DECISION_TARGET:
		return json ? print_target_json(decision, cursor) : print_target_text(decision);
	case DECISION_END:     /* a reload's */
	case DECISION_PRIVATE: /* the daemon's */
		break;
	}
	return 0;
}

static int print_decisions(struct replay *replay)
{
	struct decision decision;
	int r = 0;

	while (r >= 0 && engine_take(replay->engine, &decision)) {
		cleanup(freep) char *cursor = NULL;

		if (replay->common.json) {
			r = journal_cursor(replay->input.journal, &cursor);
			if (r < 0)
				return r;
		}
		r = print_decision(replay, &decision, cursor);
	}
	return r;
}

static int replay_print_summary(struct replay *replay)
{
	const struct engine_statistics *s = engine_statistics(replay->engine);
	char failures[WEIGHT_TEXT_MAX], prevented[WEIGHT_TEXT_MAX];
	cJSON *object;

	if (!replay->common.json) {
		printf("%llu entries read, %s failures, %llu bans, %s failures prevented by them\n",
		       (unsigned long long)s->entries, weight_format(s->failures, failures),
		       (unsigned long long)s->bans, weight_format(s->prevented, prevented));
		return 0;
	}
	object = cJSON_CreateObject();
	return print_line(object, print_add_text(object, "action", "summary") &&
					  print_add_number(object, "entries", s->entries) &&
					  print_add_weight(object, "failures", s->failures) &&
					  print_add_number(object, "bans", s->bans) &&
					  print_add_weight(object, "prevented", s->prevented));
}

static int replay_follow(struct replay *replay)
{
	const struct entry *entry = journal_entry(replay->input.journal);
	int r;

	r = journal_seek_time(replay->input.journal, replay->common.since);
	while (r >= 0 && (r = input_next(&replay->input, &replay->common)) > 0) {
		r = engine_feed(replay->engine, entry);
		if (r == -EBADMSG) /* a damaged entry: libsystemd cannot read it, nobody can */
			r = 0;
		if (r >= 0)
			r = print_decisions(replay);
	}
	return r < 0 ? r : replay_print_summary(replay);
}

static int replay_prepare(struct replay *replay, struct faults *faults)
{
	static const uint8_t seed[16] = "one for replays"; /* nobody is attacking a replay */
	struct input *input = &replay->input;
	int r;

	r = input_open("replay", &replay->common, faults, input);
	if (r >= 0)
		r = engine_new(input->ruleset, input->config->policy, seed, NULL, &replay->engine);
	return r < 0 ? r : journal_select(input->journal, input->ruleset, false);
}

int verb_replay(int argc, char **argv)
{
	cleanup(replay_done) struct replay replay = { .common = COMMON_DEFAULTS };
	const struct option_row rows[] = { OPTION_CONFIG(replay.common), OPTION_JSON(replay.common),
					   OPTION_JOURNAL(replay.common) };
	const struct usage usage = {
		"replay",
		"",
		"Runs the rules over a journal and prints what would have been decided, and when. Changes\n"
		"nothing.",
		rows,
		ARRAY_SIZE(rows),
		0,
		0
	};
	struct faults faults = { 0 };
	int first, exit_code, r;

	if (options_parse(&usage, argc, argv, &first, &exit_code))
		return exit_code;
	r = replay_prepare(&replay, &faults);
	if (r >= 0)
		r = replay_follow(&replay);
	r = faults_conclude(&faults, "replay", r);
	return r < 0 ? EXIT_NO : EXIT_YES;
}
