#include "lint/lint.h"

#include "base/address.h"
#include "base/printable.h"
#include "entry/logfmt.h"
#include "lint/cost.h"
#include "lint/hostile.h"
#include "match/match.h"

#include <errno.h>

#define SHOWN 60 /* bytes of a line or name quoted in a fault */

struct lint {
	const struct rule *rule;
	struct faults *faults;
	struct match **matches; /* by event */
	struct matcher *matcher;
	struct pairs own, hostile; /* where the keys of the example, and of lines made of it, are */
	const struct example *example; /* whose fields are asked for */
	bool objected;
};

static int lint_field(void *source, const char *name, struct span *ret)
{
	const struct lint *lint = source;

	*ret = span_of(example_field(lint->example, name));
	return ret->data != NULL;
}

static void lint_done(struct lint *lint)
{
	for (size_t i = 0; lint->matches && i < lint->rule->n_events; i++)
		match_free(lint->matches[i]);
	free(lint->matches);
	matcher_free(lint->matcher);
	pairs_done(&lint->own);
	pairs_done(&lint->hostile);
}

/* The first event that matches the line, NULL: none. The captures borrow from both. */
static int find_event(struct lint *lint, struct span line, struct pairs *logfmt,
		      const struct event **ret, struct captures *ret_captures)
{
	struct subject subject = { .text = line, .pairs = logfmt };
	const struct entry entry = { .field = lint_field, .source = lint };

	*ret = NULL;
	kept_begin(matcher_kept(lint->matcher), &entry);
	for (size_t i = 0; !*ret && i < lint->rule->n_events; i++) {
		int r = match_run(lint->matches[i], lint->matcher, &subject, ret_captures);

		if (r < 0 && r != -E2BIG)
			return r;
		if (r > 0)
			*ret = &lint->rule->events[i];
	}
	return 0;
}

/* Fit to be printed, and not too long. */
static const char *lint_shown(struct span text, char buffer[static SHOWN + 4])
{
	(void)printable_tail((struct span){ text.data, MIN(text.size, SHOWN) }, SHOWN, buffer);
	return text.size > SHOWN ? strcat(buffer, "...") : buffer;
}

/* Where the client's text stands; false: this line does not say. */
static bool find_target(const struct lint *lint, const struct event *event, struct span line,
			const struct captures *captures, struct hostile_target *ret)
{
	struct span user = captures->user;

	if (!user.data)
		return false;
	*ret = (struct hostile_target){ .logfmt = event->format == FORMAT_LOGFMT };
	for (size_t i = 0; ret->logfmt && i < lint->own.n; i++) {
		const struct pair *pair = &lint->own.list[i];
		const char *end =
			i + 1 < lint->own.n ? pair[1].key.data - 1 : line.data + line.size;

		/* As it stands in the line, quotes and all. */
		if (span_equal(pair->key, span_of(event->user_key))) {
			user.data = pair->key.data + pair->key.size + 1;
			user.size = (size_t)(end - user.data);
			break;
		}
	}
	ret->head = (struct span){ line.data, (size_t)(user.data - line.data) };
	ret->tail.data = user.data + user.size;
	ret->tail.size = line.size - ret->head.size - user.size;
	ret->address = captures->address;
	return true;
}

/* The address of the line itself, or the session that recalls one, is somebody else's. */
static bool is_fooled(const struct captures *truth, const struct captures *captures)
{
	struct address told, own;

	if (!captures->address.data)
		return captures->session.data && !span_equal(captures->session, truth->session);
	return address_parse_endpoint(captures->address, &told) >= 0 &&
	       (address_parse_endpoint(truth->address, &own) < 0 || !address_equal(&told, &own));
}

/* 1: the rule was fooled, one such name is enough. */
static int try_hostile(struct lint *lint, const struct example *example,
		       const struct captures *truth, const struct hostile_target *target,
		       struct span name)
{
	const char *hint = "let the pattern take the name up to the last place where it can end";
	char shown_name[SHOWN + 4], shown_told[SHOWN + 4];
	cleanup(freep) char *line = NULL;
	const struct event *event;
	struct captures captures;
	struct span told;
	size_t size;
	int r;

	r = hostile_line(target, name, &line, &size);
	if (r < 0)
		return r;
	r = find_event(lint, (struct span){ line, size }, &lint->hostile, &event, &captures);
	if (r < 0 || !event || !is_fooled(truth, &captures))
		return r;
	lint->objected = true;
	if (memchr(name.data, '\n', name.size))
		hint = "names may hold line feeds, so begin the pattern with ^(?s) or end it with $";
	told = captures.address.data ? captures.address : captures.session;
	r = faults_add(lint->faults,
		       "%s:%u:%u: with the user name \"%s\" the example tells \"%s\" (event "
		       "\"%s\"): %s",
		       lint->rule->file, example->line, example->column,
		       lint_shown(name, shown_name), lint_shown(told, shown_told), event->name,
		       hint);
	return r < 0 ? r : 1;
}

static int attack_example(struct lint *lint, const struct example *example)
{
	struct span line = span_of(example->message);
	char text[HOSTILE_TEXT_MAX];
	struct hostile_target target;
	const struct event *event;
	struct captures truth;
	size_t size;
	int r;

	lint->example = example;
	r = find_event(lint, line, &lint->own, &event, &truth);
	if (r < 0 || !event || !example->user || !find_target(lint, event, line, &truth, &target))
		return r;
	for (unsigned i = 0; r == 0 && (size = hostile_text(&target, i, text)) > 0; i++)
		r = try_hostile(lint, example, &truth, &target, (struct span){ text, size });
	return MIN(r, 0);
}

int lint_hostile(const struct rule *rule, struct faults *faults)
{
	cleanup(lint_done) struct lint lint = { .rule = rule, .faults = faults };
	int r;

	r = matcher_new(&lint.matcher);
	if (r < 0)
		return r;
	lint.matches = calloc(rule->n_events + 1, sizeof(*lint.matches));
	if (!lint.matches)
		return -ENOMEM;
	for (size_t i = 0; r >= 0 && i < rule->n_events; i++)
		r = match_new(rule->file, &rule->events[i], 0, faults, &lint.matches[i]);
	for (size_t i = 0; r >= 0 && i < rule->n_examples; i++)
		r = attack_example(&lint, &rule->examples[i]);
	if (r < 0)
		return r;
	return lint.objected ? -EINVAL : 0;
}

static int object_to_cost(const struct rule *rule, const struct event *event,
			  const struct cost *cost, struct faults *faults)
{
	const struct pumped *pumped = &cost->pumped;

	if (pumped->steps_at_most > 0)
		return faults_add(faults,
				  "%s:%u:%u: pattern of event \"%s\" comes near the match limit: "
				  "\"%s\" repeated behind \"%s\" up to %u bytes takes %ju steps of "
				  "%ju: ask for less",
				  rule->file, event->line, event->column, event->name, cost->piece,
				  cost->head, PUMP_LINE, (uintmax_t)pumped->steps_at_most,
				  (uintmax_t)match_limit(PUMP_LINE));
	return faults_add(faults,
			  "%s:%u:%u: pattern of event \"%s\" costs more than the line is long: "
			  "\"%s\" repeated %zu, %zu and %zu times behind \"%s\" takes %ju, %ju and "
			  "%ju steps: let its pieces give nothing back, as [^,]*+ and (?>...) do",
			  rule->file, event->line, event->column, event->name, cost->piece,
			  pumped->repeats[0], pumped->repeats[1], pumped->repeats[2], cost->head,
			  (uintmax_t)pumped->steps[0], (uintmax_t)pumped->steps[1],
			  (uintmax_t)pumped->steps[2]);
}

int lint_cost(const struct rule *rule, struct faults *faults)
{
	int result = 0;

	for (size_t i = 0; i < rule->n_events; i++) {
		const struct event *event = &rule->events[i];
		struct cost cost;
		int r;

		if (event->format != FORMAT_PATTERN)
			continue;
		r = cost_find(rule, event, &cost);
		if (r == 0)
			continue;
		if (r > 0)
			r = object_to_cost(rule, event, &cost, faults);
		if (r < 0)
			return r;
		result = -EINVAL;
	}
	return result;
}

int lint_examples(const struct rule *rule, struct faults *faults)
{
	int result = 0;

	for (size_t i = 0; i < rule->n_events; i++) {
		const struct event *event = &rule->events[i];
		bool found = false;
		int r;

		for (size_t k = 0; !found && k < rule->n_examples; k++)
			found = rule->examples[k].event &&
				strcmp(rule->examples[k].event, event->name) == 0;
		if (found)
			continue;
		r = faults_add(faults,
			       "%s:%u:%u: event \"%s\" has no example: add a message that it shall "
			       "match",
			       rule->file, event->line, event->column, event->name);
		if (r < 0)
			return r;
		result = -EINVAL;
	}
	return result;
}
