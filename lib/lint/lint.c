#include "lint/lint.h"

#include "base/address.h"
#include "base/printable.h"
#include "entry/logfmt.h"
#include "lint/cost.h"
#include "lint/hostile.h"
#include "lint/possessive.h"
#include "match/match.h"

#include <errno.h>

#define SHOWN 60 /* bytes of a line or name quoted in a fault */

struct lint {
	const struct rule *rule;
	struct faults *faults;
	struct match **matches; /* by event */
	struct matcher *matcher;
	struct pairs own, hostile; /* where the keys of the example, and of lines made of it, are */
	const struct example *example; /* whose fields are asked for, */
	struct span name, text;        /* with this in place of that; data NULL: as they are */
	char *value;                   /* owned: the field that was asked for last */
	char *truth[4];                /* owned: what the example told of its fields */
	bool objected;
};

/* Of an event with fields, the client's text stands in any of them. */
static int lint_field(void *source, const char *name, struct span *ret)
{
	struct lint *lint = source;
	int r;

	*ret = span_of(example_field(lint->example, name));
	if (!ret->data)
		return 0;
	if (!lint->text.data || !hostile_holds(*ret, lint->name))
		return 1;
	free(TAKE_PTR(lint->value));
	r = hostile_replace(*ret, lint->name, lint->text, &lint->value, &ret->size);
	ret->data = lint->value;
	return r < 0 ? r : 1;
}

static void lint_done(struct lint *lint)
{
	for (size_t i = 0; lint->matches && i < lint->rule->n_events; i++)
		match_free(lint->matches[i]);
	free(lint->matches);
	matcher_free(lint->matcher);
	pairs_done(&lint->own);
	pairs_done(&lint->hostile);
	free(lint->value);
	for (size_t i = 0; i < ARRAY_SIZE(lint->truth); i++)
		free(lint->truth[i]);
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

/* The values that hold the name, and in any case that of its key. */
static void find_values(const struct lint *lint, const struct event *event, const char *key,
			struct hostile_target *target)
{
	bool json = event->format == FORMAT_JSON;

	for (size_t i = 0; i < lint->own.n; i++) {
		const struct pair *pair = &lint->own.list[i];
		bool is_list = json && pair->quoted.size > 0 && strchr("{[", *pair->quoted.data);

		if (is_list || target->n_places == HOSTILE_PLACES_MAX ||
		    !(hostile_holds(pair->value, target->name) ||
		      (key && span_equal(pair->value, target->name) &&
		       span_equal(pair->key, span_of(key)))))
			continue;
		target->places[target->n_places++] = (struct hostile_place){
			.text = pair->quoted,
			.value = pair->value,
			.quoting = json ? QUOTING_JSON : QUOTING_LOGFMT,
		};
	}
}

/* Where a text of the client stands. */
static void find_places(const struct lint *lint, const struct event *event, struct span line,
			const struct captures *captures, struct span name, const char *key,
			struct hostile_target *ret)
{
	struct span head = line;

	*ret = (struct hostile_target){ .line = line, .name = name, .address = captures->address };
	if (event->format == FORMAT_FIELDS)
		return;
	if (event->format != FORMAT_PATTERN)
		head.size = (size_t)(lint->own.list[0].quoted.data - line.data);
	if (event->format == FORMAT_PATTERN || event->prefix)
		hostile_find(ret, head, name);
	if (event->format != FORMAT_PATTERN)
		find_values(lint, event, key, ret);
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

static const char *hint_for(const struct hostile_target *target, size_t place, struct span text)
{
	if (place == SIZE_MAX && target->n_places > 1)
		return "the line holds the name more than once: bind the places together with "
		       "\\k<user>, see PATTERNS in banish.rules(5)";
	if (memchr(text.data, '\n', text.size))
		return "names may hold line feeds, so begin the pattern with ^(?s) or end it with $";
	return "let the pattern take the name up to the last place where it can end";
}

/* 1: the rule was fooled, one such text is enough. */
static int try_hostile(struct lint *lint, const struct captures *truth,
		       const struct hostile_target *target, size_t place, struct span text)
{
	char shown_text[SHOWN + 4], shown_told[SHOWN + 4];
	const struct example *example = lint->example;
	cleanup(freep) char *line = NULL;
	const struct event *event;
	struct captures captures;
	struct span told;
	size_t size;
	int r;

	r = hostile_line(target, place, text, &line, &size);
	if (r < 0)
		return r;
	lint->name = target->name;
	lint->text = text;
	r = find_event(lint, (struct span){ line, size }, &lint->hostile, &event, &captures);
	lint->text.data = NULL;
	if (r < 0 || !event || !is_fooled(truth, &captures))
		return r;
	lint->objected = true;
	told = captures.address.data ? captures.address : captures.session;
	r = faults_add(lint->faults,
		       "%s:%u:%u: with the %s \"%s\" the example tells \"%s\" (event \"%s\"): %s",
		       lint->rule->file, example->line, example->column,
		       target->name.data == truth->user.data ? "user name" : "password",
		       lint_shown(text, shown_text), lint_shown(told, shown_told), event->name,
		       hint_for(target, place, text));
	return r < 0 ? r : 1;
}

/* Each text at each place alone, and at all of them, for that is what a server writes. */
static int attack_places(struct lint *lint, const struct captures *truth,
			 const struct hostile_target *target)
{
	char text[HOSTILE_TEXT_MAX];
	size_t size;
	int r = 0;

	for (size_t place = 0; r == 0 && place < MAX(target->n_places, 1); place++) {
		for (unsigned i = 0; r == 0 && (size = hostile_text(target, place, i, text)) > 0;
		     i++) {
			struct span bytes = { text, size };

			if (target->n_places > 0)
				r = try_hostile(lint, truth, target, place, bytes);
			if (r == 0 && target->n_places != 1)
				r = try_hostile(lint, truth, target, SIZE_MAX, bytes);
		}
	}
	return r;
}

/* What other fields told is lost when the next line is asked for its own. */
static int keep_truth(struct lint *lint, struct span line, struct captures *truth)
{
	struct span *const spans[] = { &truth->address, &truth->user, &truth->session,
				       &truth->secret };

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		const char *data = spans[i]->data;

		if (!data || (data >= line.data && data <= line.data + line.size))
			continue;
		free(lint->truth[i]);
		lint->truth[i] = malloc(spans[i]->size + 1);
		if (!lint->truth[i])
			return -ENOMEM;
		memcpy(lint->truth[i], data, spans[i]->size);
		spans[i]->data = lint->truth[i];
	}
	return 0;
}

static int attack_example(struct lint *lint, const struct example *example)
{
	struct span line = span_of(example->message);
	struct hostile_target target;
	const struct event *event;
	struct captures truth;
	int r;

	lint->example = example;
	r = find_event(lint, line, &lint->own, &event, &truth);
	if (r >= 0 && event)
		r = keep_truth(lint, line, &truth);
	if (r < 0 || !event)
		return r;
	if (example->user && truth.user.data) {
		find_places(lint, event, line, &truth, truth.user, event->user_key, &target);
		r = attack_places(lint, &truth, &target);
	}
	if (r == 0 && truth.secret.data) {
		find_places(lint, event, line, &truth, truth.secret, event->secret_key, &target);
		r = attack_places(lint, &truth, &target);
	}
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

/* The i-th pattern of the event, from 0 on; false: there are no more. NULL in `ret`: none there. */
static bool event_pattern(const struct event *event, size_t i, char **ret)
{
	if (i > event->n_where)
		return false;
	*ret = i > 0 ? event->where[i - 1].like : event->pattern ?: event->prefix;
	return true;
}

int lint_cost(const struct rule *rule, struct faults *faults)
{
	char *pattern;
	int result = 0, r;

	for (size_t i = 0; i < rule->n_events; i++) {
		for (size_t k = 0; event_pattern(&rule->events[i], k, &pattern); k++) {
			/* Each pattern alone, whatever the event needs besides. */
			struct event event = { .name = rule->events[i].name,
					       .outcome = OUTCOME_SUCCESS,
					       .pattern = pattern,
					       .line = rule->events[i].line,
					       .column = rule->events[i].column };
			struct cost cost;

			if (!pattern)
				continue;
			r = cost_find(rule, &event, &cost);
			if (r > 0)
				r = object_to_cost(rule, &event, &cost, faults) ?: -EINVAL;
			if (r < 0 && r != -EINVAL)
				return r;
			result = MIN(result, r);
		}
	}
	return result;
}

int lint_possessive(const struct rule *rule, struct faults *faults)
{
	char *pattern;
	int result = 0, r;

	for (size_t i = 0; i < rule->n_events; i++) {
		const struct event *event = &rule->events[i];

		for (size_t k = 0; event_pattern(event, k, &pattern); k++) {
			struct possessive found;

			if (!pattern || !possessive_find(pattern, &found))
				continue;
			r = faults_add(
				faults,
				"%s:%u:%u: pattern of event \"%s\" matches nothing: \"%.*s\" "
				"gives nothing back, so \"%.*s\" never comes behind it: let "
				"the first leave out what the second needs",
				rule->file, event->line, event->column, event->name,
				(int)found.piece.size, found.piece.data, (int)found.behind.size,
				found.behind.data);
			if (r < 0)
				return r;
			result = -EINVAL;
		}
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
