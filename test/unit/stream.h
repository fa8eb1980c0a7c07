#ifndef BANISH_TEST_STREAM_H
#define BANISH_TEST_STREAM_H

/*
 * An engine over entries that are just a time, a unit and a message; stop and start again anywhere,
 * through the lines of the ledger as the daemon would. Everything that fails here is the test's own
 * mistake: it aborts.
 */

#include "../encode-all.h"
#include "base/hash.h"
#include "config/policy-read.h"
#include "engine/engine.h"
#include "engine/fleet.h"

#include <stdio.h>

struct line {
	usec_t time;
	char *cursor, *unit, *message; /* owned */
	const char *machine;           /* behind the @ in the unit; NULL: none */
};

struct stream {
	struct policy *policy;
	struct ruleset *ruleset;
	struct engine *engine;
	struct engine_limits limits;
	bool spares_private, unordered;
	uint8_t seed[16];
	char *state; /* what the ledger's file would hold */
	struct line *lines;
	size_t n_lines;
	const struct line *now; /* that is being fed */
	struct told *told;      /* all that members told, in order of arrival */
	size_t n_told;
};

/* What a member of the fleet told. */
struct told {
	char member[MEMBER_NAME_SIZE], address[ADDRESS_TEXT_MAX];
	bool unban;
	usec_t time, now;
	uint64_t key;
	size_t n_lines; /* that were fed before it */
};

#define must(condition)                                                                 \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)

static inline int stream_field(void *source, const char *name, struct span *ret)
{
	const struct stream *stream = source;

	if (strcmp(name, "_SYSTEMD_UNIT") == 0)
		*ret = span_of(stream->now->unit);
	else if (strcmp(name, "MESSAGE") == 0)
		*ret = span_of(stream->now->message);
	else if (strcmp(name, "_MACHINE_ID") == 0 && stream->now->machine)
		*ret = span_of(stream->now->machine);
	else
		return 0;
	return 1;
}

static inline int stream_time(void *source, usec_t *ret)
{
	const struct stream *stream = source;

	*ret = stream->now->time;
	return 0;
}

static inline int stream_cursor(void *source, struct span *ret)
{
	const struct stream *stream = source;

	*ret = span_of(stream->now->cursor);
	return 0;
}

static inline void stream_parse(struct stream *stream, const char *policy,
				const char *const *rule_texts, size_t n)
{
	struct faults faults = { 0 };
	struct rule *rules[16] = { 0 };
	int r = 0;

	must(n <= ARRAY_SIZE(rules));
	if (policy_parse("policy", span_of(policy), &faults, &stream->policy) < 0)
		r = -1;
	for (size_t i = 0; i < n; i++)
		if (rule_parse("rule", span_of(rule_texts[i]), &faults, &rules[i]) < 0)
			r = -1;
	for (size_t i = 0; r == 0 && i < stream->policy->n_jails; i++)
		if (policy_is_built_in(stream->policy->jails[i].name))
			must(n < ARRAY_SIZE(rules) &&
			     rule_new_built_in(stream->policy->jails[i].name, &rules[n++]) == 0);
	if (r == 0)
		r = ruleset_new(rules, n, stream->policy, "policy", true, &faults,
				&stream->ruleset);
	for (size_t i = 0; i < faults.n_lines; i++)
		fprintf(stderr, "%s\n", faults.lines[i]);
	must(r == 0);
	faults_done(&faults);
}

static inline void stream_begin(struct stream *stream)
{
	must(engine_new(stream->ruleset, stream->policy, stream->seed, &stream->limits,
			&stream->engine) == 0);
	engine_spare_private(stream->engine, stream->spares_private);
}

static inline void stream_init(struct stream *stream, const char *policy,
			       const char *const *rule_texts, size_t n)
{
	stream_parse(stream, policy, rule_texts, n);
	stream_begin(stream);
}

static inline void stream_done(struct stream *stream)
{
	for (size_t i = 0; i < stream->n_lines; i++) {
		free(stream->lines[i].cursor);
		free(stream->lines[i].unit);
		free(stream->lines[i].message);
	}
	free(stream->lines);
	free(stream->told);
	free(stream->state);
	engine_free(stream->engine);
	ruleset_free(stream->ruleset);
	policy_free(stream->policy);
	*stream = (struct stream){ 0 };
}

static inline struct entry stream_entry(struct stream *stream, const struct line *line)
{
	stream->now = line;
	return (struct entry){
		.field = stream_field,
		.time = stream_time,
		.cursor = stream_cursor,
		.source = stream,
		.many_machines = true,
		.unordered = stream->unordered,
	};
}

static inline void stream_feed(struct stream *stream, usec_t time, const char *unit,
			       const char *message)
{
	struct line *lines = reallocarray(stream->lines, stream->n_lines + 1, sizeof(*lines)),
		    *line;
	struct entry entry;

	must(lines);
	stream->lines = lines;
	line = &lines[stream->n_lines++];
	*line = (struct line){ time, NULL, strdup(unit), strdup(message), NULL };
	line->machine = strchr(line->unit, '@');
	if (line->machine)
		line->unit[line->machine++ - line->unit] = '\0';
	must(asprintf(&line->cursor, "s=test;i=%zx", stream->n_lines) > 0);
	entry = stream_entry(stream, line);
	must(engine_feed(stream->engine, &entry) == 0);
}

static inline struct position stream_position(const struct stream *stream)
{
	const struct line *last = stream->n_lines ? &stream->lines[stream->n_lines - 1] : NULL;

	return last ? (struct position){ last->time, span_of(last->cursor) }
		    : (struct position){ 0 };
}

/* One commit, appended to the file. */
static inline void stream_commit(struct stream *stream)
{
	struct position position = stream_position(stream);
	struct ledger *ledger = engine_ledger(stream->engine);
	char *line, *state;

	must(ledger_set_position(ledger, &position) == 0);
	must(ledger_encode(ledger, &line) == 0);
	must(asprintf(&state, "%s%s", stream->state ? stream->state : "", line) > 0);
	ledger_saved(ledger);
	free(stream->state);
	free(line);
	stream->state = state;
}

static inline void stream_compact(struct stream *stream)
{
	free(stream->state);
	stream->state = encode_all(engine_ledger(stream->engine));
	ledger_saved(engine_ledger(stream->engine));
}

static inline struct ledger *stream_read_state(const struct stream *stream)
{
	struct ledger *ledger;

	must(ledger_new(stream->seed, &ledger) == 0);
	for (const char *at = stream->state, *end; at && *at; at = end + 1) {
		end = strchr(at, '\n');
		must(end);
		must(ledger_decode(ledger, (struct span){ at, (size_t)(end - at) }) == 0);
	}
	return ledger;
}

/* Gives it to the engine, and notes how far that member is read. */
static inline int stream_hear_at(struct stream *stream, size_t i)
{
	struct ledger *ledger = engine_ledger(stream->engine);
	const struct told *told = &stream->told[i];
	struct report report = { .unban = told->unban,
				 .time = told->time,
				 .key = told->key,
				 .cursor = told->unban ? "" : "s=there" };
	enum refusal why;
	char cursor[32];
	int r;

	must(heard_member(ledger, told->member, &report.member) == 0);
	must(address_parse(span_of(told->address), &report.address) == 0);
	report.prefix = address_widen(&report.address, address_bits(&report.address));
	r = engine_hear(stream->engine, &report, told->now, &why);
	must(r >= 0);
	snprintf(cursor, sizeof(cursor), "%zu", i + 1);
	must(heard_set_position(ledger, report.member, cursor, told->time, told->now) == 0);
	return r;
}

/* 1: it was taken; 0: it was not. */
static inline int stream_hear(struct stream *stream, const char *member, const char *address,
			      bool unban, usec_t time, usec_t now, uint64_t key)
{
	struct told *told = reallocarray(stream->told, stream->n_told + 1, sizeof(*told));

	must(told);
	stream->told = told;
	told = &told[stream->n_told++];
	*told = (struct told){
		.unban = unban, .time = time, .now = now, .key = key, .n_lines = stream->n_lines
	};
	must(strlen(member) < sizeof(told->member) && strlen(address) < sizeof(told->address));
	strcpy(told->member, member);
	strcpy(told->address, address);
	engine_warm_done(stream->engine);
	return stream_hear_at(stream, stream->n_told - 1);
}

/* After a crash: what its cursor says that it was not read is read again. True: it was. */
static inline bool stream_hear_again(struct stream *stream, size_t i)
{
	struct ledger *ledger = engine_ledger(stream->engine);
	const char *cursor;
	unsigned member;

	must(heard_member(ledger, stream->told[i].member, &member) == 0);
	cursor = heard_member_at(ledger, member)->cursor;
	if (cursor && strtoul(cursor, NULL, 10) > i)
		return false;
	(void)stream_hear_at(stream, i);
	return true;
}

/* Reads again what was consumed: from the first entry that is not too old for it. Answers how many
 * lines were consumed. */
static inline size_t stream_warm(struct stream *stream)
{
	struct position position = ledger_position(engine_ledger(stream->engine));
	usec_t reach = engine_reach(stream->engine), notes = engine_note_reach(stream->engine);
	usec_t from = position.time > reach ? position.time - reach : 0;
	usec_t notes_from = position.time > notes ? position.time - notes : 0;
	size_t i = 0, n = 0;

	while (n < stream->n_lines && position.cursor.data &&
	       (n == 0 || !span_equal(span_of(stream->lines[n - 1].cursor), position.cursor)))
		n++;
	while (i < n && stream->lines[i].time < MIN(from, notes_from))
		i++;
	for (; i < n && stream->lines[i].time < from; i++) {
		struct entry entry = stream_entry(stream, &stream->lines[i]);

		must(engine_warm_notes(stream->engine, &entry) == 0);
	}
	for (; i < n; i++) {
		struct entry entry = stream_entry(stream, &stream->lines[i]);

		must(engine_warm(stream->engine, &entry) == 0);
	}
	engine_warm_done(stream->engine);
	return n;
}

/* Killed, and started again with the state's lines. Answers how many lines need not be fed again.
 */
static inline size_t stream_start_again(struct stream *stream)
{
	struct ledger *ledger;

	engine_free(stream->engine);
	stream_begin(stream);
	ledger = stream_read_state(stream);
	must(engine_adopt_ledger(stream->engine, ledger) == 0);
	return stream_warm(stream);
}

/* Killed after a commit. */
static inline void stream_restart(struct stream *stream)
{
	stream_commit(stream);
	stream_start_again(stream);
}

/* A ban that is shorter than one of a host, where networks are banned, is one of a network. */
static inline bool stream_is_network(const struct stream *stream, unsigned jail,
				     const struct prefix *prefix)
{
	const struct settings *settings = jail < ruleset_n_jails(stream->ruleset)
						  ? &ruleset_jail(stream->ruleset, jail)->settings
						  : &stream->policy->defaults;

	return settings->networks.hosts > 0 &&
	       prefix->length <
		       MIN(engine_length(stream->engine, jail, prefix->address.family),
			   engine_prefix_of(stream->engine, jail, &prefix->address).length);
}

static inline bool stream_unban(struct stream *stream, unsigned jail, const char *text, usec_t now)
{
	struct position position = stream_position(stream);
	struct prefix prefix;
	int r;

	must(prefix_parse(span_of(text), &prefix) == 0);
	r = engine_unban(stream->engine, jail, &prefix, stream_is_network(stream, jail, &prefix),
			 now, &position);
	must(r >= 0);
	return r;
}

static inline void stream_ban(struct stream *stream, unsigned jail, const char *text, usec_t now,
			      usec_t until)
{
	struct prefix prefix;

	must(prefix_parse(span_of(text), &prefix) == 0);
	must(engine_ban(stream->engine, jail, &prefix, stream_is_network(stream, jail, &prefix),
			now, until, "") == 0);
}

#endif
